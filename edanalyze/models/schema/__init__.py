"""The schema of library knowledge: every kind of table with the keys it may hold.

`KINDS` maps the name of a kind to its record; `describe()` renders all of it as Markdown for the docs.
"""

from __future__ import annotations

from collections.abc import Mapping

from edanalyze.models.schema import broker, database, effects, http, operation, safety, settings, tracing, web
from edanalyze.models.schema.kind import COMMON, TYPES, Kind
from edanalyze.models.schema.meanings import ATTRIBUTE_MEANINGS, COMMON_MEANINGS, SLOT_MEANINGS

GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "Classes, effects and shapes": effects.KINDS,
    "Outgoing calls": http.KINDS,
    "Messages and tasks": broker.KINDS,
    "Databases": database.KINDS,
    "Safe paths": safety.KINDS,
    "Inbound HTTP": web.KINDS,
    "Correlation and tracing": tracing.KINDS,
    "Operation": operation.KINDS,
    "Settings": settings.KINDS,
}
KINDS: Mapping[str, Kind] = {kind.name: kind for kinds in GROUPS.values() for kind in kinds}

__all__ = ["ATTRIBUTE_MEANINGS", "COMMON", "GROUPS", "KINDS", "SLOT_MEANINGS", "Kind", "describe"]


def describe() -> str:
    """The reference part of docs/models.md: common keys, slots, and per kind its attributes, slots and an example."""
    lines = ["## Keys of every kind", "", "| key | type | meaning |", "|--|--|--|"]
    lines += [f"| `{key}` | {TYPES[type_name]} | {COMMON_MEANINGS[key]} |" for key, type_name in COMMON.items()]
    lines += ["", "## Slots", "", "A slot that is not listed is the argument that libraries themselves call so.", ""]
    lines += ["| slot | what the argument is |", "|--|--|"]
    lines += [f"| `{slot}` | {meaning} |" for slot, meaning in sorted(SLOT_MEANINGS.items())]
    lines.append("")
    for title, kinds in GROUPS.items():
        lines += [f"## {title}", ""]
        for kind in kinds:
            lines += _section(kind)
    return "\n".join(lines)


def _section(kind: Kind) -> list[str]:
    lines = [f"### `{kind.name}`", "", kind.purpose, ""]
    if kind.required:
        lines += ["Required: " + ", ".join(f"`{word}`".replace("|", "` or `") for word in kind.required) + ".", ""]
    own = {key: type_name for key, type_name in kind.attributes.items() if key not in COMMON}
    if own:
        lines += ["| attribute | type | meaning |", "|--|--|--|"]
        lines += [f"| `{key}` | {TYPES[type_name]} | {_meaning(kind, key)} |" for key, type_name in own.items()]
        lines.append("")
    if kind.slots:
        lines += ["Slots: " + ", ".join(f"`{slot}`" for slot in sorted(kind.slots)) + ".", ""]
    if kind.example:
        lines += ["```toml", f"[[tool.edanalyze.{kind.name}]]", kind.example, "```", ""]
    return lines


def _meaning(kind: Kind, key: str) -> str:
    meaning = ATTRIBUTE_MEANINGS.get(f"{kind.name}.{key}", ATTRIBUTE_MEANINGS.get(key, ""))
    choices = ", ".join(f"`{choice}`" for choice in kind.choices.get(key, ()))
    if meaning and choices:
        return f"{meaning}: {choices}"
    return (meaning or choices).replace("|", "\\|")
