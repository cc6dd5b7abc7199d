"""Whether processes that run from one folder are one service or several.

They are one where one leads to the other by its imports, or where, built alike, they share the code that declares
tables or opens the database: who shares a database shares a service. Otherwise each has its own folder, or its own
file.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from edanalyze.discover.codefolders import is_below, title
from edanalyze.discover.deployed import Container
from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.reach import Reach

_BESIDE = {
    *("example", "examples", "docs", "doc", "scripts", "tools", "benchmarks", "samples", "demo", "notebooks"),
    *("migrations", "bin", "dev", "hack"),
}
_MOST_ENTRIES = 400
_MUCH_LARGER = 4
_FEWEST_STARTED = 3


class Part(msgspec.Struct, frozen=True):
    """One service's share of a folder: where it lies, what starts it, and further files that it alone leads to."""

    path: str
    entries: tuple[str, ...]
    files: tuple[str, ...] = ()


def is_beside(path: str) -> bool:
    """Whether a path lies where projects keep what they do not deploy."""
    return not _BESIDE.isdisjoint(path.split("/")[:-1])


def parts(folder: str, entries: Mapping[str, str], reach: Reach, files: DeployFiles) -> list[Part]:
    """The services that a folder's entry files come to; one with the whole folder where they belong together.

    `entries` has for each file what it is built by (a Dockerfile, "" if unknown).
    """
    distinct = sorted(each for each in entries if not is_beside(each) or is_beside(f"{folder}/"))
    if len(distinct) > 2:
        distinct = [each for each in distinct if not reach.clues(each).launches]
    if not 2 <= len(distinct) <= _MOST_ENTRIES:
        return [Part(folder, tuple(distinct))]
    reached = {entry: reach.of(entry) for entry in distinct}

    def belong(one: str, other: str) -> bool:
        if one in reached[other] or other in reached[one]:
            return True
        if entries[one] == entries[other] and any(reach.persists(each) for each in reached[one] & reached[other]):
            return True
        if reach.clues(one).handles and reach.clues(other).handles and folder_of(one) == folder_of(other):
            return True
        django = _django_folder(one, files)
        return django is not None and django == _django_folder(other, files)

    groups = _with_tools(_together(distinct, belong), entries, reached)
    if len(groups) < 2:
        return [Part(folder, tuple(distinct))]
    made = []
    for group in groups:
        others = [entry for other in groups if other is not group for entry in other]
        path = _place(folder, group, others)
        alone = set().union(*(reached[entry] for entry in group)) - set().union(*(reached[entry] for entry in others))
        inside = (each for each in {*alone, *group} if is_below(each, folder))  # elsewhere others may lead to it, too
        extra = sorted(each for each in inside if not is_below(each, path) and not each.endswith("__init__.py"))
        made.append(Part(path, tuple(group), tuple(f"/{each}" for each in extra)))
    return sorted(made, key=lambda part: -len(set().union(*(reached[entry] for entry in part.entries))))


def switched(containers: Sequence[Container], folders: Iterable[str]) -> list[str | None] | None:
    """The folder that each container runs of one code base, where a variable or argument of the start tells it.

    That is the case where each container gives another value, and each value is the name of one of `folders`; or where
    most start the same script with such a name (None for those that do not).
    """
    titles: dict[str, list[str]] = {}
    for each in folders:
        titles.setdefault(title(posixpath.basename(each)), []).append(each)
    settings = [{each.name: each.value for each in reversed(container.environment)} for container in containers]
    candidates = [[own.get(name, "") for own in settings] for name in sorted(set().union(*settings))]
    candidates.append([container.command.rpartition(" ")[2] for container in containers])
    for values in candidates:
        matches = [titles.get(title(value), []) for value in values]
        if len(set(values)) == len(containers) and all(len(each) == 1 for each in matches):
            return [each[0] for each in matches]
    return _started(containers, titles)


def _started(containers: Sequence[Container], titles: Mapping[str, Sequence[str]]) -> list[str | None] | None:
    """The folders that a start script is told by its last argument: a name, or one that begins with it and a dash."""
    starts = [container.command.rpartition(" ") for container in containers]
    scripts = [start for start, _, _ in starts if start.endswith(".sh")]
    script = max(sorted(set(scripts)), key=scripts.count, default="")
    found: list[str | None] = []
    for start, _, value in starts:
        names = [title(value), *_beginnings(title(value))]
        matches = [sorted(titles[name], key=lambda path: path.count("/"))[0] for name in names if name in titles]
        found.append(matches[0] if matches and start == script else None)
    known = [each for each in found if each is not None]
    return found if len(set(known)) >= _FEWEST_STARTED and 2 * len(known) > len(found) else None


def _beginnings(name: str) -> list[str]:
    """The beginnings of a name that end before a dash, longest first."""
    words = name.split("-")
    return ["-".join(words[:length]) for length in range(len(words) - 1, 0, -1)]


def _together(entries: Sequence[str], belong: Callable[[str, str], bool]) -> list[list[str]]:
    """The entries grouped so that those that belong together, be it by way of others, are in one group."""
    groups: list[list[str]] = []
    for entry in entries:
        joined = [group for group in groups if any(belong(entry, each) for each in group)]
        merged = [entry, *(each for group in joined for each in group)]
        groups = [group for group in groups if group not in joined] + [merged]
    return [sorted(group) for group in groups]


def _with_tools(
    groups: Sequence[list[str]], entries: Mapping[str, str], reached: Mapping[str, frozenset[str]]
) -> list[list[str]]:
    """The groups, with the scripts that lie beside an application and only use a small share of its code in its group.

    What a container is built for is a service of its own.
    """
    owners: dict[str, list[str]] = {}
    for group in groups:
        tool = group[0]
        used = reached[tool] - {tool}
        if len(group) > 1 or entries[tool] or not used:
            continue
        found = [
            each
            for each in groups
            if each is not group
            and any(
                folder_of(entry) == folder_of(tool)
                and used <= reached[entry]
                and len(reached[entry]) >= _MUCH_LARGER * len(reached[tool])
                for entry in each
            )
        ]
        if len(found) == 1:
            owners[tool] = found[0]
    return [
        sorted([*group, *(tool for tool, owner in owners.items() if owner is group)])
        for group in groups
        if group[0] not in owners
    ]


def _django_folder(path: str, files: DeployFiles) -> str | None:
    """The folder at or above the file that holds a manage.py: its parts find each other by settings, not imports."""
    while path != ".":
        path = folder_of(path)
        if below(path, "manage.py") in files.sources:
            return path
    return None


def _place(folder: str, group: Sequence[str], others: Sequence[str]) -> str:
    """The largest folder in `folder` that only this group starts from; its first file where others start beside it."""
    place = os.path.commonpath([folder_of(each) for each in group]) or "."
    if any(folder_of(each) == place for each in others):
        return group[0]
    while place != folder and place != "." and not any(is_below(each, folder_of(place)) for each in others):
        place = folder_of(place)
    return place
