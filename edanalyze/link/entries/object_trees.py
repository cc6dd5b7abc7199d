"""Object trees: routes whose path is that of attributes (CherryPy), and classes whose decorator gives the path."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.link.entries.callables import Callables
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.paths import join, normalised
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Class, Function, Instance, Value

DEEPEST = 5
INDEX = "index"
REST = "default"
COLLECTION = "collection_"


class ObjectTrees:
    """Finds the routes of objects."""

    def __init__(self, evaluator: Evaluator, declarations: Declarations, callables: Callables, routes: Routes) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._declarations = declarations
        self._callables = callables
        self._routes = routes

    def find(self) -> Iterator[EntryPoint]:
        """All of them."""
        exposed = {
            subject: decoration.declaration
            for subject, decorations in self._declarations.decorations.items()
            for decoration in decorations
            if decoration.declaration.text("path_from") == "attributes"
        }
        for declaration in self._declarations.of("include") if exposed else ():
            for expr in declaration.arguments("child"):
                for value in self._evaluator.values(expr, declaration.frame):
                    for prefix in self._evaluator.literals(declaration.argument("prefix"), declaration.frame) or [""]:
                        yield from self._branch(value, prefix, exposed, 0)
        for subject in sorted(self._declarations.decorations):
            for decoration in self._declarations.decorations[subject]:
                if decoration.declaration.api.kind == "view" and "path" in decoration.declaration.api.slots:
                    yield from self._resource(subject, decoration.declaration)

    # ------------------------------------------------------------------- trees

    def _branch(self, value: Value, path: str, exposed: dict[str, Declaration], depth: int) -> Iterator[EntryPoint]:
        if depth > DEEPEST or not isinstance(value, Instance | Class):
            return
        for ancestor in self._evaluator.classes.order(value.id)[0]:
            scope = self._program.scopes[ancestor]
            for name in (*scope.bindings, *self._evaluator.classes.stores(ancestor)):
                declaration = exposed.get(f"{ancestor}.{name}")
                if declaration is not None:
                    for method in self._callables.method(value.id, name)[:1]:
                        yield self._routes.entry(declaration, f"{ancestor}.{name}", method, _leaf(path, name), ("*",))
                    continue
                for inner in self._evaluator.attributes.of(value, name):
                    if isinstance(inner, Instance) and inner.id != value.id:
                        yield from self._branch(inner, join(path, name), exposed, depth + 1)

    # --------------------------------------------------------------- resources

    def _resource(self, cls: str, declaration: Declaration) -> Iterator[EntryPoint]:
        """A class whose decorator gives the path of one object and that of the collection."""
        names = declaration.api.data.get("verb_methods")
        for name in names if isinstance(names, list) and cls in self._program.classes else ():
            collective = str(name).startswith(COLLECTION)
            expr = declaration.argument("collection_path" if collective else "path")
            for value in self._callables.method(cls, str(name))[:1] if expr is not None else ():
                for text in self._evaluator.strings(expr, declaration.frame):
                    path = join(normalised(text, declaration.text("path_syntax")))
                    verbs = (str(name).removeprefix(COLLECTION).upper(),)
                    yield self._routes.entry(declaration, self._defined(value), value, path, verbs)

    def _defined(self, value: Function) -> str:
        return self._callables.defined(value).id


def _leaf(path: str, name: str) -> str:
    if name == INDEX:
        return join(path)
    return join(path, "{rest:path}") if name == REST else join(path, name)
