"""Where the analysis of transactions starts: entry points, and functions that no known code calls.

A function that is only called is judged in the states in which its callers call it: what is autocommitted elsewhere is
part of a transaction under a caller that has opened one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.engine.domain import Activation
from edanalyze.analyse.engine.engine import Engine
from edanalyze.analyse.transactions.aftercommit import AfterCommit
from edanalyze.analyse.transactions.transaction import Found, Transaction
from edanalyze.analyse.transactions.transactions import Transactions
from edanalyze.analyse.trees.trees import Scoped, Step, Tree, nodes
from edanalyze.facts import ir
from edanalyze.facts.children import last_name
from edanalyze.link.classes import is_abstract
from edanalyze.link.values import Class, Function, Instance

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

MOST_HEIRS = 400
_PLAIN = frozenset({"staticmethod", "classmethod", "property", "cached_property"})


def find(system: System) -> tuple[Found, ...]:
    """What is published and called around commits, anywhere in a system."""
    found: list[Found] = []
    bearing = system.bearing
    functions = [function for function in bearing.functions if _is_worth(bearing.of(function))]
    engine = Engine(Transactions(system.evaluator, bearing, found.append), system.contexts)
    for entry in system.entries:
        if entry.value is not None and bearing.of(entry.value.id) & (Bears.SENDS | Bears.DEFERS):
            _enter(entry, entry.value, engine, system)
    called = {target for function in functions for target in _targets(system.contexts.tree(function).body, system)}
    outermost = [function for function in functions if function not in called]
    for function in (*outermost, *functions):  # at last what is called only by itself, or in ways not followed
        if function not in engine.visited:
            known = len(found)
            for start in _starts(function, system):
                engine.run(start, system.reach.frame(start), Transaction())
            if system.requests.are_atomic and _is_mere_method(function, system):  # a request may well run it
                found[known:] = [replace(item, guess=item.guess or item.code == "EDA205") for item in found[known:]]
    hooks = AfterCommit(system.contexts, bearing)
    for listener in system.listeners:
        found += [Found("EDA203", witness, ()) for witness in hooks.of_listener(listener)]
    after = {_ends(item) for item in found if item.code == "EDA201" and item.before}
    return tuple(
        item
        for item in found
        if not _is_run_twice(item)
        and not (item.carried and _is_carried(item, system))
        and not (item.code == "EDA202" and item.before and _ends(item) in after and _is_of_next_round(item))
    )


def _ends(found: Found) -> tuple[str, ir.Place, ir.Place]:
    """The calls that lead to a publish and to a commit, in the function where they meet."""
    return found.witness[0].function, found.witness[0].place, found.before[0].place


def _is_of_next_round(found: Found) -> bool:
    """Whether a commit comes after a publish only in the next round of a loop, and what it commits is of no other call.

    The call then mostly has committed before the publish: it may be told not to, and nothing says that it is.
    """
    commit, publish = found.before[0], found.witness[0]
    if any(point.function == commit.function and point.place != commit.place for point in found.written[:1]):
        return False
    return commit.function == publish.function and commit.place.line < publish.place.line


def _is_mere_method(function: str, system: System) -> bool:
    """Whether a function belongs to a class, and no decorator may have something else start it."""
    facts = system.program.functions.get(function)
    if facts is None or facts.owner is None:
        return False
    return {last_name(decorator) for decorator in facts.decorators} <= _PLAIN


def _is_worth(bears: int) -> bool:
    """Whether a function is worth a start: it defers messages, or it sends some and stores something, too."""
    return bool(bears & Bears.DEFERS or (bears & Bears.SENDS and bears & (Bears.STORES | Bears.CHANGES)))


def _is_run_twice(found: Found) -> bool:
    """Whether what came before is another run of the function that publishes: its order is judged within it.

    A dispatcher that runs one handler after the other is no such function: there both ways go on from one call.
    """
    last = None
    for before, after in zip(found.before[1:], found.witness[1:], strict=False):
        if before.function != after.function:
            break
        last = before.place != after.place
    return last is True


def _enter(entry: EntryPoint, function: Function, engine: Engine[Transaction], system: System) -> None:
    """Run an entry point, inside the transactions that its framework opens around it."""
    frame = system.reach.frame(function)
    around = system.requests.around(entry)
    if around is None:
        engine.run(function, frame, Transaction())
        return
    engine.visited.add(function.id)
    engine.block((around,), [Transaction()], Activation(function.id, frame))


def _is_carried(found: Found, system: System) -> bool:
    """Whether an outbox row carries the event, as far as the code tells where it is sent."""
    topics = system.resending.topics(found.witness)
    return "" in topics or not topics.isdisjoint(found.carried)


def _starts(function: str, system: System) -> list[Function]:
    """A function; a method that calls others of its object once for each class that may be meant."""
    facts = system.program.functions.get(function)
    if facts is None or facts.owner is None or not facts.parameters:
        return [Function(function)]
    owner = f"{function.partition(':')[0]}:{facts.owner}"
    receiver = facts.parameters[0].name
    tree = system.contexts.tree(function).body
    own = {_own(node.call.function, receiver) for node in nodes(tree) if isinstance(node, Step) and node.dynamic} - {""}
    if not own:
        return [Function(function)]
    classes = system.evaluator.classes
    heirs = [cls for cls in classes.descendants(owner) if classes.method(cls, facts.name) == function]
    hooks = [system.program.functions[found] for name in own if (found := classes.method(owner, name)) is not None]
    if not heirs or not any(is_abstract(hook.body) for hook in hooks):
        heirs.insert(0, owner)
    is_class = system.evaluator.is_classmethod(facts.decorators)
    return [Function(function, Class(cls) if is_class else Instance(cls)) for cls in heirs[:MOST_HEIRS]]


def _own(called: ir.Expr, receiver: str) -> str:
    """The name of a method that is called on the object itself, or above it; "" for other calls."""
    match called:
        case ir.Attr(value=ir.Name(id=name), name=method) if name == receiver:
            return method
        case ir.Attr(value=ir.Call(function=ir.Name(id="super")), name=method):
            return method
        case _:
            return ""


def _targets(tree: Tree, system: System) -> set[str]:
    """The functions that a tree may call, as far as they are known without a call context."""
    found: set[str] = set()
    for node in nodes(tree):
        match node:
            case Step(targets=targets):
                for target in targets:
                    found.add(target.id)
                    found.update(system.bearing.overrides(target.id))
            case Scoped(enter=enter, leave=leave, generators=generators):
                found.update(target.id for target in (*enter, *leave, *(generator for generator, _ in generators)))
            case _:
                pass
    return found
