"""What LibCST itself says about a file, and the same read from its facts: the two must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from unicodedata import normalize

import libcst as cst
import msgspec
from libcst.metadata import MetadataWrapper, PositionProvider

from edanalyze.facts import ir
from edanalyze.facts.module import ClassFacts, FunctionFacts, ModuleFacts

_STRINGS = (cst.SimpleString, cst.ConcatenatedString)
_LINED = {
    cst.Assign: "Assign",
    cst.AnnAssign: "Assign",
    cst.TypeAlias: "Assign",
    cst.AugAssign: "Augment",
    cst.Expr: "Evaluate",
    cst.If: "Branch",
    cst.While: "Loop",
    cst.For: "Loop",
    cst.With: "With",
    cst.Try: "Try",
    cst.TryStar: "Try",
    cst.Return: "Return",
    cst.Raise: "Raise",
    cst.Assert: "Assert",
    cst.Del: "Delete",
    cst.Match: "Match",
}


def records(record: Any) -> Iterator[Any]:
    """All records under a record, itself included."""
    pending = [record]
    while pending:
        found = pending.pop()
        if isinstance(found, msgspec.Struct):
            yield found
            pending += (getattr(found, field) for field in found.__struct_fields__)
        elif isinstance(found, tuple | list):
            pending += found
        elif isinstance(found, dict):
            pending += found.values()


class Seen:
    """Places of a file: calls by the called name, definitions, handlers, lambdas, lines of statements."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[int, int, int]] = Counter()
        self.foldable: Counter[tuple[int, int, int]] = Counter()
        self.nameless = 0
        self.functions: Counter[tuple[str, int, int, int, int]] = Counter()
        self.classes: Counter[tuple[str, int, int, int]] = Counter()
        self.handlers: Counter[tuple[int, int]] = Counter()
        self.lambdas: Counter[tuple[int, int]] = Counter()
        self.lines: Counter[tuple[str, int]] = Counter()

    @property
    def places(self) -> tuple[object, ...]:
        return self.functions, self.classes, self.handlers, self.lambdas, self.lines


class Reader(cst.CSTVisitor):
    """Reads the places off LibCST's tree and positions."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()

    def _span(self, node: cst.CSTNode) -> tuple[int, int, int]:
        place = self.get_metadata(PositionProvider, node)
        return place.start.line, place.start.column + 1, place.end.column + 1

    def _end_line(self, node: cst.CSTNode) -> int:
        return self.get_metadata(PositionProvider, node).end.line

    def visit_TypeParameters(self, node: cst.TypeParameters) -> bool:
        return False

    def visit_Call(self, node: cst.Call) -> None:
        function: cst.BaseExpression = node.func
        while isinstance(function, cst.Call | cst.Subscript):
            function = function.func if isinstance(function, cst.Call) else function.value
        if isinstance(function, cst.Attribute):
            span = self._span(function.attr)
            self.seen.calls[span] += 1
            if function.attr.value in ("format", "join") and isinstance(function.value, _STRINGS):
                self.seen.foldable[span] += 1
        elif isinstance(function, cst.Name):
            self.seen.calls[self._span(function)] += 1
        else:
            self.seen.nameless += 1

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        found = (normalize("NFKC", node.name.value), *self._span(node.name), self._end_line(node))
        self.seen.functions[found] += 1
        self._docstring(node, node.body)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        found = (normalize("NFKC", node.name.value), *self._span(node.name))
        self.seen.classes[found] += 1
        self._docstring(node, node.body)

    def visit_Module(self, node: cst.Module) -> None:
        self._docstring(node, node)

    def _docstring(self, owner: cst.Module | cst.ClassDef | cst.FunctionDef, suite: cst.Module | cst.BaseSuite) -> None:
        if owner.get_docstring(clean=False) is not None:
            first: Any = suite.body[0]
            self.seen.lines["Evaluate", self._span(first.body[0] if hasattr(first, "body") else first)[0]] -= 1

    def visit_ExceptHandler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
        self.seen.handlers[self._span(node)[:2]] += 1

    visit_ExceptStarHandler = visit_ExceptHandler

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.seen.lambdas[self._span(node)[:2]] += 1

    def on_visit(self, node: cst.CSTNode) -> bool:
        kind = _LINED.get(type(node))
        if kind is not None:
            self.seen.lines[kind, self._span(node)[0]] += 1
        if isinstance(node, cst.Import | cst.ImportFrom):
            names = 1 if isinstance(node.names, cst.ImportStar) else len(node.names)
            self.seen.lines["Import", self._span(node)[0]] += names
        return super().on_visit(node)


def read(text: str) -> Seen:
    """What LibCST says about a text."""
    reader = Reader()
    MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True).visit(reader)
    reader.seen.lines = +reader.seen.lines
    return reader.seen


def facts_places(facts: ModuleFacts) -> Seen:
    """The same, read from the facts."""
    seen = Seen()
    for record in records(facts):
        kind = type(record)
        if kind is ir.Call:
            place = record.place
            assert place.line == place.end_line
            seen.calls[place.line, place.column, place.end_column] += 1
        elif kind is FunctionFacts:
            place = record.place
            if record.name.startswith("<lambda"):
                seen.lambdas[place.line, place.column] += 1
            else:
                where = (record.name, place.line, place.column, place.end_column, record.end_line)
                seen.functions[where] += 1
        elif kind is ClassFacts:
            place = record.place
            seen.classes[record.name, place.line, place.column, place.end_column] += 1
        elif kind is ir.Handler:
            seen.handlers[record.place.line, record.place.column] += 1
        line = getattr(record, "line", None)
        if isinstance(record, ir.Record) and line is not None:
            seen.lines[kind.__name__, line] += 1
    # The body of a lambda is a Return that nobody wrote.
    for (line, _), count in seen.lambdas.items():
        seen.lines["Return", line] -= count
    seen.lines = +seen.lines
    return seen
