"""The record of an effect: what one call does to the outside world."""

from __future__ import annotations

import msgspec

from edanalyze.facts import ir
from edanalyze.link.library import argument
from edanalyze.link.values import Value
from edanalyze.models import Api


class Effect(msgspec.Struct, frozen=True, gc=False):
    """One effect of one call. `likely`: judged by names because the receiver is not resolved.

    `handed`: the callee was handed over as a value, so the call's arguments are not its own. `verb` refines a write
    (insert, update, delete, upsert, increment, ...).
    """

    kind: str
    api: Api
    name: str
    call: ir.Call
    receiver: Value | None = None
    likely: bool = False
    handed: bool = False
    verb: str = ""

    def argument(self, role: str) -> ir.Expr | None:
        """The argument in a slot of the API."""
        slot = self.api.slots.get(role)
        if slot is None or self.handed:
            return None
        return argument(slot, self.call)

    @property
    def flag(self) -> str:
        """The form of the API (`form` in its table)."""
        return str(self.api.data.get("form", ""))
