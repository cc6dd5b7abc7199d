"""The system: a whole program put together with library knowledge, services and environment, analysed on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from edanalyze.analyse.bearing import Bearing
from edanalyze.analyse.binding.binding import Binding
from edanalyze.analyse.deadletter import DeadLetters
from edanalyze.analyse.delivery import Verdicts
from edanalyze.analyse.drift import Drifts
from edanalyze.analyse.effects.changes import Changes
from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.effects.signals import after_commit_listeners
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.flows.eventrings import EventRings
from edanalyze.analyse.flows.operations import Operations
from edanalyze.analyse.flows.sagas import Sagas
from edanalyze.analyse.handling.clauses import Clauses
from edanalyze.analyse.handling.guards import Guards
from edanalyze.analyse.handling.jobs import Jobs
from edanalyze.analyse.handling.redelivery import Redelivery
from edanalyze.analyse.handling.replay import Replay
from edanalyze.analyse.handling.swallowing import Swallowing
from edanalyze.analyse.http.hops import Hops
from edanalyze.analyse.http.loops import Loops
from edanalyze.analyse.http.resubmissions import Resubmissions
from edanalyze.analyse.http.servicerings import ServiceRings
from edanalyze.analyse.http.timeouts import Timeouts
from edanalyze.analyse.landscape import Landscape
from edanalyze.analyse.occasional import Occasional
from edanalyze.analyse.payloads.published import Payloads
from edanalyze.analyse.poison import PoisonLoops
from edanalyze.analyse.reach import Reach
from edanalyze.analyse.sending.confirmations import Confirmations
from edanalyze.analyse.sending.partitionkeys import PartitionKeys
from edanalyze.analyse.sending.resending import Resending
from edanalyze.analyse.tracing.correlation import Correlation
from edanalyze.analyse.tracing.injection import Injection
from edanalyze.analyse.tracing.instrumentation import Instrumentation
from edanalyze.analyse.tracing.tracing import Tracing
from edanalyze.analyse.transactions.requests import Requests
from edanalyze.analyse.transactions.starts import find
from edanalyze.analyse.transactions.transaction import Found
from edanalyze.discover.deployed import Deployment
from edanalyze.discover.documents import Document
from edanalyze.discover.schemas import SchemaFiles
from edanalyze.discover.service import Services
from edanalyze.exchange import Facts, union
from edanalyze.facts.module import ModuleFacts
from edanalyze.link.entries import Entries, EntryPoint
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import Library
from edanalyze.link.program import Program
from edanalyze.link.settings import Settings
from edanalyze.models import Models, imported, load


class System:
    """A program with everything that is known about it.

    `lookup(path, name)` gives the deployed value of an environment variable for the file at `path`, or None.
    `others` are facts of other systems, `documents` reads what is checked in about the system.
    """

    def __init__(
        self,
        modules: Iterable[ModuleFacts],
        *,
        sources: Sequence[str] = (),
        own_models: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
        services: Services | None = None,
        deployment: Deployment | None = None,
        lookup: Callable[[str, str], str | None] = lambda path, name: None,
        others: Facts | None = None,
        documents: Callable[[], tuple[Document, ...]] = tuple,
        schema_files: SchemaFiles | None = None,
    ) -> None:
        self.program = Program(modules, sources)
        self.models: Models = load(self.program.imported_names(), own_models or {})
        self.services = services or Services(())
        self.deployment = deployment or Deployment()
        self.schema_files = schema_files
        self.others = Landscape(others) if others is not None else None
        self.documents = documents
        self.evaluator = Evaluator(self.program, Library(self.models), Settings(lookup, self.program.paths))
        self.effects = Effects(self.evaluator)
        self.contexts = Contexts(self.program, self.effects)
        self.bearing = Bearing(self.contexts)
        self.reach = Reach(self.contexts, self.bearing)

    def service_of(self, path: str) -> str:
        """The name of the service that a file belongs to; "" when it belongs to none."""
        return self.services.name_of(path)

    @cached_property
    def landscape(self) -> Landscape | None:
        """The system among the others; None when no others are known."""
        from edanalyze.analyse.systemgraph.facts import facts

        return Landscape(union([facts(self), self.others.facts])) if self.others is not None else None

    @cached_property
    def entries(self) -> tuple[EntryPoint, ...]:
        """The entry points, in a stable order."""
        return Entries(self.evaluator, self.deployment).all

    @cached_property
    def binding(self) -> Binding:
        """HTTP calls bound to routes, publishes bound to topics."""
        return Binding(self.contexts, self.entries, self.services, self.deployment, self.others)

    @cached_property
    def correlation(self) -> Correlation:
        """Looks for identifiers that calls hand on."""
        return Correlation(self.effects)

    @cached_property
    def changes(self) -> Changes:
        """What functions set."""
        return Changes(self.program)

    @cached_property
    def guards(self) -> Guards:
        """Judges guards against repetition."""
        return Guards(self.effects)

    @cached_property
    def drifts(self) -> Drifts:
        """Finds dependencies that documents do not show, and the other way round."""
        return Drifts(self)

    @cached_property
    def operations(self) -> Operations:
        """Finds metrics, and what brings messages back."""
        return Operations(self)

    @cached_property
    def hops(self) -> Hops:
        """HTTP calls that entry points wait for."""
        return Hops(self)

    @cached_property
    def service_rings(self) -> ServiceRings:
        """Finds services that wait for each other."""
        return ServiceRings(self)

    @cached_property
    def sagas(self) -> Sagas:
        """Finds entry points that change several others, and nothing undoes it."""
        return Sagas(self)

    @cached_property
    def timeouts(self) -> Timeouts:
        """Finds requests that may wait for ever."""
        return Timeouts(self)

    @cached_property
    def event_rings(self) -> EventRings:
        """Finds messages that come back to where they were sent."""
        return EventRings(self)

    @cached_property
    def tracing(self) -> Tracing:
        """Calls that carry no identifier."""
        return Tracing(self)

    @cached_property
    def loops(self) -> Loops:
        """Finds HTTP calls per item of a collection."""
        return Loops(self)

    @cached_property
    def occasional(self) -> Occasional:
        """Tells code that serves from migrations and scripts."""
        return Occasional(self)

    @cached_property
    def jobs(self) -> Jobs:
        """Tells tasks that only a schedule starts."""
        return Jobs(self)

    @cached_property
    def clauses(self) -> Clauses:
        """Judges `except` clauses."""
        return Clauses(self.effects)

    @cached_property
    def swallowing(self) -> Swallowing:
        """Finds swallowed failures."""
        return Swallowing(self)

    @cached_property
    def instrumentation(self) -> Instrumentation:
        """Where trace headers travel by themselves."""
        commands = [
            (service.name, process.command, process.entry)
            for service in self.services.all
            for process in service.processes
        ]
        return Instrumentation(self.evaluator, self.service_of, commands)

    @cached_property
    def injection(self) -> Injection:
        """Code that a library runs around every message."""
        return Injection(self.evaluator, self.correlation.carriers, self.service_of)

    @cached_property
    def transactions(self) -> tuple[Found, ...]:
        """What is published and called around commits, in every function of the program."""
        return find(self)

    @cached_property
    def requests(self) -> Requests:
        """Transactions that the framework opens around request handlers."""
        return Requests(self.evaluator, self.effects, self.contexts)

    @cached_property
    def listeners(self) -> tuple[str, ...]:
        """Functions that the database session calls after a commit."""
        return after_commit_listeners(self.evaluator)

    @cached_property
    def confirmations(self) -> Confirmations:
        """Finds messages whose delivery nobody learns of."""
        return Confirmations(self)

    @cached_property
    def payloads(self) -> Payloads:
        """What is published: the shapes of payloads and headers."""
        return Payloads(self)

    @cached_property
    def resubmissions(self) -> Resubmissions:
        """Finds requests that are retried automatically."""
        return Resubmissions(self)

    @cached_property
    def partition_keys(self) -> PartitionKeys:
        """Finds messages that nothing keeps in order."""
        return PartitionKeys(self)

    @cached_property
    def resending(self) -> Resending:
        """What scheduled jobs publish again."""
        return Resending(self)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """Declared queues and subscriptions, and whether they keep failed messages."""
        return DeadLetters(self)

    @cached_property
    def poison_loops(self) -> PoisonLoops:
        """Failures after which the same message comes again for ever."""
        return PoisonLoops(self)

    @cached_property
    def replay(self) -> Replay:
        """Stored state that another run over the same messages would not give."""
        return Replay(self)

    @cached_property
    def deliveries(self) -> Verdicts:
        """What may happen to messages between topic and consumer."""
        return Verdicts(self)

    @cached_property
    def redelivery(self) -> Redelivery:
        """Judges what the redelivery of a message repeats."""
        return Redelivery(self)

    def unmatched_models(self) -> list[str]:
        """A sentence for each model of the user's own that nothing in the program can match."""
        return [
            f'pyproject.toml: [[tool.edanalyze.{api.kind}]] call = "{api.call}" matches nothing in the project'
            for api in self.models.own
            if api.call and api.call not in self.effects.matched and not self._is_mentioned(api.call)
        ]

    def libraries(self) -> tuple[str, ...]:
        """The names of the known libraries that the program imports."""
        return imported(self.program.imported_names())

    def unresolved(self) -> list[str]:
        """A sentence for each HTTP call whose callee is not known, and why; preceded by their number."""
        lines = [
            f"{self.program.paths[call.site.module]}:{call.site.place.line}: "
            f"{call.url.text or 'a URL'} is bound to nothing: {call.reason}"
            for call in self.binding.http_calls
            if call.reason and not call.targets and not call.service and not call.external
        ]
        return [f"{len(lines)} HTTP calls could not be bound", *sorted(set(lines))] if lines else []

    def _is_mentioned(self, call: str) -> bool:
        last = call.rpartition(".")[2]
        return last in self.program.calls or any(
            last in (name.rpartition(".")[2], name.rpartition(":")[2])
            for name in (*self.program.classes, *self.program.functions)
        )

    @cached_property
    def message_handlers(self) -> tuple[EntryPoint, ...]:
        """Entry points that handle messages or tasks."""
        return tuple(entry for entry in self.entries if entry.kind in {"handler", "task"} and entry.value is not None)
