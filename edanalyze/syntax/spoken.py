"""How a comment looks that speaks to the tool: `# noqa` and `# edanalyze: ...`."""

from __future__ import annotations

import re

SPEAKS = re.compile(r"noqa|edanalyze:", re.IGNORECASE)
