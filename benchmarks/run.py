"""Measures edanalyze on a tree, and other tools on the same files; prints tables for docs/performance.md.

See README.md for the cases.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from generate import system
from measure import Cost, median, run

from edanalyze import api

HERE = Path(__file__).parent
LEFT_OUT = shutil.ignore_patterns(".git", "node_modules", ".edanalyze_cache", "__pycache__")
EDANALYZE = (sys.executable, "-m", "edanalyze")
FLAKE8 = (sys.executable, "-m", "flake8", "--isolated", "-j1")
ALONE = (sys.executable, str(HERE / "flake8_alone.py"), "--isolated", "-j1")
COMMENT = b"\n# one more comment\n"
CODE = b"\n\ndef one_more(number):\n    return number + 1\n"


class Bench:
    """A copy of a tree, and what was measured on it. `selected` are the beginnings of the cases that are wanted."""

    def __init__(self, tree: Path, runs: int, heavy: int, peers: Path | None, selected: tuple[str, ...]) -> None:
        self.tree = tree
        self.runs = runs
        self.heavy = heavy
        self.costs: dict[str, Cost] = {}
        self._selected = selected
        self._environment = {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        self._peers = peers
        project = api.load_project([tree])
        self.sources = [file.absolute for file in project.tree.sources]
        self.listing = tree / ".edanalyze-benchmark"
        self.listing.write_text("\n".join(self.sources), encoding="utf-8")
        self.edited = Path(sorted(self.sources, key=lambda path: os.stat(path).st_size)[len(self.sources) * 3 // 4])

    def case(
        self,
        name: str,
        *command: str,
        before: Callable[[], object] = lambda: None,
        stdin: bytes | None = None,
        light: bool = False,
    ) -> None:
        """Measure a command; `before` is done before each run and not counted."""
        if self._selected and not name.startswith(self._selected):
            return

        def once() -> Cost:
            before()
            return run(command, self.tree, self._environment, stdin)

        self.costs[name] = median(self.runs if light else self.heavy, once)
        cost = self.costs[name]
        print(f"{name:<52} {cost.cpu:>8.2f} s {cost.wall:>8.2f} s {cost.memory:>6.0f} MB", file=sys.stderr, flush=True)

    def peer(self, name: str, program: str, *arguments: str) -> None:
        """Measure another tool, if it is installed beside the others."""
        path = self._peers / program if self._peers is not None else None
        if path is not None and path.exists():
            self.case(name, str(path), *arguments)

    def forget(self) -> None:
        """Delete the cache of the tree."""
        shutil.rmtree(self.tree / ".edanalyze_cache", ignore_errors=True)

    @contextmanager
    def edits(self, more: bytes) -> Iterator[Callable[[], None]]:
        """Give what adds `more` to one file, once more at each call; the file is restored at the end."""
        before = self.edited.read_bytes()
        count = 0

        def edit() -> None:
            nonlocal count
            count += 1
            self.edited.write_bytes(before + more.replace(b"one", b"one%d" % count))

        try:
            yield edit
        finally:
            self.edited.write_bytes(before)


def measure(bench: Bench) -> None:
    """All cases."""
    bench.case("ast.parse alone", sys.executable, str(HERE / "bare_parse.py"), "ast", str(bench.listing), light=True)
    bench.case("cst.parse_module alone", sys.executable, str(HERE / "bare_parse.py"), "libcst", str(bench.listing))
    check = (*EDANALYZE, "check", "-q", "--format", "concise")
    bench.case("check, cold, one process", *check, "-j1", before=bench.forget)
    bench.case("check, cold, two processes", *check, "-j2", before=bench.forget)
    bench.case("check, cold, --no-cache", *check, "-j1", "--no-cache")
    warm = (*check, "-j1")
    run(warm, bench.tree, os.environ)
    run(warm, bench.tree, os.environ)
    bench.case("check, nothing changed", *warm, light=True)
    run((*EDANALYZE, "graph"), bench.tree, os.environ)
    bench.case("graph, nothing changed", *EDANALYZE, "graph", light=True)
    with bench.edits(COMMENT) as edit:
        bench.case("check, a comment added to one file", *warm, before=edit, light=True)
    with bench.edits(CODE) as edit:
        bench.case("check, a function added to one file", *warm, before=edit)
    _flake8(bench)
    _peers(bench)


def _flake8(bench: Bench) -> None:
    run((*EDANALYZE, "check", "-q", "-j1", "."), bench.tree, os.environ)
    paths = ["--max-line-length=200", "."]
    run((*FLAKE8, *paths), bench.tree, os.environ)
    bench.case("flake8 alone", *ALONE, *paths)
    bench.case("flake8, edanalyze warm", *FLAKE8, *paths)
    bench.case("flake8, edanalyze cold", *FLAKE8, *paths, before=bench.forget)
    run((*EDANALYZE, "check", "-q", "-j1", "."), bench.tree, os.environ)
    run((*EDANALYZE, "check", "-q", "-j1", "."), bench.tree, os.environ)
    three = bench.sources[:: max(1, len(bench.sources) // 3)][:3]
    run((*FLAKE8, *three), bench.tree, os.environ)
    bench.case("flake8 on three files, alone", *ALONE, *three, light=True)
    bench.case("flake8 on three files, edanalyze warm", *FLAKE8, *three, light=True)
    buffer = bench.edited.read_bytes()
    name = ("--stdin-display-name", str(bench.edited), "-")
    bench.case("flake8 on a buffer, alone", *ALONE, *name, stdin=buffer, light=True)
    bench.case("flake8 on a buffer, edanalyze warm", *FLAKE8, *name, stdin=buffer, light=True)


def _peers(bench: Bench) -> None:
    semgrep = (
        "scan",
        "--metrics=off",
        "--quiet",
        "--no-git-ignore",
        "-j1",
        "--config",
        str(HERE / "peers/semgrep.yml"),
    )
    bench.peer("Semgrep, four patterns", "semgrep", *semgrep, ".")
    bench.peer("flake8 with flake8-async", "flake8", "--isolated", "-j1", "--max-line-length=200", ".")
    bench.peer("Fixit", "fixit", "--quiet", "lint", *bench.sources)
    bench.peer("Ruff, all rules", "ruff", "check", "--isolated", "--no-cache", "--select", "ALL", "--quiet", ".")


def table(bench: Bench) -> str:
    """What was measured, as Markdown."""
    cold = bench.costs.get("check, cold, one process")
    lines = ["| case | CPU s | wall s | memory MB | CPU beside `check`, cold |", "|--|--:|--:|--:|--:|"]
    for name, cost in bench.costs.items():
        ratio = f"{cost.cpu / cold.cpu:.3f}" if cold is not None else ""
        lines.append(f"| {name} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.0f} | {ratio} |")
    return "\n".join(lines)


def scaling(folder: Path, runs: int) -> str:
    """Time and memory by size, as Markdown."""
    lines = ["| lines | CPU s | µs a line | memory MB | bytes a line | warm CPU s |", "|--:|--:|--:|--:|--:|--:|"]
    for size in (50_000, 100_000, 200_000, 400_000):
        tree = folder / str(size)
        count = system(tree, size)
        check = (*EDANALYZE, "check", "-q", "-j1", "--format", "concise")
        cold = median(runs, partial(run, (*check, "--no-cache"), tree, os.environ))
        for _ in range(2):
            run(check, tree, os.environ)
        warm = median(5, partial(run, check, tree, os.environ))
        lines.append(
            f"| {count:,} | {cold.cpu:.1f} | {cold.cpu / count * 1e6:.0f} | {cold.memory:.0f} "
            f"| {cold.memory * 2**20 / count:.0f} | {warm.cpu:.2f} |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, help="the tree to measure on; without one it is generated")
    parser.add_argument("--lines", type=int, default=50_000, help="size of a generated tree")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case that takes little")
    parser.add_argument("--heavy", type=int, default=5, help="runs of each case that takes long")
    parser.add_argument(
        "--peers", type=Path, help="folder with the programs of other tools, of an environment of theirs"
    )
    parser.add_argument("--case", action="append", default=[], help="beginning of a case; only such are measured")
    parser.add_argument("--scaling", action="store_true", help="measure by size instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if given.scaling:
            print(scaling(Path(scratch), given.heavy))
            return
        tree = Path(scratch) / (given.tree.resolve().name if given.tree else "generated")
        if given.tree:
            shutil.copytree(given.tree, tree, ignore=LEFT_OUT, symlinks=True)
            (tree / ".git").mkdir()
        else:
            system(tree, given.lines)
        bench = Bench(tree, given.runs, given.heavy, given.peers, tuple(given.case))
        measure(bench)
        print(table(bench))


if __name__ == "__main__":
    main()
