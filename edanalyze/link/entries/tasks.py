"""Tasks of task queues and scheduled jobs: functions that are decorated, listed, enqueued or scheduled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edanalyze.facts import ir
from edanalyze.facts.children import calls
from edanalyze.link.entries.again import asking
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.delivery import Deliveries
from edanalyze.link.entries.listed import Lists
from edanalyze.link.entries.names import import_path
from edanalyze.link.entries.records import Delivery, EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.entries.settings import AppSettings
from edanalyze.link.entries.strings import Strings
from edanalyze.link.entries.transports import Transports
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Class, Constant, Display, Frame, Function, Instance, String, Value, string
from edanalyze.models import Api, Slot

TASKS = frozenset({"task", "task-wrapper", "query"})
LISTED = "functions"
SETTINGS = frozenset({"redis_settings", "cron_jobs", "on_startup", "queue_name", "max_jobs", "job_timeout", LISTED})
ENQUEUED = frozenset({"task", "delayed"})


class Tasks:
    """Finds tasks and jobs."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        callables: Callables,
        routes: Routes,
        strings: Strings,
        lists: Lists,
        settings: AppSettings,
    ) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._declarations = declarations
        self._callables = callables
        self._routes = routes
        self._strings = strings
        self._lists = lists
        self._settings = settings
        self._deliveries = Deliveries(evaluator)
        self._transports = Transports(evaluator.models.models)

    def find(self) -> Iterator[EntryPoint]:
        """All of them."""
        for decoration in self._declarations.decorated():
            kind = self._kind(decoration.declaration.api)
            if kind:
                for target in self._routes.subject(decoration.subject, decoration.frame):
                    yield from self._entry(kind, decoration.declaration, target)
        for declaration in self._declarations.of("handler", "event", "publish"):
            kind = self._kind(declaration.api)
            if kind:
                yield from self._called(kind, declaration)
        yield from self._settings_classes()

    def _settings_classes(self) -> Iterator[EntryPoint]:
        """Functions that a worker's settings class lists (`class WorkerSettings: functions = [...]`)."""
        wrapping = [
            api for api in self._evaluator.models.models.of_kind("handler") if api.data.get("form") == "task-wrapper"
        ]
        for api in wrapping:
            for identifier in sorted(self._program.classes):
                scope = self._program.scopes[identifier]
                if SETTINGS.isdisjoint(scope.bindings):
                    continue
                frame = self._evaluator.root(scope)
                for binding in scope.bindings.get(LISTED, ()):
                    for element in self._lists.elements(binding.expr, frame) if binding.expr is not None else ():
                        for value in self._evaluator.values(element.expr, element.frame):
                            if isinstance(value, Function):
                                declaration = Declaration(api, api.call, None, frame, None, scope)
                                yield from self._entry("task", declaration, next(iter(self._callables.of_value(value))))

    def timetable(self, tasks: Iterable[EntryPoint]) -> Iterator[EntryPoint]:
        """The jobs that a timetable in the settings makes of tasks: `beat_schedule = {"nightly": {"task": ...}}`."""
        known = {topic.text: task for task in tasks if task.kind == "task" for topic in task.topics}
        for module, expr, scope in self._settings.expressions("beat_schedule"):
            for value in self._evaluator.values(expr, self._evaluator.root(scope)):
                if not isinstance(value, Display) or not isinstance(value.expr, ir.Mapping):
                    continue
                for label, entry in value.expr.items:
                    place = next((call.place for call in calls(entry)), None)
                    for name in self._named_task(entry, value.frame):
                        task = known.get(name)
                        titles = self._evaluator.literals(label, value.frame)
                        if task is not None:
                            yield EntryPoint(
                                kind="job",
                                function=task.function,
                                value=task.value,
                                name=titles[0] if titles else name,
                                module=task.module,
                                place=task.place,
                                declared=(module, place or task.place),
                                library=task.library,
                                transport=task.transport,
                            )

    def _named_task(self, entry: ir.Expr, frame: Frame) -> Iterator[str]:
        for value in self._evaluator.values(entry, frame):
            if isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                for key, named in value.expr.items:
                    if key is not None and "task" in self._evaluator.literals(key, value.frame):
                        yield from self._evaluator.literals(named, value.frame)

    @staticmethod
    def _kind(api: Api) -> str:
        form = api.data.get("form")
        if api.kind == "handler":
            return "task" if form in TASKS else "job" if form == "periodic" else ""
        if api.kind == "publish":
            return "task" if form in ENQUEUED and "func" in api.slots and not api.data.get("in_process") else ""
        return "job" if api.kind == "event" and form == "schedule" else ""

    def _called(self, kind: str, declaration: Declaration) -> Iterator[EntryPoint]:
        """`scheduler.add_job(sync)`, `queue.enqueue(send, order)`, `app.task(run)`."""
        exprs = [*declaration.arguments("handler"), *declaration.arguments("func")]
        if declaration.api.kind == "handler" and not exprs and declaration.call is not None:
            exprs = [expr for expr in declaration.call.arguments[:1] if isinstance(expr, ir.Name | ir.Attr | ir.Lambda)]
        for expr in exprs:
            for element in self._lists.elements(expr, declaration.frame):
                targets = self._callables.of(element.expr, element.frame)
                for text in [] if targets else self._evaluator.literals(element.expr, element.frame):
                    targets += self._callables.named(text, declaration.scope.module)
                for target in targets:
                    if target.value is not None and not self._is_task(target.value, declaration):
                        yield from self._entry(kind, declaration, target)

    def _is_task(self, function: Function, declaration: Declaration) -> bool:
        """Whether what is enqueued is a task by its own declaration."""
        return declaration.api.kind == "publish" and bool(self._evaluator.decorators.produced(function.id))

    # ----------------------------------------------------------------- records

    def _entry(self, kind: str, declaration: Declaration, target: Target) -> Iterator[EntryPoint]:
        if target.value is None:
            return
        facts = self._program.functions[target.function]
        module, place = declaration.declared
        names: list[String] = []
        if declaration.api.kind != "publish":
            names = self._strings.known(declaration.arguments("topic"), declaration.frame)
        topics = tuple(names) or (string(self._default_name(declaration.api, target.function)),)
        name = topics[0].text if kind == "task" else self._schedule(declaration) or facts.name
        yield EntryPoint(
            kind=kind,
            function=target.function,
            value=target.value,
            name=name,
            module=target.function.partition(":")[0],
            place=facts.place,
            declared=(module, place if place.line else facts.place),
            library=declaration.api.library,
            topics=topics if kind == "task" else (),
            transport=self._transports.of(declaration.api),
            delivery=self.delivery(declaration, target.function) if kind == "task" else Delivery(),
        )

    def _default_name(self, api: Api, function: str) -> str:
        template = str(api.data.get("topic_default") or "{module}.{function}")
        module, _, name = function.partition(":")
        return template.replace("{function}", name).replace("{module}", import_path(self._program, module))

    def _schedule(self, declaration: Declaration) -> str:
        texts = self._strings.known(declaration.arguments("schedule"), declaration.frame)
        return texts[0].text if texts and texts[0].literal else ""

    # ---------------------------------------------------------------- delivery

    def delivery(self, declaration: Declaration, function: str) -> Delivery:
        """When a task is settled, and whether it is run again after a failure."""
        api = declaration.api
        ack = {"after": "after", "configured": "after"}.get(str(api.data.get("ack")), "before")
        base = self._base(declaration)
        late = self._flag(declaration, "acks_late")
        if late is None and base is not None:
            late = self._attribute(base, "acks_late")
        if late is None and "acks_late" in api.slots:
            late = self._settings.flag("acks_late", declaration.scope.module)
        if late is not None:
            ack = "after" if late else "before"
        retries = self._retries(declaration, function) or (base is not None and self._owns(base, "autoretry_for"))
        facts = self._program.functions[function]
        names = [parameter.name for parameter in facts.parameters if parameter.kind in {"positional", "normal"}]
        bound = bool(self._flag(declaration, "bind")) or (facts.owner is not None and names[:1] in (["self"], ["cls"]))
        return Delivery(
            at_least_once=retries or ack == "after",
            ack=ack,
            retries=retries,
            dead_letter=True if declaration.argument("dead_letter") is not None else None,
            message=tuple(names[1 if bound else 0 :]),
        )

    def of_class(self, cls: str, function: str, names: tuple[str, ...]) -> Delivery:
        """The same for a task class, whose options are class attributes."""
        late = self._attribute(cls, "acks_late")
        if late is None:
            late = self._settings.flag("acks_late", cls.partition(":")[0]) or False
        retries = self._owns(cls, "autoretry_for") or self._asks(function)
        return Delivery(
            at_least_once=retries or late, ack="after" if late else "before", retries=retries, message=names
        )

    def _attribute(self, cls: str, name: str) -> bool | None:
        values = self._evaluator.attributes.of(Instance(cls), name) if self._owns(cls, name) else ()
        outcomes = {bool(value.value) for value in values if isinstance(value, Constant)}
        return outcomes.pop() if len(outcomes) == 1 else None

    def _owns(self, cls: str, name: str) -> bool:
        return any(name in self._program.scopes[each].bindings for each in self._evaluator.classes.order(cls)[0])

    def _base(self, declaration: Declaration) -> str | None:
        """The project's task class that a task is made with."""
        values = self._given(declaration, declaration.api.slots.get("base")) or ()
        return next((value.id for value in values if isinstance(value, Class)), None)

    def _flag(self, declaration: Declaration, role: str) -> bool | None:
        values = self._given(declaration, declaration.api.slots.get(role))
        outcomes = {bool(value.value) for value in values or () if isinstance(value, Constant)}
        return outcomes.pop() if len(outcomes) == 1 else None

    def _given(self, declaration: Declaration, slot: Slot | None) -> tuple[Value, ...] | None:
        if slot is None or declaration.call is None:
            return None
        return self._deliveries.setting(slot, declaration.call, declaration.frame)

    def _retries(self, declaration: Declaration, function: str) -> bool:
        """Whether the queue runs a failed task again: by an option, by default, or because the task asks for it."""
        for role in ("retry_for", "retry", "retry_when"):
            values = self._given(declaration, declaration.api.slots.get(role))
            if values is not None and not all(isinstance(value, Constant) and not value.value for value in values):
                return True
        for role in ("max_retries", "max_tries"):
            values = self._given(declaration, declaration.api.slots.get(role))
            limits = [value.value for value in values or () if isinstance(value, Constant)]
            if limits:
                if not any(limit is None or limit for limit in limits):  # None: without an end
                    return False
                return self._by_itself(declaration.api) or self._asks(function)
        return self._by_default(declaration.api) or self._asks(function)

    def _by_itself(self, api: Api) -> bool:
        """Whether a number of retries is enough: not with Celery, where something must also say for which errors.

        Nor with arq, where the task itself must ask.
        """
        rows = self._task_retries(api)
        only_asked = bool(rows) and all(row.data.get("raised") for row in rows)
        return "retry_for" not in api.slots and not only_asked

    def _task_retries(self, api: Api) -> list[Api]:
        """What is known of how a library runs failed tasks again."""
        rows = self._evaluator.models.models.of_kind("broker_retry")
        return [row for row in rows if row.library == api.library and row.data.get("scope") == "task"]

    def _by_default(self, api: Api) -> bool:
        limits = [row.data.get("default") for row in self._task_retries(api) if "property" not in row.data]
        return any(isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 for limit in limits)

    def _asks(self, function: str) -> bool:
        """Whether the body calls the task's own `retry`, be it by way of others."""
        return any(True for _ in asking(function, self._evaluator))
