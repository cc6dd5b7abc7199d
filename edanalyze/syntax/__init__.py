"""From the text of one Python file to its facts: one LibCST parse, one read-only traversal.

`lower(path, source)` is the only door; `SyntaxFailure` says why a file has no facts.
"""

from __future__ import annotations

from edanalyze.syntax.failure import SyntaxFailure
from edanalyze.syntax.lower import lower

__all__ = ["SyntaxFailure", "lower"]
