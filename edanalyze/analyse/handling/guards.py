"""Guards against repetition: which side of a test is the first delivery of a message."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.handling.conditional import Conditional
from edanalyze.analyse.handling.counters import PASSING, Counters
from edanalyze.facts import ir
from edanalyze.facts.children import calls, spelled
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Function


class Guard(enum.Enum):
    """What kind of guard a test is.

    LOOKUP asks whether something is stored already, without storing it; CLAIM stores a marker and tells whether it
    was new; STATE asks for the status or version of an entity.
    """

    LOOKUP = "lookup"
    CLAIM = "claim"
    STATE = "state"


class Verdict(NamedTuple):
    """The kind of a guard, and the outcome of its test on a first delivery (None: either).

    `field` and `root`: the field that a STATE guard asks for, and the name of the object. `store`: the library that a
    LOOKUP asks.
    """

    guard: Guard
    first: bool | None
    field: str = ""
    root: str = ""
    store: str = ""


_STATE = re.compile(
    r"(^|_)(status|state|version|phase|stage|step|revision|sequence|offset|seq|last_\w+|updated_at|timestamp)$"
    r"|^(is_|has_|was_|already_)|_(at|on|id|done|sent|processed|paid|shipped|confirmed|cancelled|canceled|reserved|notified)$"
    r"|^(processed|handled|completed|sent|paid|shipped|confirmed|cancelled|canceled|closed|done|finished|reserved|notified"
    r"|delivered|settled|refunded|captured|applied|active|enabled)$",
    re.I,
)
_MESSAGE = re.compile(
    r"^(event|evt|message|msg|payload|request|response|data|body|record|headers|settings|config|envelope|command|cmd)$",
    re.I,
)
_SELF = frozenset({"self", "cls", "settings", "config"})
_FOUND = re.compile(
    r"already|processed|handled|seen|duplicate|exists|known|is_done|has_been|was_|find|get|lookup|load|fetch", re.I
)
_CLAIMS = re.compile(
    r"claim|acquire|first_time|is_new|reserve|mark_|register|remember|set_?nx|try_|begin_once|lock", re.I
)
_READS = frozenset(
    {
        "get", "first", "one", "one_or_none", "scalar", "scalar_one_or_none", "scalars", "exists", "aexists",
        "find_one", "find", "fetchone", "fetchrow", "fetchval", "fetch_one", "get_or_none", "count", "count_documents",
        "sismember", "hexists", "hget", "filter", "filter_by", "afirst", "aget", "all", "get_item", "scan", "query",
        "fetch_val", "in_bulk",
        "get_entity_by_id", "select", "execute", "acount", "select_for_update", "with_for_update", "fetch_all",
    }
)  # fmt: skip
_COUNTS = frozenset(
    {
        "rowcount",
        "modified_count",
        "matched_count",
        "upserted_id",
        "deleted_count",
        "inserted_primary_key",
        "acknowledged",
    }
)
_WRITTEN = frozenset({"upsert", "update", "delete", "increment", "replace", "insert_or_update"})
DEEPEST = 3


class Guards:
    """Judges tests."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._conditional = Conditional(effects.evaluator)
        self._memo: dict[tuple[int, str], Verdict | None] = {}
        self._counters = Counters(effects)

    def is_guarded(self, effect: Effect, frame: Frame) -> bool:
        """Whether a write tests what it sets, so that a repetition changes nothing."""
        return self._conditional.is_guarded(effect, frame)

    def is_counter(self, call: ir.Call, scope: Scope) -> bool:
        """Whether a call increments a counter that a test takes as a guard."""
        return self._counters.is_tested(call, scope)

    def judge(self, test: ir.Expr, scope: Scope) -> Verdict | None:
        """Whether a test tells a first delivery from a repeated one, and which outcome it has on the first."""
        key = (id(test), scope.id)
        if key not in self._memo:
            self._memo[key] = None
            self._memo[key] = self._judge(test, scope, 0)
        return self._memo[key]

    def _judge(self, test: ir.Expr, scope: Scope, depth: int) -> Verdict | None:
        match test:
            case ir.Operation(operator="not", operands=(inner,)):
                return _inverted(self._judge(inner, scope, depth))
            case ir.Operation(operator="is" | "==", operands=(left, ir.Const(value=None | False | 0))):
                return _inverted(self._judge(left, scope, depth)) or self._state(left, scope, depth)
            case ir.Operation(operator="is not" | "!=" | ">", operands=(left, ir.Const(value=None | False | 0))):
                return self._judge(left, scope, depth) or self._state(left, scope, depth)
            case ir.Operation(
                operator="==" | ">" | "!=" | ">=" | "<=" | "<" as operator,
                operands=(left, ir.Const(value=1 | 2 as limit)),
            ):
                first = self._counters.first(operator, left, limit, scope)
                return Verdict(Guard.CLAIM, first) if first is not None else self._compared(test, scope, depth)
            case ir.Operation(operator="is" | "==", operands=(left, ir.Const(value=True))):
                return self._judge(left, scope, depth)
            case ir.Operation(operator="in" | "not in", operands=(ir.Const(value=str()), _)):
                return None  # a word in a text, a field of the message
            case ir.Operation(operator="in" | "not in" as operator, operands=(_, container)):
                if isinstance(container, ir.Items | ir.Mapping | ir.Const):
                    return self._state(test.operands[0], scope, depth)
                if self._is_request(container) or not self._is_memory(container, scope):
                    return None
                return Verdict(Guard.CLAIM, operator == "not in")
            case ir.Operation(operator="==" | "!=" | "<" | "<=" | ">" | ">="):
                return self._compared(test, scope, depth)
            case ir.Choice(kind="and" | "or", options=options):
                return next((found for option in options if (found := self._judge(option, scope, depth))), None)
            case ir.Await(value=value) | ir.Bind(value=value):
                return self._judge(value, scope, depth)
            case ir.Call():
                return self._call(test, scope, depth)
            case ir.Name(id=name):
                return self._name(name, scope, depth)
            case ir.Attr(value=value, name=name) if name in _COUNTS:
                found = self._judge(value, scope, depth)
                return found._replace(first=True) if found is not None and found.guard is Guard.CLAIM else None
            case ir.Attr():
                return self._state(test, scope, depth)
            case ir.Index(value=value):
                return self._state(test, scope, depth) or self._judge(value, scope, depth)
            case _:
                return None

    def _compared(self, test: ir.Operation, scope: Scope, depth: int) -> Verdict | None:
        for operand in test.operands:
            found = self._state(operand, scope, depth) or self._judge(operand, scope, depth)
            if found is not None:
                return found._replace(first=None)
        return None

    # ----------------------------------------------------------------- fields

    @staticmethod
    def _is_request(container: ir.Expr) -> bool:
        """Membership in the message itself says nothing about earlier deliveries."""
        text = spelled(container).lower()
        return any(
            word in text for word in ("payload", "message", "event", "body", "data", "headers", "request", "settings")
        )

    def _is_memory(self, container: ir.Expr, scope: Scope) -> bool:
        """Whether a container is filled by code that runs, not a table of constants."""
        root = container
        while isinstance(root, ir.Attr | ir.Index | ir.Call):
            root = root.function if isinstance(root, ir.Call) else root.value
        name = root.id if isinstance(root, ir.Name) else ""
        text = spelled(container).rpartition(".")[2]
        return not (text.isupper() and len(text) > 1) and name not in {"settings", "config"}

    def _state(self, expr: ir.Expr, scope: Scope, depth: int) -> Verdict | None:
        match expr:
            case ir.Attr(name=name, value=value) if _STATE.search(name):
                root = spelled(value).partition(".")[0]
                if (root.lower() in _SELF and not depth) or self._is_message(root, scope):
                    return None
                return Verdict(Guard.STATE, None, name, root)
            case ir.Index(key=ir.Const(value=str() as key), value=value) if _STATE.search(key):
                root = spelled(value).partition(".")[0].removesuffix("[]")
                if self._is_message(root, scope) or not self._is_read(root, scope):
                    return None
                return Verdict(Guard.STATE, None, key, root)
            case _:
                return None

    @staticmethod
    def _is_message(root: str, scope: Scope) -> bool:
        return _MESSAGE.match(root) is not None

    def _is_read(self, root: str, scope: Scope) -> bool:
        """Whether a name holds a row or document that was read from a store."""
        for binding in scope.bindings.get(root, ()):
            for call in calls(binding.expr):
                name = call.function.name if isinstance(call.function, ir.Attr) else spelled(call.function)
                if name in _READS and not re.search(
                    r"json|loads|payload|message|body|headers", spelled(call.function), re.I
                ):
                    return True
                if re.search(r"^a?(get|find|fetch|load|lookup|read)_", name) or name.startswith("find_one"):
                    return True
        return False

    # ------------------------------------------------------------------ calls

    def _name(self, name: str, scope: Scope, depth: int) -> Verdict | None:
        where: Scope | None = scope
        while where is not None and name not in where.bindings:
            where = where.parent
        if where is None or where.kind == "module":
            return None
        for binding in where.bindings[name]:
            if binding.kind in {"unpack", "unpack item"} and binding.index == 1 and isinstance(binding.expr, ir.Call):
                if re.search(r"get_or_create|update_or_create|created", f"{spelled(binding.expr)} {name}"):
                    return Verdict(Guard.CLAIM, True)
            if binding.kind in {"value", "unpack"} and binding.expr is not None and depth <= DEEPEST:
                found = self._judge(binding.expr, where, depth + 1)
                if found is not None:
                    return found
        return None

    def _call(self, call: ir.Call, scope: Scope, depth: int) -> Verdict | None:
        frame = self._frame(scope)
        effects, targets = self._effects.classify(call, frame)
        store = ""
        for effect in effects:
            if effect.kind == "dedupe":
                signal = effect.api.data.get("signal")
                return Verdict(Guard.CLAIM, True if signal in {"falsy", "created", "rowcount", "upserted_id"} else None)
            if effect.kind == "check":
                return Verdict(Guard.LOOKUP, False, store=effect.api.library)
            if effect.kind == "guard":
                return Verdict(Guard.CLAIM, None)
            if effect.kind == "write" and self._tells(effect, frame):
                return Verdict(Guard.CLAIM, True)
            store = store or effect.api.library
        for target in targets:
            found = self._function(target, depth)
            if found is not None:
                return found
        name = call.function.name if isinstance(call.function, ir.Attr) else ""
        if (name in PASSING or spelled(call.function) in PASSING) and call.arguments:
            return self._judge(call.arguments[0], scope, depth)
        if name in _READS and not targets and self._is_stored(call):
            return Verdict(Guard.LOOKUP, False, store=store)
        if isinstance(
            call.function, ir.Attr
        ):  # `session.query(...).filter(...).first()`, `(await x.execute()).scalar()`
            inner = call.function.value
            inner = inner.value if isinstance(inner, ir.Await) else inner
            if isinstance(inner, ir.Call | ir.Name) and not self._is_loaded(inner):
                return self._judge(inner, scope, depth)
        return None

    def _tells(self, effect: Effect, frame: Frame) -> bool:
        """Whether what a write returns tells a first delivery from a repeated one."""
        if effect.verb not in _WRITTEN or effect.api.library == "redis":
            return False
        return effect.verb in {"upsert", "delete"} or self._conditional.is_guarded(effect, frame)

    @staticmethod
    def _is_loaded(expr: ir.Expr) -> bool:
        """Something that was only parsed: `json.loads(body)`."""
        return re.search(r"loads|json|decode|parse|validate", spelled(expr)) is not None

    @staticmethod
    def _is_stored(call: ir.Call) -> bool:
        """A look-up in a store, not in the message: `body.get("x")` is none."""
        assert isinstance(call.function, ir.Attr)
        receiver = call.function.value
        text = spelled(receiver).lower()
        last = text.removesuffix("()").rsplit(".", 1)[-1]
        if re.search(
            r"(payload|message|msg|event|body|data|headers?|params|kwargs|environ|record|attributes|json|config)$", last
        ):
            return False
        is_known = re.search(
            r"repo|store|session|db|cache|redis|table|dao|objects|inbox|client|registry|collection", text
        )
        return call.function.name != "get" or "." in text or is_known is not None

    def _function(self, function: Function, depth: int) -> Verdict | None:
        """A project function used as a test: what its return value tells."""
        if depth > DEEPEST:
            return None
        program = self._evaluator.program
        facts = program.functions.get(function.id)
        scope = program.scopes.get(function.id)
        if facts is None or scope is None:
            return None
        for expr in scope.returned:
            found = self._judge(expr, scope, depth + 1)
            if found is not None:
                return found
        constants = {expr.value for expr in scope.returned if isinstance(expr, ir.Const)}
        kinds = {
            effect.kind for call, inner in scope.calls for effect in self._effects.classify(call, self._frame(inner))[0]
        }
        if {True, False} <= constants and kinds & {"dedupe", "write"}:
            return Verdict(Guard.CLAIM, True if _CLAIMS.search(facts.name) else None)
        if "check" in kinds or (_FOUND.search(facts.name) and self._reads(scope)):
            return Verdict(Guard.LOOKUP, False)
        return None

    @staticmethod
    def _reads(scope: Scope) -> bool:
        return any(isinstance(call.function, ir.Attr) and call.function.name in _READS for call, _ in scope.calls)

    def _frame(self, scope: Scope) -> Frame:
        return self._evaluator.root(scope)


def _inverted(verdict: Verdict | None) -> Verdict | None:
    if verdict is None or verdict.first is None:
        return verdict
    return verdict._replace(first=not verdict.first)
