"""Declarations: the calls and decorators that the models know to declare routes, handlers, tasks and the like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.facts.children import own_name
from edanalyze.facts.names import dotted
from edanalyze.link.entries.activations import Activations
from edanalyze.link.entries.guesses import Guesses
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument, arguments
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Function, String, Value
from edanalyze.models import Api

CALLS = ("route_call", "include", "consumer", "event", "route_owner", "handler")
DECORATORS = ("route", "view", "handler", "event", "consumer", "restriction")
NOWHERE = ir.Place(0, 0, 0, 0)


class Declaration(NamedTuple):
    """One use of a declaring API. `call` is None for a decorator without arguments; `scope` is where it stands."""

    api: Api
    name: str
    call: ir.Call | None
    frame: Frame
    receiver: Value | None
    scope: Scope

    @property
    def declared(self) -> tuple[str, ir.Place]:
        """Module and place."""
        return self.scope.module, self.call.place if self.call is not None else NOWHERE

    def argument(self, role: str) -> ir.Expr | None:
        """The argument in a slot."""
        slot = self.api.slots.get(role)
        return argument(slot, self.call) if slot is not None and self.call is not None else None

    def arguments(self, role: str) -> list[ir.Expr]:
        """All arguments of a slot, which may be variadic."""
        slot = self.api.slots.get(role)
        return arguments(slot, self.call) if slot is not None and self.call is not None else []

    def text(self, key: str) -> str:
        """An attribute of the table, "" when missing."""
        return str(self.api.data.get(key) or "")


class Decoration(NamedTuple):
    """A declaration that decorates a function or class (`subject`, defined in `frame`)."""

    declaration: Declaration
    subject: str
    frame: Frame


class Declarations:
    """Finds them in a program."""

    def __init__(self, evaluator: Evaluator, activations: Activations) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._library = evaluator.models
        self._activations = activations
        self._decorating = frozenset(DECORATORS)
        self._guesses = Guesses(evaluator)
        self._derived = self._derived_names()
        self.decorations: dict[str, list[Decoration]] = defaultdict(list)
        self.calls: list[Declaration] = []
        self.applied: list[Decoration] = []
        self._find_decorations()
        self._find_calls()

    def of(self, *kinds: str) -> Iterator[Declaration]:
        """The declaring calls of some kinds."""
        return (each for each in self.calls if each.api.kind in kinds)

    def decorated(self) -> Iterator[Decoration]:
        """All decorations, and the decorators that are applied by a call."""
        for subject in sorted(self.decorations):
            yield from self.decorations[subject]
        yield from self.applied

    # ------------------------------------------------------------- decorations

    def _find_decorations(self) -> None:
        subjects = [(key, facts.decorators) for key, facts in self._program.functions.items() if facts.decorators]
        subjects += [(key, facts.decorators) for key, facts in self._program.classes.items() if facts.decorators]
        for identifier, decorators in sorted(subjects):
            scope = self._program.scopes[identifier]
            outer = scope.parent or scope
            for frame in self._activations.of(outer) if outer.kind == "function" else (self._evaluator.root(outer),):
                for decorator in decorators:
                    for declaration in self.resolve_decorator(decorator, frame, outer):
                        self.decorations[identifier].append(Decoration(declaration, identifier, frame))

    def resolve_decorator(self, decorator: ir.Expr, frame: Frame, scope: Scope) -> Iterable[Declaration]:
        """What a decorator expression declares, directly or through a function of the project that returns it."""
        evaluator = self._evaluator
        if isinstance(decorator, ir.Call):
            for value in evaluator.values(decorator.function, frame):
                if isinstance(value, External):
                    found = self._rows(value.name, self._decorating)
                    if found:
                        return [Declaration(api, value.name, decorator, frame, value.receiver, scope) for api in found]
        made: list[Declaration] = []
        for value in evaluator.values(decorator, frame):
            if isinstance(value, External):
                made += [
                    Declaration(api, value.name, None, frame, value.receiver, scope)
                    for api in self._rows(value.name, self._decorating)
                ]
            elif isinstance(value, ExternalInstance) and value.site is not None and value.name.endswith("()"):
                made += [
                    Declaration(api, value.name[:-2], value.site.call, value.site.frame, value.owner, scope)
                    for api in self._rows(value.name[:-2], self._decorating)
                ]
        guess = None if made else self._guesses.decorator(decorator, frame, scope)
        if guess is not None:
            call = decorator if isinstance(decorator, ir.Call) else None
            made.append(Declaration(guess, guess.call, call, frame, None, scope))
        return made

    def _rows(self, name: str, kinds: frozenset[str]) -> list[Api]:
        return [api for api in self._library.rows(name) if api.kind in kinds]

    # ------------------------------------------------------------------- calls

    def _find_calls(self) -> None:
        kinds = frozenset((*CALLS, "publish"))
        enqueuing = {
            api.call.rpartition(".")[2] for api in self._library.models.of_kind("publish") if "func" in api.slots
        }
        plain = set(self._library.models.spellings(CALLS)) | enqueuing | {"__init__"}
        wrapping = self._library.models.spellings(("route", "handler"))
        aliases = self._aliases(plain | wrapping)
        for call, scope in self._named({*plain, *self._derived, *(name for _, name in aliases)}):
            function = call.function
            if isinstance(function, ir.Call):
                name = own_name(function.function)
                if name in wrapping or aliases.get((scope.module, name)) in wrapping:
                    self._applications(call, function, scope)
                continue
            name = own_name(function)
            if name in plain or aliases.get((scope.module, name)) in plain or name in self._derived:
                self._call(call, scope, kinds)

    def _named(self, names: set[str]) -> Iterator[tuple[ir.Call, Scope]]:
        """The calls of some names, and of what calls give, in the order of scopes and in that of the code in each."""
        mentions = self._program.mentions
        found = [*mentions.applied, *(item for name in names for item in mentions.calls.get(name, ()))]
        wanted = {id(call) for call, _ in found}
        for identifier in sorted({scope.id for _, scope in found}):
            for call, scope in self._program.scopes[identifier].calls:
                if id(call) in wanted:
                    yield call, scope

    def _aliases(self, names: set[str] | frozenset[str]) -> dict[tuple[str, str], str]:
        """(module, local name) -> imported name, for declaring APIs imported under another name."""
        return {
            (module, item.name): str(item.member)
            for module, item in self._program.mentions.imports
            if item.member in names and item.member != item.name
        }

    def _derived_names(self) -> frozenset[str]:
        """The names of project classes that derive from a library class which declares something when constructed."""
        rows = [api for kind in CALLS for api in self._library.models.of_kind(kind)]
        known = frozenset(api.call for api in rows if self._library.is_class(api.call))
        return frozenset(
            facts.name
            for identifier, facts in self._program.classes.items()
            if facts.bases
            and not known.isdisjoint(
                canonical
                for base in self._evaluator.classes.order(identifier)[1]
                for canonical in (self._library.models.canonical(base), *self._library.models.bases(base))
            )
        )

    def _call(self, call: ir.Call, scope: Scope, kinds: frozenset[str]) -> None:
        root = self._evaluator.root(scope)
        if not self.resolve(call, root, scope, kinds) and not self._is_open(call.function, root):
            return
        seen: set[tuple[int, int, Value | None]] = set()
        for frame in self._activations.inner(scope):
            for api, name, receiver in self.resolve(call, frame, scope, kinds):
                key = (id(api), id(frame), receiver)
                if key not in seen:
                    seen.add(key)
                    self.calls.append(Declaration(api, name, call, frame, receiver, scope))

    def _is_open(self, function: ir.Expr, root: Frame) -> bool:
        """Whether a called name may become known in a context although it is not in the function as a whole."""
        base = function.value if isinstance(function, ir.Attr) else function
        return all(isinstance(value, String) for value in self._evaluator.values(base, root))

    def resolve(
        self, call: ir.Call, frame: Frame, scope: Scope, kinds: frozenset[str]
    ) -> list[tuple[Api, str, Value | None]]:
        """The rows of what a call calls, with the dotted name and the receiver."""
        found: list[tuple[Api, str, Value | None]] = []
        for value in self._evaluator.values(call.function, frame):
            for name, receiver in self.names(value):
                found += [(api, name, receiver) for api in self._rows(name, kinds)]
        guess = None if found else self._guesses.call(call, frame, scope)
        return [*found, *([(guess, guess.call, None)] if guess is not None else [])]

    def names(self, value: Value) -> Iterable[tuple[str, Value | None]]:
        """The dotted library names that calling a value may mean."""
        match value:
            case External(name=name):
                yield name.removesuffix(".__init__"), value.receiver
            case Class(id=cls):
                yield dotted(cls), None
                if self._evaluator.results.constructor(cls) is None:
                    for base in self._evaluator.classes.order(cls)[1]:
                        for name in (base, *self._library.models.bases(base)):
                            yield name, value
            case Function(id=identifier):
                yield dotted(identifier), value.receiver
            case _:
                return

    def _applications(self, call: ir.Call, decorator: ir.Call, scope: Scope) -> None:
        """`app.route("/x")(view)`: a decorator applied by a call."""
        for frame in self._activations.inner(scope):
            for declaration in self.resolve_decorator(decorator, frame, scope):
                for value in self._subjects(call, frame):
                    self.applied.append(Decoration(declaration, value.id, frame))

    def _subjects(self, call: ir.Call, frame: Frame) -> list[Function | Class]:
        """The function or class that a call applies a decorator to.

        In a callback whose own parameter is not known (`attach(wrapped, callback)`), the parameter of the enclosing
        decorator that has the same name.
        """
        for expr in call.arguments[:1]:
            current: Frame | None = frame
            while current is not None:
                values = self._evaluator.values(expr, current)
                found = [value for value in values if isinstance(value, Function | Class)]
                if found or not isinstance(expr, ir.Name):
                    return found
                current = current.closure
        return []
