"""Scopes while a file is lowered: they hand out qualified names."""

from __future__ import annotations


class Scope:
    """A module, class or function being lowered.

    `qualname` is "" for the module. Names of definitions are made unique within the scope (`name#2`),
    lambdas are numbered in source order (`<lambda1>`), as PyCG names them.
    """

    __slots__ = ("_lambdas", "_names", "generator", "is_class", "name", "qualname")

    def __init__(self, qualname: str, name: str, is_class: bool) -> None:
        self.qualname = qualname
        self.name = name
        self.is_class = is_class
        self.generator = False
        self._names: dict[str, int] = {}
        self._lambdas = 0

    def define(self, name: str) -> str:
        """The qualified name of a new function or class called `name`."""
        count = self._names[name] = self._names.get(name, 0) + 1
        return self._inside(name if count == 1 else f"{name}#{count}")

    def define_lambda(self) -> str:
        """The qualified name of the next lambda."""
        self._lambdas += 1
        return self._inside(f"<lambda{self._lambdas}>")

    def _inside(self, name: str) -> str:
        return f"{self.qualname}.{name}" if self.qualname else name
