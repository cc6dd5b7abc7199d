"""The section of settings that `edanalyze init` proposes: what was found, and which settings may be worth a thought."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from edanalyze.report.escape import printable
from edanalyze.report.toml import inline, key, string

_MOST = 40


class Outline(msgspec.Struct, frozen=True):
    """What a look at a project shows: services and their folders, known libraries, rules that are off, open ends.

    The folder of a service without code in the project is empty.
    """

    services: tuple[tuple[str, str], ...]
    libraries: tuple[str, ...]
    opt_in: tuple[tuple[str, str], ...]
    unbound: int


def section(outline: Outline, baseline: str) -> str:
    """Render the section, ending in a newline; all but the baseline is commented out or explains."""
    lines = [
        "[tool.edanalyze]",
        "# Findings that are accepted for now: `edanalyze baseline write` makes the file, to be committed.",
        f"baseline = {string(baseline)}",
        "",
        *_libraries(outline.libraries),
        "",
        *_commented("Rules that are off by default:", (f"{code} {name}" for code, name in outline.opt_in)),
        f"# enable = {inline([code for code, _ in outline.opt_in[:1]])}",
        "# The fewest surprises, while the team gets used to it:",
        '# min-confidence = "certain"',
        "# Comments that silence a finding have to say why:",
        "# require-reason = true",
        "",
        *_environment(outline.unbound),
        *_services(outline.services),
        "# Settings for parts of the project:",
        "# [[tool.edanalyze.per-path]]",
        '# paths = ["legacy/"]',
        '# ignore = ["EDA402"]',
        "",
        "# A wrapper of your own around a broker or an HTTP client (`edanalyze models` lists what is known):",
        "# [[tool.edanalyze.publish]]",
        '# call = "acme.bus.emit"',
        "# topic = 0",
    ]
    return "".join(f"{line}\n" for line in lines)


def _libraries(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield from _commented("Libraries found whose calls are known:", names)
    else:
        yield "# No library was found whose calls are known (`edanalyze models` lists them)."


def _environment(unbound: int) -> Iterator[str]:
    if unbound:
        yield f"# {unbound} HTTP calls could not be bound to a service; `edanalyze graph --unresolved` says why. Where"
        yield "# a URL comes from the environment and no deployment file says its value, say it here:"
        yield "# [tool.edanalyze.environment]"
        yield '# ORDERS_URL = "http://orders:8000"'
        yield ""


def _services(services: Sequence[tuple[str, str]]) -> Iterator[str]:
    own = [(name, path) for name, path in services if path]
    others = [name for name, path in services if not path]
    if own:
        yield "# Services as found. Say only what is to be different:"
    for name, path in own[:_MOST]:
        yield f"# [tool.edanalyze.services.{key(name)}]"
        yield f"# path = {string(path)}"
    if len(own) > _MOST:
        yield f"# ... and {len(own) - _MOST} more"
    if others:
        yield from _commented("Deployed beside them, without code here:", others[:_MOST])
    if services:
        yield ""


def _commented(title: str, words: Iterable[str]) -> Iterator[str]:
    text = f"{title} {', '.join(map(printable, words))}."
    yield from textwrap.wrap(
        text, 110, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False
    )
