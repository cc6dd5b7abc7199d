"""Remote changes: calls and commands by which another service, or a third party, changes its state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.address import parse
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Witness
from edanalyze.facts import ir
from edanalyze.facts.children import spelled, walk
from edanalyze.link.scopes import Scope
from edanalyze.link.values import ExternalInstance, String

if TYPE_CHECKING:
    from edanalyze.analyse.binding.records import HttpCall, PublishCall, RpcCall
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

REMOTE = frozenset({"http", "rpc", "payment", "publish"})
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LASTING = frozenset({"write", "dedupe", "outbox", "publish", "deferred_publish", "mail", "payment"})
# Where people are told something, rather than a state is changed.
_MESSAGES = re.compile(
    r"slack|telegram|discord|whatsapp|mailgun|sendgrid|mailchimp|twilio|pushover|onesignal|(^|[./_-])(sms|fcm)([./_-]|$)"
    r"|webhook|notif|send_?e?mail|send_?message|chat\.post|(^|/)(e?mails?|messages|alerts?)(/|$)",
    re.I,
)
# Paths under which a POST asks, or writes down that something happened.
_ASKS = re.compile(
    r"_?(m?search|query|queries|graphql|filter|find|lookup|match|count|scroll|aggregate|validate|validation|verify"
    r"|check|calculate|compute|estimate|quotes?|preview|evaluate|simulate|diff|compare|batch_?get|list|read|fetch|get"
    r"|predict(ions?)?|infer(ence)?|classify|score|embed(dings?)?|rerank|rank|completions?|chat|generate|generate_?content"
    r"|translate|transcri\w+|detect|recognize|analy[sz]e|recommend(ations?)?|render|convert|parse|extract|summari[sz]e"
    r"|log(s|ging)?|metrics?|telemetry|analytics|track(ing)?|trace|spans|audit|stats|health|ping"
    r"|webhooks?|hooks?|rpc_?discover|introspect)"
)
_SIGNS_IN = re.compile(
    r"(^|[-_])(log_?in|log_?out|sign_?in|sign_?out|auth|oauth2?|authenticate|token|tokens|refresh|session|sessions|introspect"
    r"|userinfo|jwt|sso|revoke|access_token)([-_]|$)"
)
_READS = re.compile(
    r"^(get|list|find|fetch|search|query|read|lookup|check|is|has|count|exists|validate|verify|describe|calculate|estimate"
    r"|stream|watch|health|ping)(_|$|[A-Z])|^(Get|List|Find|Fetch|Search|Query|Read|Check|Describe|Validate|Verify)"
)
# Functions that are there to learn something, whatever the requests look like that they send.
_LEARNS = re.compile(r"^_*(search|query|lookup|find|fetch|get|is|has)(_(?!or_|and_)(?!.*_(or|and)_)|$)")
_ORDERS = re.compile(
    r"(^|[-_./:])(cmd|commands?|do|please)([-_./:]|$)|^(create|reserve|charge|process|update|cancel|ship|book|allocate|start"
    r"|delete|remove|add|register|approve|execute|run|make|perform|debit|credit|transfer|pay|issue|release|confirm"
    r"|provision|deduct|schedule)([-_./A-Z]|$)",
)
_TELLS = re.compile(r"notif|e?mail|sms|alert|log|audit|metric|analytic|event|reminder|welcome|push|index|cache", re.I)
_SHARING = frozenset({"append", "add", "update", "pop", "remove", "insert", "extend", "setdefault", "clear", "discard"})
_SAVING = re.compile(
    r"^(a?save|a?create|insert|upsert|update|delete|remove|put|add|store|persist|write|append|push|set|commit|publish|send"
    r"|enqueue|emit|execute|merge|bulk|process|charge|refund|reserve|transfer)(_|$)",
    re.I,
)


class RemoteChanges:
    """Judges calls."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._changing: dict[str, bool] = {}

    def counts(self, step: Step, witness: Witness, effect: Effect) -> bool:
        """Whether the effect at the end of a path changes the state of somebody else."""
        last = witness[-1]
        match effect.kind:
            case "http":
                calls = self._system.hops.on_path(witness)
                learns = any(_LEARNS.match(point.function.rpartition(".")[2]) for point in witness[1:])
                return bool(calls) and all(
                    self._requests_change(call) and not (learns and not call.targets) for call in calls
                )
            case "payment":
                return not _READS.match(effect.name.rpartition(".")[2])
            case "rpc":
                remote = [call for call in self._system.binding.rpc_calls if _at(call) == (last.module, last.place)]
                return bool(remote) and all(self._invokes_change(call) for call in remote)
            case "publish":
                messages = self._system.binding.publish_of_physical(last.module, last.place)
                places = {(point.module, point.place) for point in witness}
                fixed = [each for each in messages if (each.site.module, each.site.place) in places]
                return any(self._orders_change(each, step) for each in fixed or messages)
            case _:
                return False

    # ------------------------------------------------------------------ requests

    def _requests_change(self, call: HttpCall) -> bool:
        if not call.methods or not set(call.methods) <= _UNSAFE or call.effect.api.kind != "http":
            return False
        words = [String(segment).text.lower().strip("{}") for segment in parse(call.url).segments]
        literal = [word for word in words if word]
        if any(_SIGNS_IN.search(word) for word in words) or (literal and _ASKS.fullmatch(literal[-1])):
            return False
        if call.targets:
            return any(self.changes(target) for target in call.targets)
        return bool(call.service) or not _MESSAGES.search(call.url.text)

    def _invokes_change(self, call: RpcCall) -> bool:
        if _READS.match(call.method):
            return False
        if call.targets:
            return any(self.changes(target) for target in call.targets)
        return bool(call.method)

    # ------------------------------------------------------------------ commands

    def _orders_change(self, call: PublishCall, step: Step) -> bool:
        """Whether a message is a command to another service: it asks for an answer, or its name is an order."""
        own = self._system.service_of(self._system.program.paths[call.site.module])
        others = [
            entry
            for entry in call.consumers
            if self._system.service_of(self._system.program.paths[entry.module]) != own
        ]
        if call.consumers and (not others or not any(self.changes(entry) for entry in others)):
            return False
        if self._wants_answer(step):
            return True
        if _TELLS.search(call.topic) or (call.task is not None and not others):
            return False
        if call.effect.flag == "command":
            return True
        name = call.topic.rpartition("/")[2].rpartition(".")[2] if call.effect.flag == "task" else call.topic
        return bool(_ORDERS.search(name.rpartition("/")[2]))

    def _wants_answer(self, step: Step) -> bool:
        """Whether a message names the queue in which the sender waits for the answer."""
        frame = self._system.evaluator.root(step.scope)
        waiting: list[ir.Expr] = [*step.call.arguments, *(value for _, value in step.call.keywords)]
        if any(name == "reply_to" and value != ir.Const(None) for name, value in step.call.keywords):
            return True
        for expr in waiting:
            for node in walk(expr):
                if isinstance(node, ir.Call) and any(name == "reply_to" for name, _ in node.keywords):
                    return True
            for value in self._system.evaluator.values(expr, frame):
                if isinstance(value, ExternalInstance) and value.site is not None:
                    if any(name == "reply_to" for name, _ in value.site.call.keywords):
                        return True
        return False

    # -------------------------------------------------------------------- callees

    def changes(self, entry: EntryPoint) -> bool:
        """Whether an entry point of the system changes anything, as far as its code can tell."""
        if entry.value is None:
            return True
        if entry.function not in self._changing:
            self._changing[entry.function] = False  # what only calls itself changes nothing
            reach = self._system.reach
            self._changing[entry.function] = any(
                item.effect.kind in _LASTING
                or (item.effect.kind == "rpc")
                or (item.effect.kind == "http" and self.counts(item.step, item.witness, item.effect))
                for item in reach.effects(entry.value)
            ) or any(self._changes_memory(function) for function in reach.functions(entry.value))
        return self._changing[entry.function]

    def _changes_memory(self, function: str) -> bool:
        """Whether a function changes what outlives it, or calls something unknown that sounds as if it did.

        What an object only notes of itself (the session that it has opened, the time of its last request) is not meant.
        """
        scope = self._system.program.scopes[function]
        facts = scope.function
        own = facts.parameters[0].name if facts is not None and facts.owner is not None and facts.parameters else None
        for store in scope.stores:
            notes = isinstance(store.key, str) and isinstance(store.base, ir.Name) and store.base.id == own
            if not notes and not self._is_local(store.base, scope):
                return True
        for call, inner in scope.calls:
            if not isinstance(call.function, ir.Attr):
                continue
            name = call.function.name
            if name in _SHARING and not self._is_local(call.function.value, scope):
                return True
            if _SAVING.match(name) and not self._is_local(call.function.value, scope):
                effects, targets = self._system.effects.classify(call, self._system.evaluator.root(inner))
                if not targets and not any(effect.kind in {"read", "check"} for effect in effects):
                    return True
        return False

    @staticmethod
    def _is_local(expr: ir.Expr, scope: Scope) -> bool:
        """Whether an object is one that the function itself made."""
        root = spelled(expr).partition(".")[0].removesuffix("()").removesuffix("[]")
        bindings = scope.bindings.get(root, ())
        return bool(bindings) and all(binding.kind != "parameter" for binding in bindings)


def _at(call: RpcCall) -> tuple[str, ir.Place]:
    return (call.module, call.place)
