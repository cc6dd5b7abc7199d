"""Steps: the calls of a function that matter, in any activation and in a call context."""

from __future__ import annotations

from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.trees.trees import Step
from edanalyze.facts import ir
from edanalyze.facts.children import root_of
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame


def step_of(effects: Effects, call: ir.Call, scope: Scope, receiver: str, parameters: frozenset[str]) -> Step | None:
    """The step of a call in a function with that receiver name and those parameters; None when it is no matter."""
    found, targets = effects.classify(call, effects.evaluator.root(scope))
    root, depth = root_of(call.function)
    direct = depth == 0 and (root in parameters or effects.is_outer_parameter(root, scope))
    own_method = depth == 1 and root == receiver != ""
    open_receiver = depth > 0 and not found and not targets and (root in parameters or root == receiver)
    inherited = receiver != "" and _depends_on_class(call, receiver)
    dynamic = (bool(root) and (direct or own_method or open_receiver)) or inherited
    if not found and not targets and not dynamic:
        return None
    return Step(call, scope, found, () if direct else targets, dynamic)


def again(effects: Effects, step: Step, frame: Frame) -> Step:
    """A step in a call context."""
    found, targets = effects.classify(step.call, frame)
    if not found and not targets and not step.selected:
        return step
    return Step(step.call, step.scope, found, targets, selected=step.selected)


def _depends_on_class(call: ir.Call, receiver: str) -> bool:
    """Whether a call means another method in each class that inherits it: `super().method()`, `cls().method()`."""
    match call.function:
        case ir.Attr(value=ir.Call(function=ir.Name(id=name))):
            return name in {"super", receiver}
        case _:
            return False
