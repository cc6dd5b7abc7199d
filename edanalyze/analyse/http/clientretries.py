"""HTTP clients that are built to send a request again by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from edanalyze.analyse.effects.connections import made_by
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import Constant, Display, External, ExternalInstance, Frame, String
from edanalyze.models import Api

DEEPEST = 4


class ClientRetries:
    """Reads the retry policies of clients, their adapters and transports."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._rows = evaluator.models.rows

    def resends(self, effect: Effect, step: Step, methods: Collection[str]) -> Point | None:
        """What sends a request with one of some methods again; None when nothing does."""
        if not methods or effect.handed:
            return None
        inner = self._evaluator.root(step.scope)
        given = [effect.argument(role) for role in ("retries",) if role in effect.api.slots]
        for expr, frame in ((expr, inner) for expr in given if expr is not None):
            found = self._policy(expr, frame, methods, 0)
            if found is not None:
                return found
        receiver = effect.receiver
        if not isinstance(receiver, ExternalInstance) or receiver.site is None:
            return None
        site = receiver.site
        return self._among(_given(site.call), site.frame, methods, 0) or self._mounted(receiver, methods)

    def _among(self, values: Iterable[ir.Expr], frame: Frame, methods: Collection[str], depth: int) -> Point | None:
        return next((found for expr in values if (found := self._policy(expr, frame, methods, depth))), None)

    def _policy(self, expr: ir.Expr, frame: Frame, methods: Collection[str], depth: int) -> Point | None:
        """The retry policy in an argument, be it inside an adapter or a transport, that covers a method."""
        if depth > DEEPEST:
            return None
        for value in self._evaluator.values(expr, frame):
            site = value.site if isinstance(value, ExternalInstance) else None
            if site is None or not isinstance(value, ExternalInstance):
                continue
            name = value.name.removesuffix("()")
            for api in self._rows(name, "retry"):
                if api.data.get("form") == "config" and self._covers(api, site.call, site.frame, methods):
                    where = site.frame.scope
                    message = f"`{name.rpartition('.')[2]}` sends a request again when it fails"
                    return Point(where.module, where.id, site.call.place, message)
            if self._rows(name, "retry") or self._rows(name, "http_option"):
                found = self._among(_given(site.call), site.frame, methods, depth + 1)
                if found is not None:
                    return found
        return None

    def _mounted(self, session: ExternalInstance, methods: Collection[str]) -> Point | None:
        """The policy of an adapter that is mounted on a session."""
        mounts = {
            api.call.rpartition(".")[2]
            for api in self._evaluator.models.models.of_kind("http_option")
            if api.data.get("form") == "adapter_mount"
        }
        for name in sorted(mounts):
            for call, scope in self._evaluator.program.calls.get(name, ()):
                if not isinstance(call.function, ir.Attr):
                    continue
                frame = self._evaluator.root(scope)
                owners = self._evaluator.values(call.function.value, frame)
                if any(made_by(owner) is not None and made_by(owner) is made_by(session) for owner in owners):
                    found = self._among(_given(call), frame, methods, 1)
                    if found is not None:
                        return found
        return None

    # ----------------------------------------------------------------- policies

    def _covers(self, api: Api, call: ir.Call, frame: Frame, methods: Collection[str]) -> bool:
        """Whether a policy tries again at all, and for one of some methods."""
        if "retry" in api.slots or "transport" in api.slots:
            return False  # it only holds another one
        for role in ("max_retries", "max_attempts"):
            limit = self._given(api, role, call)
            values = self._evaluator.values(limit, frame) if limit is not None else ()
            least = 0 if role == "max_retries" else 1
            if any(isinstance(value, Constant) and value.value in {False, *range(least + 1)} for value in values):
                return False
        chosen = [expr for role in ("methods", "old_methods") if (expr := self._given(api, role, call)) is not None]
        if not chosen:
            defaults = api.data.get("default_methods")
            if isinstance(defaults, list):
                return any(method in defaults for method in methods)
            return bool(api.data.get("retries_post"))
        every = api.data.get("any_method")
        if isinstance(every, list) and any(isinstance(expr, ir.Const) and str(expr.value) in every for expr in chosen):
            return True
        named = {text.upper() for expr in chosen for text in self._texts(expr, frame, 0)}
        return any(method in named for method in methods)

    @staticmethod
    def _given(api: Api, role: str, call: ir.Call) -> ir.Expr | None:
        slot = api.slots.get(role)
        return argument(slot, call) if slot is not None else None

    def _texts(self, expr: ir.Expr, frame: Frame, depth: int) -> Iterator[str]:
        """The strings in an expression and in the displays that it stands for."""
        for node in walk(expr):
            if isinstance(node, ir.Const) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ir.Name | ir.Attr) and depth < DEEPEST:
                for value in self._evaluator.values(node, frame):
                    if isinstance(value, Display):
                        yield from self._texts(value.expr, value.frame, depth + 1)
                    elif isinstance(value, String) and value.literal is not None:
                        yield value.literal
                    elif isinstance(value, External) and value.name.rpartition(".")[2] in {"POST", "PATCH"}:
                        yield value.name.rpartition(".")[2]


def _given(call: ir.Call) -> tuple[ir.Expr, ...]:
    return (*call.arguments, *(value for _, value in call.keywords))
