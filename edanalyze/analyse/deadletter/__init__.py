"""Dead letters: where queues and subscriptions are declared, and whether failed messages are kept aside."""

from __future__ import annotations

from edanalyze.analyse.deadletter.judging import DeadLetters
from edanalyze.analyse.deadletter.records import Declared, Undelivered

__all__ = ["DeadLetters", "Declared", "Undelivered"]
