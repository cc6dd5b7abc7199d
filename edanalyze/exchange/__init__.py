"""What systems tell each other of themselves: facts files, written for one repository and read with others."""

from __future__ import annotations

from edanalyze.exchange.document import FactsError, from_json, read, to_json
from edanalyze.exchange.records import Facts
from edanalyze.exchange.union import union, without

__all__ = ["Facts", "FactsError", "from_json", "read", "to_json", "union", "without"]
