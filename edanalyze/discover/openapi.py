"""Operations of OpenAPI and Swagger documents that name the function which answers them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import urlsplit

from edanalyze.discover.deployed import Operation
from edanalyze.discover.deployfiles import DeployFiles
from edanalyze.discover.yamltree import Mapping, items, mapping, text

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_JSON_NAMES = ("openapi", "swagger", "api", "spec")


def read_operations(files: DeployFiles) -> Iterator[Operation]:
    """The operations of all documents in the tree, in the order of the files and of their text."""
    for path in files.paths:
        if not _may_be(path):
            continue
        content = files.text(path)
        if content is None or "operationId" not in content or not ("openapi" in content or "swagger" in content):
            continue
        for document in files.yaml(path):
            yield from _operations(mapping(document), path)


def _may_be(path: str) -> bool:
    name = posixpath.basename(path).lower()
    if name.endswith((".yaml", ".yml")):
        return True
    return name.endswith(".json") and any(word in name for word in _JSON_NAMES)


def _operations(document: Mapping, file: str) -> Iterator[Operation]:
    base = _base(document)
    for path, node in mapping(document.get("paths")).items():
        item = mapping(node)
        for method in _METHODS:
            operation = mapping(item.get(method))
            name = text(operation.get("operationId"))
            if not name:
                continue
            controllers = [text(each.get(key)) for each in (operation, item) for key in _CONTROLLERS]
            yield Operation(
                name=name,
                controller=next(filter(None, controllers), ""),
                base=base,
                path=path,
                method=method.upper(),
                file=file,
                line=item.at(method),
            )


def _base(document: Mapping) -> str:
    """The path that all operations share."""
    written = text(document.get("basePath"))
    for server in items(document.get("servers")):
        written = written or urlsplit(text(mapping(server).get("url"))).path
    return written.rstrip("/")
