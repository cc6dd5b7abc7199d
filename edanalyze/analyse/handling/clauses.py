"""What an `except` clause does: whether it catches everything, and whether it at most logs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.trees.trees import is_broad
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements, walk
from edanalyze.link.scopes import Scope

_LOGGERS = re.compile(
    r"(^|\.)_?(log|logger|logging|warnings|traceback|console|structlog|sentry_sdk|sentry|metrics?|statsd|stats|prometheus"
    r"|rollbar|bugsnag|newrelic|logfire|span|current_span|get_current_span|echo)\w*(\(\))?(\[\])?\.",
    re.I,
)
_TELLING = re.compile(
    r"^(print|pprint|print_exc|repr|str|int|type|len|isinstance|getattr|hasattr|format|format_exc|vars|dict|list|tuple|max|min)$"
    r"|(^|\.)(print_exc|print_exception|format_exc|format_exception|exc_info|capture_exception|capture_message|exception|inc"
    r"|labels|observe|time|monotonic|perf_counter|now|utcnow|record_exception|join|debug|info|warning|warn|error|critical|fatal"
    r"|log|get_logger|getlogger|bind|secho|total_seconds|isoformat|split|decode|encode|get|format)(\(\))?$"
    r"|(^|\.)std(out|err)\.\w+$",
    re.I,
)
_TIDYING = re.compile(r"(^|\.)(rollback|close|aclose|sleep|expire_all|expunge_all|clear|set_rollback)$", re.I)
_TRIVIAL = re.compile(
    r"(^|\.)(close|aclose|wait_closed|remove|unlink|rmtree|rmdir|disconnect|stop|cancel|quit|shutdown|cleanup|rollback|release|join"
    r"|terminate|kill|sleep|heartbeat|hexdigest|strip|lower|upper|items|keys|values|value|key|decode|error|code|topic"
    r"|partition|offset|timestamp)(\(\))?$",
    re.I,
)
DEEPEST = 2
_SETTLED = frozenset({"ack", "commit_offset", "store_offset", "delete", "checkpoint", "extend", None})


class Clauses:
    """Judges `except` clauses; `effects` tells acknowledgements and rollbacks."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._memo: dict[int, bool] = {}

    def swallows(self, handler: ir.Handler, scope: Scope, valued: bool) -> bool:
        """Whether a clause catches everything, at most logs it and goes on.

        `valued`: somebody looks at what the function returns, so that a returned value tells of the failure.
        """
        if not is_broad(handler):
            return False
        key = id(handler) if valued else -id(handler)
        if key not in self._memo:
            self._memo[key] = self._only_logs(handler.body, scope, valued)
        return self._memo[key]

    def _only_logs(self, body: tuple[ir.Stmt, ...], scope: Scope, valued: bool) -> bool:
        for statement in statements(body):
            match statement:
                case ir.Raise():
                    return False
                case ir.Return(value=value) if value is not None and valued and not is_nothing(value):
                    return False
                case ir.Return(value=ir.Mapping(items=items)) if any(_is_failure_list(key) for key, _ in items):
                    return False
                case ir.Assign(targets=targets):
                    if any(self._tells(target, body, scope, False) for target in targets):
                        return False
                case ir.Augment(target=target):
                    if self._tells(target, body, scope, True):
                        return False
            for expr in expressions(statement):
                if any(isinstance(node, ir.Yield) for node in walk(expr)):
                    return False
                if not all(self._is_harmless(call, scope) for call in calls(expr)):
                    return False
        return True

    def _is_harmless(self, call: ir.Call, scope: Scope, depth: int = 0) -> bool:
        name = spelled(call.function)
        if isinstance(call.function, ir.Attr) and isinstance(call.function.value, ir.Const | ir.Text):
            return True  # `"...".format(error)`
        if _LOGGERS.search(name):
            return True
        effects, targets = self._effects.classify(call, self._effects.evaluator.root(scope))
        if effects:
            return all(
                effect.kind == "rollback" or (effect.kind == "ack" and effect.api.data.get("action") in _SETTLED)
                for effect in effects
            )
        if targets:
            return depth < DEEPEST and all(self._function_only_tells(target.id, depth) for target in targets)
        return _is_telling(name) or _TIDYING.search(name) is not None

    def _function_only_tells(self, function: str, depth: int) -> bool:
        program = self._effects.evaluator.program
        facts, scope = program.functions[function], program.scopes[function]
        return all(
            not isinstance(statement, ir.Raise)
            and all(
                self._is_harmless(call, scope, depth + 1) for expr in expressions(statement) for call in calls(expr)
            )
            for statement in statements(facts.body)
        )

    def _tells(self, target: ir.Expr, body: tuple[ir.Stmt, ...], scope: Scope, counts: bool) -> bool:
        """Whether an assignment tells the code after the clause about the failure; a counter may only be logged."""
        match target:
            case ir.Items(items=items):
                return any(self._tells(item, body, scope, counts) for item in items)
            case ir.Name(id=name):
                function = scope.function
                if function is None or _reads(function.body, name) <= _reads(body, name):
                    return False
                tests = [
                    statement
                    for statement in statements(function.body)
                    if isinstance(statement, ir.Branch) and _mentions(statement.test, name)
                ]
                return any(_acts(statement) for statement in tests) if tests or counts else True
            case _:
                return True


def first_work(body: tuple[ir.Stmt, ...], is_aside: Callable[[ir.Call], bool]) -> ir.Call | None:
    """The first call in the body of a `try` that may do work; logging, tidying and reading do not count.

    `is_aside` tells further calls that are no work: the one that receives the message, measurements.
    """
    for call in _outer_calls(body):
        name = spelled(call.function)
        if not _is_telling(name) and not _TRIVIAL.search(name) and not is_aside(call):
            return call
    return None


def _is_telling(name: str) -> bool:
    return _LOGGERS.search(name) is not None or _TELLING.search(name) is not None


def is_nothing(expr: ir.Expr) -> bool:
    """Whether a returned value says nothing."""
    match expr:
        case ir.Const(value=None | False | "" | 0):
            return True
        case ir.Items(items=()) | ir.Mapping(items=()):
            return True
        case _:
            return False


def gives_values(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a function returns something that its caller could look at."""
    return any(
        isinstance(statement, ir.Return) and statement.value is not None and statement.value != ir.Const(None)
        for statement in statements(body)
    )


def discarded(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Place]:
    """The places of the calls whose results nobody looks at."""
    for statement in statements(body):
        if isinstance(statement, ir.Evaluate):
            value = statement.value
            while isinstance(value, ir.Await):
                value = value.value
            if isinstance(value, ir.Call):
                yield value.place
                for argument in value.arguments:  # `asyncio.run(handle(message))`
                    if isinstance(argument, ir.Call):
                        yield argument.place


def _outer_calls(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Call]:
    for statement in statements(body):
        for expr in expressions(statement):
            yield from reversed(list(calls(expr)))


def _acts(statement: ir.Branch) -> bool:
    """Whether a test on a flag leads to more than another way out."""
    for inner in statements((*statement.body, *statement.orelse)):
        if isinstance(inner, ir.Raise) or (
            isinstance(inner, ir.Return) and inner.value is not None and not is_nothing(inner.value)
        ):
            return True
        for expr in expressions(inner):
            for call in calls(expr):
                if not _is_telling(spelled(call.function)) and re.search(
                    r"nack|reject|requeue|retry|publish|send|save|create|fail|park|dead|raise|mark|update|execute|commit|ack|put",
                    spelled(call.function),
                    re.I,
                ):
                    return True
    return False


def _reads(body: Iterable[ir.Stmt], name: str) -> int:
    return sum(
        isinstance(node, ir.Name) and node.id == name
        for statement in statements(tuple(body))
        for expr in _read(statement)
        for node in walk(expr)
    )


def _read(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    if isinstance(statement, ir.Assign):
        return (statement.value,) if statement.value is not None else ()
    if isinstance(statement, ir.Augment):
        return (statement.value,)
    return expressions(statement)


def _mentions(expr: ir.Expr, name: str) -> bool:
    return any(isinstance(node, ir.Name) and node.id == name for node in walk(expr))


def _is_failure_list(key: ir.Expr | None) -> bool:
    return isinstance(key, ir.Const) and key.value == "batchItemFailures"
