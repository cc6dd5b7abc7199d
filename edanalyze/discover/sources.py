"""Reading and decoding a source file, without ever blocking on what only looks like one."""

from __future__ import annotations

import io
import os
import stat
import tokenize

from edanalyze.discover.files import SourceFile

_EXPENSIVE = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape"}


class Unreadable(Exception):
    """A file that cannot be read as Python source. `reason` says why, to go into `Unanalysed`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def read(file: SourceFile, largest: int) -> bytes:
    """The bytes of a file of at most `largest` bytes. Raises Unreadable.

    The file may have become something else since the walk: it is opened without blocking and checked again.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(file.absolute, flags), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise Unreadable("no regular file")
            data = opened.read(largest + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    if len(data) > largest:
        raise Unreadable(f"more bytes than max-file-size ({largest:,})")
    if b"\0" in data:
        raise Unreadable("holds NUL bytes: no Python source")
    return data


def decode(data: bytes) -> str:
    """The text of a source file, by its byte-order mark or coding line (PEP 263), else UTF-8. Raises Unreadable."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if encoding.lower() in _EXPENSIVE:
            raise Unreadable(f"encoding {encoding} is not supported")
        return data.decode(encoding)
    except (SyntaxError, LookupError) as error:
        raise Unreadable(f"encoding: {error}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"not {error.encoding} text: {error.reason} at byte {error.start}") from error
