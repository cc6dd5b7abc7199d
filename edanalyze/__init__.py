"""edanalyze: a static analyser for event-driven Python systems.

The doors are the command `edanalyze` and the flake8 plugin `EDA`; `edanalyze.api` is the same in Python.
Importing this package loads nothing else, so that `edanalyze --version` answers at once.
"""

from __future__ import annotations

__version__ = "0.1.0"
