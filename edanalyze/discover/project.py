"""A whole project as discovery finds it: one call from paths to files, settings, services and environment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from edanalyze.discover.config import override, read_config
from edanalyze.discover.deployed import Deployment
from edanalyze.discover.deployfiles import DeployFiles
from edanalyze.discover.deployment import read_deployment
from edanalyze.discover.environment import Environment
from edanalyze.discover.files import SourceFile, walk
from edanalyze.discover.root import Root, find_root
from edanalyze.discover.service import Services
from edanalyze.discover.services import find_services
from edanalyze.discover.settings import Config
from edanalyze.facts.module import Unanalysed


class Discovered(msgspec.Struct, frozen=True):
    """A project before any of its code is parsed. `notes` are sentences about what was left out on purpose."""

    root: Root
    config: Config
    sources: tuple[SourceFile, ...]
    services: Services
    deployment: Deployment
    environment: Environment
    unanalysed: tuple[Unanalysed, ...]
    notes: tuple[str, ...]


def discover(
    paths: Sequence[Path],
    model_kinds: Collection[str] = (),
    options: Mapping[str, Any] | None = None,
    options_source: str = "command line",
) -> Discovered:
    """The project around `paths` (files or folders; the working folder when there are none).

    `model_kinds` are the names of the model tables a user may add; `options` replace settings by the names of their
    fields (None leaves one alone), `options_source` names their origin in problems.
    Raises FileNotFoundError for a missing path and ConfigError for settings that cannot be used.
    """
    root = find_root(paths)
    config = Config() if root.loose else read_config(root.path, model_kinds)
    config = override(config, options_source, **(options or {}))
    tree = walk(root, config)
    files = DeployFiles(tree)
    deployment = read_deployment(files)
    services = find_services(deployment, config, files)
    unanalysed = {each.path: each for each in (*files.unanalysed, *tree.unanalysed)}
    return Discovered(
        root,
        config,
        tree.sources,
        services,
        deployment,
        Environment(services, deployment, config.environment),
        tuple(unanalysed[path] for path in sorted(unanalysed)),
        tree.notes,
    )
