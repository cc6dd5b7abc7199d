"""Drift: dependencies that the code has and checked-in documents do not show, and the other way round."""

from __future__ import annotations

from edanalyze.analyse.drift.choreographies import Choreography
from edanalyze.analyse.drift.drifts import Drifts
from edanalyze.analyse.drift.records import Drift

__all__ = ["Choreography", "Drift", "Drifts"]
