"""Code that does not serve: migrations, which run once, and scripts, which people run by hand."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import walk

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_SCRIPTS = re.compile(r"scripts?|tools?|bin|examples?|demos?|hack", re.I)
_REVISIONS = frozenset({"revision", "down_revision"})


class Occasional:
    """Tells which code of a system runs on occasion only."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._migrations: dict[str, bool] = {}

    def is_migration(self, module: str) -> bool:
        """Whether a module is a step of a database's history: a revision of Alembic, a migration of Django."""
        found = self._migrations.get(module)
        if found is None:
            program = self._system.program
            names = program.scopes[f"{module}:"].bindings.keys()
            in_order = "migrations" in program.paths[module].split("/")[:-1]
            found = names >= _REVISIONS or (in_order and f"{module}:Migration" in program.classes)
            self._migrations[module] = found
        return found

    def is_run_by_hand(self, point: Point) -> bool:
        """Whether a step stands in a migration, or in a script's function that nothing which serves runs."""
        if self.is_migration(point.module):
            return True
        path = self._system.program.paths[point.module]
        if not (any(map(_SCRIPTS.fullmatch, path.split("/")[:-1])) and self._is_script(point.module)):
            return False
        return point.function not in self._serving and not self._is_deployed(path)

    def _is_script(self, module: str) -> bool:
        """Whether a module does something when it is started: `if __name__ == "__main__"`."""
        return any(
            isinstance(statement, ir.Branch) and any(part == ir.Name("__name__") for part in walk(statement.test))
            for statement in self._system.program.modules[module].body
        )

    @cached_property
    def _serving(self) -> frozenset[str]:
        """The functions that routes, handlers, tasks and jobs run."""
        reach = self._system.reach
        return frozenset(
            function
            for entry in self._system.entries
            if entry.kind != "command" and entry.value is not None
            for function in reach.functions(entry.value)
        )

    def _is_deployed(self, path: str) -> bool:
        """Whether a container starts the file."""
        name = path.rpartition("/")[2]
        module = name.removesuffix(".py")
        return any(
            re.search(rf"\b({re.escape(name)}|-m\s+\S*\b{re.escape(module)})\b", container.command)
            for container in self._system.deployment.containers
        )
