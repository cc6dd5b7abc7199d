"""Files are read by processes, threads or machines; the result is the same, and so is what is remembered."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from edanalyze import parse
from edanalyze.discover.files import SourceFile
from edanalyze.parse import Work, parse_all
from tests.cache.conftest import checked, project


def work(root: Path) -> Work:
    return Work(project(root, cache=False).tree.sources, 1_000_000, {})


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_every_way_to_start_processes_gives_the_same_facts(shop: Path, tmp_path: Path, method: str) -> None:
    script = tmp_path / "read.py"
    script.write_text(
        textwrap.dedent("""\
            import multiprocessing, sys
            from pathlib import Path
            from edanalyze import api, parse

            if __name__ == "__main__":
                multiprocessing.set_start_method(sys.argv[1])
                parse._WORTH_A_PROCESS = 1
                parse._SMALLEST_CHUNK = 1_000
                shop = Path(sys.argv[2])
                alone, shared = (api.load_project([shop], api.Options(jobs=jobs)).parse() for jobs in (1, 2))
                assert alone == shared
                print(len(alone))
            """)
    )
    ran = subprocess.run([sys.executable, script, method, shop], capture_output=True, text=True, timeout=300)
    assert ran.stderr == ""
    assert int(ran.stdout) > 20


def test_any_executor_will_do_and_few_chunks_are_under_way(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: list[int] = []

    class Counting(Executor):
        """Does the work at once, and notes how many results nobody has taken yet."""

        def __init__(self) -> None:
            self.open: list[Future[Any]] = []

        def submit(self, work: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
            future: Future[Any] = Future()
            self.open = [each for each in self.open if not getattr(each, "taken", False)]
            taken = future.result

            def result(timeout: float | None = None) -> Any:
                future.taken = True  # type: ignore[attr-defined]
                return taken(timeout)

            future.result = result  # type: ignore[method-assign]
            future.set_result(work(*arguments, **keywords))
            self.open.append(future)
            under_way.append(len(self.open))
            return future

    monkeypatch.setattr(parse, "_CHUNK", 500)
    monkeypatch.setattr(parse, "_SMALLEST_CHUNK", 500)
    monkeypatch.setattr(parse, "_AHEAD_ELSEWHERE", 5)
    alone = parse_all(work(shop), jobs=1)
    assert parse_all(work(shop), executor=Counting()) == alone
    assert max(under_way) == 5
    with ThreadPoolExecutor(2) as threads:
        assert parse_all(work(shop), executor=threads) == alone


def test_chunks_are_of_about_equal_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_SMALLEST_CHUNK", 100)
    monkeypatch.setattr(parse, "_WORTH_A_PROCESS", 1_000)
    files = []
    for number in range(120):
        file = tmp_path / f"{number}.py"
        file.write_text("x" * (number * 7 % 90))
        files.append(SourceFile(file.name, str(file)))
    chunks, workers = parse._divided(files, 2)
    assert workers == 2
    assert [file for chunk in chunks for file in chunk] == files
    sizes = [sum(Path(file.absolute).stat().st_size for file in chunk) for chunk in chunks]
    assert len(chunks) >= 2 * workers
    assert max(sizes) <= 100 + sum(sizes) // (workers * parse._CHUNKS_EACH)


def test_a_cluster_reads_the_files(shop: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address.removeprefix("tcp://")
        command = [sys.executable, "-m", "edanalyze", "check", "--no-cache", "--format", "json", "--exit-zero"]
        alone, shared = (
            subprocess.run([*command, *more, "."], cwd=shop, capture_output=True, text=True, timeout=300)
            for more in ([], ["--executor", f"dask://{address}"])
        )
    assert shared.stderr == alone.stderr
    assert shared.stdout == alone.stdout != ""


@pytest.mark.parametrize(
    ("address", "message"),
    [("localhost:1", "expected dask://HOST:PORT"), ("dask://", "expected dask://HOST:PORT")],
)
def test_an_address_that_makes_no_sense_is_told(shop: Path, address: str, message: str) -> None:
    command = [sys.executable, "-m", "edanalyze", "check", "--executor", address, "."]
    ran = subprocess.run(command, cwd=shop, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 2
    assert message in ran.stderr


def test_a_second_process_finds_the_same(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edanalyze.findings._WORTH_TWO", 0)
    options = {"select": ("ALL",), "min_confidence": "guess", "cache": False}
    alone = checked(shop, jobs=1, **options)
    assert checked(shop, jobs=2, **options) == alone
    monkeypatch.setattr("edanalyze.check.runner._sent", lambda *_: 1 / 0)
    assert checked(shop, jobs=2, **options) == alone
