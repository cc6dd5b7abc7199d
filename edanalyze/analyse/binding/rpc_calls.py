"""Calls of remote procedures, bound to the procedures and services they reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edanalyze.analyse.binding.address import parse
from edanalyze.analyse.binding.answering import Answering
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.hosts import Hosts
from edanalyze.analyse.binding.procedures import Procedure
from edanalyze.analyse.binding.records import RpcCall
from edanalyze.analyse.binding.topics import Topics
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.stubs import Stubs
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.trees import Step
from edanalyze.discover.service import Services
from edanalyze.facts import ir
from edanalyze.link.entries import EntryPoint
from edanalyze.link.library import argument
from edanalyze.link.values import External, ExternalInstance, Frame, Value, string


class RpcCalls:
    """Finds and binds them."""

    def __init__(
        self, contexts: Contexts, handing: Handing, procedures: Iterable[Procedure], services: Services
    ) -> None:
        self._contexts = contexts
        self._evaluator = contexts.evaluator
        self._program = contexts.program
        self._topics = Topics(contexts.effects, handing)
        self._hosts = Hosts(services)
        self._services = services
        self._procedures = Answering(procedures)
        self._stubs = Stubs(contexts.effects.library.models)

    def find(self) -> Iterator[RpcCall]:
        """All remote calls, in a stable order."""
        for each in self._contexts.inventory.of_kinds(("rpc",)):
            generated = each.function.partition(":")[0].endswith("_pb2_grpc")  # its calls are those of others
            if each.is_in_function and not generated:
                yield from self._bound(*each)

    def _bound(self, function: str, step: Step, effect: Effect) -> Iterator[RpcCall]:
        frame = self._evaluator.root(step.scope)
        generated = self._generated(effect.receiver) or self._of_stub(effect)
        for target, method in generated or self._topics.procedures(effect, step.call, frame):
            targets = tuple(each.entry for each in self._procedures.of(target, method))
            service = self._service(target, targets)
            yield RpcCall(
                effect=effect,
                step=step,
                module=step.scope.module,
                function=function,
                place=step.call.place,
                method=method,
                target=target,
                targets=targets,
                service=service,
                reason="" if targets or service else f"no procedure {method} of {target or 'any service'} is known",
                confidence="likely" if effect.likely or (not target and targets) else "certain",
            )

    def _service(self, target: str, targets: tuple[EntryPoint, ...]) -> str:
        for entry in targets:
            found = self._services.of(self._program.paths[entry.module])
            if found is not None:
                return found.name
        destination = self._hosts.of(parse(string(target if "://" in target else f"grpc://{target}")))
        return destination.service.name if destination.service is not None else ""

    # -------------------------------------------------------------------- gRPC

    def _generated(self, receiver: Value | None) -> list[tuple[str, str]]:
        """Service and method of a callable that generated code made for one gRPC method."""
        if not isinstance(receiver, ExternalInstance) or receiver.site is None:
            return []
        call, frame = receiver.site.call, receiver.site.frame
        for callee in self._evaluator.values(call.function, frame):
            if isinstance(callee, External):
                for api in self._evaluator.models.rows(callee.name, "rpc_method"):
                    expr = argument(api.slots["path"], call)
                    paths = self._evaluator.literals(expr, frame)
                    if paths:
                        service, _, method = paths[0].strip("/").rpartition("/")
                        host = self._channel(callee.receiver)
                        return [(host or service.rpartition(".")[2], method)]
        return []

    def _of_stub(self, effect: Effect) -> list[tuple[str, str]]:
        """Service and method that a stub is asked for whose code is not at hand."""
        procedure = self._stubs.procedure(effect.name)
        receiver = effect.receiver
        if procedure is None:
            return []
        if self._procedures.of(procedure.service, procedure.method):
            return [(procedure.service, procedure.method)]
        site = receiver.site if isinstance(receiver, ExternalInstance) else None
        channels = self._evaluator.values(site.call.arguments[0], site.frame) if site and site.call.arguments else ()
        hosts = [host for channel in channels if (host := self._channel(channel))]
        return [(host, procedure.method) for host in hosts] or [(procedure.service, procedure.method)]

    def _channel(self, channel: Value | None) -> str:
        """The address that a channel was made for."""
        if not isinstance(channel, ExternalInstance) or channel.site is None:
            return ""
        call, frame = channel.site.call, channel.site.frame
        for callee in self._evaluator.values(call.function, frame):
            if isinstance(callee, External):
                for api in self._evaluator.models.rows(callee.name, "rpc_channel"):
                    slot = api.slots.get("target")
                    expr = argument(slot, call) if slot is not None else None
                    for text in self._texts(expr, frame):
                        return text
        return ""

    def _texts(self, expr: ir.Expr | None, frame: Frame) -> list[str]:
        return [text.text for text in self._evaluator.strings(expr, frame) if text.parts]
