"""Published payloads: every message that a program sends, with the shape it has at the place that builds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.incontext import InContext, Made
from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.binding.sites import Reading, Site, Sites
from edanalyze.analyse.binding.topics import Message, Topics
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.payloads.consumed import Consumed
from edanalyze.analyse.payloads.content import Content
from edanalyze.analyse.payloads.content import Made as Merged
from edanalyze.analyse.payloads.headers import Headers
from edanalyze.analyse.payloads.records import Dump, EventName, Field, Leak, Parsed, Payload, Reads, Shape, Type
from edanalyze.analyse.payloads.shapes import Seen, Shapes
from edanalyze.analyse.payloads.slots import Slots
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Point
from edanalyze.discover.schemas import DeclaredSchema
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.library import argument
from edanalyze.link.values import Constant, Display, External, Frame, Function, Instance

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

SENDING = frozenset({"publish", "deferred_publish", "rpc"})


class Payloads:
    """Finds them, and answers which belong to a published message."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._contexts = system.contexts
        self._program = system.program
        self._evaluator = system.evaluator
        handing = system.binding.handing
        self._climbing = system.binding.climbing
        self._in_context = InContext(system.effects, handing)
        self._topics = Topics(system.effects, handing)
        self.shapes = Shapes(system.evaluator, system.schema_files)
        self._slots = Slots(system.effects, handing, self.shapes.contents)
        self._headers = Headers(system.evaluator, self.shapes, self._slots)

    @cached_property
    def all(self) -> tuple[Payload, ...]:
        """Every message that is sent, once for each place that builds its payload, in a stable order."""
        return tuple(self._find())

    @cached_property
    def _by_step(self) -> dict[int, list[Payload]]:
        found: dict[int, list[Payload]] = defaultdict(list)
        for payload in self.all:
            found[id(payload.step.call)].append(payload)
        return found

    def of(self, call: PublishCall) -> tuple[Payload, ...]:
        """The payloads of a published message: those that are built on the way on which its topic is fixed."""
        found = self._by_step.get(id(call.step.call), [])
        return tuple(each for each in found if is_one_way(each.path, call.path))

    def read_by(self, entry: EntryPoint) -> Reads:
        """What a message handler or task reads of its message."""
        return self._consumed.of(entry)

    def parsed_for(self, entry: EntryPoint) -> tuple[Parsed, ...]:
        """What a message is parsed into: by its handler, or before it is handed to it."""
        return (*self._consumed.of(entry).parsed, *self._consumed.before(entry))

    def documented(self, event: str) -> DeclaredSchema | None:
        """What a checked-in EventBridge schema says of the events of a type."""
        files = self._system.schema_files
        for path in self._event_files.get(event, ()) if files is not None else ():
            found = files.event(path, event) if files is not None else None
            if found is not None:
                return found
        return None

    @cached_property
    def _event_files(self) -> dict[str, list[str]]:
        """The files of EventBridge schemas by the types of events that they describe."""
        found: dict[str, list[str]] = defaultdict(list)
        for document in self._system.documents():
            for event in document.events if document.kind == "eventbridge" else ():
                found[event.type].append(document.file)
        return found

    @cached_property
    def _consumed(self) -> Consumed:
        return Consumed(self._system, self.shapes)

    def _find(self) -> Iterator[Payload]:
        for function, step, effect in self._contexts.inventory.of_kinds(SENDING):
            yield from self._sent(function, step, effect)

    # ------------------------------------------------------------------- sites

    def _sent(self, function: str, step: Step, effect: Effect) -> Iterator[Payload]:
        name = effect.name.rpartition(".")[2] or effect.name
        last = Point(step.scope.module, function, step.call.place, f"`{name}` publishes a message", effect.likely)

        def read(frame: Frame) -> Iterable[Reading[Content]]:
            for content in self._contents(effect, step.call, frame):
                yield self._reading(content)

        kept: dict[object, Payload] = {}
        for site in Sites(self._climbing, read, last).find(step.scope):
            made = self._payload(site, function, step, effect)
            kept.setdefault((made.site.module, made.site.place, made.type, made.dumps), made)
        yield from kept.values()

    def _contents(self, effect: Effect, call: ir.Call, frame: Frame) -> Iterator[Content]:
        for made in self._in_context.of(effect, call, frame):
            if takes_arguments(made.effect):
                yield Content(why="the arguments of a task")
                continue
            found = self._slots.payloads(made)
            for each in found:
                if each.value != Constant(None) or len(found) == 1:
                    yield each
            if not found:
                yield Content(why="the call does not say what it sends")

    def _reading(self, content: Content) -> Reading[Content]:
        if content.hole is not None:
            if isinstance(content.value, Instance):
                if self.shapes.classes.is_row(content.value.id):
                    return Reading(content, 2, 1)  # what is sent of a row is decided here
                return Reading(content, 1, 0, self._precision(content.value), (content.hole,))
            if content.value is None:
                return Reading(content, 0, 0, 0, (content.hole,))
            return Reading(content, 1, 0, 1, (content.hole,))
        seen = self.shapes.of(content)
        if seen.holes:
            return Reading(content, 1, 1, 1, seen.holes)
        if seen.type.kind == "unknown":
            return Reading(content, 0, 0)
        if isinstance(content.value, Instance) and content.value.site is None:  # not where it is made
            return Reading(content, 1, 0, self._precision(content.value))
        return Reading(content, 2, 1)

    def _precision(self, value: Instance) -> int:
        """How much a declared class tells: nothing without fields, else the more the further down it is derived."""
        if not self.shapes.classes.shape(value.id).fields:
            return 0
        return len(self._evaluator.classes.order(value.id)[0])

    # ----------------------------------------------------------------- records

    def _payload(self, site: Site[Content], function: str, step: Step, effect: Effect) -> Payload:
        made = next(iter(self._in_context.of(effect, step.call, site.frame)), Made(effect, step.call, site.frame))
        content = site.reading.value
        maker = self._maker(content)
        outer = next((index for index, point in enumerate(site.path) if point.function == maker), 0)
        message = next(iter(self._topics.of(effect, step.call, site.frame)), None)
        if takes_arguments(made.effect):
            seen = self._of_task(made, message)
        else:
            seen = self.shapes.of(content)
        headers = self._headers.of(made)
        dumps = (*content.dumps, *self._headers.registry(made))
        return Payload(
            effect=effect,
            step=step,
            module=step.scope.module,
            function=function,
            place=step.call.place,
            site=site.path[0],
            path=site.path,
            outer=outer,
            stored=self._stored(content, site.path, maker),
            frame=site.frame,
            type=seen.type,
            headers=headers,
            dumps=dumps,
            schema=self._schema(content, dumps, site.path),
            leaks=tuple(dict.fromkeys(seen.leaks)),
            names=tuple(self._names(seen.type, headers, message)),
            topic=message.name if message is not None and message.task is None else None,
            certain=not effect.likely,
        )

    def _schema(self, content: Content, dumps: tuple[Dump, ...], path: tuple[Point, ...]) -> DeclaredSchema | None:
        """The schema that a payload is serialised by, is generated from, or is held against on its way."""
        generated = self.shapes.generated(content.value)
        if generated is not None:
            return generated
        by = next((dump.schema for dump in dumps if dump.schema is not None), None)
        return by or self._validated(content, path)

    def _validated(self, content: Content, path: tuple[Point, ...]) -> DeclaredSchema | None:
        models = self._evaluator.models
        for function in dict.fromkeys(point.function for point in path):
            scope = self._program.scopes.get(function)
            for call, inner in scope.calls if scope is not None and content.value is not None else ():
                frame = self._evaluator.root(inner)
                for callee in self._evaluator.values(call.function, frame):
                    for api in models.rows(callee.name, "validator") if isinstance(callee, External) else ():
                        given = argument(api.slots["payload"], call)
                        if given is not None and self._is_same(content, given, frame):
                            return self.shapes.contents.declarations.of_slot(api, call, frame)
        return None

    def _is_same(self, content: Content, expr: ir.Expr, frame: Frame) -> bool:
        """Whether an expression stands for what is sent."""
        made = getattr(content.value, "expr", content.value)
        return any(getattr(each.value, "expr", each.value) is made for each in self.shapes.contents.of(expr, frame))

    def _maker(self, content: Content) -> str:
        """The function in which a payload is made; of a row the one in which it is dumped."""
        value = content.value
        if isinstance(value, Instance):
            if self.shapes.classes.is_row(value.id):
                return content.dumps[0].function if content.dumps else ""
            return value.site.frame.scope.lexical.id if value.site is not None else ""
        return value.frame.scope.lexical.id if isinstance(value, Display | Merged) else ""

    def _stored(self, content: Content, path: tuple[Point, ...], maker: str) -> Point | None:
        """The call of a project function that is handed a payload which is taken from somewhere else later."""
        value = content.value
        scope = self._program.scopes.get(maker)
        if scope is None or not isinstance(value, Display) or any(point.function == maker for point in path):
            return None
        for call, inner in scope.calls:
            for expr in (*call.arguments, *(each for _, each in call.keywords)):
                bound = inner.bindings.get(expr.id, ()) if isinstance(expr, ir.Name) else ()
                if expr is value.expr or any(binding.expr is value.expr for binding in bound):
                    callees = self._evaluator.values(call.function, self._evaluator.root(inner))
                    if any(isinstance(callee, Function) for callee in callees):
                        name = spelled(call.function).rpartition(".")[2]
                        return Point(scope.module, maker, call.place, f"`{name}` is called")
        return None

    def _of_task(self, made: Made, message: Message | None) -> Seen:
        """The arguments of a task as a payload."""
        given = self._slots.task_arguments(made)
        if given is None:
            return Seen(Type("unknown", why="the arguments of the task are not written out"))
        positional, named, frame = given
        names = self._parameters(message)
        fields: list[Field] = []
        leaks: list[Leak] = []
        for position, expr in enumerate(positional):
            if isinstance(expr, ir.Star):
                continue
            name = names[position] if position < len(names) else f"argument {position + 1}"
            fields.append(self._argument(name, expr, frame, leaks))
        fields += [self._argument(name, expr, frame, leaks) for name, expr in named if name]
        unpacked = any(isinstance(expr, ir.Star) for expr in positional) or any(not name for name, _ in named)
        why = "arguments are unpacked" if unpacked else ""
        return Seen(Type("object", shape=Shape("arguments", tuple(fields), open=unpacked, why=why)), tuple(leaks))

    def _argument(self, name: str, expr: ir.Expr, frame: Frame, leaks: list[Leak]) -> Field:
        seen = self.shapes.of_expression(expr, frame)
        leaks += [leak.below(name) for leak in seen.leaks]
        return Field(name, seen.type)

    def _parameters(self, message: Message | None) -> list[str]:
        facts = self._program.functions.get(message.task.id) if message is not None and message.task else None
        if facts is None:
            return []
        names = [item.name for item in facts.parameters if item.kind in {"positional", "normal"}]
        return names[1:] if names and names[0] in {"self", "cls", "task"} else names

    def _names(self, kind: Type, headers: Shape, message: Message | None) -> Iterator[EventName]:
        """What tells of which type the event is."""
        yield from self._headers.names(headers)
        shape = kind.shape
        if shape is not None:
            yield from self._headers.names(shape, "field")
            if shape.name and shape.form not in {"row", "mapping"}:
                yield EventName(shape.name, "class")
        if message is not None and message.name.literal:
            yield EventName(message.name.literal, "topic")


def takes_arguments(effect: Effect) -> bool:
    """Whether a call passes arguments of a task or procedure rather than one payload."""
    slots = effect.api.slots
    return "payload" not in slots and "envelope" not in slots and ("args" in slots or "kwargs" in slots)


def is_one_way(one: tuple[Point, ...], other: tuple[Point, ...]) -> bool:
    """Whether two ways to the same call are parts of one."""
    length = min(len(one), len(other))
    return [(p.module, p.place) for p in one[-length:]] == [(p.module, p.place) for p in other[-length:]]
