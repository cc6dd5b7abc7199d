"""What attributes and slots mean; the names mean the same in every kind unless `kind.name` says otherwise."""

from __future__ import annotations

from collections.abc import Mapping

ATTRIBUTE_MEANINGS: Mapping[str, str] = {}
SLOT_MEANINGS: Mapping[str, str] = {}
