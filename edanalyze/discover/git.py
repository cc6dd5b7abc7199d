"""What has changed in a git work tree since a revision, asked of `git` without running anything of the project's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import msgspec

_SAFE = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.quotePath=false"),
    *("-c", "diff.external="),
    "--no-pager",
    "--literal-pathspecs",
)
"""A repository's own configuration can name programs for git to start; none of them are wanted."""

_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_PATIENCE = 120


class GitError(ValueError):
    """git could not say what has changed; the text says why."""


class Change(msgspec.Struct, frozen=True):
    """What has changed in a file: lines that were added or edited, and lines beside which others were removed.

    `whole` says that the file is new.
    """

    lines: frozenset[int] = frozenset()
    beside: frozenset[int] = frozenset()
    whole: bool = False


def changes(root: Path, revision: str) -> dict[str, Change]:
    """The files under `root` that differ from the merge base of `revision` and HEAD, by path relative to `root`.

    Edits that are not committed count, and so do files that git does not track yet. Raises GitError.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise GitError(f"git knows no revision {revision!r} in {root}")
    base = _git(root, "merge-base", commit.decode().strip(), "HEAD")
    if base is None:
        raise GitError(f"{revision!r} and HEAD have no common ancestor (in a shallow clone: fetch more of its history)")
    wanted = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--relative", "--unified=0")
    diff = _git(root, "diff", *wanted, "--src-prefix=a/", "--dst-prefix=b/", base.decode().strip(), "--", ".")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    if diff is None or new is None:
        raise GitError(f"git cannot compare the files in {root} with {revision!r}")
    found = {os.fsdecode(path): Change(whole=True) for path in new.split(b"\0") if path}
    return {**_changes(diff), **found}


def _changes(diff: bytes) -> dict[str, Change]:
    """Read a diff without context."""
    found: dict[str, Change] = {}
    path = None
    lines: set[int] = set()
    beside: set[int] = set()
    left = 0
    for line in diff.split(b"\n"):
        if left and line[:1] in (b"+", b"-", b"\\"):
            left -= line[:1] != b"\\"
            continue
        if line.startswith(b"diff --git "):
            path, left, lines, beside = None, 0, set(), set()
        elif path is None and line.startswith((b"+++ b/", b'+++ "b/')):
            path = os.fsdecode(_unquoted(line[4:])[2:])
        elif path is not None and (hunk := _HUNK.match(line)):
            start, count = int(hunk[1]), int(hunk[2] or 1)
            removed = _removed(line)
            left = count + removed
            lines.update(range(start, start + count))
            if removed > count:
                beside.update((start, start + max(count, 1)))
            found[path] = Change(frozenset(lines), frozenset(beside))
    return found


def _removed(hunk: bytes) -> int:
    count = hunk.split(b" ")[1].partition(b",")[2]
    return int(count) if count else 1


def _unquoted(name: bytes) -> bytes:
    """A file name as git prints it: in quotes, with C's escapes, when it holds what a line cannot."""
    name = name.rstrip(b"\t")
    if not name.startswith(b'"'):
        return name
    return name[1:-1].decode("latin-1").encode("latin-1").decode("unicode_escape").encode("latin-1")


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git prints, or None when it says no. Raises GitError when there is no git or it does not answer."""
    program = shutil.which("git")
    if program is None or not os.path.isabs(program):
        raise GitError("git is not installed: --since needs it")
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        ran = subprocess.run(
            [program, *_SAFE, *arguments], cwd=root, env=environment, capture_output=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise GitError(f"git does not answer: {error}") from error
    return ran.stdout if ran.returncode == 0 else None
