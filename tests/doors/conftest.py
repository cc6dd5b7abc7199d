from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import edanalyze
from edanalyze.check import registry
from edanalyze.check.diagnostic import CheckResult
from edanalyze.facts.module import Unanalysed


class StandInProject:
    """What the doors use of a project."""

    def __init__(self, root: Path, paths: tuple[Path, ...], options: Any) -> None:
        self.root = root
        self.paths = paths
        self.options = options
        self.not_analysed: list[Unanalysed] = []
        self.baseline_file: Path | None = None
        self.cache_notes: tuple[str, ...] = ()

    @property
    def catalogue(self) -> registry.Catalogue:
        return registry.catalogue()

    def read(self, path: str) -> str | None:
        file = self.root / path
        return file.read_text(encoding="utf-8") if file.is_file() else None


class StandInEngine(types.ModuleType):
    """An `edanalyze.api` whose results are given: the doors are tested on results that no real system has."""

    def __init__(self, root: Path) -> None:
        super().__init__("edanalyze.api")
        self.root = root
        self.result = CheckResult(diagnostics=())
        self.graph_result: Any = None
        self.callgraph_result: dict[str, list[str]] = {}
        self.error: BaseException | None = None
        self.projects: list[StandInProject] = []

    @staticmethod
    def Options(**fields: Any) -> types.SimpleNamespace:
        return types.SimpleNamespace(**fields)

    @staticmethod
    def installed(_paths: Any, _options: Any) -> registry.Catalogue:
        return registry.catalogue()

    def load_project(self, paths: Any, options: Any) -> StandInProject:
        if self.error is not None:
            raise self.error
        self.projects.append(StandInProject(self.root, tuple(paths), options))
        return self.projects[-1]

    def check(self, _project: StandInProject, progress: Callable[[int, int], None] | None = None) -> CheckResult:
        if progress is not None:
            progress(1, 1)
        return self.result

    def graph(self, _project: StandInProject) -> Any:
        return self.graph_result

    def callgraph(self, _project: StandInProject) -> dict[str, list[str]]:
        return self.callgraph_result


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandInEngine:
    """Put a stand-in in the place of the engine; the working folder is an empty one."""
    stand_in = StandInEngine(tmp_path)
    monkeypatch.setitem(sys.modules, "edanalyze.api", stand_in)
    monkeypatch.setattr(edanalyze, "api", stand_in, raising=False)
    monkeypatch.chdir(tmp_path)
    return stand_in


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the command line in this process."""
    from edanalyze.cli.app import app

    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)
