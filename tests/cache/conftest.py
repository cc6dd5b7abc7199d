from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edanalyze import api
from edanalyze.cache import tool
from edanalyze.check.diagnostic import CheckResult

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing of the surroundings to decide where the cache is."""
    monkeypatch.delenv("EDANALYZE_CACHE_DIR", raising=False)


@pytest.fixture(autouse=True)
def steady_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody who installs something meanwhile change what is installed, as far as the cache is concerned."""
    everything = tool._distributions
    monkeypatch.setattr(tool, "_distributions", lambda: [path for path in everything() if "acme" in path])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the sample shop."""
    return lay_out("shop", tmp_path)


def lay_out(name: str, folder: Path) -> Path:
    """Copy a sample system into a work tree of its own."""
    ignored = shutil.ignore_patterns("__pycache__", ".edanalyze_cache")
    root = Path(shutil.copytree(FIXTURES / name, folder / name, ignore=ignored))
    (root / ".git").mkdir()
    return root


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the cache believe that a minute has passed."""
    ahead = 0

    def turn() -> None:
        nonlocal ahead
        ahead += 60_000_000_000

    real = time.time_ns
    monkeypatch.setattr("edanalyze.cache.fingerprints.time.time_ns", lambda: real() + ahead)
    return turn


def project(root: Path, **options: Any) -> api.Project:
    options.setdefault("jobs", 1)
    options.setdefault("cache", True)
    return api.load_project([root], api.Options(**options))


def checked(root: Path, **options: Any) -> CheckResult:
    return api.check(project(root, **options))


def touch(path: Path, seconds: int = 5) -> None:
    """Set the times of a file, as an archive or a version control system may."""
    status = path.stat()
    os.utime(path, (status.st_atime + seconds, status.st_mtime + seconds))
