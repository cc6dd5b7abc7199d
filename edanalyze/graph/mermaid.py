"""Writes a scene as a Mermaid flowchart, which code hosts draw inside Markdown.

Written is the syntax that Mermaid has had since version 9; names are spelled so that no character has a meaning in it.
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from edanalyze.graph.legend import TITLE, Legend, legend_of
from edanalyze.graph.lettering import printable
from edanalyze.graph.palette import (
    ALARM,
    ALARM_GROUND,
    ALARM_SIGN,
    ALARM_WIDTH,
    BOXES,
    DELIVERIES,
    FAINT,
    FLAGGED,
    FRAME,
    GROUND,
    INK,
    LINKS,
    PAPER,
    BoxLook,
    LinkLook,
)
from edanalyze.graph.records import Graph
from edanalyze.graph.scene import Box, Scene

_LINES_BY_DEFAULT = 500
_PLAIN = frozenset(" _-./:{}(),+*=?!~'")
_SHAPES = {
    ("[", "]"): "box",
    ("(", ")"): "rounded box",
    (">", "]"): "flag",
    ("{{", "}}"): "hexagon",
    ("[[", "]]"): "barred box",
    ("[(", ")]"): "drum",
    ("[/", "/]"): "slanted box",
    ("[/", "\\]"): "trapezium",
}
_ARROWS = {"-->": "solid arrow", "-.->": "dashed arrow", "--o": "line with a dot"}
_DASHES = {"dashed": "6 4", "dotted": "2 3"}


def to_mermaid(scene: Scene) -> str:
    """Write a scene as a Mermaid flowchart: services as subgraphs, findings marked, a legend of what occurs.

    The same scene always gives the same text. A comment warns of more lines than Mermaid draws unless it is told to.
    """
    return "\n".join(_Flowchart(scene).lines()) + "\n"


def to_markdown(scene: Scene, graph: Graph) -> str:
    """Write a scene as Markdown: the flowchart in a fence, and below it a table of the findings."""
    parts = [f"```mermaid\n{to_mermaid(scene)}```\n"]
    if graph.findings:
        rows = [
            f"| {found.code} {_prose(found.name)} | {_prose(f'{found.path}:{found.line}')} | {_prose(found.message)} |"
            for found in sorted(graph.findings, key=lambda found: (found.path, found.line, found.code, found.message))
        ]
        parts.append("\n".join(["| finding | place | message |", "|--|--|--|", *rows]) + "\n")
    return "\n".join(parts)


class _Flowchart:
    """The lines of one flowchart; Mermaid styles links by their number, so they are counted as they are written."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._direction = "LR" if scene.groups else "TB"
        self._names = {
            box.id: f"n{number}"
            for number, box in enumerate([*(box for group in scene.groups for box in group.boxes), *scene.boxes])
        }
        self._links = 0
        self._styled: dict[str, list[int]] = defaultdict(list)

    def lines(self) -> Iterable[str]:
        scene = self._scene
        yield f"flowchart {self._direction}"
        yield f"  accTitle: {' '.join(_plain(part) for part in (scene.title, scene.summary) if part)}"
        if len(scene.links) > _LINES_BY_DEFAULT:
            yield f"  %% {len(scene.links)} lines: Mermaid needs a higher maxEdges for more than {_LINES_BY_DEFAULT}"
        for number, group in enumerate(scene.groups):
            yield f"  subgraph g{number}[{_label([group.title, *_marked(group.codes)])}]"
            yield from (f"    {self._box(box)}" for box in group.boxes)
            if group.quiet:
                yield f"    q{number}[{_label(group.quiet)}]:::quiet"
            yield "  end"
        yield from (f"  {self._box(box)}" for box in scene.boxes)
        for link in scene.links:
            words = [*link.lines, *_marked(link.codes)]
            look = LINKS[link.kind]
            look = msgspec.structs.replace(look, line=DELIVERIES.get(link.delivery, look.line))
            yield self._link(self._names[link.source], self._names[link.target], look, words, bool(link.codes))
        yield from self._legend(legend_of(scene))
        yield from self._styles()

    def _box(self, box: Box) -> str:
        label = _label([*box.lines, *_marked(box.codes)])
        return _shaped(self._names[box.id], BOXES[box.kind], label) + f":::{box.kind}"

    def _link(self, source: str, target: str, look: LinkLook, words: Sequence[str], flagged: bool) -> str:
        color, width = (ALARM, ALARM_WIDTH) if flagged else (look.line, look.width)
        dash = f",stroke-dasharray:{_DASHES[look.style]}" if look.style in _DASHES else ""
        self._styled[f"stroke:{color},stroke-width:{width}px,color:{color}{dash}"].append(self._links)
        self._links += 1
        label = f"|{_label(words)}|" if words else ""
        return f"  {source} {look.arrow}{label} {target}"

    def _legend(self, legend: Legend) -> Iterable[str]:
        """Explain in words, in two boxes: Mermaid draws lines across a subgraph that stands apart."""
        heading = [line for line in (self._scene.title, self._scene.summary) if line]
        lines = [f"{_ARROWS[look.arrow]}: {look.word}" for look in legend.lines if look is not FLAGGED]
        boxes = [f"{_SHAPES[look.brackets]}: {look.word}" for look in legend.boxes]
        flagged = [f"thick and orange: {FLAGGED.word}"] if legend.rules else []
        if lines or boxes:
            words = [*heading, "", f"{TITLE}:", *lines, *boxes, *flagged]
            yield f"  legend[{_label(words)}]:::quiet"
        if legend.rules:
            yield f"  rules[{_label(legend.rules)}]:::quiet"

    def _styles(self) -> Iterable[str]:
        for kind, look in BOXES.items():
            dash = next((f",stroke-dasharray:{_DASHES[style]}" for style in _DASHES if style in look.style), "")
            yield f"  classDef {kind} fill:{look.ground},stroke:{look.line},color:{INK}{dash}"
        yield f"  classDef quiet fill:{PAPER},stroke:{FRAME},color:{FAINT},text-align:left"
        yield f"  classDef flagged fill:{ALARM_GROUND},stroke:{ALARM},color:{INK},stroke-width:2px"
        yield f"  classDef group fill:{GROUND},stroke:{FRAME},color:{INK}"
        flagged = [box for box in [*(b for g in self._scene.groups for b in g.boxes), *self._scene.boxes] if box.codes]
        if flagged:
            yield f"  class {','.join(self._names[box.id] for box in flagged)} flagged"
        if self._scene.groups:
            yield f"  class {','.join(f'g{number}' for number in range(len(self._scene.groups)))} group"
        for style, numbers in self._styled.items():
            yield f"  linkStyle {','.join(map(str, numbers))} {style}"


def _shaped(name: str, look: BoxLook, label: str) -> str:
    opening, closing = look.brackets
    return f"{name}{opening}{label}{closing}"


def _marked(codes: tuple[str, ...]) -> list[str]:
    return [f"{ALARM_SIGN} {', '.join(codes)}"] if codes else []


def _label(lines: Iterable[str]) -> str:
    return '"' + "<br/>".join(_spelled(line) for line in lines) + '"'


def _spelled(text: str) -> str:
    """Spell as `#number;` what Mermaid, Markdown or HTML would read as more than a letter."""
    return "".join(
        letter if letter.isalnum() or letter in _PLAIN or ord(letter) > 0xFF else f"#{ord(letter)};" for letter in text
    )


def _plain(text: str) -> str:
    """Reduce text to what stands in a title, where nothing can be spelled."""
    return "".join(" " if letter in '#;%{}"\\`<>&|[]' else letter for letter in text).strip()


def _prose(text: str) -> str:
    """Write text into a Markdown table so that it means itself."""
    spelled = html.escape(printable(text), quote=False)
    return "".join(f"\\{letter}" if letter in "\\`*_[]|~#" else letter for letter in spelled)
