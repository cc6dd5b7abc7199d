"""Addresses: a URL template taken apart into host and path segments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from edanalyze.link.values import Hole, String, string

Part: TypeAlias = "str | Hole"
Segment: TypeAlias = "tuple[Part, ...]"

_HOST_AND_PORT = re.compile(r"[\w-]+(\.[\w-]+)*:\d+(/|$)|localhost(/|$)")
_TEXT = re.compile(r"[A-Za-z0-9]")
_QUERIES = frozenset({"query", "query_string", "querystring", "params", "qs", "query_params", "search"})
# Names under which code passes on the rest of a path.
TAILS = frozenset(
    {"path", "full_path", "endpoint", "url", "uri", "route", "rest", "tail", "suffix", "subpath", "resource"}
    | {"rel_path", "relative_path", "target", "upstream_path", "request_path", "api_path", "relative_url", "location"}
    | {"raw_path", "path_info", "action", "remaining_path", "rest_of_path", "url_path"}
)


def is_setting(hole: Hole) -> bool:
    """Whether a hole stands for a setting: a variable of the environment, or a constant that a configuration holds."""
    return hole.kind == "environment" or (hole.kind == "unknown" and hole.name.isupper() and len(hole.name) > 3)


class Address(NamedTuple):
    """A URL. `authority` is host and port (empty for a mere path), `segments` the path without empty segments.

    `glued`: the first segment follows the authority without a slash (`{base}{path}`).
    """

    scheme: str
    authority: tuple[Part, ...]
    segments: tuple[Segment, ...]
    slash: bool = False
    glued: bool = False

    @property
    def host(self) -> str:
        """The literal host, in lower case; "" when any of it is not known."""
        text = String(self.authority).literal if self.authority else None
        if text is None:
            first = self.authority[0] if self.authority else ""
            if not isinstance(first, str) or not re.fullmatch(r"(.*@)?[\w.-]+:", first):
                return ""
            text = first  # only the port is not known
        text = text.rpartition("@")[2]
        return text.partition(":")[0].lower()

    @property
    def port(self) -> int | None:
        """The literal port, or that of the scheme."""
        last = self.authority[-1] if self.authority else ""
        match = re.search(r":(\d+)$", last) if isinstance(last, str) else None
        if match:
            return int(match[1])
        return {"http": 80, "https": 443}.get(self.scheme) if len(self.authority) == 1 else None

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What is not known of the host."""
        return tuple(part for part in self.authority if isinstance(part, Hole))

    @property
    def has_text(self) -> bool:
        """Whether any of the path is written out."""
        return any(isinstance(part, str) and _TEXT.search(part) for segment in self.segments for part in segment)

    @property
    def tail(self) -> Hole | None:
        """A hole at the end of the path that may hold more than one segment."""
        if not self.segments:
            return None
        *before, last = self.segments[-1]
        if not isinstance(last, Hole):
            return None
        alone = not before and not (self.glued and len(self.segments) == 1)
        return last if not alone or last.name.lower() in TAILS else None

    @property
    def text(self) -> str:
        """The path as text, with holes in braces."""
        return "/" + "/".join(String(segment).text for segment in self.segments)

    @property
    def url(self) -> String:
        """The address as a URL; `parse` takes it apart into the same address."""
        parts: list[Part] = []
        if self.authority:
            parts += [f"{self.scheme}://" if self.scheme else "//", *self.authority]
        for position, segment in enumerate(self.segments):
            parts += segment if self.glued and position == 0 else ("/", *segment)
        return string(*parts, "/" if self.slash else "")


def parse(url: String) -> Address:
    """Take a URL apart; query and fragment are dropped."""
    parts = _without_query(url.parts)
    scheme, authority, path = _divided(parts)
    glued = bool(authority) and bool(path) and not (isinstance(path[0], str) and path[0].startswith("/"))
    segments = _segments(path)
    last = path[-1] if path else ""
    return Address(scheme, tuple(authority), segments, isinstance(last, str) and last.endswith("/"), glued)


def _without_query(parts: Sequence[Part]) -> list[Part]:
    kept: list[Part] = []
    for part in parts:
        if isinstance(part, str):
            cut = re.split(r"[?#]", part, maxsplit=1)[0]
            kept.append(cut)
            if cut != part:
                break
        else:
            kept.append(part)
    if kept and isinstance(kept[-1], Hole) and kept[-1].name.lower() in _QUERIES:
        kept.pop()
    return [part for part in kept if part != ""]


def _divided(parts: list[Part]) -> tuple[str, list[Part], list[Part]]:
    """Scheme, authority and path."""
    if not parts:
        return "", [], []
    head, rest = parts[0], parts[1:]
    scheme = ""
    if isinstance(head, Hole):
        following = rest[0] if rest else ""
        if isinstance(following, str) and following.startswith("://"):  # `{scheme}://{host}/...`
            authority, path = _authority([following[3:], *rest[1:]])
            return "", authority, path
        if isinstance(following, str) and following[:1] in {":", "."}:
            authority, path = _authority(parts)
            return "", authority, path
        return "", [head], rest
    if "://" in head:
        scheme, _, after = head.partition("://")
        authority, path = _authority([after, *rest])
        return scheme.rpartition("+")[2].lower(), authority, path
    if head.startswith("//"):
        authority, path = _authority([head[2:], *rest])
        return "", authority, path
    if _HOST_AND_PORT.match(head) or (head.endswith(":") and rest):
        authority, path = _authority(parts)
        return "", authority, path
    return "", [], ["/", *parts] if not head.startswith("/") else parts


def _authority(parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """Split where the path begins."""
    authority: list[Part] = []
    for position, part in enumerate(parts):
        if isinstance(part, str):
            before, slash, after = part.partition("/")
            if before:
                authority.append(before)
            if slash:
                return authority, [f"/{after}", *parts[position + 1 :]]
        elif authority and (isinstance(authority[-1], Hole) or re.search(r"[\w]$", authority[-1])):
            return authority, parts[position:]  # `http://host{path}`
        else:
            authority.append(part)
    return authority, []


def _segments(path: Sequence[Part]) -> tuple[Segment, ...]:
    segments: list[list[Part]] = [[]]
    for part in path:
        if isinstance(part, Hole):
            segments[-1].append(part)
            continue
        first, *others = part.split("/")
        if first:
            segments[-1].append(first)
        for other in others:
            segments.append([other] if other else [])
    return tuple(tuple(segment) for segment in segments if segment)


def joined(base: String, path: String, rule: str) -> String:
    """A client's base URL and the URL of a call, by the client's rule ("append", "rfc3986" or "other")."""
    head = path.parts[0] if path.parts else ""
    if (isinstance(head, str) and "://" in head) or not base.parts:
        return path
    parts = list(base.parts)
    absolute = isinstance(head, str) and head.startswith("/")
    if rule != "append" and absolute:
        address = parse(base)
        if address.segments and address.authority:
            scheme = f"{address.scheme}://" if address.scheme else ""
            return string(scheme, *address.authority, *path.parts)
    if rule != "append" and not absolute and isinstance(parts[-1], str):
        last = parts[-1]
        start = last.find("://") + 3 if "://" in last else 0
        if "/" in last[start:]:
            parts[-1] = last[: last.rfind("/")]
    elif isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip("/")
    if not path.parts:
        return string(*parts)
    following = [head.lstrip("/"), *path.parts[1:]] if isinstance(head, str) else list(path.parts)
    return string(*parts, "/", *following)
