"""A program as services are written, labelled by hand: injection, protocols, properties, factories, scopes."""

from __future__ import annotations

from pathlib import Path

from edanalyze.analyse.systemgraph import callgraph
from tests.analyse.systems import system

FILES = {
    "shop/ports.py": """
        from __future__ import annotations

        from abc import ABC, abstractmethod
        from typing import Protocol


        class Clock(Protocol):
            def now(self) -> float: ...


        class Repository(ABC):
            @abstractmethod
            def find(self, number: str) -> Order | None: ...

            @abstractmethod
            def save(self, order: Order) -> None: ...

            def require(self, number: str) -> Order:
                order = self.find(number)
                if order is None:
                    raise NotFound(number)
                return order


        class NotFound(Exception):
            def __init__(self, number: str) -> None:
                super().__init__(number)


        class Order:
            def __init__(self, number: str) -> None:
                self.number = number
                self.lines: list[Line] = []

            @classmethod
            def create(cls, number: str) -> Order:
                return cls(number)

            @property
            def total(self) -> int:
                return sum(line.amount() for line in self.lines)

            @staticmethod
            def valid(number: str) -> bool:
                return bool(number)

            def add(self, line: Line) -> None:
                self.lines.append(line)


        class Line:
            def __init__(self, price: int) -> None:
                self.price = price

            def amount(self) -> int:
                return self.price
        """,
    "shop/storage.py": """
        from __future__ import annotations

        from contextlib import contextmanager
        from typing import Iterator

        from shop.ports import Order, Repository


        class Memory(Repository):
            def __init__(self) -> None:
                self._orders: dict[str, Order] = {}

            def find(self, number: str) -> Order | None:
                return self._orders.get(number)

            def save(self, order: Order) -> None:
                self._orders[order.number] = order


        class Session:
            def __enter__(self) -> Session:
                return self

            def __exit__(self, *exc: object) -> None:
                self.close()

            def commit(self) -> None: ...

            def close(self) -> None: ...


        def make_session() -> Session:
            return Session()


        @contextmanager
        def unit_of_work() -> Iterator[Session]:
            session = make_session()
            try:
                yield session
                session.commit()
            finally:
                session.close()


        def repository(kind: str = "memory") -> Repository:
            factories = {"memory": Memory}
            return factories[kind]()
        """,
    "shop/service.py": """
        from __future__ import annotations

        from dataclasses import dataclass, field
        from functools import cached_property, lru_cache, partial
        from typing import Callable

        from shop.ports import Clock, Line, Order, Repository
        from shop.storage import Session, make_session, repository, unit_of_work


        class SystemClock:
            def now(self) -> float:
                return 0.0


        @dataclass
        class Mailer:
            host: str = "localhost"
            retries: int = 3

            def send(self, text: str) -> None:
                self._deliver(text)

            def _deliver(self, text: str) -> None: ...


        @dataclass
        class Service:
            orders: Repository
            clock: Clock
            mailer: Mailer = field(default_factory=Mailer)

            def place(self, number: str) -> Order:
                order = Order.create(number)
                order.add(Line(3))
                with unit_of_work() as session:
                    session.commit()
                    self.orders.save(order)
                self.mailer.send(str(order.total))
                self.clock.now()
                return order

            def cancel(self, number: str) -> None:
                order = self.orders.require(number)
                with make_session() as session:
                    session.commit()
                self.notify(order)

            def notify(self, order: Order) -> None:
                handler = self.handlers["mail"]
                handler(order)

            @cached_property
            def handlers(self) -> dict[str, Callable[[Order], None]]:
                return {"mail": self.by_mail}

            def by_mail(self, order: Order) -> None:
                send = partial(self.mailer.send, "x")
                send()


        @lru_cache
        def service() -> Service:
            return Service(repository(), SystemClock())


        def depends(factory: Callable[[], Service]) -> Service:
            return factory()
        """,
    "shop/api.py": """
        from __future__ import annotations

        from typing import Annotated

        from fastapi import APIRouter, Depends

        from shop.service import Service, service

        router = APIRouter()


        @router.post("/orders/{number}")
        def place(number: str, shop: Service = Depends(service)) -> str:
            order = shop.place(number)
            return describe(order)


        @router.delete("/orders/{number}")
        def cancel(number: str, shop: Annotated[Service, Depends(service)]) -> None:
            shop.cancel(number)


        def describe(order) -> str:
            return f"{order.number} {order.total}"


        class Runner:
            current: Service

            def __init__(self, shop: Service | None = None) -> None:
                self.current = shop or service()

            def run(self) -> None:
                for number in ("1", "2"):
                    self.current.place(number)

            async def later(self) -> None:
                async with Gate() as gate:
                    await gate.open()


        class Gate:
            async def __aenter__(self) -> Gate:
                return self

            async def __aexit__(self, *exc: object) -> None: ...

            async def open(self) -> None: ...


        def main() -> None:
            Runner().run()
            jobs = [Runner(), Runner(service())]
            for job in jobs:
                job.run()
            table = {"run": Runner.run}
            table["run"](Runner())
            [each.cancel("1") for each in (service(),)]
        """,
}

CALLS = {
    "shop.api.Runner.__init__": ["shop.service.service"],
    "shop.api.Runner.later": [
        "shop.api.Gate.__aenter__",
        "shop.api.Gate.__aexit__",
        "shop.api.Gate.open",
    ],
    "shop.api.Runner.run": ["shop.service.Service.place"],
    "shop.api.cancel": ["shop.service.Service.cancel"],
    "shop.api.describe": ["shop.ports.Order.total"],
    "shop.api.main": [
        "shop.api.Runner.__init__",
        "shop.api.Runner.run",
        "shop.service.Service.cancel",
        "shop.service.service",
    ],
    "shop.api.place": [
        "shop.api.describe",
        "shop.service.Service.place",
    ],
    "shop.ports.Order.create": ["shop.ports.Order.__init__"],
    "shop.ports.Order.total": ["shop.ports.Line.amount"],
    "shop.ports.Repository.require": [
        "shop.ports.NotFound.__init__",
        "shop.storage.Memory.find",
    ],
    "shop.service.Mailer.send": ["shop.service.Mailer._deliver"],
    "shop.service.Service.by_mail": ["shop.service.Mailer.send"],
    "shop.service.Service.cancel": [
        "shop.ports.Repository.require",
        "shop.service.Service.notify",
        "shop.storage.Session.__enter__",
        "shop.storage.Session.__exit__",
        "shop.storage.Session.commit",
        "shop.storage.make_session",
    ],
    "shop.service.Service.notify": [
        "shop.service.Service.by_mail",
        "shop.service.Service.handlers",
    ],
    "shop.service.Service.place": [
        "shop.ports.Line.__init__",
        "shop.ports.Order.add",
        "shop.ports.Order.create",
        "shop.ports.Order.total",
        "shop.service.Mailer.send",
        "shop.service.SystemClock.now",
        "shop.storage.Memory.save",
        "shop.storage.Session.commit",
        "shop.storage.unit_of_work",
    ],
    "shop.service.service": ["shop.storage.repository"],
    "shop.storage.Session.__exit__": ["shop.storage.Session.close"],
    "shop.storage.repository": ["shop.storage.Memory.__init__"],
    "shop.storage.unit_of_work": [
        "shop.storage.Session.close",
        "shop.storage.Session.commit",
        "shop.storage.make_session",
    ],
}


def test_calls_inside_the_program(tmp_path: Path) -> None:
    found = callgraph(system(tmp_path, {"shop/__init__.py": "", **FILES}))
    inside = {caller: [callee for callee in callees if callee.startswith("shop.")] for caller, callees in found.items()}
    assert {caller: callees for caller, callees in inside.items() if callees} == CALLS
