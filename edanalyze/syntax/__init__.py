"""From the text of one Python file to its facts: one parse, one read-only traversal.

`lower(path, source)` is the only door; `SyntaxFailure` says why a file has no facts. There are two readers, `concrete`
of LibCST's tree and `abstract` of CPython's, which find the same facts.
"""

from __future__ import annotations

from edanalyze.syntax.failure import SyntaxFailure
from edanalyze.syntax.lower import Reader, lower

__all__ = ["Reader", "SyntaxFailure", "lower"]
