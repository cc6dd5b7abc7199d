"""`read`: the facts of one text from LibCST's syntax tree."""

from __future__ import annotations

import libcst as cst

from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax.concrete.comments import comments
from edanalyze.syntax.concrete.definitions import is_docstring
from edanalyze.syntax.concrete.parse import parse
from edanalyze.syntax.concrete.statements import StatementVisitor
from edanalyze.syntax.failure import SyntaxFailure
from edanalyze.syntax.positions import LostPosition


def read(path: str, text: str, deep: bool) -> ModuleFacts:
    """The facts of `text`; `deep` says that it may nest deeply.

    Raises `SyntaxFailure` when LibCST cannot parse it.
    """
    module = parse(path, text, deep)
    visitor = StatementVisitor(text)
    try:
        body = visitor.block(module)
    except LostPosition:
        line = visitor.cursor.line(visitor.cursor.position)
        raise SyntaxFailure(path, f"line {line}: syntax tree and text disagree") from None
    except RecursionError:
        raise SyntaxFailure(path, "nested too deeply") from None
    except KeyError as error:
        unknown = error.args[0]
        if isinstance(unknown, type) and issubclass(unknown, cst.CSTNode):
            raise SyntaxFailure(path, f"holds a construct not known yet: {unknown.__name__}") from None
        raise
    if body and module.body and is_docstring(module):
        body = body[1:]
    spoken = comments(text, visitor.literals, visitor.cursor.starts)
    return visitor.facts(path, body, spoken, visitor.cursor.lines())
