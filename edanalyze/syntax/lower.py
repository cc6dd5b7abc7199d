"""`lower`: the facts of one file."""

from __future__ import annotations

import gc
from typing import Literal, TypeAlias

from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax import abstract
from edanalyze.syntax.failure import SyntaxFailure
from edanalyze.syntax.nesting import may_nest_deeply
from edanalyze.syntax.source import decode

Reader: TypeAlias = Literal["concrete", "abstract"]
"""Which syntax tree a file is read from: LibCST's, or the one of the running Python, which costs a fraction of it."""


def lower(path: str, source: bytes, reader: Reader = "concrete") -> ModuleFacts:
    """Turn the bytes of a Python file into facts.

    `path` (relative to the project root, with `/`) goes into the facts unchanged. The result holds no
    reference to the syntax tree. `reader` is asked first; both find the same facts, and the other one reads what
    the first cannot. Raises `SyntaxFailure` when the file cannot be decoded or parsed.
    """
    text = decode(path, source)
    # A parse makes no garbage cycles but many objects: the collector would only look through them again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _lower(path, text, reader)
    finally:
        if collecting:
            gc.enable()


def _lower(path: str, text: str, reader: Reader) -> ModuleFacts:
    deep = may_nest_deeply(text)  # such files are read from one tree only: what is too deep differs
    quick = None if deep or reader == "concrete" else _abstract(path, text)
    if quick is not None:
        return quick
    from edanalyze.syntax import concrete  # a run without need for LibCST does not wait for its import

    try:
        return concrete.read(path, text, deep)
    except SyntaxFailure:
        facts = None if deep or reader == "abstract" else _abstract(path, text)
        if facts is None:
            raise
        return facts


def _abstract(path: str, text: str) -> ModuleFacts | None:
    try:
        return abstract.read(path, text)
    except abstract.Unsure:
        return None
