"""Transports: what carries the messages of an API, from the models."""

from __future__ import annotations

from edanalyze.models import Api, Models


class Transports:
    """Names the transport of APIs."""

    def __init__(self, models: Models) -> None:
        self._carried = {
            str(beginning): str(api.data["name"])
            for api in models.of_kind("transport")
            for beginning in _texts(api.data["carries"])
        }

    def of(self, api: Api) -> str:
        """The transport of what an API sends or receives; the library's name when the models know of none."""
        name = api.call
        while name:
            if name in self._carried:
                return self._carried[name]
            name = name.rpartition(".")[0]
        return self._carried.get(api.library, api.library)


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []
