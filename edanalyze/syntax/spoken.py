"""How a comment looks that speaks to the tool: `# noqa` and `# edanalyze: ...`."""

from __future__ import annotations

import re

_WORDS = ("noqa", "edanalyze:")
SPEAKS = re.compile("|".join(_WORDS), re.IGNORECASE)


def may_speak(text: str) -> bool:
    """Whether there may be such a comment in a text: a quick look."""
    lowered = text.lower()
    return any(word in lowered for word in _WORDS)
