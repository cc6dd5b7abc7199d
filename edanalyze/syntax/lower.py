"""`lower`: the facts of one file."""

from __future__ import annotations

import gc

import libcst as cst

from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax.comments import comments
from edanalyze.syntax.definitions import is_docstring
from edanalyze.syntax.exports import exports
from edanalyze.syntax.failure import SyntaxFailure
from edanalyze.syntax.parse import parse
from edanalyze.syntax.positions import LostPosition
from edanalyze.syntax.source import decode
from edanalyze.syntax.statements import StatementVisitor


def lower(path: str, source: bytes) -> ModuleFacts:
    """Turn the bytes of a Python file into facts.

    `path` (relative to the project root, with `/`) goes into the facts unchanged. The result holds no
    reference to the syntax tree. Raises `SyntaxFailure` when the file cannot be decoded or parsed.
    """
    text = decode(path, source)
    # A parse makes no garbage cycles but many objects: the collector would only look through them again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _lower(path, text)
    finally:
        if collecting:
            gc.enable()


def _lower(path: str, text: str) -> ModuleFacts:
    module = parse(path, text)
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
    functions, classes = visitor.functions, visitor.classes
    return ModuleFacts(
        path=path,
        body=body,
        functions={name: functions[name] for name in visitor.order if name in functions},
        classes={name: classes[name] for name in visitor.order if name in classes},
        exports=exports(body),
        comments=comments(text, visitor.literals, visitor.cursor.starts),
        lines=visitor.cursor.lines(),
    )
