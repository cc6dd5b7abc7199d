"""What a caller may ask for besides what the project's configuration says."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path

import msgspec


class Options(msgspec.Struct, frozen=True):
    """What a caller sets; None leaves the setting to the project's configuration.

    `config` is a TOML file to read `[tool.edanalyze]` from. `noqa` says whether `# noqa` comments suppress;
    `noqa_elsewhere`, that flake8 will apply them. `unreported` are codes that the caller would not report: they are
    not looked for. `unreported_at` gives those of a single file, by its absolute path. `baseline` is the file of
    accepted findings; `use_baseline` says whether there shall be any. `since` is a git revision: only what has changed
    since the merge base with it is reported. `as_of` is the day for which deprecations are judged (None: today).
    `facts` are facts files of other systems. `overlay` maps absolute paths to sources that stand in for those on disk.
    `jobs` is the number of processes that work (None: as many as there are cores); with an `executor` its workers read
    the files. `cache` says whether to use, and leave, what is remembered between runs.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    enable: tuple[str, ...] | None = None
    preview: bool | None = None
    min_confidence: str | None = None
    strict: bool | None = None
    include_tests: bool | None = None
    config: Path | None = None
    jobs: int | None = None
    noqa: bool = True
    facts: tuple[Path, ...] = ()
    noqa_elsewhere: bool = False
    unreported: tuple[str, ...] = ()
    unreported_at: Callable[[Path], frozenset[str]] | None = None
    baseline: Path | None = None
    use_baseline: bool = True
    since: str | None = None
    as_of: datetime.date | None = None
    overlay: Mapping[Path, bytes] = {}
    executor: Executor | None = None
    cache: bool = False
