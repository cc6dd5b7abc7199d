"""The folder of the cache: it is kept out of the way, does no harm when it is damaged, and may be missing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edanalyze import api
from edanalyze.cache.facts import FactsStore, decode, encode
from edanalyze.cache.folder import CacheFolder
from edanalyze.facts.module import Unanalysed
from tests.cache.conftest import checked, project

COMMAND = [sys.executable, "-m", "edanalyze", "check", "--format", "json", "--exit-zero"]


def files(root: Path) -> list[Path]:
    return sorted((root / ".edanalyze_cache").glob("*.edanalyze"))


def test_version_control_and_backups_leave_it_alone(shop: Path) -> None:
    (shop / ".git").rmdir()
    subprocess.run(["git", "init", "-q", shop], check=True)
    subprocess.run(["git", "-C", shop, "add", "."], check=True)
    checked(shop)
    assert (
        (shop / ".edanalyze_cache/CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )
    listed = subprocess.run(["git", "-C", shop, "status", "--porcelain"], capture_output=True, text=True, check=True)
    assert ".edanalyze_cache" not in listed.stdout


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other"])
def test_damaged_files_are_made_anew_and_told(shop: Path, damage: str) -> None:
    first = checked(shop)
    for file in files(shop):
        data = bytearray(file.read_bytes())
        if damage == "flip":
            data[len(data) // 2] ^= 1
        file.write_bytes({"cut": data[:-9], "flip": data, "empty": b"", "other": b"SQLite format 3\0" * 9}[damage])
    again = project(shop)
    assert api.check(again) == first
    assert any("is damaged; it is made anew" in note for note in again.cache_notes)
    after = project(shop)
    assert api.check(after) == first
    assert not after.cache_notes


def test_a_folder_that_cannot_be_written_to_is_done_without_and_told(shop: Path) -> None:
    (shop / ".edanalyze_cache").write_text("a file stands in the way")
    made = project(shop)
    assert api.check(made) == checked(shop, cache=False)
    assert len(made.cache_notes) >= 1
    assert all(str(shop / ".edanalyze_cache") in note for note in made.cache_notes)


def test_a_tree_that_is_read_only_uses_what_is_there(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = checked(shop)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    same = project(shop)
    assert api.check(same) == first
    other = project(shop, strict=True)
    assert api.check(other) == checked(shop, strict=True, cache=False)
    assert any("Read-only file system" in note for note in other.cache_notes)


def test_a_folder_of_the_user_s_own_is_not_hidden_from_version_control(shop: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "notes.txt").write_text("mine")
    folder = CacheFolder(own)
    assert folder.write("facts-1", b"data")
    assert sorted(each.name for each in own.iterdir()) == ["facts-1.edanalyze", "notes.txt"]
    assert folder.clear() > 0
    assert [each.name for each in own.iterdir()] == ["notes.txt"]


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path / "cache", limit=5_000)
    for number in range(5):
        folder.write(f"results-{number}", bytes(1_000))
        os.utime(tmp_path / f"cache/results-{number}.edanalyze", (number, number))
    folder.used("results-0")
    folder.trim()
    assert sorted(folder.names("results")) == ["results-0", "results-2", "results-3", "results-4"]


def test_what_a_killed_process_has_left_is_removed_in_time(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path / "cache")
    folder.write("facts-1", b"data")
    fresh, old = (tmp_path / "cache" / f"facts-{name}.edanalyze-part" for name in "ab")
    for left in (fresh, old):
        left.write_bytes(b"half")
    os.utime(old, (time.time() - 7_200,) * 2)
    folder.trim()
    assert fresh.exists()
    assert not old.exists()


def test_concurrent_runs_find_the_same_and_leave_a_whole_cache(shop: Path) -> None:
    expected = subprocess.run([*COMMAND, "--no-cache", "."], cwd=shop, capture_output=True, timeout=120).stdout
    assert not (shop / ".edanalyze_cache").exists()
    with ThreadPoolExecutor(4) as pool:
        runs = [
            pool.submit(subprocess.run, [*COMMAND, "."], cwd=shop, capture_output=True, timeout=120) for _ in range(4)
        ]
        assert {run.result().stdout for run in runs} == {expected}
    after = project(shop)
    api.check(after)
    assert not after.cache_notes
    assert not list((shop / ".edanalyze_cache").glob("*-part"))


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_a_run_that_is_killed_at_any_moment_leaves_nothing_wrong(shop: Path) -> None:
    expected = subprocess.run([*COMMAND, "--no-cache", "."], cwd=shop, capture_output=True, timeout=120).stdout
    for milliseconds in (300, 500, 600):
        with subprocess.Popen([*COMMAND, "."], cwd=shop, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            time.sleep(milliseconds / 1_000)
            run.send_signal(signal.SIGKILL)
        again = subprocess.run([*COMMAND, "-v", "."], cwd=shop, capture_output=True, timeout=120)
        assert again.stdout == expected
        assert b"damaged" not in again.stderr
        shutil.rmtree(shop / ".edanalyze_cache", ignore_errors=True)


def test_facts_are_kept_by_path_and_source_and_version(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path / "cache")
    reason = Unanalysed("a.py", "because")
    store = FactsStore(folder, b"version 1" * 2)
    key = store.key("a.py", b"hash")
    store.add(key, encode(reason))
    store.write()
    found = FactsStore(folder, b"version 1" * 2).find(key)
    assert found is not None
    assert decode(found) == reason
    assert FactsStore(folder, b"version 1" * 2).find(store.key("b.py", b"hash")) is None
    assert FactsStore(folder, b"version 2" * 2).find(key) is None


def test_many_packs_of_facts_become_one_without_losing_any(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path / "cache")
    keys = []
    for number in range(30):
        store = FactsStore(folder, b"version")
        assert all(store.find(key) is not None for key in keys)
        keys.append(store.key("a.py", b"%d" % number))
        store.add(keys[-1], encode(Unanalysed("a.py", str(number))))
        store.write()
    assert len(folder.names("facts")) <= 10
    store = FactsStore(folder, b"version")
    assert [decode(store.find(key) or b"") for key in keys] == [Unanalysed("a.py", str(each)) for each in range(30)]


def test_only_the_changed_file_is_parsed_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edanalyze import parse

    checked(shop)
    (shop / "orders/orders_app/bootstrap.py").write_text(
        "x = 1\n" + (shop / "orders/orders_app/bootstrap.py").read_text()
    )
    parsed: list[str] = []
    lower = parse._lower

    def noted(chunk: list[object], *arguments: object) -> object:
        parsed.extend(file.path for file in chunk)  # type: ignore[attr-defined]
        return lower(chunk, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(parse, "_lower", noted)
    with_cache = checked(shop)
    assert parsed == ["orders/orders_app/bootstrap.py"]
    assert with_cache == checked(shop, cache=False)
