"""Effects: what a call does to the outside world, as the models know it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.ownmethods import OwnMethods
from edanalyze.analyse.effects.signals import Signals
from edanalyze.analyse.effects.statements import Statements
from edanalyze.analyse.effects.stores import is_stored
from edanalyze.analyse.effects.stubs import Stubs
from edanalyze.facts import ir
from edanalyze.facts.children import last_name, root_of
from edanalyze.facts.names import dotted
from edanalyze.link.classes import MOST_OVERRIDES, is_abstract
from edanalyze.link.evaluate import Evaluator
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


class Effects:
    """Classifies calls by the models."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.library = evaluator.models
        self.matched: set[str] = set()
        self._statements = Statements(evaluator)
        self._own_methods = OwnMethods(evaluator)
        self._stubs = Stubs(evaluator.models.models)
        self.signals = Signals(evaluator)

    # ------------------------------------------------------------------ calls

    @staticmethod
    def is_outer_parameter(name: str, scope: Scope) -> bool:
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
        return tuple(distinct(effects)) if effects else (), tuple(dict.fromkeys(targets)) if targets else ()

    def _callee(self, callee: Value, call: ir.Call, frame: Frame) -> tuple[list[Effect], list[Function], bool]:
        match callee:
            case External(name=name):
                rows = self.library.rows(name)
                if not rows and (procedure := self._stubs.procedure(name, call.awaited)) is not None:
                    rows = (procedure.api,)
                found = self._effects(rows, name, call, frame, callee.receiver)
                told = self.signals.receivers(found) if found else self.signals.sent(callee, rows, call, frame)
                told += self._own_methods.run(rows, callee.receiver) if rows else ()
                if found and (storing := self._own_methods.storing(found, callee.receiver)):
                    return [], storing, True
                return found, told, bool(rows) or (_is_plain(name) and self.library.speaks_of(name))
            case Function(id=identifier):
                rows = self.library.rows(dotted(identifier))
                own = self._effects(rows, dotted(identifier), call, frame, callee.receiver)
                return (own, [], True) if own else ([], self.overrides(callee), True)
            case Class(id=cls):
                rows = self.library.rows(dotted(cls))
                constructor = self.evaluator.results.constructor(cls)
                made = Instance(cls, Site(call, frame))
                targets = [Function(constructor, made)] if constructor else []
                targets += self._own_methods.made(made, call)
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

    def overrides(self, function: Function) -> list[Function]:
        """A method, or its implementations when it is abstract."""
        facts = self.evaluator.program.functions.get(function.id)
        if facts is None:
            return []
        if facts.owner is None or not is_abstract(facts.body):
            return [function]
        receiver = function.receiver
        holder = f"{function.id.partition(':')[0]}:{facts.owner}"
        owner = receiver.id if isinstance(receiver, Instance | Class) else holder
        if self.evaluator.classes.method(owner, facts.name) != function.id:
            return [function]  # asked for by `super()`
        found: list[Function] = []
        for child in self.evaluator.classes.descendants(owner):
            identifier = f"{child}.{facts.name}"
            if identifier in self.evaluator.program.functions:
                found.append(Function(identifier, Class(child) if isinstance(receiver, Class) else Instance(child)))
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
                if is_stored(form, self.evaluator.program):
                    return replace(effect, kind="append")
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
            for owner in self.evaluator.decorators.decorator_owners(decorator, frame)
        )

    def _shaped(self, call: ir.Call, frame: Frame) -> list[Effect]:
        """What a call on an unresolved receiver looks like."""
        if not isinstance(call.function, ir.Attr):
            return []
        receiver = last_name(call.function.value)
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
                if isinstance(head, str) and head.startswith(("http://", "https://", "/")):
                    return True
                if any(isinstance(part, str) and "/" in part for part in text.parts):
                    return True
        return False

    def may_mutate(self, call: ir.Call, scope: Scope) -> bool:
        """Whether an unresolved method call may change an object that came from elsewhere: `order.confirm()`."""
        assert isinstance(call.function, ir.Attr)
        root, _ = root_of(call.function)
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


def _is_plain(name: str) -> bool:
    """Library names that are certainly resolved although no model speaks of them."""
    return "()" not in name and "[]" not in name


def distinct(effects: Iterable[Effect]) -> list[Effect]:
    """Without a second effect of the same kind and name."""
    kept: dict[tuple[str, str], Effect] = {}
    for effect in effects:
        kept.setdefault((effect.kind, effect.name), effect)
    return list(kept.values())
