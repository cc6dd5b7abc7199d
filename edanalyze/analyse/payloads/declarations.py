"""Schemas that code points to: schema files, texts and dicts given to serializers and validators, generated classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edanalyze.discover.schemas import DeclaredSchema, SchemaFiles
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.scopes import Binding
from edanalyze.link.values import Constant, Display, External, ExternalInstance, Frame, Function, String, Value
from edanalyze.models import Api

DEEPEST = 8
NESTED = 40
_LARGEST = 2_000
"""How deeply displays may be nested in a schema in code, and how many it may consist of."""


Bindings = Callable[[str, ir.Expr, Frame], "list[tuple[Binding, Frame]]"]


class Declarations:
    """Finds the schemas that expressions stand for; `bindings` gives the bindings that a use of a name may see."""

    def __init__(self, evaluator: Evaluator, bindings: Bindings, files: SchemaFiles | None) -> None:
        self._evaluator = evaluator
        self._bindings = bindings
        self._files = files
        self._found: dict[tuple[int, Frame], DeclaredSchema | None] = {}

    def of(self, expr: ir.Expr, frame: Frame) -> DeclaredSchema | None:
        """The schema that an expression stands for, be it as a text, a dict, a file that is read, or a class."""
        if self._files is None:
            return None
        key = (id(expr), frame)
        if key not in self._found:
            self._found[key] = None
            self._found[key] = self._of(expr, frame, self._files, 0)
        return self._found[key]

    def of_slot(self, api: Api, call: ir.Call, frame: Frame) -> DeclaredSchema | None:
        """The schema in the slot of an API that takes one."""
        slot = api.slots.get("schema")
        given = argument(slot, call) if slot is not None else None
        return self.of(given, frame) if given is not None else None

    def of_class(self, name: str, module: str) -> DeclaredSchema | None:
        """The schema of a generated class, by the dotted name under which a module of the project knows it."""
        if self._files is None:
            return None
        return self._files.generated(name, self._evaluator.program.paths.get(module, ""))

    def _of(self, expr: ir.Expr, frame: Frame, files: SchemaFiles, depth: int) -> DeclaredSchema | None:
        if depth > DEEPEST:
            return None
        for value in self._evaluator.values(expr, frame):
            found = self._of_value(value, frame, files, depth)
            if found is not None:
                return found
        match expr:
            case ir.Name(id=name):
                for binding, where in self._bindings(name, expr, frame):
                    found = self._of(binding.expr, where, files, depth + 1) if binding.expr is not None else None
                    if found is not None:
                        return found
            case ir.Call():
                return self._of_call(expr, frame, files, depth)
            case ir.Attr(value=inner) | ir.Await(value=inner) | ir.Bind(value=inner):
                return self._of(inner, frame, files, depth + 1)
            case ir.Operation() | ir.Text() | ir.Index():
                for part in walk(expr):
                    if isinstance(part, ir.Const) and isinstance(part.value, str):
                        found = self._of_file(part.value, frame, files)
                        if found is not None:
                            return found
        return None

    def _of_value(self, value: Value, frame: Frame, files: SchemaFiles, depth: int) -> DeclaredSchema | None:
        match value:
            case String(parts=parts) if parts:
                text = value.literal
                if text is not None and text.lstrip()[:1] in {"{", "["}:
                    return files.literal(text)
                return self._of_file(parts[-1], frame, files) if isinstance(parts[-1], str) else None
            case Display():
                return files.literal_data(self._data(value, [_LARGEST], 0))
            case External(name=name):
                return self.of_class(name, frame.scope.module)
            case ExternalInstance(site=site) if site is not None:
                return self._of_call(site.call, site.frame, files, depth + 1)
        return None

    def _of_call(self, call: ir.Call, frame: Frame, files: SchemaFiles, depth: int) -> DeclaredSchema | None:
        """What a function of the project returns, or a library reads out of what it is given."""
        for callee in self._evaluator.values(call.function, frame):
            scope = self._evaluator.program.scopes.get(callee.id) if isinstance(callee, Function) else None
            if isinstance(callee, Function) and scope is not None:
                inner = self._evaluator.results.frame(callee, call, frame)
                for expr in scope.returned:
                    found = self._of(expr, inner, files, depth + 1)
                    if found is not None:
                        return found
        given = [*call.arguments, *(value for _, value in call.keywords)]
        if isinstance(call.function, ir.Attr):
            given.append(call.function.value)
        for expr in given:
            found = self._of(expr, frame, files, depth + 1)
            if found is not None:
                return found
        return None

    def _of_file(self, text: str, frame: Frame, files: SchemaFiles) -> DeclaredSchema | None:
        if not text.endswith((".avsc", ".avro", ".proto", ".json")):
            return None
        path = files.find(text, self._evaluator.program.paths.get(frame.scope.module, ""))
        return files.declared(path) if path is not None else None

    def _data(self, display: Display, left: list[int], depth: int) -> Any:
        """A display as plain data; what is computed in it is None."""
        left[0] -= 1
        if left[0] < 0 or depth > NESTED:
            return None
        match display.expr:
            case ir.Mapping(items=pairs):
                return {
                    str(key.value): self._plain(value, display.frame, left, depth + 1)
                    for key, value in pairs
                    if isinstance(key, ir.Const)
                }
            case ir.Items(items=items):
                return [self._plain(item, display.frame, left, depth + 1) for item in items]
        return None

    def _plain(self, expr: ir.Expr, frame: Frame, left: list[int], depth: int) -> Any:
        for value in self._evaluator.values(expr, frame):
            match value:
                case Display():
                    return self._data(value, left, depth)
                case Constant(value=known):
                    return known
                case String() if value.literal is not None:
                    return value.literal
        return None
