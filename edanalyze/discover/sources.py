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
        opened = os.open(file.absolute, flags)
        try:
            about = os.fstat(opened)
            if not stat.S_ISREG(about.st_mode):
                raise Unreadable("no regular file")
            data = _all(opened, min(about.st_size, largest) + 1, largest + 1)
        finally:
            os.close(opened)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    if len(data) > largest:
        raise Unreadable(f"more bytes than max-file-size ({largest:,})")
    if b"\0" in data:
        raise Unreadable("holds NUL bytes: no Python source")
    return data


def _all(opened: int, expected: int, most: int) -> bytes:
    """What a file holds, at most `most` bytes; it is not longer than was expected, if nothing writes to it."""
    data = os.read(opened, expected)
    while len(data) < most and (more := os.read(opened, min(most - len(data), 1 << 20))):
        data += more
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
