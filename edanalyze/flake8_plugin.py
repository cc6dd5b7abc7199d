"""The flake8 plugin `EDA`: the findings of the whole project, handed to flake8 file by file.

flake8 shows a plugin one file at a time, but what is wrong in a distributed system shows across files. The project is
therefore analysed once, when flake8 has parsed its options and before it starts its workers; a plugin instance only
looks up what belongs to its file. Nothing else in edanalyze imports flake8.
"""

from __future__ import annotations

import argparse
import ast
import gc
import multiprocessing
import os
import sys
import tempfile
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import ClassVar, TypeAlias

from flake8.exceptions import ExecutionError
from flake8.formatting.base import BaseFormatter
from flake8.options.manager import OptionManager
from flake8.style_guide import Decision, DecisionEngine, StyleGuideManager
from flake8.utils import stdin_get_value

from edanalyze import __version__, flake8_handover
from edanalyze.check import registry
from edanalyze.check.diagnostic import Diagnostic
from edanalyze.report.escape import one_line

Findings: TypeAlias = "Mapping[str, Sequence[flake8_handover.Report]]"
"""What was found, by the real path of the file."""


class Plugin:
    """What flake8 instantiates per file; `run` gives the findings of that file."""

    name: ClassVar[str] = "edanalyze"
    version: ClassVar[str] = __version__
    findings: ClassVar[Findings] = {}

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        """Take what flake8 gives: `tree` marks the plugin as one that checks files as a whole."""
        self._filename = filename

    @staticmethod
    def add_options(manager: OptionManager) -> None:
        """Register the options, which `.flake8` may hold as well."""
        manager.add_option(
            "--edanalyze-enable",
            default=None,
            comma_separated_list=True,
            parse_from_config=True,
            metavar="RULES",
            help="Rules that are off by default and shall run: codes, beginnings of codes, or names.",
        )
        manager.add_option(
            "--edanalyze-min-confidence",
            default=None,
            choices=("certain", "likely", "guess"),
            parse_from_config=True,
            help="The least confidence with which a finding is reported (default: likely).",
        )
        manager.add_option(
            "--edanalyze-strict",
            default=None,
            action="store_true",
            parse_from_config=True,
            help="Also report what most systems can live with.",
        )
        manager.add_option(
            "--edanalyze-include-tests",
            default=None,
            action="store_true",
            parse_from_config=True,
            help="Analyse test code, too.",
        )
        manager.add_option(
            "--edanalyze-config",
            default=None,
            normalize_paths=True,
            parse_from_config=True,
            metavar="FILE",
            help="TOML file to read [tool.edanalyze] from, in place of the project's pyproject.toml.",
        )
        manager.add_option(
            "--edanalyze-baseline",
            default=None,
            normalize_paths=True,
            parse_from_config=True,
            metavar="FILE",
            help="Do not report what this file holds, in place of the baseline that [tool.edanalyze] names.",
        )
        manager.add_option(
            "--edanalyze-since",
            default=None,
            metavar="REV",
            help="Report only what has changed since the merge base of this git revision and HEAD.",
        )

        manager.add_option(
            "--edanalyze-no-cache",
            default=False,
            action="store_true",
            parse_from_config=True,
            help="Neither use nor keep what is remembered between runs.",
        )

    @classmethod
    def parse_options(cls, _manager: OptionManager, options: argparse.Namespace, _files: Sequence[str]) -> None:
        """Analyse the project that the files belong to.

        Raises ExecutionError, which flake8 shows as one message, and nothing else: it would take a TypeError for a
        plugin of an older interface and call again.
        """
        try:
            cls.findings = _collect(options)
        except ExecutionError:
            raise
        except Exception as error:
            from edanalyze.report.failure import describe

            raise ExecutionError(f"edanalyze: {describe(error)}") from error

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Give line (1-based), column (0-based), text and origin of each finding in the file."""
        for line, column, text in self.findings.get(_key(self._filename), ()):
            yield line, column, text, type(self)


def _collect(options: argparse.Namespace) -> Findings:
    received = flake8_handover.receive()
    if received is not None:
        return received
    collecting = gc.isenabled()
    gc.disable()
    try:
        findings = _analyse(options)
    finally:
        gc.freeze()  # what an analysis leaves shall not be looked at again and again in the rest of the run
        if collecting:
            gc.enable()
    flake8_handover.offer(findings)
    return findings


def _wanted(options: argparse.Namespace, installed: registry.Catalogue) -> bool:
    """Say whether flake8 would report any of our codes: with `--select F,W` there is no reason to analyse anything.

    Check packages that could not be loaded are told on stderr. Raises ExecutionError when no rule is left.
    """
    if not installed.rules:
        raise ExecutionError("\n".join(["edanalyze: there are no rules to run", *installed.problems]))
    for problem in installed.problems:
        sys.stderr.write(f"edanalyze: warning: {problem}\n")
    decisions = DecisionEngine(options)
    return any(decisions.decision_for(rule.code) is Decision.Selected for rule in installed.rules)


def _analyse(options: argparse.Namespace) -> Findings:
    paths = [Path(name) for name in options.filenames or ["."] if name != "-" and os.path.exists(name)]
    if "-" not in options.filenames:
        return _check(paths, options, {}) if paths else {}
    name = options.stdin_display_name
    source = _encoded(stdin_get_value())
    if os.path.isfile(name):
        return _check([*paths, Path(name)], options, {Path(os.path.abspath(name)): source})
    with tempfile.TemporaryDirectory() as folder:
        loose = Path(folder, f"{Path(name).stem or 'stdin'}.py")
        loose.write_bytes(source)
        found = _check([loose], options, {}).get(_key(str(loose)), ())
    return {_key(name): found, **(_check(paths, options, {}) if paths else {})}


def _check(paths: Sequence[Path], options: argparse.Namespace, overlay: Mapping[Path, bytes]) -> Findings:
    """Analyse the project around `paths`, with the sources in `overlay` in place of those on disk."""
    from edanalyze import api

    config = Path(options.edanalyze_config) if options.edanalyze_config else None
    cache = not options.edanalyze_no_cache
    installed = api.installed(paths, api.Options(config=config, cache=cache, overlay=overlay))
    if not _wanted(options, installed):
        return {}
    enable = tuple(options.edanalyze_enable or ())
    unknown = registry.unknown(installed.rules, enable)
    if unknown:
        raise ExecutionError(f"edanalyze: --edanalyze-enable: no rule is called {', '.join(unknown)}")
    given = {
        "enable": enable or None,
        "min_confidence": options.edanalyze_min_confidence,
        "strict": options.edanalyze_strict,
        "include_tests": options.edanalyze_include_tests,
        "config": config,
        "baseline": Path(options.edanalyze_baseline) if options.edanalyze_baseline else None,
        "since": options.edanalyze_since,
        "noqa_elsewhere": True if not options.disable_noqa else None,
        "unreported": _unreported(options, installed) or None,
        "unreported_at": _unreported_at(options, installed) if options.per_file_ignores else None,
        "jobs": _jobs(options),
    }
    settings = {name: value for name, value in given.items() if value is not None}
    project = api.load_project(paths, api.Options(noqa=False, overlay=overlay, cache=cache, **settings))
    findings: dict[str, list[flake8_handover.Report]] = {}
    for diagnostic in api.check(project).diagnostics:
        findings.setdefault(_key(os.path.join(project.root, diagnostic.path)), []).append(_report(diagnostic))
    for note in project.cache_notes if options.verbose else ():
        sys.stderr.write(f"edanalyze: note: {note}\n")
    return findings


def _unreported(options: argparse.Namespace, installed: registry.Catalogue) -> tuple[str, ...]:
    """Give the codes that flake8 would not report in any file."""
    decisions = DecisionEngine(options)
    codes = (rule.code for rule in installed.rules)
    return tuple(code for code in codes if decisions.decision_for(code) is not Decision.Selected)


def _unreported_at(options: argparse.Namespace, installed: registry.Catalogue) -> Callable[[Path], frozenset[str]]:
    """Give a function from a file to the codes that flake8's `per-file-ignores` leave out there."""
    guides = StyleGuideManager(options, BaseFormatter(options))
    codes = [rule.code for rule in installed.rules]

    def at(file: Path) -> frozenset[str]:
        guide = guides.style_guide_for(str(file))
        return frozenset(code for code in codes if guide.should_report_error(code) is not Decision.Selected)

    return at


def _jobs(options: argparse.Namespace) -> int | None:
    """Give the number of processes that flake8 was allowed; a worker of flake8 may not start any."""
    if multiprocessing.parent_process() is not None:
        return 1
    return None if options.jobs.is_auto else max(1, options.jobs.n_jobs)


def _report(diagnostic: Diagnostic) -> flake8_handover.Report:
    return diagnostic.line, diagnostic.column - 1, one_line(f"{diagnostic.code} {diagnostic.message}")


def _encoded(text: str) -> bytes:
    """Give a buffer that flake8 has decoded as the bytes of a file: in the encoding that it declares."""
    encoding, _ = tokenize.detect_encoding(BytesIO(text.encode("utf-8", "replace")).readline)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _key(filename: str) -> str:
    return os.path.realpath(filename)
