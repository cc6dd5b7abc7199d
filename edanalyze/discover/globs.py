"""Patterns on relative paths: one string of `*`, `?`, `[...]`, `**` against one path with `/`.

A pattern without `/` (a closing one aside) matches the name of any file or folder, at any depth. With a `/` inside
or in front it matches the path from the root. `*` and `?` do not cross a `/`, `**` as a whole part stands for any
number of folders. A closing `/` restricts the pattern to folders. Whoever matches a folder matches all below it.
"""

from __future__ import annotations

import functools
from fnmatch import fnmatchcase

import msgspec


class Pattern(msgspec.Struct, frozen=True):
    """One pattern, taken apart: its parts between `/`, whether it starts at the root, whether it wants a folder.

    `plain`: it is the name itself.
    """

    text: str
    parts: tuple[str, ...]
    anchored: bool
    folders_only: bool
    plain: bool

    def matches(self, path: str, is_folder: bool) -> bool:
        """Whether the pattern matches exactly this path (not one of its parents)."""
        if self.folders_only and not is_folder:
            return False
        if not self.anchored:
            name = path.rpartition("/")[2]
            return name == self.parts[0] if self.plain else fnmatchcase(name, self.parts[0])
        return _match(self.parts, tuple(path.split("/")))


def pattern(text: str) -> Pattern:
    """The pattern of one string. An empty one matches nothing."""
    body = text.removeprefix("./")
    stripped = body.strip("/")
    plain = not any(letter in stripped for letter in "*?[")
    return Pattern(text, tuple(stripped.split("/")), "/" in body.rstrip("/"), body.endswith("/"), plain)


def first_match(patterns: tuple[Pattern, ...], path: str, is_folder: bool) -> Pattern | None:
    """The first of `patterns` that matches this path itself."""
    return next((each for each in patterns if each.matches(path, is_folder)), None)


def covers(patterns: tuple[Pattern, ...], path: str) -> bool:
    """Whether a file at `path`, or one of the folders it is in, matches any of `patterns`."""
    parts = path.split("/")
    folders = ("/".join(parts[:count]) for count in range(1, len(parts)))
    return first_match(patterns, path, False) is not None or any(first_match(patterns, each, True) for each in folders)


@functools.lru_cache(maxsize=4096)
def _match(parts: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Row-wise matching over names (time: parts × names), so that many `**` cannot explode."""
    reached = {0}
    for name in (*names, None):
        for index in sorted(reached):
            while index < len(parts) and parts[index] == "**":
                index += 1
                reached.add(index)
        if name is None:
            break
        after = set()
        for index in reached:
            if index < len(parts):
                if parts[index] == "**":
                    after.add(index)
                elif fnmatchcase(name, parts[index]):
                    after.add(index + 1)
        reached = after
    return len(parts) in reached
