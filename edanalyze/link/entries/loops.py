"""Poll loops: functions that iterate a consumer or ask it for messages again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.facts.children import bodies, calls, expressions, walk
from edanalyze.link.entries.activations import Activations
from edanalyze.link.entries.callables import Callables
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.forwarding import Driver, Forwarding
from edanalyze.link.entries.messages import received
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.sources import Source, Sources, Use
from edanalyze.link.entries.transports import Transports
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, ExternalInstance, Frame, Function, Instance, Value
from edanalyze.models import Api

ITERATED = ("__iter__", "__aiter__")
PLAIN = frozenset(
    {"range", "enumerate", "zip", "sorted", "items", "values", "keys", "all", "filter", "exclude", "split"}
)
DEEPEST = 3


class Read(NamedTuple):
    """One reading of messages in an activation of a function: the API, its call if it is one, the consumer."""

    api: Api
    use: Use | None
    receiver: Value | None
    scope: Scope
    frame: Frame
    driver: Driver
    place: ir.Place


class Loops:
    """Finds the poll loops of a program."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        activations: Activations,
        callables: Callables,
        sources: Sources,
        forwarding: Forwarding,
    ) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._library = evaluator.models
        self._activations = activations
        self._callables = callables
        self._sources = sources
        self._forwarding = forwarding
        self._transports = Transports(evaluator.models.models)
        self._polls: dict[str, list[Declaration]] = defaultdict(list)
        for declaration in declarations.of("consumer"):
            if declaration.text("form") in {"poll", "iterate"} and not declaration.api.data.get("in_process"):
                self._polls[declaration.scope.lexical.id].append(declaration)

    def find(self) -> list[EntryPoint]:
        """All of them.

        A loop that hands its messages to a callback of which nothing is known (nobody calls it, say) adds nothing where
        another entry reads the same.
        """
        found = list(self._found())
        bare = {id(entry) for entry in found if entry.driver is None and self._hands_on(entry)}
        read = {topic.text for entry in found if id(entry) not in bare for topic in entry.topics}
        return [
            entry for entry in found if id(entry) not in bare or not all(topic.text in read for topic in entry.topics)
        ]

    def _found(self) -> Iterator[EntryPoint]:
        iterated = any(
            api.call.endswith(ITERATED) or api.data.get("form") == "iterate"
            for api in self._library.models.of_kind("consumer")
        )
        for identifier in sorted(self._program.scopes):
            scope = self._program.scopes[identifier]
            if scope.kind not in {"function", "module"}:
                continue
            body = self._body(scope)
            if identifier in self._polls or (iterated and scope.loops):
                for read in self._reads(scope, body):
                    yield from self._entries(read)

    def _hands_on(self, entry: EntryPoint) -> bool:
        """Whether a loop gives what it reads to a parameter of its function."""
        scope = self._program.scopes.get(entry.function)
        if scope is None or scope.function is None or not entry.delivery.message:
            return False
        names = {parameter.name for parameter in scope.function.parameters}
        return any(
            isinstance(call.function, ir.Name)
            and call.function.id in names
            and any(isinstance(each, ir.Name) and each.id in entry.delivery.message for each in call.arguments)
            for call, _ in scope.calls
        )

    # ------------------------------------------------------------------- reads

    def _reads(self, scope: Scope, body: tuple[ir.Stmt, ...]) -> Iterator[Read]:
        seen: set[tuple[int, Frame]] = set()
        for loop in scope.loops:
            if loop.kind != "for" or not self._may_consume(loop.source, scope):
                continue
            for frame in self._activations.of(scope):
                for api, use, receiver in self._iterated(loop.source, frame):
                    target = walk(loop.target) if loop.target is not None else ()
                    names = frozenset(node.id for node in target if isinstance(node, ir.Name))
                    place = ir.Place(loop.line, 1, loop.line, 1)
                    if use is not None:
                        seen.add((id(use.call), frame))
                    yield Read(api, use, receiver, scope, frame, Driver(scope, loop.body, names), place)
        for declaration in self._polls.get(scope.id, ()):
            call = declaration.call
            assert call is not None
            if (id(call), declaration.frame) in seen or declaration.scope is not scope:
                continue
            block, given = _surroundings(body, call)
            if not given and block is None and not self._forwarding.gives(scope, call):
                continue
            use = Use(declaration.name, call, declaration.frame)
            driver = Driver(scope, block if block is not None else body, frozenset(given))
            yield Read(declaration.api, use, declaration.receiver, scope, declaration.frame, driver, call.place)

    def _may_consume(self, source: ir.Expr, scope: Scope) -> bool:
        """A look at a loop's source in the function as a whole, which is cheap, before its contexts are told apart."""
        function = source.function if isinstance(source, ir.Call) else source
        if isinstance(function, ir.Attr) and function.name in PLAIN:
            return False
        if isinstance(function, ir.Name) and function.id in PLAIN and function.id not in scope.bindings:
            return False
        return next(iter(self._iterated(source, self._evaluator.root(scope))), None) is not None

    def _iterated(self, source: ir.Expr, frame: Frame) -> Iterator[tuple[Api, Use | None, Value | None]]:
        """The consumers that a loop's source stands for."""
        for value in self._evaluator.values(source, frame):
            match value:
                case ExternalInstance(name=name):
                    for hook in ITERATED:
                        for api in self._library.models.method(name, hook, "consumer")[:1]:
                            yield api, None, value
                            break
                    if value.site is not None:
                        yield from self._opened(value.name, value)
                case Instance(id=cls):
                    for base in self._evaluator.classes.order(cls)[1]:
                        for hook in ITERATED:
                            for api in self._library.models.method(base, hook, "consumer")[:1]:
                                yield api, None, value
                case External(name=name, receiver=receiver):
                    for api in self._library.rows(name, "consumer"):
                        if api.data.get("property") and api.data.get("form") == "iterate":
                            yield api, None, receiver
                case _:
                    pass

    def _opened(self, name: str, value: ExternalInstance) -> Iterator[tuple[Api, Use | None, Value | None]]:
        """An iterator that a consumer's method gave: `pubsub.listen()`, `queue.iterator()`."""
        site = value.site
        assert site is not None
        for callee in self._evaluator.values(site.call.function, site.frame):
            if isinstance(callee, External):
                for api in self._library.rows(callee.name, "consumer"):
                    if api.data.get("form") == "iterate":
                        yield api, Use(callee.name, site.call, site.frame), callee.receiver

    # ----------------------------------------------------------------- entries

    def _entries(self, read: Read, depth: int = 0) -> Iterator[EntryPoint]:
        source = self._sources.of(read.api, read.use, read.receiver)
        driver = Function(read.scope.id, read.frame.receiver, read.frame.closure)
        targets = self._forwarding.targets(read.driver, read.frame)
        for target in targets:
            defined = self._callables.defined(target)
            names = received(self._program.functions[defined.id])
            yield self._entry(read, source, defined.id, target, names, driver)
        if targets:
            return
        outer = self._handed_out(read) if depth < DEEPEST else None
        if outer is not None:
            yield from self._entries(outer, depth + 1)
        else:
            yield self._entry(read, source, read.scope.id, driver, tuple(sorted(read.driver.names)), None)

    def _handed_out(self, read: Read) -> Read | None:
        """The reading from the view of the caller, when a function only returns or yields what it reads."""
        call, caller = read.frame.call, read.frame.caller
        reading = read.use.call if read.use is not None else None
        if call is None or caller is None or not self._forwarding.hands_out(read.driver, reading):
            return None
        scope = caller.scope.lexical
        body = self._body(scope)
        block, names = _surroundings(body, call)
        driver = Driver(scope, block if block is not None else body, frozenset(names))
        return Read(read.api, read.use, read.receiver, scope, caller, driver, call.place)

    def _body(self, scope: Scope) -> tuple[ir.Stmt, ...]:
        return scope.function.body if scope.function is not None else self._program.modules[scope.module].body

    def _entry(
        self,
        read: Read,
        source: Source,
        function: str,
        value: Function,
        message: tuple[str, ...],
        driver: Function | None,
    ) -> EntryPoint:
        facts = self._program.functions.get(function)
        place = facts.place if facts is not None else read.place
        name = ", ".join(topic.text for topic in source.topics)
        return EntryPoint(
            kind="handler",
            function=function,
            value=value,
            name=name or (facts.name if facts is not None else read.scope.module),
            module=function.partition(":")[0],
            place=place,
            declared=(read.scope.module, read.use.call.place if read.use is not None else read.place),
            library=read.api.library,
            topics=source.topics,
            transport=self._transports.of(read.api),
            delivery=replace(source.delivery, message=message),
            group=source.group,
            driver=driver,
            frame=read.frame,
            held=tuple(sorted(read.driver.names)) if driver is not None else (),
        )


def _deep(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Stmt]:
    for statement in body:
        yield statement
        for block in bodies(statement):
            yield from _deep(block)


def _surroundings(body: tuple[ir.Stmt, ...], call: ir.Call) -> tuple[tuple[ir.Stmt, ...] | None, set[str]]:
    """The outermost loop around a call (its body) and the names that the call's result is given to."""
    names: set[str] = set()
    block: tuple[ir.Stmt, ...] | None = None
    for statement in body:
        nested = [expr for inner in _deep((statement,)) for expr in expressions(inner)]
        if not any(call is each for expr in nested for each in calls(expr)):
            continue
        for inner in _deep((statement,)):
            names |= _given(inner, call)
            if block is None and isinstance(inner, ir.Loop) and _holds(inner, call):
                block = inner.body
    return block, names


def _holds(loop: ir.Loop, call: ir.Call) -> bool:
    sources: Iterable[ir.Stmt] = (loop, *_deep(loop.body))
    return any(call is each for statement in sources for expr in expressions(statement) for each in calls(expr))


def _given(statement: ir.Stmt, call: ir.Call) -> set[str]:
    """The names that a statement gives the result of a call."""
    found: set[str] = set()
    if isinstance(statement, ir.Assign) and statement.value is not None:
        if any(call is each for each in calls(statement.value)):
            found |= {node.id for target in statement.targets for node in walk(target) if isinstance(node, ir.Name)}
    if isinstance(statement, ir.Loop) and statement.target is not None:
        if any(call is each for each in calls(statement.source)):
            found |= {node.id for node in walk(statement.target) if isinstance(node, ir.Name)}
    for expr in expressions(statement):
        for node in walk(expr):
            if isinstance(node, ir.Bind) and any(call is each for each in calls(node.value)):
                found.add(node.name)
    return found
