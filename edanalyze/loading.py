"""Finding a project: its root, its configuration, and what earlier runs left about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edanalyze.check import registry
from edanalyze.discover.settings import Config
from edanalyze.options import Options
from edanalyze.project import Project, catalogue

if TYPE_CHECKING:
    from edanalyze.cache.folder import CacheFolder
    from edanalyze.cache.memory import Memory
    from edanalyze.discover.root import Root


def load_project(paths: Sequence[Path], options: Options | None = None) -> Project:
    """Find the project around `paths` and read its configuration.

    Raises FileNotFoundError for a path that does not exist and ConfigError with every problem of the configuration.
    """
    from edanalyze.discover.files import walk

    options = options or Options()
    root, config = _configured(paths, options, check=True)
    names = ("select", "extend_select", "ignore", "enable", "preview", "min_confidence", "strict", "include_tests")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if given:
        from edanalyze.discover.config import override

        config = override(config, "options", **given)
    memory = _memory(root, config, options)
    return Project(root, config, memory.tree if memory else walk(root, config), options, memory)


def installed(paths: Sequence[Path], options: Options) -> registry.Catalogue:
    """The installed rules, quickly where a run over the project around `paths` has noted them."""
    from edanalyze.discover.config import ConfigError

    try:
        return catalogue(_memory(*_configured(paths, options), options))
    except (ConfigError, FileNotFoundError):
        return registry.catalogue()  # `load_project` is to tell what is wrong


def cache_folder(paths: Sequence[Path], options: Options | None = None) -> CacheFolder | None:
    """The folder in which runs over the project around `paths` are remembered; None where there is none.

    Raises FileNotFoundError and ConfigError like `load_project`.
    """
    from edanalyze.cache.folder import CacheFolder
    from edanalyze.cache.location import location

    root, config = _configured(paths, options or Options())
    path = location(root.path, config.cache_dir, root.loose)
    return CacheFolder(path) if path is not None else None


def _configured(paths: Sequence[Path], options: Options, check: bool = False) -> tuple[Root, Config]:
    """The root and the configuration; with `check`, what is wrong in it beyond types is told as well."""
    from edanalyze.discover.root import find_root

    root = find_root(paths)
    file = options.config or root.path / "pyproject.toml"
    if options.config is None and not _speaks_to_us(file):
        return root, Config()
    from edanalyze.discover.config import read_settings
    from edanalyze.models.schema import KINDS

    if not check:
        return root, read_settings(file, KINDS)
    from edanalyze.check.objections import objections

    return root, read_settings(file, KINDS, objections)


def _speaks_to_us(file: Path) -> bool:
    """Whether a file may hold settings of ours; one that cannot be read may."""
    try:
        return b"edanalyze" in file.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return False
    except OSError:
        return True


def _memory(root: Root, config: Config, options: Options) -> Memory | None:
    from edanalyze.cache.location import location

    path = location(root.path, config.cache_dir, root.loose) if options.cache else None
    if path is None:
        return None
    from edanalyze.cache.memory import Memory

    return Memory(path, root, config, options.overlay)
