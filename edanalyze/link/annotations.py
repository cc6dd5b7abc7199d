"""Annotations: instances of what the types in a program name."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.facts.children import own_name
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Instance, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

WRAPPERS = frozenset(
    {"Optional", "Annotated", "Union", "Final", "ClassVar", "Required", "NotRequired", "Awaitable", "Coroutine"}
)
CONTAINERS = frozenset(
    {"list", "List", "Iterable", "Iterator", "Sequence", "set", "Set", "tuple", "Tuple", "AsyncIterator", "Generator"}
    | {"AsyncGenerator", "AsyncIterable", "frozenset", "Collection", "ContextManager", "AsyncContextManager"}
)
TEXTUAL = frozenset({"builtins.str", "builtins.int", "uuid.UUID", "builtins.bytes"})


class Annotations:
    """Reads annotations for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def instances(self, annotation: ir.Expr, frame: Frame) -> tuple[Value, ...]:
        """Instances of what an annotation names (through Optional, unions, Annotated, strings and aliases)."""
        evaluator = self._evaluator
        if type(annotation) is ir.Name or type(annotation) is ir.Attr:
            return self._named(annotation, frame)
        match annotation:
            case ir.Const(value=str() as text):
                parsed = forward_reference(text)
                return self.instances(parsed, frame) if parsed is not None else ()
            case ir.Operation(operator="|", operands=operands):
                return tuple(value for part in operands for value in self.instances(part, frame))
            case ir.Index(value=base, key=key):
                last = own_name(base)
                parts = key.items if isinstance(key, ir.Items) else (key,)
                if last == "Annotated" and parts:
                    found = self.instances(parts[0], frame)
                    provided = [value for part in parts[1:] for value in evaluator.results.provided(part, frame)]
                    return tuple(provided) or found
                if last in WRAPPERS:
                    return tuple(value for part in parts for value in self.instances(part, frame))
                if last in CONTAINERS:
                    return ()
                return self.instances(base, frame)
            case _:
                return ()

    def _named(self, annotation: ir.Name | ir.Attr, frame: Frame) -> tuple[Value, ...]:
        evaluator = self._evaluator
        if isinstance(annotation, ir.Name):
            scope: Scope | None = frame.scope
            while scope is not None:
                for binding in scope.bindings.get(annotation.id, ()):
                    if binding.kind == "value" and isinstance(binding.expr, ir.Index | ir.Operation):
                        return self.instances(binding.expr, evaluator.root(scope))  # an alias
                    if binding.imported is not None and binding.imported.member:
                        alias = self._imported_alias(binding.imported, scope)
                        if alias:
                            return alias
                scope = scope.parent
        found: list[Value] = []
        for value in evaluator.values(annotation, frame):
            if isinstance(value, Class):
                found.append(Instance(value.id))
            elif isinstance(value, External) and value.name not in TEXTUAL and value.name.rsplit(".", 1)[-1] != "Any":
                if not value.name.startswith(("builtins.", "typing.", "collections.abc.")):
                    found.append(ExternalInstance(value.name))
        return tuple(found)

    def _imported_alias(self, item: ir.Import, scope: Scope) -> tuple[Value, ...]:
        """An alias made in another module (`SessionDep = Annotated[Session, Depends(get_db)]`)."""
        evaluator = self._evaluator
        module = evaluator.module(scope.module, item.level, item.module)
        origin = evaluator.program.scopes.get(f"{module}:")
        for binding in origin.bindings.get(item.member or "", ()) if origin is not None else ():
            if origin is not None and binding.kind == "value" and isinstance(binding.expr, ir.Index | ir.Operation):
                return self.instances(binding.expr, evaluator.root(origin))
        return ()

    def elements(self, annotation: ir.Expr | None, frame: Frame) -> tuple[Value, ...]:
        """Instances of the element type of a container annotation."""
        if isinstance(annotation, ir.Index):
            base = annotation.value
            last = own_name(base)
            parts = annotation.key.items if isinstance(annotation.key, ir.Items) else (annotation.key,)
            if last in CONTAINERS and parts:
                return self.instances(parts[0], frame)
            if last in WRAPPERS:
                return tuple(value for part in parts for value in self.elements(part, frame))
        return ()


@functools.cache  # evaluation is remembered by identity: the same text must stay the same expression
def forward_reference(text: str) -> ir.Expr | None:
    """A forward reference such as "orders.Repository" as an expression."""
    text = text.strip()
    if "|" in text:
        parts = [forward_reference(part) for part in text.split("|")]
        known = tuple(part for part in parts if part is not None)
        return ir.Operation("|", known) if known else None
    if text.startswith("Optional[") and text.endswith("]"):
        return forward_reference(text[9:-1])
    names = text.split(".")
    if not all(name.isidentifier() for name in names):
        return None
    expr: ir.Expr = ir.Name(names[0])
    for name in names[1:]:
        expr = ir.Attr(expr, name)
    return expr
