"""Effects: what a call does to the outside world, as the models know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edanalyze.analyse.signals import Signals
from edanalyze.analyse.statements import Statements
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.program import dotted
from edanalyze.link.results import CONTEXT_MANAGERS
from edanalyze.link.scopes import Scope
from edanalyze.link.values import (
    Class,
    External,
    ExternalInstance,
    Frame,
    Function,
    Instance,
    Partial,
    Site,
    Value,
)
from edanalyze.models import Api

if TYPE_CHECKING:
    from edanalyze.analyse.trees import Step

# Model kind -> effect kind. Kinds that are not here describe declarations, not effects.
EFFECTS = {
    "http": "http",
    "soap": "http",
    "graphql": "http",
    "publish": "publish",
    "flush": "flush",
    "write": "write",
    "dedupe": "dedupe",
    "commit": "commit",
    "rollback": "rollback",
    "begin": "begin",
    "db_flush": "db_flush",
    "ack": "ack",
    "mail": "mail",
    "payment": "payment",
    "outbox": "outbox",
    "event_store": "outbox",
    "transactional_enqueue": "outbox",
    "after_commit_enqueue": "deferred_publish",
    "inbox": "guard",
    "idempotency": "guard",
    "task_once": "guard",
    "read_lock": "read",
    "read_check": "check",
    "rpc_invoke": "rpc",
    "rpc_call": "rpc",
    "propagation": "propagation",
    "scope": "scope",
    "producer_transaction": "producer_transaction",
}
LOCAL_FORMS = frozenset({"task-inline", "socket", "kv", "event-factory", "binding", "query", "rpc-reply"})
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
MOST_OVERRIDES = 8


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect of one call. `likely`: judged by names because the receiver is not resolved.

    `handed`: the callee was handed over as a value, so the call's arguments are not its own. `verb` refines a write
    (insert, update, delete, upsert, increment, ...).
    """

    kind: str
    api: Api
    name: str
    call: ir.Call
    receiver: Value | None = None
    likely: bool = False
    handed: bool = False
    verb: str = ""

    def argument(self, role: str) -> ir.Expr | None:
        """The argument in a slot of the API."""
        slot = self.api.slots.get(role)
        if slot is None or self.handed:
            return None
        return argument(slot, self.call)

    @property
    def flag(self) -> str:
        """The form of the API (`form` in its table)."""
        return str(self.api.data.get("form", ""))


@dataclass(frozen=True, slots=True)
class Opened:
    """What a `with` item (or decorator) opens."""

    effects: tuple[Effect, ...] = ()
    enter: tuple[Function, ...] = ()
    leave: tuple[Function, ...] = ()
    generators: tuple[tuple[Function, ir.Call], ...] = ()
    aside: str = ""


class Effects:
    """Classifies calls by the models."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.library = evaluator.models
        self.matched: set[str] = set()
        self._statements = Statements(evaluator)
        self.signals = Signals(evaluator)
        # Evaluation is remembered by identity, so calls made up here must stay the same objects.
        self._kept: dict[tuple[int, int], ir.Call] = {}

    # ------------------------------------------------------------------ calls

    def step(self, call: ir.Call, scope: Scope, receiver: str, parameters: frozenset[str]) -> Step | None:
        """The step of a call in a function with that receiver name and those parameters; None when it is no matter."""
        from edanalyze.analyse.trees import Step

        effects, targets = self.classify(call, self.evaluator.root(scope))
        root, depth = _root(call.function)
        direct = depth == 0 and (root in parameters or self._is_outer_parameter(root, scope))
        own_method = depth == 1 and root == receiver != ""
        open_receiver = depth > 0 and not effects and not targets and (root in parameters or root == receiver)
        dynamic = bool(root) and (direct or own_method or open_receiver)
        if not effects and not targets and not dynamic:
            return None
        return Step(call, scope, effects, () if direct else targets, dynamic)

    def again(self, step: Step, frame: Frame) -> Step:
        """A step in a call context."""
        effects, targets = self.classify(step.call, frame)
        if not effects and not targets:
            return step
        return replace(step, effects=effects, targets=targets, dynamic=False)

    @staticmethod
    def _is_outer_parameter(name: str, scope: Scope) -> bool:
        """Whether a name is a parameter of an enclosing function (a decorator's argument)."""
        current = scope.parent
        if name in scope.bindings:
            return False
        while current is not None and current.kind in {"function", "comprehension"}:
            bindings = current.bindings.get(name)
            if bindings:
                return any(binding.kind == "parameter" for binding in bindings)
            current = current.parent
        return False

    def classify(self, call: ir.Call, frame: Frame) -> tuple[tuple[Effect, ...], tuple[Function, ...]]:
        """The library effects of a call and the project functions it may run."""
        effects: list[Effect] = []
        targets: list[Function] = []
        known = False
        for callee in self.evaluator.values(call.function, frame):
            found, functions, resolved = self._callee(callee, call, frame)
            effects += found
            targets += functions
            known = known or resolved
        if not known and not targets:
            effects += self._shaped(call, frame)
        return tuple(_distinct(effects)), tuple(dict.fromkeys(targets))

    def _callee(self, callee: Value, call: ir.Call, frame: Frame) -> tuple[list[Effect], list[Function], bool]:
        match callee:
            case External(name=name):
                rows = self.library.rows(name)
                found = self._effects(rows, name, call, frame, callee.receiver)
                told = self.signals.receivers(found) if found else self.signals.sent(callee, rows, call, frame)
                return found, told, bool(rows) or (_is_plain(name) and self.library.speaks_of(name))
            case Function(id=identifier):
                rows = self.library.rows(dotted(identifier))
                own = self._effects(rows, dotted(identifier), call, frame, callee.receiver)
                return (own, [], True) if own else ([], self._overrides(callee), True)
            case Class(id=cls):
                rows = self.library.rows(dotted(cls))
                constructor = self.evaluator.results.constructor(cls)
                targets = [Function(constructor, Instance(cls, Site(call, frame)))] if constructor else []
                return self._effects(rows, dotted(cls), call, frame, None), targets, True
            case Partial(target=target, site=site):
                found, functions, resolved = self._callee(target, site.call, site.frame)
                return [replace(effect, handed=True, call=call) for effect in found], functions, resolved
            case Instance():
                methods = self.evaluator.attributes.of(callee, "__call__")
                return [], [method for method in methods if isinstance(method, Function)], bool(methods)
            case ExternalInstance(name=name):
                rows = self.library.rows(f"{name}.__call__")
                return self._effects(rows, name, call, frame, callee), [], bool(rows)
            case _:
                return [], [], False

    def _overrides(self, function: Function) -> list[Function]:
        """A method, or its implementations when it is abstract."""
        facts = self.evaluator.program.functions.get(function.id)
        if facts is None:
            return []
        if facts.owner is None or not is_abstract(facts.body):
            return [function]
        owner = f"{function.id.partition(':')[0]}:{facts.owner}"
        found: list[Function] = []
        for child in self.evaluator.classes.descendants(owner):
            identifier = f"{child}.{facts.name}"
            if identifier in self.evaluator.program.functions:
                receiver = Instance(child) if isinstance(function.receiver, Instance | None) else function.receiver
                found.append(Function(identifier, receiver))
        return found[:MOST_OVERRIDES] or [function]

    def _effects(
        self, rows: Iterable[Api], name: str, call: ir.Call, frame: Frame, receiver: Value | None
    ) -> list[Effect]:
        found: list[Effect] = []
        for api in rows:
            if api.kind == "test_double":
                return []
            if api.origin == "pyproject.toml":
                self.matched.add(api.call)
            kind = EFFECTS.get(api.kind)
            if kind is None or api.data.get("property"):
                continue
            effect = self._refined(Effect(kind, api, name, call, receiver), frame)
            if effect is not None:
                found.append(effect)
        return found

    def _refined(self, effect: Effect, frame: Frame) -> Effect | None:
        """The effect with what its arguments decide; None when they show that there is none."""
        data = effect.api.data
        match effect.kind:
            case "http" if data.get("sends") is False or data.get("form") in {"client", "document", "transport"}:
                return None
            case "publish" if self._writes_outbox(effect):
                return replace(effect, kind="outbox")
            case "publish":
                form = effect.flag
                if data.get("in_process") or form in LOCAL_FORMS:
                    return None
                if form == "rpc":
                    return replace(effect, kind="rpc")
                if data.get("after_commit"):
                    return replace(effect, kind="deferred_publish")
                return effect
            case "ack":
                return effect if data.get("action") not in {"extend", "defer"} else None
            case "outbox" if data.get("form") not in {None, "call", "sql"}:
                return None
            case "propagation" if data.get("direction") not in {"outbound", "both"}:
                return None
            case "dedupe" if "switch" in effect.api.slots and effect.argument("switch") is None:
                return None
            case "write" if any(
                name == "commit" and isinstance(value, ir.Const) and value.value is False
                for name, value in effect.call.keywords
            ):
                return None
            case "write" | "dedupe":
                verb = self._statements.verb(effect, frame)
                return replace(effect, verb=verb) if verb else None
            case _:
                return effect

    def _writes_outbox(self, effect: Effect) -> bool:
        """A task of an application that stores what it is asked to send, to be sent by a relay."""
        task = effect.receiver
        if not isinstance(task, Function) or task.id not in self.evaluator.program.functions:
            return False
        scope = self.evaluator.program.scopes[task.id]
        frame = self.evaluator.root(scope.parent or scope)
        return any(
            self.library.rows(owner.name, "outbox")
            for decorator in self.evaluator.program.functions[task.id].decorators
            for owner in self.evaluator.results.decorator_owners(decorator, frame)
        )

    def _shaped(self, call: ir.Call, frame: Frame) -> list[Effect]:
        """What a call on an unresolved receiver looks like."""
        if not isinstance(call.function, ir.Attr):
            return []
        receiver = spelled(call.function.value).removesuffix("()").removesuffix("[]").rsplit(".", 1)[-1]
        found: list[Effect] = []
        for shape in self.library.models.shape(receiver, call.function.name) if receiver else ():
            if shape.url_required and not self._has_url(call, frame):
                continue
            kind = EFFECTS.get(shape.api.kind)
            if kind is None:
                continue
            name = f"{receiver}.{call.function.name}"
            effect = self._refined(Effect(kind, shape.api, name, call, None, likely=True), frame)
            if effect is not None:
                found.append(effect)
        return found

    def _has_url(self, call: ir.Call, frame: Frame) -> bool:
        for expr in call.arguments[:2]:
            for text in self.evaluator.strings(expr, frame):
                head = text.parts[0] if text.parts else ""
                if isinstance(head, str) and (head.startswith(("http://", "https://")) or head.startswith("/")):
                    return True
                if any(isinstance(part, str) and "/" in part for part in text.parts):
                    return True
        return False

    def may_mutate(self, call: ir.Call, scope: Scope) -> bool:
        """Whether an unresolved method call may change an object that came from elsewhere: `order.confirm()`."""
        assert isinstance(call.function, ir.Attr)
        root, _ = _root(call.function)
        if not root or root in {"self", "cls", "log", "logger", "logging"}:
            return False
        where: Scope | None = scope
        while where is not None and root not in where.bindings:
            where = where.parent
        if where is None or where.kind in {"module", "class"}:
            return False
        frame = self.evaluator.root(scope)
        return all(
            isinstance(value, External | ExternalInstance) and not self.library.speaks_of(value.name)
            for value in self.evaluator.values(call.function, frame)
        )

    # ------------------------------------------------------------------ aside

    def aside(self, call: ir.Call, scope: Scope) -> str:
        """How a call runs the callables or awaitables it is given: "deferred", "concurrent", ..., "inline" or ""."""
        for callee in self.evaluator.values(call.function, self.evaluator.root(scope)):
            if not isinstance(callee, External):
                continue
            if callee.name in INLINE or callee.name.endswith(".run_in_executor"):
                return "inline"
            for api in self.library.rows(callee.name):
                if api.kind == "invoke" and api.data.get("form") == "call":
                    return "inline"
                if api.kind in ASIDES and "event" not in api.slots:
                    return ASIDES[api.kind]
        return ""

    def handed(self, call: ir.Call, scope: Scope) -> list[ir.Expr]:
        """The arguments of such a call that are callables to run."""
        frame = self.evaluator.root(scope)
        found: list[ir.Expr] = []
        for expr in (*call.arguments, *(value for _, value in call.keywords)):
            inner = expr.value if isinstance(expr, ir.Star) else expr
            if isinstance(inner, ir.Lambda):
                found.append(inner)
            elif isinstance(inner, ir.Name | ir.Attr):
                values = self.evaluator.values(inner, frame)
                binding = scope.bindings.get(inner.id, ()) if isinstance(inner, ir.Name) else ()
                if any(self._is_callable(value) for value in values) or any(b.kind == "parameter" for b in binding):
                    found.append(inner)
            elif isinstance(inner, ir.Call):
                values = self.evaluator.values(inner, frame)
                if any(isinstance(value, Partial) for value in values) or _is_signature_call(inner):
                    found.append(inner)
        return found

    def _is_callable(self, value: Value) -> bool:
        if isinstance(value, External):
            return any(api.kind in EFFECTS for api in self.library.rows(value.name))
        return isinstance(value, Function | Partial)

    def handed_step(
        self, argument: ir.Expr, call: ir.Call, scope: Scope, parameters: frozenset[str]
    ) -> Step | None:
        """The step of running a callable that `call` was given."""
        from edanalyze.analyse.trees import Step

        made = ir.Call(argument, (), (), call.place)
        keep = self._kept.setdefault((id(argument), id(call)), made)
        effects, targets = self.classify(keep, self.evaluator.root(scope))
        effects = tuple(replace(effect, handed=True) for effect in effects)
        root = _handed_root(argument)
        direct = bool(root) and (root in parameters or self._is_outer_parameter(root, scope))
        if direct:
            effects = ()
        if not effects and not targets and not direct:
            return None
        return Step(keep, scope, effects, () if direct else targets, direct)

    # ----------------------------------------------------------------- scopes

    def opened(self, expr: ir.Expr, scope: Scope, line: int, *, decorator: bool = False) -> Opened:
        """What entering `expr` (or decorating with it), on that line, opens."""
        evaluator = self.evaluator
        frame = evaluator.root(scope)
        call = expr if isinstance(expr, ir.Call) else self._kept.setdefault((id(expr), 0), ir.Call(expr, (), (), ir.Place(line, 1, line, 1)))
        effects: list[Effect] = []
        generators: list[tuple[Function, ir.Call]] = []
        enter: list[Function] = []
        leave: list[Function] = []
        aside = ""
        callees = evaluator.values(call.function, frame) if isinstance(expr, ir.Call) or decorator else ()
        for callee in callees:
            if isinstance(callee, External):
                rows = self.library.rows(callee.name)
                effects += self._scopes(rows, callee.name, call, callee.receiver, decorator)
                if any(api.kind == "concurrent" for api in rows):
                    aside = "concurrent"
            elif isinstance(callee, Function) and self.is_context_manager(callee):
                generators.append((callee, call))
            elif isinstance(callee, Function) and not decorator:
                generators += [
                    (value, call)
                    for value in evaluator.results.returned(callee, None, None)
                    if isinstance(value, Function) and self.is_context_manager(value)
                ]
        if not decorator:
            for value in evaluator.values(expr, frame):
                if isinstance(value, ExternalInstance) and not effects:
                    for name in ("", ".__enter__", ".__aenter__", ".__exit__", ".__aexit__"):
                        rows = self.library.rows(f"{value.name}{name}")
                        effects += self._scopes(rows, value.name, call, value, decorator)
                elif isinstance(value, Instance):
                    enter += self._hooks(value, ("__enter__", "__aenter__"))
                    leave += self._hooks(value, ("__exit__", "__aexit__"))
        return Opened(tuple(_distinct(effects)), tuple(enter[:1]), tuple(leave[:1]), tuple(generators[:2]), aside)

    def _hooks(self, value: Instance, names: tuple[str, ...]) -> list[Function]:
        return [
            override
            for name in names
            for method in self.evaluator.attributes.of(value, name)
            if isinstance(method, Function)
            for override in self._overrides(method)
        ]

    def is_context_manager(self, function: Function) -> bool:
        """Whether a function is made a context manager by `contextlib`."""
        program = self.evaluator.program
        facts = program.functions.get(function.id)
        if facts is None or not facts.decorators:
            return False
        scope = program.scopes[function.id]
        frame = self.evaluator.root(scope.parent or scope)
        return any(
            isinstance(value, External) and value.name in CONTEXT_MANAGERS
            for decorator in facts.decorators
            for value in self.evaluator.values(decorator, frame)
        )

    @staticmethod
    def _scopes(
        rows: Iterable[Api], name: str, call: ir.Call, receiver: Value | None, decorator: bool
    ) -> list[Effect]:
        wanted = {"decorator"} if decorator else {"with", "async-with", "object"}
        found: list[Effect] = []
        for api in rows:
            forms = api.data.get("form")
            if api.kind == "scope" and isinstance(forms, list) and wanted.intersection(forms):
                found.append(Effect("scope", api, name, call, receiver))
            elif api.kind == "ack" and api.data.get("action") == "scope" and not decorator:
                found.append(Effect("ack_scope", api, name, call, receiver))
            elif api.kind in {"idempotency", "task_once", "inbox"}:
                found.append(Effect("guard", api, name, call, receiver))
            elif api.kind == "outbox" and forms == "function_decorator" and decorator:
                found.append(Effect("outbox", api, name, call, receiver))
        return found


def is_abstract(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a method body only stands for its overrides: nothing, `...` or `raise NotImplementedError`."""
    for statement in body:
        match statement:
            case ir.Evaluate(value=ir.Const()):
                continue
            case ir.Raise(value=value) if value is not None and "NotImplementedError" in spelled(value):
                continue
            case _:
                return False
    return True


def _root(expr: ir.Expr) -> tuple[str, int]:
    """The first name of an attribute chain and how many attributes follow it."""
    depth = 0
    while True:
        match expr:
            case ir.Name(id=name):
                return name, depth
            case ir.Attr(value=value):
                expr = value
                depth += 1
            case _:
                return "", depth


def _handed_root(expr: ir.Expr) -> str:
    """The name at the root of a callable that is handed over."""
    if isinstance(expr, ir.Call):
        return _root(expr.arguments[0])[0] if expr.arguments else ""
    return _root(expr)[0]


def _is_plain(name: str) -> bool:
    """Library names that are certainly resolved although no model speaks of them."""
    return not any(mark in name for mark in ("()", "[]"))


def _is_signature_call(call: ir.Call) -> bool:
    return isinstance(call.function, ir.Attr) and call.function.name in {"s", "si", "signature"}


def _distinct(effects: Iterable[Effect]) -> list[Effect]:
    kept: dict[tuple[str, str], Effect] = {}
    for effect in effects:
        kept.setdefault((effect.kind, effect.name), effect)
    return list(kept.values())
