"""Stubs: clients in generated code that is not checked in, known by how the generators name modules and classes."""

from __future__ import annotations

import fnmatch
from typing import NamedTuple

from edanalyze.models import Api, Models


class Procedure(NamedTuple):
    """A method of a stub: the service and its method, and the API by which such methods are called."""

    service: str
    method: str
    api: Api


class Stubs:
    """The naming of all generators that the models know."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._generators = [
            (str(api.data.get("file", "")).removesuffix(".py"), api)
            for api in models.of_kind("rpc_codegen")
            if api.data.get("role") == "client" and str(api.data.get("symbol", "")).endswith("Stub")
        ]

    def procedure(self, name: str, awaited: bool = False) -> Procedure | None:
        """What a dotted name such as `stock_pb2_grpc.StockStub.Reserve` calls; None when it is no method of a stub."""
        if not self._generators:
            return None
        *package, cls, method = ("", "", *name.split("."))[-3:]
        if not cls.endswith("Stub") or not package[-1]:
            return None
        for file, generator in self._generators:
            if fnmatch.fnmatchcase(package[-1], file):
                for api in self._models.of_kind("rpc_invoke"):
                    if api.library == generator.library and bool(api.data.get("async")) == awaited:
                        return Procedure(cls.removesuffix("Stub"), method, api)
        return None
