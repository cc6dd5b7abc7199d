"""The interpreter of effect trees.

One engine runs every analysis: a `Domain` says what an effect does to its state, the engine follows control flow and
calls. Functions are summarised as transformers from an abstract entry state to exit states, remembered per function,
entry state and call context, in the tradition of functional interprocedural analysis (Sharir and Pnueli, 1981).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic

from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.engine.domain import Activation, Domain, Flow, S, Summary
from edanalyze.analyse.engine.summaries import Summaries
from edanalyze.analyse.trees.trees import (
    Alternative,
    Aside,
    Attempt,
    Cases,
    Leave,
    Mutation,
    Node,
    Repeat,
    Scoped,
    Step,
    Tree,
    is_broad,
)
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.link.values import Frame, Function

MOST_STATES = 24
_WAYS = ("next", "returned", "raised", "broke", "continued")


class Engine(Generic[S]):
    """Runs one domain over the functions of a program."""

    def __init__(self, domain: Domain[S], contexts: Contexts) -> None:
        self.domain = domain
        self.contexts = contexts
        self.visited: set[str] = set()
        self._summaries = Summaries(domain.shape)

    # ------------------------------------------------------------- functions

    def run(self, function: Function, frame: Frame, entry: S) -> Summary[S]:
        """The summary of a function for an entry state (as the callee sees it)."""
        tree = self.contexts.tree(function.id)
        self.visited.add(function.id)
        if not tree.body:
            return Summary((entry,), (), ())
        context = self.contexts.key(tree, frame)
        # Where nothing tells this call from others, nothing may depend on which came first.
        inside = frame if context is not None else self.contexts.root(function.id)

        def compute() -> Summary[S]:
            run: Activation[S] = Activation(function.id, inside)
            flow = self.block(tree.body, [entry], run)
            exits = self.domain.ended(self._merged([*flow.next, *flow.returned]))
            return Summary(tuple(exits), tuple(self._merged(flow.raised)), tuple(run.exposures))

        return self._summaries.of((function.id, context, self.domain.shape(entry)), entry, compute)

    def _merged(self, states: list[S]) -> list[S]:
        """One state of each shape, the first."""
        if len(states) < 2:
            return states
        shape = self.domain.shape
        kept: dict[Hashable, S] = {}
        for state in states:
            kept.setdefault(shape(state), state)
        return list(kept.values())[:MOST_STATES]

    # ---------------------------------------------------------------- blocks

    def block(self, tree: Tree, states: Sequence[S], run: Activation[S]) -> Flow[S]:
        """Run a tree from the given states."""
        flow: Flow[S] = Flow()
        flow.next = self._through(tree, states, run, flow)
        return flow

    def _through(self, tree: Tree, states: Sequence[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        """Run a tree: the states in which it ends; those that leave it otherwise are added to `flow`."""
        current = list(states)
        for node in tree:
            if not current:
                break
            current = self._merged(_NODES[type(node)](self, node, current, run, flow))
        return current

    def _mutation(self, node: Mutation, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        return [self.domain.mutation(node, state, run) for state in states]

    def _aside(self, node: Aside, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        return [after for state in states for after in self.domain.aside(node, state, run, self)]

    def _step(self, node: Step, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        step = self.contexts.in_frame(node, run.frame)
        ended: list[S] = []
        for state in states:
            if run.tries:
                flow.raised.append(state)
            current = state
            for effect in step.effects:
                current = self.domain.effect(effect, step, current, run)
            if not step.targets:
                ended.append(current)
            for target in step.targets:
                exits, raised = self._call(step, target, current, run)
                ended += exits
                flow.raised += raised
        if run.tries and step.targets:  # a library call that raises has had no effect; project code may have had some
            flow.raised += ended
        return ended

    def _call(self, step: Step, target: Function, state: S, run: Activation[S]) -> tuple[list[S], list[S]]:
        domain = self.domain
        if domain.passes(target.id, state):
            return [state], []
        any_state = domain.settles(target.id, state)
        if any_state is not None:
            outcome = self.run(target, self.contexts.root(target.id), any_state)
            return [state] if outcome.exits else [], [state] if outcome.raised else []
        point = self.contexts.call_point(step, target, run.function)
        frame = self.contexts.frame(target, step.call, run.frame)
        entry = domain.entry(state)
        summary = self.run(target, frame, entry)
        for exposure in summary.exposures:
            domain.exposed(exposure, point, state, run)
        if not domain.transparent:
            exits = [domain.exit((state,), after, point) for after in summary.exits]
            return exits, [domain.exit((state,), after, point) for after in summary.raised]
        shape = domain.shape
        same = shape(entry)
        exits = [state if shape(after) == same else domain.exit((state,), after, point) for after in summary.exits]
        raised = [state if shape(after) == same else domain.exit((state,), after, point) for after in summary.raised]
        return exits, raised

    def _leave(self, node: Leave, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        match node.kind:
            case "return":
                flow.returned += states
            case "raise":
                flow.raised += states
            case "break":
                flow.broke += states
            case "continue":
                flow.continued += states
            case _:
                if run.at_yield is None:
                    return states
                resumed, raised = run.at_yield(states)
                flow.raised += raised
                return resumed
        return []

    def _alternative(self, node: Alternative, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        test, domain = node.test, self.domain
        if test is None:
            return [*self._through(node.body, states, run, flow), *self._through(node.orelse, states, run, flow)]
        known = self.contexts.truth(test, run.frame)
        ended: list[S] = []
        for outcome, tree in ((True, node.body), (False, node.orelse)):
            if known is None or known is outcome:
                assumed = [domain.assume(test, node.scope, outcome, state, run) for state in states]
                ended += self._through(tree, [state for state in assumed if state is not None], run, flow)
        return ended

    def _cases(self, node: Cases, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        ended = [state for body in node.bodies for state in self._through(body, states, run, flow)]
        return ended if node.exhaustive else [*ended, *states]

    def _repeat(self, node: Repeat, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        statement = node.statement
        states = [self.domain.begun(node, state) for state in states]
        endless = isinstance(statement, ir.Loop) and statement.kind == "while" and _is_true(statement.source)
        done: list[S] = []
        leaving: list[S] = [] if endless else list(states)
        seen = {self.domain.shape(state) for state in states}
        current = states
        for _ in range(3):
            once = self.block((*node.head, *node.body), current, run)
            flow.returned += once.returned
            flow.raised += once.raised
            done += once.broke
            ended = self._merged([*once.next, *once.continued])
            if not endless:
                leaving += ended
            current = []
            for state in self._merged([self.domain.again(node, state) for state in ended]):
                shape = self.domain.shape(state)
                if shape not in seen:
                    seen.add(shape)
                    current.append(state)
            if not current:
                break
        return [*done, *self._through(node.orelse, self._merged(leaving), run, flow)]

    def _attempt(self, node: Attempt, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        domain = self.domain
        run.tries += 1
        before = [domain.attempt(node, state, run) for state in states]
        body = self.block(node.body, before, run)
        run.tries -= 1
        body.raised = body.raised or before  # calls that are no steps may fail, too
        for name in _WAYS:
            setattr(body, name, [domain.attempted(node, state, run) for state in getattr(body, name)])
        left: Flow[S] = Flow(returned=body.returned, broke=body.broke, continued=body.continued)
        left.next = self._through(node.orelse, self._merged(body.next), run, left)
        raised = self._merged(body.raised)
        caught_all = False
        for rescue in node.rescues:
            if raised:
                caught = self._merged([domain.rescued(node, rescue, state, run) for state in raised])
                left.next += self._through(rescue.body, caught, run, left)
            caught_all = caught_all or is_broad(rescue.handler)
        if not caught_all:
            left.raised += raised
        return _onward(self._finally(node.final, left, run) if node.final else left, flow)

    def _finally(self, final: Tree, flow: Flow[S], run: Activation[S]) -> Flow[S]:
        done: Flow[S] = Flow()
        for name in _WAYS:
            states = self._merged(getattr(flow, name))
            if states:
                after = self.block(final, states, run)
                getattr(done, name).extend(after.next)
                done.returned += after.returned
                done.raised += after.raised
        return done

    def _scoped(self, node: Scoped, states: list[S], run: Activation[S], flow: Flow[S]) -> list[S]:
        if node.generators:
            return _onward(self._generator(node, states, run), flow)
        domain = self.domain
        entered = [domain.enter(node, state, run) for state in states]
        entered = self._hooks(node, node.enter, entered, run)
        inside = self.block(node.body, entered, run)
        done: Flow[S] = Flow()
        for name in ("next", "returned", "broke", "continued"):
            left = self._hooks(node, node.leave, getattr(inside, name), run)
            setattr(done, name, [domain.leave(node, state, True, run) for state in left])
        done.raised = [domain.leave(node, state, False, run) for state in inside.raised]
        return _onward(done, flow)

    def _hooks(self, node: Scoped, hooks: tuple[Function, ...], states: list[S], run: Activation[S]) -> list[S]:
        """Run `__enter__` or `__exit__` of a project context manager."""
        for hook in hooks:
            step = self.contexts.hook(node, hook)
            after: list[S] = []
            for state in states:
                after += self._call(step, hook, state, run)[0]
            states = self._merged(after)
        return states

    def _generator(self, node: Scoped, states: list[S], run: Activation[S]) -> Flow[S]:
        """Run a context manager function around the body of its `with`."""
        done: Flow[S] = Flow()
        for function, call in node.generators:
            tree = self.contexts.tree(function.id)
            self.visited.add(function.id)
            step = Step(call, node.scope, (), (function,))
            point = self.contexts.call_point(step, function, run.function)
            for state in states:
                inside: list[Flow[S]] = []
                callers: list[S] = [state]

                def at_yield(
                    yielded: Sequence[S],
                    state: S = state,
                    inside: list[Flow[S]] = inside,
                    callers: list[S] = callers,
                    point: Point = point,
                ) -> tuple[list[S], list[S]]:
                    seen = self._merged([self.domain.exit((state,), inner, point) for inner in yielded])
                    flow = self.block(node.body, seen, run)
                    inside.append(flow)
                    ended = [*flow.next, *flow.returned, *flow.broke, *flow.continued]
                    callers[:0] = [*ended, *flow.raised]
                    return (
                        self._merged([self.domain.resume(state, after) for after in ended]),
                        self._merged([self.domain.resume(state, after) for after in flow.raised]),
                    )

                frame = self.contexts.frame(function, call, run.frame)
                active: Activation[S] = Activation(function.id, frame, at_yield=at_yield)
                flow = self.block(tree.body, [self.domain.entry(state)], active)
                for exposure in active.exposures:
                    for caller in self._merged(callers):
                        self.domain.exposed(exposure, point, caller, run)
                exits = [self.domain.exit(callers, after, point) for after in (*flow.next, *flow.returned)]
                done.raised += [self.domain.exit(callers, after, point) for after in flow.raised]
                if not inside:
                    done.next += exits
                for body in inside:
                    for name in ("next", "returned", "broke", "continued"):
                        if getattr(body, name):
                            getattr(done, name).extend(exits)
        return done


def _is_true(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and bool(expr.value)


def _onward(left: Flow[S], flow: Flow[S]) -> list[S]:
    """Where control goes on after a part of a block; its other ways out are ways out of the block, too."""
    flow.returned += left.returned
    flow.raised += left.raised
    flow.broke += left.broke
    flow.continued += left.continued
    return left.next


_NODES: dict[type[Node], Callable[..., list[Any]]] = {
    Step: Engine._step,
    Leave: Engine._leave,
    Alternative: Engine._alternative,
    Attempt: Engine._attempt,
    Repeat: Engine._repeat,
    Scoped: Engine._scoped,
    Mutation: Engine._mutation,
    Aside: Engine._aside,
    Cases: Engine._cases,
}
