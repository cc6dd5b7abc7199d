"""The reader of abstract syntax trees: from CPython's own parse to the same facts that the LibCST reader finds.

It costs a fraction of a LibCST parse, and reads what the running Python can parse. Where it cannot be certain that it
finds the very same facts it says so (`Unsure`), and the file is left to LibCST.
"""

from __future__ import annotations

from edanalyze.syntax.abstract.places import Unsure
from edanalyze.syntax.abstract.read import read

__all__ = ["Unsure", "read"]
