"""Names in documents and in code: which of them mean the same, and which nearly do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_PARAMETER = re.compile(r"\{[^{}]*\}")
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|:\d+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY = frozenset(
    {"service", "services", "svc", "microservice", "microservices", "micro", "api", "app", "application", "server"}
    | {"backend", "container", "the", "system"}
)
_NEAR = 0.85


def fits(documented: str, name: str) -> bool:
    """Whether a documented name, possibly with `{parameters}`, is that of the code."""
    if "{" not in documented:
        return documented == name
    parts = [re.escape(part) for part in _PARAMETER.split(documented)]
    return re.fullmatch("[^/]+".join(parts), name) is not None


def near(name: str, others: Iterable[str]) -> str:
    """The name that `name` was most likely meant to be; "" when none is near."""
    return next(iter(difflib.get_close_matches(name, sorted({*others} - {name, ""}), n=1, cutoff=_NEAR)), "")


def key(label: str) -> str:
    """What is left of a name of a service when it is written in another way: `Orders Service :8000` is `order`."""
    words = _WORD.findall(_HUMPS.sub(" ", _ASIDE.sub(" ", label)).lower())
    telling = [word for word in words if word not in _EMPTY] or words
    return " ".join(word.removesuffix("s") for word in telling)
