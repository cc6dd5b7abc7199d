"""The landscape: the systems of an organisation, known by the facts they tell, linked with each other and drawn."""

from __future__ import annotations

from edanalyze.analyse.landscape.drawing import drawn
from edanalyze.analyse.landscape.landscape import Landscape, Reached

__all__ = ["Landscape", "Reached", "drawn"]
