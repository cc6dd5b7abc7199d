"""A tree of files as all of discovery sees it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edanalyze.discover.config import read_config
from edanalyze.discover.deployed import Deployment
from edanalyze.discover.deployfiles import DeployFiles
from edanalyze.discover.deployment import read_deployment
from edanalyze.discover.environment import Environment
from edanalyze.discover.files import SourceFile, walk
from edanalyze.discover.root import find_root
from edanalyze.discover.service import Services
from edanalyze.discover.services import find_services
from edanalyze.facts.module import Unanalysed


class Discovered(msgspec.Struct, frozen=True):
    sources: tuple[SourceFile, ...]
    services: Services
    deployment: Deployment
    environment: Environment
    unanalysed: tuple[Unanalysed, ...]


def discover(top: Path) -> Discovered:
    root = find_root([top])
    config = read_config(root.path)
    tree = walk(root, config)
    files = DeployFiles(tree)
    deployment = read_deployment(files)
    services = find_services(deployment, config, files)
    environment = Environment(services, deployment, config.environment)
    msgspec.json.encode((services.all, deployment))  # plain data, which results are written from
    return Discovered(tree.sources, services, deployment, environment, (*tree.unanalysed, *files.unanalysed))
