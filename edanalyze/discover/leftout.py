"""What a walk leaves out on purpose: hidden and installed code, build output, test code; and how that is said."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Set

_TESTS = re.compile(
    r"(?:(?:unit|integration|functional|acceptance|system|regression|e2e)[_-]?)?tests?|testing|e2e|bdd|test[_-]?data",
    re.I,
)
_PROJECT_FILES = {"setup.py", "setup.cfg", "pyproject.toml", "package.json"}
_ENVIRONMENTS = {"pyvenv.cfg", "conda-meta"}
_ENVIRONMENT_PARTS = {"bin", "lib", "lib64", "include", "share", "Lib", "Scripts", "Include"}
_EXAMPLES = 3


def is_test_file(name: str) -> bool:
    """Whether a Python file is test code by its name alone."""
    stem = name.rpartition(".")[0]
    return stem.startswith("test_") or stem.endswith(("_test", "_tests")) or stem in {"conftest", "tests"}


def is_in_tests(path: str) -> bool:
    """Whether a folder is, or is below, one that holds test code by its name."""
    return any(map(_TESTS.fullmatch, path.split("/")))


def machine_made(name: str, names: Set[str], siblings: Set[str]) -> str | None:
    """What kind of machine-made folder this is, by its name, what it holds and what lies next to it; else None.

    An environment that was made right in a folder of code takes its own subfolders away, not the code.
    """
    if not _ENVIRONMENTS.isdisjoint(names) and not any(each.endswith(".py") for each in names):
        return "with a virtual environment"
    if name in _ENVIRONMENT_PARTS and not _ENVIRONMENTS.isdisjoint(siblings):
        return "with a virtual environment"
    if name in {"build", "dist"} and "__init__.py" not in names and not _PROJECT_FILES.isdisjoint(siblings):
        return "of build output"
    return None


def is_printable(name: str) -> bool:
    """Whether a file name can be shown as it is: valid UTF-8 without control characters."""
    return name.isprintable()


def printable(name: str) -> str:
    """A file name with everything escaped that cannot be shown."""
    plain = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in plain)


def notes(skipped: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """One sentence for each kind of thing left out, from its paths (those of folders end in `/`)."""
    told = []
    for kind, paths in sorted(skipped.items()):
        for noun, wanted in (("file", False), ("folder", True)):
            if chosen := sorted(path for path in paths if path.endswith("/") == wanted):
                told.append(_note(noun, kind, chosen))
    return tuple(told)


def _note(noun: str, kind: str, paths: list[str]) -> str:
    plural = "" if len(paths) == 1 else "s"
    shown = ", ".join(paths[:_EXAMPLES]) + (", …" if len(paths) > _EXAMPLES else "")
    return f"{len(paths)} {noun}{plural} {kind} not analysed: {shown}"
