"""The interpreter of effect trees.

One engine runs every analysis: a `Domain` says what an effect does to its state, the engine follows control flow and
calls. Functions are summarised as transformers from an abstract entry state to exit states, remembered per function,
entry state and call context, in the tradition of functional interprocedural analysis (Sharir and Pnueli, 1981).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic

from edanalyze.analyse.contexts import Contexts
from edanalyze.analyse.domain import Activation, Domain, Flow, S, Summary
from edanalyze.analyse.summaries import Summaries
from edanalyze.analyse.trees import (
    Alternative,
    Aside,
    Attempt,
    Cases,
    Leave,
    Mutation,
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

    def _merged(self, states: Iterable[S]) -> list[S]:
        given = list(states)
        if len(given) < 2:
            return given
        shape = self.domain.shape
        kept: dict[Hashable, S] = {}
        for state in given:
            kept.setdefault(shape(state), state)
        return list(kept.values())[:MOST_STATES]

    # ---------------------------------------------------------------- blocks

    def block(self, tree: Tree, states: Sequence[S], run: Activation[S]) -> Flow[S]:
        """Run a tree from the given states."""
        flow: Flow[S] = Flow(next=list(states))
        for node in tree:
            if not flow.next:
                break
            after = self._node(node, flow.next, run)
            flow.next = self._merged(after.next)
            flow.returned += after.returned
            flow.raised += after.raised
            flow.broke += after.broke
            flow.continued += after.continued
        return flow

    def _node(self, node: object, states: list[S], run: Activation[S]) -> Flow[S]:
        match node:
            case Step():
                return self._step(node, states, run)
            case Leave():
                return self._leave(node, states, run)
            case Alternative():
                return self._alternative(node, states, run)
            case Attempt():
                return self._attempt(node, states, run)
            case Repeat():
                return self._repeat(node, states, run)
            case Scoped():
                return self._scoped(node, states, run)
            case Mutation():
                return Flow(next=[self.domain.mutation(node, state, run) for state in states])
            case Aside():
                return Flow(next=[after for state in states for after in self.domain.aside(node, state, run, self)])
            case Cases():
                return self._cases(node, states, run)
            case _:
                raise AssertionError(node)

    def _step(self, node: Step, states: list[S], run: Activation[S]) -> Flow[S]:
        step = self.contexts.in_frame(node, run.frame)
        flow: Flow[S] = Flow()
        for state in states:
            if run.tries:
                flow.raised.append(state)
            current = state
            for effect in step.effects:
                current = self.domain.effect(effect, step, current, run)
            if not step.targets:
                flow.next.append(current)
            for target in step.targets:
                exits, raised = self._call(step, target, current, run)
                flow.next += exits
                flow.raised += raised
        if run.tries and step.targets:  # a library call that raises has had no effect; project code may have had some
            flow.raised += flow.next
        return flow

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

    def _leave(self, node: Leave, states: list[S], run: Activation[S]) -> Flow[S]:
        match node.kind:
            case "return":
                return Flow(returned=states)
            case "raise":
                return Flow(raised=states)
            case "break":
                return Flow(broke=states)
            case "continue":
                return Flow(continued=states)
            case _:
                if run.at_yield is None:
                    return Flow(next=states)
                resumed, raised = run.at_yield(states)
                return Flow(next=resumed, raised=raised)

    def _alternative(self, node: Alternative, states: list[S], run: Activation[S]) -> Flow[S]:
        known = self.contexts.truth(node.test, run.frame) if node.test is not None else None
        flow: Flow[S] = Flow()
        for outcome, tree in ((True, node.body), (False, node.orelse)):
            if known is not None and known is not outcome:
                continue
            taken: list[S] = []
            for state in states:
                if node.test is None:
                    taken.append(state)
                    continue
                assumed = self.domain.assume(node.test, node.scope, outcome, state, run)
                if assumed is not None:
                    taken.append(assumed)
            if taken:
                _extend(flow, self.block(tree, taken, run))
        return flow

    def _cases(self, node: Cases, states: list[S], run: Activation[S]) -> Flow[S]:
        flow: Flow[S] = Flow()
        for body in node.bodies:
            _extend(flow, self.block(body, states, run))
        if not node.exhaustive:
            flow.next += states
        return flow

    def _repeat(self, node: Repeat, states: list[S], run: Activation[S]) -> Flow[S]:
        statement = node.statement
        endless = isinstance(statement, ir.Loop) and statement.kind == "while" and _is_true(statement.source)
        flow: Flow[S] = Flow()
        leaving: list[S] = [] if endless else list(states)
        seen = {self.domain.shape(state) for state in states}
        current = list(states)
        for _ in range(3):
            once = self.block((*node.head, *node.body), current, run)
            flow.returned += once.returned
            flow.raised += once.raised
            flow.next += once.broke
            ended = self._merged([*once.next, *once.continued])
            if not endless:
                leaving += ended
            current = []
            for state in self._merged(self.domain.again(node, state) for state in ended):
                shape = self.domain.shape(state)
                if shape not in seen:
                    seen.add(shape)
                    current.append(state)
            if not current:
                break
        _extend(flow, self.block(node.orelse, self._merged(leaving), run))
        return flow

    def _attempt(self, node: Attempt, states: list[S], run: Activation[S]) -> Flow[S]:
        run.tries += 1
        before = [self.domain.attempt(node, state, run) for state in states]
        body = self.block(node.body, before, run)
        run.tries -= 1
        body.raised = body.raised or before  # calls that are no steps may fail, too
        for name in ("next", "returned", "raised", "broke", "continued"):
            setattr(body, name, [self.domain.attempted(node, state, run) for state in getattr(body, name)])
        flow: Flow[S] = Flow(returned=body.returned, broke=body.broke, continued=body.continued)
        _extend(flow, self.block(node.orelse, self._merged(body.next), run))
        raised = self._merged(body.raised)
        caught_all = False
        for rescue in node.rescues:
            if raised:
                caught = self._merged(self.domain.rescued(node, rescue, state, run) for state in raised)
                _extend(flow, self.block(rescue.body, caught, run))
            caught_all = caught_all or is_broad(rescue.handler)
        if not caught_all:
            flow.raised += raised
        return self._finally(node.final, flow, run) if node.final else flow

    def _finally(self, final: Tree, flow: Flow[S], run: Activation[S]) -> Flow[S]:
        done: Flow[S] = Flow()
        for name in ("next", "returned", "raised", "broke", "continued"):
            states = self._merged(getattr(flow, name))
            if states:
                after = self.block(final, states, run)
                getattr(done, name).extend(after.next)
                done.returned += after.returned
                done.raised += after.raised
        return done

    def _scoped(self, node: Scoped, states: list[S], run: Activation[S]) -> Flow[S]:
        if node.generators:
            return self._generator(node, states, run)
        domain = self.domain
        entered = [domain.enter(node, state, run) for state in states]
        entered = self._hooks(node, node.enter, entered, run)
        flow = self.block(node.body, entered, run)
        done: Flow[S] = Flow()
        for name in ("next", "returned", "broke", "continued"):
            left = self._hooks(node, node.leave, getattr(flow, name), run)
            setattr(done, name, [domain.leave(node, state, True, run) for state in left])
        done.raised = [domain.leave(node, state, False, run) for state in flow.raised]
        return done

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
                    seen = self._merged(self.domain.exit((state,), inner, point) for inner in yielded)
                    flow = self.block(node.body, seen, run)
                    inside.append(flow)
                    ended = [*flow.next, *flow.returned, *flow.broke, *flow.continued]
                    callers[:0] = [*ended, *flow.raised]
                    return (
                        self._merged(self.domain.resume(state, after) for after in ended),
                        self._merged(self.domain.resume(state, after) for after in flow.raised),
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


def _extend(flow: Flow[S], more: Flow[S]) -> None:
    flow.next += more.next
    flow.returned += more.returned
    flow.raised += more.raised
    flow.broke += more.broke
    flow.continued += more.continued
