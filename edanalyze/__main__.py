"""The console script, and `python -m edanalyze`."""

from __future__ import annotations

from edanalyze.cli import main

if __name__ == "__main__":
    main()
