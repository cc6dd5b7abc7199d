"""The program: every module of the project with its scopes, and how imports find them."""

from __future__ import annotations

import functools
import itertools
import posixpath
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence

from edanalyze.facts.module import ClassFacts, FunctionFacts, ModuleFacts
from edanalyze.facts.names import module_id
from edanalyze.link.flow import reach
from edanalyze.link.mentions import Mentions
from edanalyze.link.scopes import Scope, ScopeBuilder
from edanalyze.models.load import files_for


class Program:
    """All facts of a project, indexed.

    `scopes`, `functions` and `classes` are keyed by `module:qualname`. `calls` maps the last identifier of a called
    name to the calls that use it, for looking up the callers of a function. `sources` are extra import roots.
    """

    def __init__(self, modules: Iterable[ModuleFacts], sources: Sequence[str] = ()) -> None:
        self.sources = tuple(source.strip("/") for source in sources)
        self.modules: dict[str, ModuleFacts] = {}
        self.paths: dict[str, str] = {}
        self.scopes: dict[str, Scope] = {}
        self.functions: dict[str, FunctionFacts] = {}
        self.classes: dict[str, ClassFacts] = {}
        self.mentions = Mentions()
        self.calls = self.mentions.calls
        self._packages: set[str] = set()
        self._folders: set[str] = set()
        self._by_file: dict[str, str] = {}
        self._children: dict[str, set[str]] = defaultdict(set)
        for facts in sorted(modules, key=lambda facts: facts.path):
            self._add(facts)
        self._tops = self._top_level_packages()
        self._names = frozenset().union(*self._children.values())
        self._resolved: dict[tuple[str, str], str | None] = {}
        self._related: dict[tuple[str, int, str], str | None] = {}

    # -------------------------------------------------------------- building

    def _add(self, facts: ModuleFacts) -> None:
        name = module_id(facts.path)
        if name in self.modules:  # `a.py` beside `a/__init__.py`: the package wins at run time
            if not facts.path.endswith("/__init__.py"):
                return
        self.modules[name] = facts
        self.paths[name] = facts.path
        stem = facts.path.rsplit(".", 1)[0]
        if stem.rsplit("/", 1)[-1] == "__init__":
            stem = posixpath.dirname(stem)
            self._packages.add(stem)
        self._by_file[stem] = name
        folder = posixpath.dirname(facts.path)
        while folder and folder not in self._folders:
            self._folders.add(folder)
            folder = posixpath.dirname(folder)
        scopes = ScopeBuilder(name, facts).build()
        for qualname, scope in scopes.items():
            identifier = f"{name}:{qualname}"
            self.scopes[identifier] = scope
            if scope.kind != "class":
                body = scope.function.body if scope.function is not None else facts.body
                scope.reaching = reach(scope, body, facts)
            if scope.function is not None:
                self.functions[identifier] = scope.function
            elif scope.klass is not None:
                self.classes[identifier] = scope.klass
        self.mentions.add(scopes.values())

    def _top_level_packages(self) -> dict[str, list[str]]:
        """Importable top-level names with the folders that hold them."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted({*self._by_file, *self._folders}):
            folder, name = posixpath.split(path)
            self._children[folder].add(name)
            if folder not in self._packages:
                found[name].append(folder)
        return found

    # --------------------------------------------------------------- imports

    def is_package(self, module: str) -> bool:
        """Whether the module is a package's `__init__`."""
        return self.paths[module].endswith("__init__.py")

    def absolute(self, module: str, name: str) -> str | None:
        """The module or namespace folder (as a module id) that `import name` finds from within `module`."""
        key = (module, name)
        if key not in self._resolved:
            self._resolved[key] = self._absolute(module, name)
        return self._resolved[key]

    def _absolute(self, module: str, name: str) -> str | None:
        target = name.replace(".", "/")
        top = name.partition(".")[0]
        if top not in self._names:  # no file and no folder of the project is called so
            return None
        folder = posixpath.dirname(self.paths[module])
        inside: list[str] = []
        while True:
            if folder in self._packages:
                inside.append(folder)
            else:
                for root in (folder, posixpath.join(folder, "src")):
                    found = self._at(root, target)
                    if found is not None and (found != module or self.is_package(module)):
                        return found
            if not folder:
                break
            folder = posixpath.dirname(folder)
        for root in self.sources:
            found = self._at(root, target)
            if found is not None:
                return found
        if top not in sys.stdlib_module_names and not is_library(top):
            folders = self._tops.get(top, [])
            if len(folders) > 1:  # a project folder that is called like the package in it is not meant
                folders = [each for each in folders if posixpath.join(each, top) in self._by_file]
            nearest = folders[0] if len(folders) == 1 else self._nearest(folders, module, target)
            if nearest is not None:
                found = self._at(nearest, target)
                if found is not None and found != module:
                    return found
            for root in inside:
                found = self._at(root, target)
                if found is not None and found != module and not self._looks_installed(module, top):
                    return found
        return None

    def _nearest(self, folders: list[str], module: str, target: str) -> str | None:
        """Of the folders that hold the target, the one that alone shares most of its way with the module.

        Where a repository holds a system several times (variants, old copies), each has its own `common`, which its
        parts reach through `sys.path` or an image. What they share of the way must be more than the root.
        """
        way = posixpath.dirname(self.paths[module]).split("/")
        best, most, alone = None, 0, False
        for folder in folders:
            if self._at(folder, target) is None:
                continue
            steps = shared(way, folder.split("/"))
            if steps > most:
                best, most, alone = folder, steps, True
            elif steps == most:
                alone = False
        return best if alone else None

    def _looks_installed(self, module: str, top: str) -> bool:
        """A sibling inside a package that shares the name of what it wraps (`adapters/redis.py` importing redis)."""
        return self.paths[module].rsplit("/", 1)[-1] == f"{top}.py"

    def _at(self, root: str, target: str) -> str | None:
        if target.partition("/")[0] not in self._children.get(root, ()):
            return None
        path = posixpath.join(root, target) if root else target
        if path in self._by_file:
            return self._by_file[path]
        return path.replace("/", ".") if path in self._folders else None

    def relative(self, module: str, level: int, name: str) -> str | None:
        """The module that `from <level dots>name` names from within `module`."""
        key = (module, level, name)
        if key not in self._related:
            self._related[key] = self._relative(module, level, name)
        return self._related[key]

    def _relative(self, module: str, level: int, name: str) -> str | None:
        path = self.paths[module]
        folder = posixpath.dirname(path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = posixpath.dirname(folder)
        target = posixpath.join(folder, name.replace(".", "/")) if name else folder
        if target in self._by_file:
            return self._by_file[target]
        return target.replace("/", ".") if target in self._folders or not target else None

    def submodule(self, module: str, name: str) -> str | None:
        """The submodule `name` of a package or namespace folder."""
        child = f"{module}.{name}" if module else name
        if child in self.modules:
            return child
        return child if child.replace(".", "/") in self._folders else None

    def imported_names(self) -> set[str]:
        """The dotted names of everything that is imported anywhere and is not part of the project."""
        found: set[str] = set()
        for _, item in self.mentions.imports:
            if not item.level:
                found.add(f"{item.imported}.{item.member}" if item.member not in {None, "*"} else item.imported)
        return found


def shared(left: list[str], right: list[str]) -> int:
    """How many leading parts two paths have in common."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


@functools.cache
def is_library(top: str) -> bool:
    """Whether a top-level package is a library that the models know: a file of that name elsewhere is no reason."""
    return len(files_for([top])) > 1
