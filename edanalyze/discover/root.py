"""The project root: the folder from which paths are told and within which everything is linked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from edanalyze.discover.config import ConfigError, parse_toml

_DEPLOYMENT = re.compile(
    r"(docker-)?compose[\w.-]*\.ya?ml|skaffold[\w.-]*\.ya?ml|serverless\.ya?ml|(sam-)?template\.ya?ml|samconfig\.\w+"
    r"|Chart\.yaml|kustomization\.ya?ml|Procfile|Tiltfile|cdk\.json|helmfile\.ya?ml",
)
_PACKAGING = {"pyproject.toml", "setup.py", "setup.cfg", ".flake8", "requirements.txt", "Pipfile", "manage.py"}
_LINTED = {"pyproject.toml", "setup.cfg", ".flake8"}
_SECTION = re.compile(r"^\s*\[+\s*tool\s*\.\s*edanalyze\b", re.MULTILINE)
_LARGEST_TEXT = 1_000_000


class Root(msgspec.Struct, frozen=True):
    """Where a project starts, and which part of it was asked for.

    `given` are the paths asked for, relative to the root with `/` ("." is the whole). `loose` says that no project
    was found around them: then nothing else than the given paths is looked at.
    """

    path: Path
    given: tuple[str, ...]
    loose: bool = False

    def covers(self, path: str) -> bool:
        """Whether a file (relative to the root) is among, or below, the paths asked for."""
        return any(each in (".", path) or path.startswith(f"{each}/") for each in self.given)


def find_root(paths: Sequence[Path]) -> Root:
    """The project that `paths` (files or folders; the working folder when there are none) belong to.

    In this order: the nearest folder at or above them whose pyproject.toml has `[tool.edanalyze]`; the one given
    folder if it is a system of its own; the git work tree; the nearest folder that deploys the given one; the nearest
    that has a pyproject.toml, setup.cfg or .flake8; the folder that all paths share. The search ends at the first git
    work tree, and neither the home folder nor the file system's root becomes a project because of a stray file in it.
    Raises FileNotFoundError for a path that does not exist.
    """
    absolute = [_existing(each) for each in paths or [Path()]]
    folders = [each if each.is_dir() else each.parent for each in absolute]
    start = Path(os.path.commonpath(folders))
    one_folder = len(absolute) == 1 and absolute[0].is_dir()
    above = list(_upwards(start))
    work_tree = next((each for each in above if (each / ".git").exists()), None)
    candidates = [each for each in above if each == start or not _is_stray(each)]

    found = next((each for each in candidates if _is_configured(each)), None)
    if found is None and one_folder:
        found = _own_system(start, candidates[1:])
    if found is None and work_tree in candidates:
        found = work_tree
    if found is None:
        found = next((each for each in candidates if _deploys(each, start)), None)
    if found is None:
        found = next((each for each in candidates if _names(each) & _LINTED), None)
    top = found or start
    given = sorted({each.relative_to(top).as_posix() for each in absolute})
    return Root(top, tuple(given), loose=found is None and not one_folder)


def _existing(path: Path) -> Path:
    absolute = Path(os.path.abspath(path))
    if not absolute.exists():
        raise FileNotFoundError(f"{path}: no such file or folder")
    return absolute


def _upwards(start: Path) -> Iterator[Path]:
    """`start` and its parents, up to the first git work tree."""
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _is_stray(folder: Path) -> bool:
    return folder == folder.parent or folder == Path(os.path.expanduser("~"))


def _is_configured(folder: Path) -> bool:
    """Whether the folder's pyproject.toml speaks to edanalyze, even if the file has mistakes."""
    text = _text(folder / "pyproject.toml")
    if "edanalyze" not in text:
        return False
    try:
        tool = parse_toml(folder / "pyproject.toml").get("tool")
    except ConfigError:
        return _SECTION.search(text) is not None
    return isinstance(tool, dict) and "edanalyze" in tool


def _own_system(folder: Path, parents: Sequence[Path]) -> Path | None:
    """The folder, if it is a system of its own inside a larger tree: a folder of examples, a collection of projects."""
    if any(_deploys(each, folder) for each in parents):
        return None
    parts = [each for each in _subfolders(folder) if _names(each) & (_PACKAGING | {"Dockerfile"})]
    if _deployment_files(folder) or len(parts) > 1:
        return folder
    own = _names(folder) & _PACKAGING
    return folder if own and not any(_names(each) & _PACKAGING or _deployment_files(each) for each in parents) else None


def _deployment_files(folder: Path) -> list[str]:
    return sorted(each for each in _names(folder) if _DEPLOYMENT.fullmatch(each))


def _deploys(parent: Path, folder: Path) -> bool:
    """Whether a deployment file in `parent` names the folder below it, which then is a part of that system."""
    name = re.escape(folder.relative_to(parent).as_posix())
    mention = re.compile(rf"(?<![\w.-])(\./)?{name}(?![\w-])")
    return parent != folder and any(mention.search(_text(parent / each)) for each in _deployment_files(parent))


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _subfolders(folder: Path) -> Iterator[Path]:
    for name in sorted(_names(folder)):
        if not name.startswith(".") and name not in {"node_modules", "tests", "test"} and (folder / name).is_dir():
            yield folder / name


def _text(file: Path) -> str:
    if not file.is_file() or file.stat().st_size > _LARGEST_TEXT:
        return ""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
