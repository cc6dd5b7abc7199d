"""Code that is handed over: callables and awaitables that a call runs later, side by side, or after the commit."""

from __future__ import annotations

from msgspec.structs import replace

from edanalyze.analyse.effects.effects import EFFECTS, Effects
from edanalyze.analyse.trees.trees import Step
from edanalyze.facts import ir
from edanalyze.facts.children import root_of
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Function, Partial, Value

ASIDES = {"deferred": "deferred", "concurrent": "concurrent", "after_commit": "after_commit"}
INLINE = frozenset(
    {
        "asyncio.to_thread",
        "builtins.map",
        "builtins.filter",
        "functools.reduce",
        "starlette.concurrency.run_in_threadpool",
        "fastapi.concurrency.run_in_threadpool",
        "anyio.to_thread.run_sync",
    }
)

# What starts a task; awaited right there, the task is waited for like a call.
TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"})


class Asides:
    """Finds what a call runs of what it is given, and how."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._library = effects.library
        self._ways: dict[str, str] = {}
        # Evaluation is remembered by identity, so calls made up here must stay the same objects.
        self._kept: dict[tuple[int, int], ir.Call] = {}

    def aside(self, call: ir.Call, scope: Scope) -> str:
        """How a call runs the callables or awaitables it is given: "deferred", "concurrent", ..., "inline" or ""."""
        for callee in self._evaluator.values(call.function, self._evaluator.root(scope)):
            if isinstance(callee, External):
                if call.awaited and callee.name in TASKS:
                    return "inline"
                way = self._ways.get(callee.name)
                if way is None:
                    way = self._ways[callee.name] = self._way(callee.name)
                if way:
                    return way
        return ""

    def _way(self, name: str) -> str:
        """How a library function runs what it is given."""
        if name in INLINE or name.endswith(".run_in_executor"):
            return "inline"
        for api in self._library.rows(name):
            if api.kind == "invoke" and api.data.get("form") == "call":
                return "inline"
            if api.kind in ASIDES and "event" not in api.slots:
                return ASIDES[api.kind]
        return ""

    def handed(self, call: ir.Call, scope: Scope) -> list[ir.Expr]:
        """The arguments of such a call that are callables to run."""
        frame = self._evaluator.root(scope)
        found: list[ir.Expr] = []
        for expr in (*call.arguments, *(value for _, value in call.keywords)):
            inner = expr.value if isinstance(expr, ir.Star) else expr
            if isinstance(inner, ir.Lambda):
                found.append(inner)
            elif isinstance(inner, ir.Name | ir.Attr):
                values = self._evaluator.values(inner, frame)
                binding = scope.bindings.get(inner.id, ()) if isinstance(inner, ir.Name) else ()
                if any(self._is_callable(value) for value in values) or any(b.kind == "parameter" for b in binding):
                    found.append(inner)
            elif isinstance(inner, ir.Call):
                values = self._evaluator.values(inner, frame)
                if any(isinstance(value, Partial) for value in values) or _is_signature_call(inner):
                    found.append(inner)
        return found

    def is_coroutine(self, function: Function) -> bool:
        """Whether a call of a function makes a coroutine, which runs when it is awaited."""
        facts = self._evaluator.program.functions.get(function.id)
        return facts is not None and facts.asynchronous and not facts.generator

    def _is_callable(self, value: Value) -> bool:
        if isinstance(value, External):
            return any(api.kind in EFFECTS for api in self._library.rows(value.name))
        return isinstance(value, Function | Partial)

    def handed_step(self, argument: ir.Expr, call: ir.Call, scope: Scope, parameters: frozenset[str]) -> Step | None:
        """The step of running a callable that `call` was given."""
        made = ir.Call(argument, (), (), call.place)
        keep = self._kept.setdefault((id(argument), id(call)), made)
        effects, targets = self._effects.classify(keep, self._evaluator.root(scope))
        effects = tuple(replace(effect, handed=True) for effect in effects)
        root = _handed_root(argument)
        direct = bool(root) and (root in parameters or self._effects.is_outer_parameter(root, scope))
        if direct:
            effects = ()
        if not effects and not targets and not direct:
            return None
        return Step(keep, scope, effects, () if direct else targets, direct)


def _handed_root(expr: ir.Expr) -> str:
    """The name at the root of a callable that is handed over."""
    if isinstance(expr, ir.Call):
        return root_of(expr.arguments[0])[0] if expr.arguments else ""
    return root_of(expr)[0]


def _is_signature_call(call: ir.Call) -> bool:
    return isinstance(call.function, ir.Attr) and call.function.name in {"s", "si", "signature"}
