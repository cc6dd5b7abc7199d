"""What the legend of a drawing has to explain: the boxes and lines that occur, and the rules' names."""

from __future__ import annotations

import msgspec

from edanalyze.graph.palette import BOXES, FLAGGED, LINKS, BoxLook, LinkLook
from edanalyze.graph.scene import Scene

TITLE = "How to read this"
_RULES_SHOWN = 12


class Legend(msgspec.Struct, frozen=True):
    """Samples in the order of the palette, and lines of text: "EDA101 sync-http-chain"."""

    boxes: tuple[BoxLook, ...]
    lines: tuple[LinkLook, ...]
    rules: tuple[str, ...]


def legend_of(scene: Scene) -> Legend:
    """Find what occurs in a scene. More than a dozen rules are cut short: the tooltips name them."""
    boxes = {box.kind for box in [*scene.boxes, *(box for group in scene.groups for box in group.boxes)]}
    links = {link.kind for link in scene.links}
    lines = {look.word: look for kind, look in LINKS.items() if kind in links}
    if any(link.codes for link in scene.links):
        lines[FLAGGED.word] = FLAGGED
    rules = [f"{code} {name}" for code, name in scene.rules]
    more = len(rules) - _RULES_SHOWN
    return Legend(
        boxes=tuple(look for kind, look in BOXES.items() if kind in boxes),
        lines=tuple(lines.values()),
        rules=(*rules[:_RULES_SHOWN], f"and {more} more") if more > 0 else tuple(rules),
    )
