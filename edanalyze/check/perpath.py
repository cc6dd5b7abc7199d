"""Settings for parts of a project: `[[tool.edanalyze.per-path]]`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from edanalyze.check import registry
from edanalyze.check.diagnostic import Confidence, Diagnostic
from edanalyze.check.rule import Rule
from edanalyze.discover.globs import covers, pattern
from edanalyze.discover.settings import Config


class PerPath:
    """What the configuration says of single files, by their root-relative paths."""

    def __init__(self, config: Config, rules: Iterable[Rule]) -> None:
        self._least = Confidence(config.min_confidence)
        self._tables = [
            (
                tuple(map(pattern, table.paths)),
                frozenset(rule.code for rule in rules if registry.matches(table.ignore, rule)),
                Confidence(table.min_confidence) if table.min_confidence is not None else None,
            )
            for table in config.per_path
        ]
        self._of = cache(self._of_path)

    def left(self, codes: frozenset[str], path: str) -> frozenset[str]:
        """Those of `codes` that count in a file."""
        return codes - self._of(path)[0]

    def shows(self, diagnostic: Diagnostic) -> bool:
        """Whether a finding is reported as far as rule and confidence go."""
        ignored, least = self._of(diagnostic.path)
        return diagnostic.code not in ignored and diagnostic.confidence.rank <= least.rank

    def _of_path(self, path: str) -> tuple[frozenset[str], Confidence]:
        ignored: frozenset[str] = frozenset()
        least = self._least
        for patterns, codes, confidence in self._tables:
            if covers(patterns, path):
                ignored |= codes
                least = confidence or least
        return ignored, least
