"""Path templates of all frameworks in one notation: `/orders/{id}/files/{rest:path}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from edanalyze.link.entries.regular import plain
from edanalyze.link.values import String

_HOLE = re.compile("\ue000(.*?)\ue001")
_BRACES = re.compile(r"\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_ANGLES = re.compile(r"<([^<>]*)>")
_COLON = re.compile(r"(?<![\w\ue000]):([A-Za-z_]\w*)")
_STAR = re.compile(r"\*([A-Za-z_]\w*)?$")
_WORD = re.compile(r"\w+")


def normalised(text: String, syntax: str) -> str:
    """A path template as one text; what is not known of it becomes `{name}`."""
    spelled = "".join(part if isinstance(part, str) else f"\ue000{part.name or 'value'}\ue001" for part in text.parts)
    spelled = SYNTAXES.get(syntax, _braces_name_first)(spelled)
    return _HOLE.sub(lambda match: "{" + match.group(1) + "}", spelled)


def join(*pieces: str) -> str:
    """Pieces of a path put together with one slash between them and one in front."""
    path = ""
    for piece in pieces:
        if piece:
            path = f"{path.rstrip('/')}/{piece.lstrip('/')}" if path or not piece.startswith("/") else piece
    return "/" + path.lstrip("/")


def appended(*pieces: str) -> str:
    """Pieces of a path that continue each other, as Django joins them."""
    return "/" + "".join(pieces).lstrip("/")


def _rest(converter: str) -> bool:
    """Whether a converter or regular expression also takes slashes."""
    return converter.strip() == "path" or ".*" in converter or ".+" in converter


def _placeholder(name: str, converter: str) -> str:
    name = "".join(_WORD.findall(name)) or "value"
    return "{" + (f"{name}:path" if _rest(converter) else name) + "}"


def _named_first(inner: str) -> str:
    name, _, converter = inner.partition(":")
    if name.startswith("*"):
        return _placeholder(name, "path")
    return _placeholder(name.split("=")[0], converter)


def _named_last(inner: str) -> str:
    converter, colon, name = inner.rpartition(":")
    return _placeholder(name, converter.partition("(")[0]) if colon else _placeholder(inner, "")


def _braces_name_first(text: str) -> str:
    return _STAR.sub(_starred, _BRACES.sub(lambda match: _named_first(match.group(1)), text))


def _braces_name_last(text: str) -> str:
    return _BRACES.sub(lambda match: _named_last(match.group(1)), text)


def _angles_name_first(text: str) -> str:
    return _ANGLES.sub(lambda match: _named_first(match.group(1)), text)


def _angles_name_last(text: str) -> str:
    return _ANGLES.sub(lambda match: _named_last(match.group(1)), text)


def _starred(match: re.Match[str]) -> str:
    return "{" + (match.group(1) or "rest") + ":path}"


def _colons(text: str) -> str:
    return _STAR.sub(_starred, _COLON.sub(lambda match: "{" + match.group(1) + "}", text))


def _any(text: str) -> str:
    return _colons(_angles_name_first(_braces_name_last(text)))


def _bottle(text: str) -> str:
    return _COLON.sub(lambda match: "{" + match.group(1) + "}", _angles_name_first(text))


SYNTAXES: dict[str, Callable[[str], str]] = {
    "werkzeug": _angles_name_last,
    "django_path": _angles_name_last,
    "django_regex": plain,
    "drf_router": plain,
    "tornado": plain,
    "sanic": _angles_name_first,
    "bottle": _bottle,
    "powertools": _angles_name_first,
    "blacksheep": _any,
    "ninja": _braces_name_last,
    "robyn": _colons,
}


def methods(names: Iterable[str]) -> tuple[str, ...]:
    """HTTP methods in upper case without repetition; `*` for any."""
    found = {name.upper() for name in names}
    if found & {"ANY", "*"}:
        return ("*",)
    return tuple(sorted(found))
