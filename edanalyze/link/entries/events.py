"""Events of serverless functions: what a function's code shows of the event it is started with."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.facts.children import expressions, spelled, statements, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, ExternalInstance, Function

# What a record holds -> what carries it; asked in this order.
RECORDS = {
    "Sns": "sns",
    "kinesis": "kinesis",
    "dynamodb": "dynamodb-stream",
    "s3": "s3",
    "body": "sqs",
    "messageAttributes": "sqs",
    "receiptHandle": "sqs",
}
REQUEST = frozenset(
    {"httpMethod", "pathParameters", "queryStringParameters", "requestContext", "multiValueHeaders", "rawPath"}
)
SOURCES = {
    "aws:sqs": "sqs",
    "aws:sns": "sns",
    "aws:kinesis": "kinesis",
    "aws:dynamodb": "dynamodb-stream",
    "aws.events": "eventbridge",
    "aws:kafka": "kafka",
    "aws:s3": "s3",
}
# Classes of events, as typing packages and powertools call them.
CLASSES = {
    "SQSEvent": "sqs",
    "SNSEvent": "sns",
    "KinesisStreamEvent": "kinesis",
    "DynamoDBStreamEvent": "dynamodb-stream",
    "EventBridgeEvent": "eventbridge",
    "S3Event": "s3",
    "MSKEvent": "kafka",
}
ATTRIBUTES = {"records": "Records", "detail_type": "detail-type"}
RESOLVING = frozenset({"resolve", "Mangum", "handle_request"})


class Events:
    """Judges functions that have the signature of a serverless handler."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program

    def is_handler(self, scope: Scope) -> bool:
        """Whether a function at module level takes an event and a context, and nothing of the project calls it."""
        function = scope.function
        if function is None or scope.parent is None or scope.parent.kind != "module":
            return False
        names = [parameter.name.strip("_") for parameter in function.parameters]
        if len(names) != 2 or not set(names[0].split("_")) & {"event", "evt", "events", "data"}:
            return False
        if names[1] not in {"context", "ctx", "lambda_context"} and not (
            names[1] == "" and "handler" in function.name.lower()
        ):
            return False
        callers = self._evaluator.callers.of(scope.id)  # a file may try its handler out when it is run
        return all(frame.scope.kind == "module" for _, frame in callers)

    def dispatches(self, scope: Scope) -> bool:
        """Whether a function hands its event to a router that has routes of its own."""
        for call, _ in scope.calls:
            function = call.function
            if isinstance(function, ir.Attr) and function.name in RESOLVING and len(call.arguments) == 2:
                return True
        return False

    def transport(self, scope: Scope) -> str:
        """What carries the events of a function: a broker, "request" for HTTP, "" when its code does not show it."""
        function = scope.function
        assert function is not None
        declared = self._declared(scope) or self._wrapped(scope)
        if declared:
            return declared
        keys = set(self._read_of(scope, function.parameters[0].name, 2))
        if "Records" in keys:
            return self._carrier(scope)
        if "detail" in keys or "detail-type" in keys:
            return "eventbridge"
        if "data" in keys and self._decodes(scope):
            return "google-cloud-pubsub"
        if {"bucket", "name"} <= keys:
            return "gcs"
        if keys & REQUEST or {"body", "headers"} <= keys:
            return "request"
        return ""

    def _declared(self, scope: Scope) -> str:
        """By the annotation of the event."""
        function = scope.function
        assert function is not None
        annotation = function.parameters[0].annotation
        if annotation is None:
            return ""
        for value in self._evaluator.annotations.instances(annotation, self._evaluator.root(scope.parent or scope)):
            if isinstance(value, ExternalInstance | External):
                found = self.source(value.name)
                if found:
                    return found
        return ""

    def _wrapped(self, scope: Scope) -> str:
        """By the class that the event is given to: `SQSEvent(event)`."""
        function = scope.function
        assert function is not None
        event = function.parameters[0].name
        for call, inner in scope.calls:
            if call.arguments and _name(call.arguments[0]) == event:
                for value in self._evaluator.values(call.function, self._evaluator.root(inner)):
                    if isinstance(value, External) and (found := self.source(value.name)):
                        return found
        return ""

    def source(self, event_class: str) -> str:
        """What carries the events that a library's class stands for."""
        for api in self._evaluator.models.rows(event_class, "event_source"):
            return SOURCES.get(str(api.data.get("source")), "")
        last = event_class.removesuffix("()").rpartition(".")[2]
        if last in CLASSES:
            return CLASSES[last]
        return "request" if last.startswith(("APIGateway", "ALBEvent", "LambdaFunctionUrl", "AppSyncResolver")) else ""

    def _read_of(self, scope: Scope, event: str, depth: int) -> Iterator[str]:
        """The keys that a function, or one that it hands the event to, reads of the event."""
        yield from self._keys(scope, frozenset({event}))
        for call, inner in scope.calls if depth else ():
            if not any(_name(value) == event for value in (*call.arguments, *(value for _, value in call.keywords))):
                continue
            for value in self._evaluator.values(call.function, self._evaluator.root(inner)):
                callee = self._program.scopes.get(value.id) if isinstance(value, Function) else None
                if callee is not None and callee.function is not None:
                    given = self._evaluator.parameters.of_call(callee, call, is_bound(callee.function))
                    for name in (name for name, expr in given.items() if _name(expr) == event):
                        yield from self._read_of(callee, name, depth - 1)

    @staticmethod
    def _decodes(scope: Scope) -> bool:
        """Whether a function decodes Base64, as the body of a Pub/Sub message is written."""
        return any(spelled(call.function).endswith("b64decode") for call, _ in scope.calls)

    def _keys(self, scope: Scope, of: frozenset[str] | None, strict: bool = False) -> Iterator[str]:
        """The literal keys that a function reads (of the named variables, or of anything), `strict`: no attributes."""
        function = scope.function
        for statement in statements(function.body if function is not None else ()):
            for expr in expressions(statement):
                for node in walk(expr):
                    read = None if strict and type(node) is ir.Attr else _read(node)
                    if read is not None and (of is None or _name(read[0]) in of):
                        yield read[1]

    def _carrier(self, scope: Scope) -> str:
        """What carries records: as the function reads them, else functions of its module, else any that it calls."""
        near: list[Scope] = [scope]
        far: list[Scope] = []
        for callee in self._callees(scope):
            (near if callee.module == scope.module else far).append(callee)
            far += self._callees(callee)
        for scopes, strict in (near, False), (far, True):
            found = {key for each in scopes for key in self._keys(each, None, strict)}
            for key, carrier in RECORDS.items():
                if key in found:
                    return carrier
        return ""

    def _callees(self, scope: Scope) -> list[Scope]:
        """The functions of the project that a function calls."""
        return [
            self._program.scopes[value.id]
            for call, inner in scope.calls
            for value in self._evaluator.values(call.function, self._evaluator.root(inner))
            if isinstance(value, Function) and value.id in self._program.scopes
        ]


def _name(expr: ir.Expr) -> str:
    return expr.id if isinstance(expr, ir.Name) else ""


def _read(node: ir.Expr) -> tuple[ir.Expr, str] | None:
    """The object and the key of `event["key"]`, `event.get("key")`, `event.key` or `"key" in event`."""
    match node:
        case ir.Index(value=base, key=ir.Const(value=str() as key)):
            return base, key
        case ir.Call(function=ir.Attr(value=base, name="get"), arguments=(ir.Const(value=str() as key), *_)):
            return base, key
        case ir.Attr(value=base, name=key):
            return base, ATTRIBUTES.get(key, key)
        case ir.Operation(operator="in", operands=(ir.Const(value=str() as key), base)):
            return base, key
        case _:
            return None
