"""Evidence of correlation: what the arguments of a call say of an identifier that ties it to what caused it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple


class Evidence(enum.Enum):
    """What the arguments of a call say about correlation."""

    YES = "an identifier is handed on"
    NO = "none is"
    OPEN = "the caller decides through a parameter"


class Found(NamedTuple):
    """Evidence, and with OPEN the parameters that decide."""

    evidence: Evidence
    parameters: tuple[str, ...] = ()


YES, NO = Found(Evidence.YES), Found(Evidence.NO)


def left_to(parameters: Iterable[str]) -> Found:
    """What is left when nothing is certain: some parameters, or nothing."""
    names = tuple(dict.fromkeys(parameters))
    return Found(Evidence.OPEN, names) if names else NO
