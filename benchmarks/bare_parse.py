"""Parse files with nothing but LibCST (or `ast`): what the cost of an analysis is compared with."""

from __future__ import annotations

import ast
import sys
from contextlib import suppress
from pathlib import Path


def main(kind: str, listing: str) -> None:
    """Parse the files whose names are in a file, one on a line."""
    if kind == "libcst":
        import libcst

        parse = libcst.parse_module
    else:
        parse = ast.parse  # type: ignore[assignment]
    for name in Path(listing).read_text(encoding="utf-8").splitlines():
        with suppress(Exception):  # what is no Python costs little either way
            parse(Path(name).read_bytes())


main(*sys.argv[1:])
