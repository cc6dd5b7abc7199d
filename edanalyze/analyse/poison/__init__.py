"""Poison messages: failures after which the same message comes again, without an end."""

from __future__ import annotations

from edanalyze.analyse.poison.finding import PoisonLoops
from edanalyze.analyse.poison.records import Endless

__all__ = ["Endless", "PoisonLoops"]
