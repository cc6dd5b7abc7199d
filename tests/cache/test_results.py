"""A remembered result is given exactly as long as it is the result that a new analysis would have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edanalyze import api
from edanalyze.graph import to_json
from tests.cache.conftest import FIXTURES, checked, lay_out, project, touch

SYSTEMS = sorted(each.name for each in FIXTURES.iterdir() if each.is_dir() and any(each.rglob("*.py")))
Later = Callable[[], None]


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forbid that anything is analysed from now on."""

    def forbid() -> None:
        def refuse(*_: object) -> None:
            raise AssertionError("the project was analysed")

        monkeypatch.setattr(api.Project, "parse", refuse)

    return forbid


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_remembered_is_what_was_found(name: str, tmp_path: Path, never: Callable[[], None]) -> None:
    root = lay_out(name, tmp_path)
    options = {"select": ("ALL",), "min_confidence": "guess"}
    without = checked(root, cache=False, **options)
    first = checked(root, **options)
    graph = api.graph(project(root, **options))
    never()
    assert checked(root, **options) == first == without
    again = project(root, **options)
    assert api.graph(again) == graph
    assert list(again.not_analysed) == list(without.not_analysed)


def test_a_graph_made_with_a_cache_is_that_made_without(shop: Path, never: Callable[[], None]) -> None:
    graph, calls = (made(project(shop, cache=False)) for made in (api.graph, api.callgraph))
    for _ in range(2):
        assert to_json(api.graph(project(shop))) == to_json(graph)
        assert api.callgraph(project(shop)) == calls
        never()


def add_line(root: Path) -> None:
    file = root / "orders/orders_app/bootstrap.py"
    file.write_text("\n" + file.read_text())


def change_within_a_tick(root: Path) -> None:
    """Change a file so that neither its size nor its time of change tells."""
    file = next(each for each in sorted((root / "orders").rglob("*.py")) if b"commit" in each.read_bytes())
    status = file.stat()
    file.write_bytes(file.read_bytes().replace(b"commit", b"commot"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def change_deployment(root: Path) -> None:
    file = next(root.glob("*compose*"))
    file.write_text(file.read_text().replace("http://", "http://other-"))


def add_environment_file(root: Path) -> None:
    (root / ".env").write_text("STOCK_URL=http://elsewhere\n")


def configure(root: Path) -> None:
    (root / "pyproject.toml").write_text('[tool.edanalyze]\nignore = ["EDA2"]\n')


def declare_a_wrapper(root: Path) -> None:
    (root / "pyproject.toml").write_text('[[tool.edanalyze.publish]]\ncall = "print"\ntopic = 0\n')


def rename(root: Path) -> None:
    file = sorted(root.rglob("*.py"))[0]
    file.rename(file.with_name("renamed.py"))


def add_file(root: Path) -> None:
    (root / "orders/more.py").write_text("import requests\n\ndef more():\n    requests.get('http://stock/')\n")


def remove_file(root: Path) -> None:
    sorted((root / "orders").rglob("*.py"))[-1].unlink()


def silence(root: Path) -> None:
    for file in (root / "orders").rglob("*.py"):
        file.write_text("# edanalyze: ignore\n".join(["", file.read_text()]))


CHANGES = [
    add_line, change_within_a_tick, change_deployment, add_environment_file, configure, declare_a_wrapper, rename,
    add_file, remove_file, silence,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_after_any_change_the_result_is_that_of_a_run_without_cache(shop: Path, later: Later, change: Later) -> None:
    checked(shop)
    later()
    checked(shop)
    change(shop)  # type: ignore[call-arg]
    expected = checked(shop, cache=False)
    for _ in range(2):
        assert checked(shop) == expected
        later()
    assert to_json(api.graph(project(shop))) == to_json(api.graph(project(shop, cache=False)))


def test_a_change_that_is_taken_back_finds_the_first_result(shop: Path, never: Callable[[], None]) -> None:
    file = shop / "orders/orders_app/bootstrap.py"
    before, first = file.read_bytes(), checked(shop)
    file.write_bytes(b"# changed\n" + before)
    checked(shop)
    file.write_bytes(before)
    never()
    assert checked(shop) == first


def test_a_file_that_was_only_touched_has_not_changed(shop: Path, later: Later, never: Callable[[], None]) -> None:
    first = checked(shop)
    later()
    touch(shop / "orders/orders_app/bootstrap.py")
    never()
    assert checked(shop) == first


OPTIONS: list[dict[str, object]] = [
    {"select": ("EDA2",)}, {"ignore": ("EDA2",)}, {"enable": ("ALL",)}, {"strict": True},
    {"min_confidence": "certain"}, {"include_tests": True}, {"noqa": False},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
def test_options_lead_to_results_of_their_own(shop: Path, options: dict[str, object]) -> None:
    assert checked(shop) == checked(shop, cache=False)
    assert checked(shop, **options) == checked(shop, cache=False, **options)


def test_parts_of_a_project_are_answered_from_the_result_of_the_whole(shop: Path, never: Callable[[], None]) -> None:
    parts = [shop / "stock", shop / "orders/orders_app/bootstrap.py"]
    expected = [checked(each, cache=False) for each in parts]
    checked(shop)
    never()
    assert [checked(each) for each in parts] == expected


def test_a_buffer_equal_to_its_file_needs_no_analysis_and_another_one_counts(
    shop: Path, never: Callable[[], None]
) -> None:
    file = shop / "orders/orders_app/bootstrap.py"
    changed = {file: b"\n" + file.read_bytes()}
    expected = checked(shop, cache=False, overlay=changed)
    first = checked(shop)
    assert checked(shop, overlay=changed) == expected
    never()
    assert checked(shop, overlay={file: file.read_bytes()}) == first
    assert checked(shop, overlay=changed) == expected


def test_other_code_makes_other_results(shop: Path, monkeypatch: pytest.MonkeyPatch, never: Callable[[], None]) -> None:
    checked(shop)
    monkeypatch.setattr("edanalyze.cache.tool._look", lambda _places: b"another")
    never()
    with pytest.raises(AssertionError, match="was analysed"):
        checked(shop)


def test_another_installation_makes_other_results(
    shop: Path, monkeypatch: pytest.MonkeyPatch, never: Callable[[], None]
) -> None:
    checked(shop)
    site = shop.parent / "site"
    (site / "acme_checks-2.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(site))
    never()
    with pytest.raises(AssertionError, match="was analysed"):
        checked(shop)


def test_a_file_that_changes_during_the_analysis_is_not_remembered_wrongly(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = api.Project.parse

    def parse_then_change(self: api.Project, *arguments: object) -> object:
        found = parse(self, *arguments)  # type: ignore[arg-type]
        add_line(shop)
        return found

    monkeypatch.setattr(api.Project, "parse", parse_then_change)
    checked(shop)
    monkeypatch.undo()
    assert checked(shop) == checked(shop, cache=False)
