from __future__ import annotations

from pathlib import Path

from edanalyze.discover.config import read_config
from edanalyze.discover.deployfiles import DeployFiles
from edanalyze.discover.files import walk
from edanalyze.discover.openapi import read_operations
from edanalyze.discover.root import find_root
from edanalyze.models.schema import KINDS

DOCUMENT = """
openapi: 3.0.0
servers:
  - url: https://shop.example/v2
paths:
  /orders/{id}:
    x-openapi-router-controller: api.orders
    get:
      operationId: read
    delete:
      operationId: other.remove
      x-openapi-router-controller: api.removal
    parameters: []
"""


def operations(root: Path) -> list[tuple[str, str, str, str]]:
    files = DeployFiles(walk(find_root([root]), read_config(root, KINDS)))
    return [(each.method, each.base + each.path, each.controller, each.name) for each in read_operations(files)]


def test_operations_carry_base_path_and_controller(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    assert operations(tmp_path) == [
        ("GET", "/v2/orders/{id}", "api.orders", "read"),
        ("DELETE", "/v2/orders/{id}", "api.removal", "other.remove"),
    ]


def test_other_documents_have_no_operations(tmp_path: Path) -> None:
    (tmp_path / "ci.yaml").write_text("on: push\njobs: {}\n")
    (tmp_path / "api.json").write_text('{"swagger": "2.0", "paths": {"/x": {"get": {}}}, "operationId": 1}')
    assert operations(tmp_path) == []
