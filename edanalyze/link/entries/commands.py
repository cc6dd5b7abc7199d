"""Commands: decorated functions of command-line libraries, overridden `handle` methods, `main` under a main guard."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, statements, walk
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.lineage import Lineage
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.entries.strings import Strings
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import External, Function, Instance

PARSERS = ("ArgumentParser", "OptionParser", "getopt")
COMMAND = "command"


class Commands:
    """Finds commands."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        callables: Callables,
        routes: Routes,
        strings: Strings,
        lineage: Lineage,
    ) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._declarations = declarations
        self._callables = callables
        self._routes = routes
        self._strings = strings
        self._lineage = lineage

    def find(self) -> Iterator[EntryPoint]:
        """All of them."""
        for decoration in self._declarations.decorated():
            declaration = decoration.declaration
            if declaration.api.kind == "event" and declaration.text("form") == COMMAND:
                for target in self._routes.subject(decoration.subject, decoration.frame):
                    yield from self._entry(target, declaration, self._label(declaration))
        for declaration in self._declarations.of("event"):
            if declaration.text("form") == COMMAND and "handler" in declaration.api.slots:
                for target in self._callables.of(declaration.argument("handler"), declaration.frame):
                    for command in self._methods(target.view) if target.view is not None else (target,):
                        yield from self._entry(command, declaration, self._label(declaration))
        yield from self._overridden()
        yield from self._guarded()

    def _label(self, declaration: Declaration) -> str:
        texts = self._strings.known(declaration.arguments("label"), declaration.frame)
        return texts[0].text if texts else ""

    def _methods(self, view: Instance) -> Iterator[Target]:
        """The commands that a class stands for: its public methods."""
        methods: dict[str, str] = {}
        for cls in self._evaluator.classes.order(view.id)[0]:
            for statement in self._program.classes[cls].body:
                if isinstance(statement, ir.Define) and f"{cls}.{statement.name}" in self._program.functions:
                    methods.setdefault(statement.name, f"{cls}.{statement.name}")
        for name, function in methods.items():
            if not name.startswith("_"):
                yield from (Target(function, value) for value in self._callables.method(view, name)[:1])

    def _entry(self, target: Target, declaration: Declaration, name: str) -> Iterator[EntryPoint]:
        if target.value is None:
            return
        facts = self._program.functions[target.function]
        module, place = declaration.declared
        yield EntryPoint(
            kind=COMMAND,
            function=target.function,
            value=target.value,
            name=name or facts.name.replace("_", "-"),
            module=target.function.partition(":")[0],
            place=facts.place,
            declared=(module, place if place.line else facts.place),
            library=declaration.api.library,
        )

    def _overridden(self) -> Iterator[EntryPoint]:
        """Methods that a command class overrides (`BaseCommand.handle`); the command is named by its module."""
        for api in self._evaluator.models.models.of_kind("event"):
            if not api.data.get("override") or api.data.get("form") != COMMAND:
                continue
            base, _, method = api.call.rpartition(".")
            for identifier in self._lineage.descendants(base):
                if f"{identifier}.{method}" in self._program.functions:
                    for value in self._callables.method(identifier, method)[:1]:
                        yield self._started(value, f"{identifier}.{method}", identifier.partition(":")[0], api.library)

    def _started(
        self, value: Function, function: str, module: str, library: str, place: ir.Place | None = None
    ) -> EntryPoint:
        """A command that is known by the module which starts it."""
        facts = self._program.functions[function]
        return EntryPoint(
            kind=COMMAND,
            function=function,
            value=value,
            name=module.rpartition(".")[2],
            module=function.partition(":")[0],
            place=facts.place,
            declared=(module, place or facts.place),
            library=library,
        )

    def _guarded(self) -> Iterator[EntryPoint]:
        """What a module that reads the command line runs when it is started as a program."""
        for module in sorted(self._program.modules):
            facts = self._program.modules[module]
            guarded = [each for each in facts.body if isinstance(each, ir.Branch) and _is_main(each.test)]
            if not guarded or not self._reads_command_line(module):
                continue
            frame = self._evaluator.root(self._program.scopes[f"{module}:"])
            for branch in guarded:
                for statement in statements(branch.body):
                    for expr in expressions(statement):
                        for call in calls(expr):
                            for value in self._evaluator.values(call.function, frame):
                                if isinstance(value, Function):
                                    function = self._callables.defined(value).id
                                    yield self._started(value, function, module, "argparse", call.place)

    def _reads_command_line(self, module: str) -> bool:
        for name in PARSERS:
            for call, scope in self._program.calls.get(name, ()):
                if scope.module == module:
                    for value in self._evaluator.values(call.function, self._evaluator.root(scope)):
                        if isinstance(value, External) and value.name.startswith(("argparse.", "optparse.", "getopt.")):
                            return True
        return False


def _is_main(test: ir.Expr) -> bool:
    return any(isinstance(node, ir.Const) and node.value == "__main__" for node in walk(test))
