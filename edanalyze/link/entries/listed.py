"""Listed things: the elements of lists that code puts together with `+`, `*`, `append`, `extend` and wrappers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, ExternalInstance, Frame, Value

DEEPEST = 8
ADDING = {"append": 0, "extend": 0, "insert": 1}


class Element(NamedTuple):
    """One element: its expression with the frame it is evaluated in, or a value that stands for it."""

    expr: ir.Expr
    frame: Frame


class Lists:
    """Spreads lists out for an evaluator. `scopes` are searched for `xs.append(...)` and the like."""

    def __init__(self, evaluator: Evaluator, scopes: Iterable[Scope]) -> None:
        self._evaluator = evaluator
        self._scopes = list(scopes)
        self._added: dict[int, list[tuple[ir.Call, Frame]]] | None = None

    def elements(self, expr: ir.Expr, frame: Frame, depth: int = 0) -> Iterator[Element]:
        """The elements of what may be a list; an expression that is none stands for itself."""
        if depth > DEEPEST:
            return
        match expr:
            case ir.Items(items=items):
                for item in items:
                    yield from self._item(item, frame, depth)
                yield from self._additions(expr, depth)
                return
            case ir.Operation(operator="+", operands=operands):
                for operand in operands:
                    yield from self.elements(operand, frame, depth + 1)
                return
        values = self._evaluator.values(expr, frame)
        displays = [value for value in values if isinstance(value, Display)]
        for display in displays:
            if isinstance(display.expr, ir.Comprehension):
                scope = display.frame.scope.comprehensions.get(id(display.expr))
                if scope is not None:
                    yield Element(display.expr.element, self._evaluator.inner(scope, display.frame))
            elif isinstance(display.expr, ir.Items):
                yield from self.elements(display.expr, display.frame, depth + 1)
        if displays and all(isinstance(value, Display) for value in values):
            return
        if isinstance(expr, ir.Call) and not displays and self._is_unknown(values):
            for argument in expr.arguments:  # `sorted(...)`, `chain(a, b)`, `reduce(add, groups)`
                inner = argument.value if isinstance(argument, ir.Star) else argument
                for element in self.elements(inner, frame, depth + 1):
                    if element.expr is not inner:
                        yield from self.elements(element.expr, element.frame, depth + 1)
        yield Element(expr, frame)

    def _item(self, item: ir.Expr, frame: Frame, depth: int) -> Iterator[Element]:
        if isinstance(item, ir.Star):
            yield from self.elements(item.value, frame, depth + 1)
        else:
            yield Element(item, frame)

    @staticmethod
    def _is_unknown(values: tuple[Value, ...]) -> bool:
        """Whether a call is one of the library's that put iterables together."""
        joining = ("itertools.", "functools.")
        return all(isinstance(value, ExternalInstance) and value.name.startswith(joining) for value in values)

    def _additions(self, display: ir.Items, depth: int) -> Iterator[Element]:
        if self._added is None:
            self._added = {}
            self._added = self._find_additions()
        for call, frame in self._added.get(id(display), ()):
            assert isinstance(call.function, ir.Attr)
            position = ADDING[call.function.name]
            if position < len(call.arguments):
                argument = call.arguments[position]
                if call.function.name == "extend":
                    yield from self.elements(argument, frame, depth + 1)
                else:
                    yield Element(argument, frame)

    def _find_additions(self) -> dict[int, list[tuple[ir.Call, Frame]]]:
        found: dict[int, list[tuple[ir.Call, Frame]]] = defaultdict(list)
        for scope in self._scopes:
            for call, inner in scope.calls:
                if isinstance(call.function, ir.Attr) and call.function.name in ADDING:
                    frame = self._evaluator.root(inner)
                    for value in self._evaluator.values(call.function.value, frame):
                        if isinstance(value, Display):
                            found[id(value.expr)].append((call, frame))
        return found
