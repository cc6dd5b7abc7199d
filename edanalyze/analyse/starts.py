"""Where the analysis of transactions starts: entry points, and functions that no known code calls.

A function that is only called is judged in the states in which its callers call it: what is autocommitted elsewhere is
part of a transaction under a caller that has opened one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edanalyze.analyse.domain import Activation
from edanalyze.analyse.engine import Engine
from edanalyze.analyse.transactions import AfterCommit, Found, Transaction, Transactions
from edanalyze.analyse.trees import Scoped, Step, Tree, nodes
from edanalyze.link.values import Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint


def find(system: System) -> tuple[Found, ...]:
    """What is published and called around commits, anywhere in a system."""
    found: list[Found] = []
    engine = Engine(Transactions(system.evaluator, found.append), system.contexts)
    functions = [*sorted(system.program.functions), *(f"{module}:" for module in sorted(system.program.modules))]
    for entry in system.entries:
        _enter(entry, engine, system)
    called = {target for function in functions for target in _targets(system.contexts.tree(function).body)}
    for function in functions:
        if function not in called and function not in engine.visited:
            engine.run(Function(function), system.contexts.root(function), Transaction())
    for function in functions:  # what is called only by itself, or in ways that could not be followed
        if function not in engine.visited:
            engine.run(Function(function), system.contexts.root(function), Transaction())
    for listener in system.listeners:
        hooks = Engine(AfterCommit(found.append, listener), system.contexts)
        hooks.run(Function(listener), system.contexts.root(listener), False)
    return tuple(item for item in found if not (item.carried and _is_carried(item, system)))


def _enter(entry: EntryPoint, engine: Engine[Transaction], system: System) -> None:
    """Run an entry point, inside the transactions that its framework opens around it."""
    if entry.value is None:
        return
    frame = system.reach.frame(entry.value)
    around = system.requests.around(entry)
    if around is None:
        engine.run(entry.value, frame, Transaction())
        return
    engine.visited.add(entry.value.id)
    engine.block((around,), [Transaction()], Activation(entry.value.id, frame))


def _is_carried(found: Found, system: System) -> bool:
    """Whether an outbox row carries the event, as far as the code tells where it is sent."""
    topics = system.resending.topics(found.witness)
    return "" in topics or not topics.isdisjoint(found.carried)


def _targets(tree: Tree) -> set[str]:
    """The functions that a tree calls, as far as they are known without a call context."""
    found: set[str] = set()
    for node in nodes(tree):
        match node:
            case Step(targets=targets):
                found.update(target.id for target in targets)
            case Scoped(enter=enter, leave=leave, generators=generators):
                found.update(target.id for target in (*enter, *leave, *(generator for generator, _ in generators)))
            case _:
                pass
    return found
