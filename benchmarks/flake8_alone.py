"""flake8 as it is where edanalyze is not installed: its plugin is hidden before flake8 looks for plugins."""

from __future__ import annotations

import sys
from importlib import metadata

found = list(metadata.distributions())
metadata.distributions = lambda **_: [each for each in found if each.name != "edanalyze"]  # type: ignore[assignment]

from flake8.main.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
