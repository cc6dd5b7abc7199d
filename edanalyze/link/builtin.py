"""Python's own functions: what `getattr`, `type`, `partial`, `cast` and constructors of collections give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.values import Class, Display, External, Frame, Function, Instance, Partial, Site, String, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

# Functions that hand back (the result of) their first argument.
PASSING = frozenset(
    {
        "asyncio.run",
        "asyncio.wait_for",
        "asyncio.shield",
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.run_coroutine_threadsafe",
        "asgiref.sync.sync_to_async",
        "asgiref.sync.async_to_sync",
        "contextlib.closing",
        "contextlib.aclosing",
        "copy.copy",
        "copy.deepcopy",
        "builtins.iter",
        "builtins.aiter",
        "builtins.next",
        "builtins.anext",
        "builtins.reversed",
        "builtins.sorted",
        "builtins.list",
        "builtins.tuple",
        "builtins.dict",
        "inspect.unwrap",
        "functools.wraps",
    }
)
# Constructors of collections that are filled later, and what they make.
COLLECTIONS = {
    "builtins.dict": "dict",
    "collections.OrderedDict": "dict",
    "collections.defaultdict": "dict",
    "builtins.list": "list",
    "builtins.set": "set",
    "collections.deque": "list",
    "weakref.WeakSet": "set",
}
FIELDS = frozenset({"dataclasses.field", "pydantic.Field", "attr.ib", "attr.field", "attrs.field", "msgspec.field"})
FACTORIES = ("default_factory", "factory")
SHORTEST_PREFIX = 2


class Builtins:
    """Results of calls of Python's own functions, for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._collections: dict[int, ir.Items | ir.Mapping] = {}

    def result(self, name: str, call: ir.Call, frame: Frame) -> Iterable[Value] | None:
        """What calling the function of that dotted name gives; None when it is not known here."""
        evaluator = self._evaluator
        if name in COLLECTIONS and (not call.arguments or name.endswith("defaultdict")):
            return (Display(self._collection(call, COLLECTIONS[name]), frame),)
        if name in PASSING:
            return evaluator.values(call.arguments[0], frame) if call.arguments else ()
        if name in FIELDS:
            return self._field(call, frame)
        match name:
            case "functools.partial" | "functools.partialmethod":
                if not call.arguments:
                    return ()
                return [Partial(value, Site(call, frame)) for value in evaluator.values(call.arguments[0], frame)]
            case "builtins.type" if len(call.arguments) == 1:
                values = evaluator.values(call.arguments[0], frame)
                return [Class(value.id) for value in values if isinstance(value, Instance)]
            case "builtins.getattr" if len(call.arguments) >= 2:
                return self._attribute(call, frame)
            case "typing.cast" if len(call.arguments) == 2:
                declared = evaluator.annotations.instances(call.arguments[0], frame)
                return declared or evaluator.values(call.arguments[1], frame)
        return None

    def _collection(self, call: ir.Call, kind: str, given: bool = True) -> ir.Items | ir.Mapping:
        """What `dict(a=1)`, `defaultdict(list)` or `set()` makes, as a display; the same object for the same call."""
        found = self._collections.get(id(call))
        if found is None:
            keywords = call.keywords if given else ()
            pairs = tuple((ir.Const(key) if key else None, value) for key, value in keywords)
            found = self._collections[id(call)] = ir.Mapping(pairs) if kind == "dict" else ir.Items(kind, ())
        return found

    def _field(self, call: ir.Call, frame: Frame) -> Iterable[Value] | None:
        """The default of a data class field: as given, or as a factory makes it."""
        if call.arguments and call.arguments[0] != ir.Const("..."):
            return self._evaluator.values(call.arguments[0], frame) or None
        for key, factory in call.keywords:
            if key == "default":
                return self._evaluator.values(factory, frame) or None
            if key not in FACTORIES:
                continue
            found: list[Value] = []
            for value in self._evaluator.values(factory, frame):
                match value:
                    case External(name=name) if name in COLLECTIONS:
                        found.append(Display(self._collection(call, COLLECTIONS[name], given=False), frame))
                    case Class(id=cls):
                        found.append(Instance(cls, Site(call, frame)))
                    case Function():
                        found += self._evaluator.results.returned(value, None, None)
                    case _:
                        pass
            return found
        return None

    def _attribute(self, call: ir.Call, frame: Frame) -> list[Value]:
        """`getattr(object, name)`; where only a beginning of the name is known, all methods that begin so."""
        evaluator = self._evaluator
        base, attribute = call.arguments[:2]
        found: list[Value] = []
        for value in evaluator.values(attribute, frame):
            if not isinstance(value, String):
                continue
            if value.literal is not None:
                found += evaluator.attributes.of_expression(base, value.literal, frame)
                continue
            beginning = value.parts[0] if value.parts else ""
            if isinstance(beginning, str) and len(beginning) >= SHORTEST_PREFIX:
                for holder in evaluator.values(base, frame):
                    for name in self._methods(holder, beginning):
                        found += evaluator.attributes.of(holder, name)
        return found

    def _methods(self, holder: Value, beginning: str) -> list[str]:
        if not isinstance(holder, Instance | Class):
            return []
        return [
            name
            for ancestor in self._evaluator.classes.order(holder.id)[0]
            for name, bindings in self._evaluator.program.scopes[ancestor].bindings.items()
            if name.startswith(beginning) and any(binding.kind == "function" for binding in bindings)
        ]
