"""What a table of library knowledge may say: the record of one kind, and the short way to write it down."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

TYPES = {
    "text": "text",
    "flag": "true or false",
    "number": "number",
    "value": "text, number, true or false",
    "list": "list of texts",
    "table": "table of texts",
    "rows": "list of lists",
}
COMMON = {"async": "flag", "returns": "text", "enters": "text", "property": "flag", "object": "flag"}
"""Attributes that a row of any kind may carry."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of table, `[[name]]`: its slots, its attributes with their types, what must be there.

    `choices` lists the values an attribute may take (an attribute of type list: its elements).
    `required` names attributes or slots; `a|b` asks for one of several.
    """

    name: str
    purpose: str
    slots: frozenset[str]
    attributes: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    example: str


def kind(
    name: str,
    purpose: str,
    slots: str = "",
    *,
    text: str = "",
    flag: str = "",
    number: str = "",
    value: str = "",
    list: str = "",
    table: str = "",
    rows: str = "",
    required: str = "",
    example: str = "",
    **choices: str,
) -> Kind:
    """A `Kind` from space-separated words: slots, attributes by type, and the choices of an attribute.

    An attribute that has choices and no type of its own is a text.
    """
    attributes = dict.fromkeys(choices, "text")
    typed = (("text", text), ("flag", flag), ("number", number), ("value", value))
    for type_name, words in (*typed, ("list", list), ("table", table), ("rows", rows)):
        attributes.update(dict.fromkeys(words.split(), type_name))
    attributes.update(COMMON)
    return Kind(
        name,
        purpose,
        frozenset(slots.split()),
        attributes,
        {key: tuple(words.split()) for key, words in choices.items()},
        tuple(required.split()),
        example,
    )
