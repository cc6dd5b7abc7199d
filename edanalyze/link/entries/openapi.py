"""Routes of OpenAPI documents: operations whose functions a framework looks up by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edanalyze.discover.deployed import Operation
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declarations
from edanalyze.link.entries.paths import join, normalised
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import route_name
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import String, string

SYNTAX = "openapi"


class OpenApi:
    """Finds the functions of operations."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        callables: Callables,
        operations: Iterable[Operation],
    ) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._callables = callables
        self._operations = tuple(operations)
        self._bases = list(self._given_bases(declarations)) if self._operations else []

    def find(self) -> Iterator[EntryPoint]:
        """A route for each operation that names a function of the project; others are described, not served."""
        for operation in self._operations:
            name = f"{operation.controller}.{operation.name}" if operation.controller else operation.name
            for target in self._named(name, operation.file) if "." in name else ():
                if target.value is None:
                    continue
                facts = self._program.functions[target.function]
                path = join(self._base(operation), normalised(string(operation.path), SYNTAX))
                module = target.function.partition(":")[0]
                yield EntryPoint(
                    kind="route",
                    function=target.function,
                    value=target.value,
                    name=route_name((operation.method,), path),
                    module=module,
                    place=facts.place,
                    declared=(module, facts.place),
                    library="openapi",
                    methods=(operation.method,),
                    path=path,
                )

    def _named(self, name: str, file: str) -> list[Target]:
        """What a document names, seen from the modules in its folder, or as near above it as there are any."""
        folder = file.rpartition("/")[0]
        shared = {module: _shared(folder, path.rpartition("/")[0]) for module, path in self._program.paths.items()}
        nearest = max(shared.values(), default=0)
        for module in sorted(module for module, count in shared.items() if count == nearest):
            found = self._callables.named(name, module)
            if found:
                return found
        return []

    def _given_bases(self, declarations: Declarations) -> Iterator[tuple[str, str]]:
        """Document name -> base path, where the code that loads the document gives one."""
        for declaration in declarations.of("include"):
            prefix = declaration.argument("prefix")
            if declaration.text("path_syntax") != SYNTAX or prefix is None:
                continue
            for document in self._evaluator.literals(declaration.argument("child"), declaration.frame):
                for value in self._evaluator.values(prefix, declaration.frame):
                    if isinstance(value, String):
                        yield document.rpartition("/")[2], normalised(value, SYNTAX)

    def _base(self, operation: Operation) -> str:
        name = operation.file.rpartition("/")[2]
        return next((base for document, base in self._bases if document == name), operation.base)


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
