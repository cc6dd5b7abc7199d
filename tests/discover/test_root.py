from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze.discover.root import find_root


def tree(top: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top


def test_configured_folder_wins_over_nearer_markers(tmp_path: Path) -> None:
    tree(tmp_path, {"pyproject.toml": "[tool.edanalyze]\n", "a/pyproject.toml": "[project]\n", "a/b/x.py": ""})
    found = find_root([tmp_path / "a" / "b"])
    assert found.path == tmp_path
    assert found.given == ("a/b",)
    assert not found.loose


def test_configured_folder_is_found_though_its_file_is_broken(tmp_path: Path) -> None:
    tree(tmp_path, {"pyproject.toml": "[tool.edanalyze]\nselect = [\n", "a/pyproject.toml": "", "a/x.py": ""})
    assert find_root([tmp_path / "a"]).path == tmp_path


def test_subfolder_of_a_work_tree_links_the_whole_and_covers_its_own_files(tmp_path: Path) -> None:
    tree(tmp_path, {".git/HEAD": "", "shop/orders/app.py": "", "shop/cart/app.py": ""})
    found = find_root([tmp_path / "shop" / "orders"])
    assert found.path == tmp_path
    assert found.covers("shop/orders/app.py")
    assert not found.covers("shop/cart/app.py")
    assert not found.covers("shop/orders_old/app.py")


def test_git_file_of_a_linked_work_tree_counts(tmp_path: Path) -> None:
    tree(tmp_path, {".git": "gitdir: elsewhere", "src/a.py": ""})
    assert find_root([tmp_path / "src"]).path == tmp_path


def test_configuration_above_the_work_tree_is_not_ours(tmp_path: Path) -> None:
    tree(tmp_path, {"pyproject.toml": "[tool.edanalyze]\n", "vendored/.git/HEAD": "", "vendored/a.py": ""})
    assert find_root([tmp_path / "vendored"]).path == tmp_path / "vendored"


def test_plain_folder_is_its_own_root(tmp_path: Path) -> None:
    tree(tmp_path, {"checkout/a.py": ""})
    found = find_root([tmp_path / "checkout"])
    assert found.path == tmp_path / "checkout"
    assert found.given == (".",)
    assert not found.loose


def test_nearest_packaged_folder_without_git(tmp_path: Path) -> None:
    tree(tmp_path, {"project/setup.cfg": "", "project/pkg/mod.py": ""})
    assert find_root([tmp_path / "project" / "pkg" / "mod.py"]).path == tmp_path / "project"


def test_single_loose_file_has_no_project_around(tmp_path: Path) -> None:
    tree(tmp_path, {"loose/a.py": "", "loose/b.py": ""})
    found = find_root([tmp_path / "loose" / "a.py"])
    assert found.path == tmp_path / "loose"
    assert found.given == ("a.py",)
    assert found.loose


def test_folder_of_examples_with_its_own_compose_file_is_a_system(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {".git/HEAD": "", "setup.py": "", "examples/shop/compose.yaml": "services: {}", "examples/shop/a.py": ""},
    )
    assert find_root([tmp_path / "examples" / "shop"]).path == tmp_path / "examples" / "shop"


def test_service_folder_that_the_system_deploys_is_a_part_of_it(tmp_path: Path) -> None:
    compose = "services:\n  pay:\n    build: ./payment\n"
    tree(tmp_path, {"docker-compose.yml": compose, "payment/docker-compose.yml": "services: {}", "payment/a.py": ""})
    assert find_root([tmp_path / "payment"]).path == tmp_path
    (tmp_path / ".git").mkdir()
    assert find_root([tmp_path / "payment"]).path == tmp_path


def test_one_of_several_unrelated_projects_in_a_work_tree(tmp_path: Path) -> None:
    tree(tmp_path, {".git/HEAD": "", "README.md": "", "one/requirements.txt": "", "one/a.py": "", "two/setup.py": ""})
    assert find_root([tmp_path / "one"]).path == tmp_path / "one"


def test_package_of_a_project_is_no_project(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {".git/HEAD": "", "pyproject.toml": "", "services/orders/pyproject.toml": "", "services/orders/a.py": ""},
    )
    assert find_root([tmp_path / "services" / "orders"]).path == tmp_path


def test_several_paths_share_a_root(tmp_path: Path) -> None:
    tree(tmp_path, {"setup.py": "", "pyproject.toml": "", "a/x.py": "", "b/y.py": ""})
    found = find_root([tmp_path / "b", tmp_path / "a" / "x.py"])
    assert found.path == tmp_path
    assert found.given == ("a/x.py", "b")


def test_stray_file_in_the_home_folder_makes_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    tree(tmp_path, {"setup.cfg": "", ".git/HEAD": "", "work/a.py": ""})
    assert find_root([tmp_path / "work"]).path == tmp_path / "work"


def test_working_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, {"setup.cfg": ""})
    monkeypatch.chdir(tmp_path)
    assert find_root([]).path == tmp_path


def test_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find_root([tmp_path / "nowhere"])
