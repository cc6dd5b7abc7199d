"""How modules and what is defined in them are named."""

from __future__ import annotations


def module_id(path: str) -> str:
    """The dotted name of a file: its path from the root with dots, without `.py` and `__init__`."""
    stem = path.rsplit(".", 1)[0]
    if stem == "__init__" or stem.endswith("/__init__"):
        stem = stem[: -len("__init__")].rstrip("/")
    return stem.replace("/", ".")


def dotted(identifier: str) -> str:
    """`module:qualname` as one dotted name."""
    module, _, name = identifier.partition(":")
    return f"{module}.{name}" if module and name else module or name
