"""The record of accepted findings, by which a baseline knows them."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Key: TypeAlias = "tuple[str, str, str]"
"""Code, symbol and message of a finding, without line numbers."""


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Findings of one rule with one message in one function: where, and a mark of each one's line."""

    code: str
    symbol: str
    message: str
    path: str
    lines: tuple[str, ...]

    @property
    def key(self) -> Key:
        """What they are known by."""
        return (self.code, self.symbol, self.message)

    def __str__(self) -> str:
        times = f" ({len(self.lines)} times)" if len(self.lines) > 1 else ""
        return f"{self.path}: {self.code} in {self.symbol or 'the module'}: {self.message}{times}"
