"""Decode the bytes of a Python file as Python does: byte order mark, coding cookie (PEP 263), UTF-8."""

from __future__ import annotations

import codecs
import re

from edanalyze.syntax.failure import SyntaxFailure

_COOKIE = re.compile(rb"^[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#[^\r\n]*)?$")
_LINE = re.compile(rb"\r\n?|\n")


def decode(path: str, source: bytes) -> str:
    """The text of a file, without byte order mark.

    Raises `SyntaxFailure` that names the encoding and the line when the bytes do not fit it.
    """
    marked = source.startswith(codecs.BOM_UTF8)
    body = source[len(codecs.BOM_UTF8) :] if marked else source
    declared = _declared(body)
    encoding = _usual_name(declared or "utf-8")
    try:
        name = codecs.lookup(encoding).name
        if marked and name not in ("utf-8", "utf-8-sig"):
            raise SyntaxFailure(path, f"declares {encoding} but starts with the byte order mark of UTF-8")
        text = body.decode(encoding)
        if declared:  # an encoding may let lone surrogates through, which neither LibCST nor a stored file can hold
            text.encode()
    except LookupError:
        raise SyntaxFailure(path, f"declares an encoding that Python does not know: {encoding}") from None
    except UnicodeDecodeError as error:
        line = len(_LINE.findall(body[: error.start])) + 1
        said = "" if declared else " (none is declared)"
        byte = body[error.start]
        raise SyntaxFailure(path, f"line {line}: byte 0x{byte:02x} is not {encoding}{said}") from None
    except (UnicodeError, ValueError) as error:
        raise SyntaxFailure(path, f"cannot be decoded as {encoding}: {error}") from None
    nul = text.find("\0")
    if nul >= 0:
        raise SyntaxFailure(path, f"line {_line_of(text, nul)}: holds a NUL byte")
    return text


def _declared(body: bytes) -> str | None:
    """The encoding named by a coding cookie in the first two lines, if there is one."""
    first, *rest = _LINE.split(body[:4096], maxsplit=2)
    for line in (first, *rest[:1]):
        cookie = _COOKIE.match(line)
        if cookie is not None:
            return cookie[1][:40].decode("ascii", "replace")
        if _BLANK.match(line) is None:
            return None
    return None


def _usual_name(encoding: str) -> str:
    """The encoding meant by a name with the kind of line end behind it, as Emacs writes it (`utf-8-unix`)."""
    name = encoding.lower().replace("_", "-")
    for usual in ("utf-8", "latin-1", "iso-8859-1", "iso-latin-1"):
        if name.startswith(f"{usual}-"):
            return usual
    return encoding


def _line_of(text: str, offset: int) -> int:
    return len(re.findall(r"\r\n?|\n", text[:offset])) + 1
