"""Parse a file with LibCST; say in one line why a file cannot be parsed."""

from __future__ import annotations

import ast
import re
import sys
import threading
import warnings

import libcst as cst

from edanalyze.syntax.failure import SyntaxFailure
from edanalyze.syntax.nesting import STACK, refusal

_PLACE = re.compile(r"error at (\d+):(\d+)")
_PYTHON_2 = re.compile(
    r"^\s*(?:print\b(?!\s*[(=.,\[])|exec\s+[\"'\w]|except\s+[\w.]+\s*,\s*\w+\s*:|raise\s+[\w.]+\s*,)"
    r"|[\w)]\s*<>\s*[\w(]|\b[0-9]+L\b|\b[uU][rR][\"']"
)


def parse(path: str, text: str, deep: bool) -> cst.Module:
    """The LibCST tree of `text`; `deep` says that it may nest deeply.

    Raises `SyntaxFailure` with the line and a short reason.
    """
    if deep:
        refused = refusal(text)
        if refused is not None:
            raise SyntaxFailure(path, refused)
    try:
        return _with_large_stack(text) if deep else cst.parse_module(text)
    except RecursionError:
        raise SyntaxFailure(path, "nested too deeply") from None
    except (cst.ParserSyntaxError, cst.CSTValidationError) as error:
        raise SyntaxFailure(path, _unread(error) if deep else _explain(text, error)) from None


def _with_large_stack(text: str) -> cst.Module:
    """Parse on a thread of its own, whose stack bears the depth that `refusal` lets pass."""
    outcome: list[cst.Module | Exception] = []

    def run() -> None:
        try:
            outcome.append(cst.parse_module(text))
        except Exception as error:
            outcome.append(error)

    usual = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=run, name="edanalyze-parse")
        thread.start()
    finally:
        threading.stack_size(usual)
    thread.join()
    (result,) = outcome
    if isinstance(result, Exception):
        raise result
    return result


def _explain(text: str, error: Exception) -> str:
    """One line on a failed parse.

    LibCST places its errors behind the token that surprised it and those of its tokenizer at the start of
    the file, so CPython is asked first. A file that it reads is one that LibCST cannot read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as found:
        line, column = found.lineno or 1, max(found.offset or 1, 1)
        said = f"Python 2 ({found.msg})" if _PYTHON_2.search(found.text or "") else found.msg
        return f"line {line}, column {column}: {said}"
    except (RecursionError, MemoryError, ValueError):
        return _unread(error)
    version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return f"{_unread(error)}, though {version} can"


def _unread(error: Exception) -> str:
    place = _PLACE.search(str(error))
    where = f"line {place[1]}: " if place else ""
    return f"{where}LibCST {cst.LIBCST_VERSION} cannot read this"
