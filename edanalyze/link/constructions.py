"""Constructions: what the constructor of an object was given, as the frames in which its methods run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Instance

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

DEEPEST = 6
_CONSTRUCTORS = frozenset({"__init__", "__attrs_post_init__", "__post_init__"})


class Constructions:
    """Follows what objects were constructed with, for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def frame(self, instance: Instance, scope: Scope) -> Frame:
        """The frame of a method run on `instance`; its constructor is given the arguments of its site."""
        evaluator = self._evaluator
        scope = scope.lexical
        function = scope.function
        site = instance.site
        if function is not None and function.name in _CONSTRUCTORS and site:
            owner = f"{scope.module}:{function.owner}"
            if owner == instance.id or not self._has_own_constructor(instance.id):
                if site.frame.depth < DEEPEST:
                    return evaluator.frames(scope, call=site.call, caller=site.frame, receiver=instance)
            else:
                call = self._super_call(instance.id)
                if call is not None and site.frame.depth < DEEPEST:
                    below, inner = call
                    frame = evaluator.frames(below, call=site.call, caller=site.frame, receiver=instance)
                    return evaluator.frames(scope, call=inner, caller=frame, receiver=instance)
            return evaluator.frames(scope, receiver=instance)
        if function is not None and function.name == "__init__" and self._has_own_constructor(instance.id):
            above = self._super_call(instance.id) if f"{scope.module}:{function.owner}" != instance.id else None
            if above is not None:
                below, inner = above
                frame = evaluator.frames(below, receiver=instance, open=instance.open)
                return evaluator.frames(scope, call=inner, caller=frame, receiver=instance)
        return evaluator.frames(scope, receiver=instance, open=instance.open)

    def _has_own_constructor(self, cls: str) -> bool:
        return self._evaluator.classes.definition(cls, "__init__") is not None

    def _super_call(self, cls: str) -> tuple[Scope, ir.Call] | None:
        """The `super().__init__(...)` call in the constructor of a class."""
        scope = self._evaluator.program.scopes.get(f"{cls}.__init__")
        if scope is None:
            return None
        for call, inner in scope.calls:
            if isinstance(call.function, ir.Attr) and call.function.name == "__init__":
                return inner, call
        return None

    def call(self, instance: Instance) -> tuple[ir.Call, Frame] | None:
        """The call that runs a library's constructor for an object of a project class, and the frame it stands in."""
        for ancestor in reversed(self._evaluator.classes.order(instance.id)[0]):
            above = self._super_call(ancestor)
            if above is not None:
                scope, call = above
                return call, self.frame(instance, scope)
        return (instance.site.call, instance.site.frame) if instance.site is not None else None
