"""Arguments that do not stand in the call itself: handed on by `*args`, by an executor, by `functools.partial`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.trees.asides import Asides
from edanalyze.facts import ir
from edanalyze.link.library import argument
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, Frame, Partial
from edanalyze.models import Slot

CALLABLE_KEYWORDS = frozenset({"target", "func", "function", "fn"})
DEEPEST = 6


class Handing:
    """Finds what callables that are run by somebody else are given. The calls it makes up are the same every time."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._asides = Asides(effects)
        self._evaluator = effects.evaluator
        self._made: dict[tuple[int, int], ir.Call] = {}

    # --------------------------------------------------------------- arguments

    def argument(self, slot: Slot, call: ir.Call, frame: Frame, depth: int = 0) -> tuple[ir.Expr, Frame] | None:
        """The expression in a slot of a call and the frame to evaluate it in, also through `*args` and `**kwargs`."""
        direct = argument(slot, call)
        if direct is not None:
            return direct, frame
        unpacked = self._unpacked(slot.kw, call, frame) if slot.kw is not None else None
        if unpacked is not None:
            return unpacked
        function = frame.scope.function
        if function is None or frame.call is None or frame.caller is None or depth > DEEPEST:
            return None
        kinds = {parameter.name: parameter.kind for parameter in function.parameters}
        for position, item in enumerate(call.arguments):
            if isinstance(item, ir.Star) and isinstance(item.value, ir.Name) and kinds.get(item.value.id) == "args":
                if slot.pos is not None and slot.pos >= position:
                    named = [name for name, kind in kinds.items() if kind in {"positional", "normal"}]
                    before = len(named) - (1 if is_bound(function) else 0)
                    inner = Slot(pos=before + slot.pos - position, kw=slot.kw)
                    return self.argument(inner, frame.call, frame.caller, depth + 1)
        for name, value in call.keywords:
            if not name and isinstance(value, ir.Name) and kinds.get(value.id) == "kwargs" and slot.kw is not None:
                return self.argument(Slot(kw=slot.kw), frame.call, frame.caller, depth + 1)
        return None

    def _unpacked(self, name: str, call: ir.Call, frame: Frame) -> tuple[ir.Expr, Frame] | None:
        """What a dict that is made here and passed as `**options` holds under a name; what was put in last counts."""
        for keyword, value in call.keywords:
            if keyword:
                continue
            for table in self._evaluator.values(value, frame):
                if isinstance(table, Display) and isinstance(table.expr, ir.Mapping):
                    found = self._stored(table, name) or self._item(table.expr, name)
                    if found is not None:
                        return found, table.frame
        return None

    @staticmethod
    def _item(table: ir.Mapping, name: str) -> ir.Expr | None:
        wanted = ir.Const(name)
        return next((value for key, value in table.items if key == wanted), None)

    @staticmethod
    def _stored(table: Display, name: str) -> ir.Expr | None:
        """What the function that made a dict put into it later."""
        stores = reversed(table.frame.scope.put_into(table.expr, ir.Const(name)))
        return next((store.binding.expr for store in stores if store.binding.kind == "value"), None)

    def forwards(self, slot: Slot, call: ir.Call) -> bool:
        """Whether a call may pass a slot in `*args` or `**kwargs`."""
        return any(isinstance(item, ir.Star) for item in call.arguments) or any(
            not name for name, _ in call.keywords if slot.kw is not None
        )

    # ------------------------------------------------------------- handed over

    def original(self, made: ir.Call, scope: Scope) -> ir.Call:
        """For the call of a callable that was handed over: that call with the arguments it will be given."""
        for call, _ in scope.lexical.calls:
            if call.place == made.place and any(item is made.function for item in _arguments(call)):
                return self.applied(call, made.function)
        return made

    def applied(self, call: ir.Call, function: ir.Expr) -> ir.Call:
        """The call of `function` that `call` (of an executor, a thread, a scheduler) will make."""
        key = (id(call), id(function))
        if key not in self._made:
            self._made[key] = self._apply(call, function)
        return self._made[key]

    @staticmethod
    def _apply(call: ir.Call, function: ir.Expr) -> ir.Call:
        keywords = tuple((name, value) for name, value in call.keywords if value is not function)
        position = next((index for index, item in enumerate(call.arguments) if item is function), None)
        if position is not None:
            given = call.arguments[position + 1 :]
            if isinstance(call.function, ir.Attr) and call.function.name in {"map", "imap", "starmap"}:
                given = tuple(ir.Index(item, ir.Hole("item")) for item in given)
            return ir.Call(function, given, keywords, call.place)
        named = dict(keywords)
        positional = named.get("args")
        mapping = named.get("kwargs")
        return ir.Call(
            function,
            positional.items if isinstance(positional, ir.Items) else (),
            tuple(
                (str(key.value), value)
                for key, value in (mapping.items if isinstance(mapping, ir.Mapping) else ())
                if isinstance(key, ir.Const)
            ),
            call.place,
        )

    def partial(self, value: Partial, call: ir.Call) -> ir.Call:
        """The call that calling a `functools.partial` makes."""
        made = value.site.call
        key = (id(made), id(call))
        if key not in self._made:
            arguments = (*made.arguments[1:], *call.arguments)
            self._made[key] = ir.Call(made.arguments[0], arguments, (*made.keywords, *call.keywords), call.place)
        return self._made[key]

    def references(self, name: str) -> Iterator[tuple[ir.Call, Scope]]:
        """Calls that are given a function of that name to run later, as calls of that function."""
        for call, scope, item in self._references.get(name, ()):
            if self._asides.aside(call, scope):
                yield self.applied(call, item), scope

    @cached_property
    def _references(self) -> dict[str, list[tuple[ir.Call, Scope, ir.Expr]]]:
        """What calls are given that bears the name of a function, by that name."""
        program = self._evaluator.program
        found: dict[str, list[tuple[ir.Call, Scope, ir.Expr]]] = {
            function.name: [] for function in program.functions.values()
        }
        for identifier in sorted(program.scopes):
            for call, scope in program.scopes[identifier].calls:
                for item in _arguments(call) if call.keywords else call.arguments:
                    if type(item) is ir.Name:
                        last = item.id
                    elif type(item) is ir.Attr:
                        last = item.name
                    else:
                        continue
                    if last in found:
                        found[last].append((call, scope, item))
        return found


def _arguments(call: ir.Call) -> tuple[ir.Expr, ...]:
    keyword = tuple(value for name, value in call.keywords if name in CALLABLE_KEYWORDS)
    return (*call.arguments, *keyword)
