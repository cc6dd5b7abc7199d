"""Delivery: what becomes of the messages of a topic on their way to a consumer."""

from __future__ import annotations

from edanalyze.analyse.delivery.records import VERDICTS, Producer, Reason, Verdict
from edanalyze.analyse.delivery.verdicts import Verdicts

__all__ = ["VERDICTS", "Producer", "Reason", "Verdict", "Verdicts"]
