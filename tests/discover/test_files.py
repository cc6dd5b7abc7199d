from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from edanalyze.discover.files import SourceFile, Tree, walk
from edanalyze.discover.root import Root, find_root
from edanalyze.discover.settings import Config
from edanalyze.discover.sources import Unreadable, decode, read


def tree(top: Path, *files: str, text: str = "x = 1\n") -> Path:
    for name in files:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top


def walked(top: Path, *given: str, **settings: object) -> Tree:
    return walk(Root(top, given or (".",)), Config(**settings))  # type: ignore[arg-type]


def paths(found: Tree) -> list[str]:
    return [each.path for each in found.sources]


def reasons(found: Tree) -> dict[str, str]:
    return {each.path: each.reason for each in found.unanalysed}


def test_python_files_are_found_in_a_stable_order(tmp_path: Path) -> None:
    tree(tmp_path, "b.py", "a/z.py", "a/b/c.pyw", "a/stub.pyi", "note.ipynb", "compose.yaml")
    found = walked(tmp_path)
    assert paths(found) == ["a/b/c.pyw", "a/z.py", "b.py"]
    assert found.others == ("a/stub.pyi", "compose.yaml", "note.ipynb")
    assert found.notes == ()
    assert found.unanalysed == ()
    assert Path(found.sources[0].absolute).read_text() == "x = 1\n"


def test_what_is_left_out_by_default_is_said_once_for_each_kind(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "app.py",
        "pyproject.toml",
        "venv/pyvenv.cfg",
        "venv/lib/a.py",
        "env2/pyvenv.cfg",
        ".tox/x.py",
        "node_modules/x/setup.py",
        "pkg/__pycache__/a.py",
        "build/lib/app.py",
        "tests/test_app.py",
        "pkg/test_a.py",
        "conftest.py",
    )
    found = walked(tmp_path)
    assert paths(found) == ["app.py"]
    assert found.notes == (
        '1 folder matching ".*/" not analysed: .tox/',
        '1 folder matching "__pycache__/" not analysed: pkg/__pycache__/',
        '1 folder matching "node_modules/" not analysed: node_modules/',
        "1 folder of build output not analysed: build/",
        "3 files of test code not analysed: conftest.py, pkg/test_a.py, tests/test_app.py",
        "2 folders with a virtual environment not analysed: env2/, venv/",
    )


def test_package_called_build_is_analysed(tmp_path: Path) -> None:
    tree(tmp_path, "setup.py", "build/__init__.py", "src/dist/a.py")
    assert paths(walked(tmp_path)) == ["build/__init__.py", "setup.py", "src/dist/a.py"]


def test_test_code_is_analysed_when_wanted(tmp_path: Path) -> None:
    named = ("app_test.py", "app_tests.py", "contest.py", "tests.py", "testing.py")
    tree(tmp_path, "tests/test_app.py", "tests/data.json", *named)
    assert paths(walked(tmp_path)) == ["contest.py", "testing.py"]
    found = walked(tmp_path, include_tests=True)
    assert paths(found) == ["app_test.py", "app_tests.py", "contest.py", "testing.py", "tests.py", "tests/test_app.py"]
    assert found.others == ("tests/data.json",)


def test_given_file_is_analysed_wherever_it_is(tmp_path: Path) -> None:
    tree(tmp_path, "app.py", "tests/test_app.py", ".hidden/tool", "tests/test_other.py")
    found = walked(tmp_path, "tests/test_app.py", ".hidden/tool")
    assert [(each.path, each.given) for each in found.sources] == [
        (".hidden/tool", True),
        ("app.py", False),
        ("tests/test_app.py", True),
    ]
    assert found.notes[-1] == "1 file of test code not analysed: tests/test_other.py"


def test_given_folder_is_walked_though_it_would_be_left_out(tmp_path: Path) -> None:
    tree(tmp_path, "app.py", "tests/unit/check.py", "tests/unit/test_a.py", "old/a.py")
    found = walked(tmp_path, "tests", "old", exclude=("old",))
    assert [each.path for each in found.sources if each.given] == ["old/a.py", "tests/unit/check.py"]


def test_loose_root_looks_at_nothing_else(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "b.py")
    assert paths(walk(find_root([tmp_path / "a.py"]), Config())) == ["a.py"]


@pytest.mark.parametrize(
    ("pattern", "left_out"),
    [
        ("migrations", {"app/migrations/one.py", "migrations.d/migrations"}),
        ("migrations/", {"app/migrations/one.py"}),
        ("*_pb2.py", {"app/x_pb2.py"}),
        ("/app", {"app/a.py", "app/x_pb2.py", "app/migrations/one.py"}),
        ("app/*.py", {"app/a.py", "app/x_pb2.py"}),
        ("app/**/one.py", {"app/migrations/one.py"}),
        ("**/one.py", {"app/migrations/one.py"}),
        ("./lib/app", {"lib/app/a.py"}),
        ("lib/app/", {"lib/app/a.py"}),
        ("a.py", {"app/a.py", "lib/app/a.py"}),
        ("A.py", set()),
        ("", set()),
    ],
)
def test_exclude_patterns(tmp_path: Path, pattern: str, left_out: set[str]) -> None:
    every = {"app/a.py", "app/x_pb2.py", "app/migrations/one.py", "lib/app/a.py"}
    tree(tmp_path, *every)
    assert set(paths(walked(tmp_path, exclude=(pattern,)))) == every - left_out
    assert set(paths(walked(tmp_path, extend_exclude=(pattern,)))) == every - left_out


def test_pattern_with_many_stars_stays_quick(tmp_path: Path) -> None:
    deep = "/".join("a" * 20 for _ in range(40))
    tree(tmp_path, f"{deep}/a.py")
    found = walked(tmp_path, exclude=("**/" * 60 + "b", "/" + "/".join(["*a*a*a*a*a*b"] * 41)))
    assert paths(found) == [f"{deep}/a.py"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    tree(project, "real/a.py")
    tree(outside, "b.py", "pkg/c.py")
    (project / "loop").symlink_to(project, target_is_directory=True)
    (project / "self.py").symlink_to("self.py")
    (project / "again.py").symlink_to("real/a.py")
    (project / "gone.py").symlink_to("nowhere.py")
    (project / "b.py").symlink_to(outside / "b.py")
    (project / "pkg").symlink_to(outside / "pkg", target_is_directory=True)
    found = walked(project)
    assert paths(found) == ["real/a.py"]
    left = reasons(found)
    assert left["gone.py"] == "broken symbolic link"
    assert left["b.py"] == left["pkg"] == "symbolic link that leads out of the project"
    assert "self.py" in left
    assert found.notes == (
        "1 file behind a symbolic link not analysed: again.py",
        "1 folder behind a symbolic link not analysed: loop/",
    )


def test_pipes_and_sockets_are_named_and_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("server.py")
        found = walked(tmp_path, ".", "pipe.py")
    assert found.sources == ()
    assert reasons(found) == {
        "pipe.py": "no regular file but a named pipe",
        "server.py": "no regular file but a socket",
    }
    with pytest.raises(Unreadable, match="no regular file"):
        read(SourceFile("pipe.py", str(tmp_path / "pipe.py")), 100)


def test_large_file_is_named_without_being_read(tmp_path: Path) -> None:
    with open(tmp_path / "generated.py", "wb") as file:
        file.truncate(5_000_000_000)
    assert reasons(walked(tmp_path)) == {"generated.py": "5,000,000,000 bytes are more than max-file-size (2,000,000)"}
    tree(tmp_path, "generated.py", text="x = 1\n" * 10)
    assert paths(walked(tmp_path, max_file_size=60)) == ["generated.py"]
    assert paths(walked(tmp_path, max_file_size=59)) == []


def test_names_that_cannot_be_shown_are_told_escaped(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path)
    os.mkdir(raw + b"/d\xff")
    for name in (b"/caf\xe9.py", b"/line\nbreak.py", b"/d\xff/inner.py", b"/\xff.txt"):
        with open(raw + name, "w"):
            pass
    found = walked(tmp_path)
    assert paths(found) == []
    assert sorted(reasons(found)) == ["caf\\xe9.py", "d\\xff", "line\\nbreak.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_folder_is_named(tmp_path: Path) -> None:
    tree(tmp_path, "closed/a.py", "open.py")
    (tmp_path / "closed").chmod(0)
    found = walked(tmp_path)
    (tmp_path / "closed").chmod(0o755)
    assert paths(found) == ["open.py"]
    assert "closed" in reasons(found)


def test_tree_deeper_than_a_path_may_be_is_named(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(50):
        os.mkdir("d" * 100, dir_fd=folder)
        folder, above = os.open("d" * 100, os.O_RDONLY, dir_fd=folder), folder
        os.close(above)
    os.close(folder)
    (reason,) = reasons(walked(tmp_path)).values()
    assert reason.startswith("the folder cannot be read")


def source(folder: Path, data: bytes) -> SourceFile:
    (folder / "a.py").write_bytes(data)
    return SourceFile("a.py", str(folder / "a.py"))


def test_source_is_read_and_decoded_by_its_coding_line(tmp_path: Path) -> None:
    assert decode(read(source(tmp_path, "# coding: latin-1\nx = 'é'\n".encode("latin-1")), 100)).endswith("'é'\n")
    assert decode(b"\xef\xbb\xbfx = 1\n") == "x = 1\n"
    assert decode(b"") == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x = '\xe9'\n", "encoding: invalid or missing"),
        (b"\n\nx = '\xe9'\n", "not utf-8 text"),
        (b"# coding: klingon\n", "encoding: "),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding: "),
        (b"# coding: rot13\nk = 1\n", "encoding"),
        (b"# coding: idna\nk = 1\n", "encoding"),
        (b"\x7fELF\0\0", "NUL bytes"),
        (b"x" * 101, "more bytes than max-file-size"),
    ],
)
def test_what_is_no_source_is_refused_with_a_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        decode(read(source(tmp_path, data), 100))


def test_vanished_file_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        read(SourceFile("gone.py", str(tmp_path / "gone.py")), 100)


def test_folders_of_tests_go_by_many_names(tmp_path: Path) -> None:
    tests = ("unittests", "unit_tests", "integration-test", "e2e", "e2e_tests", "bdd", "testdata", "test_data", "Tests")
    code = ("contests", "latest", "test_bench", "tester", "attestation")
    tree(tmp_path, *(f"{name}/{file}" for name in (*tests, *code) for file in ("app.py", "template.yaml")))
    found = walked(tmp_path)
    assert paths(found) == sorted(f"{name}/app.py" for name in code)
    assert found.others == tuple(sorted(f"{name}/template.yaml" for name in code))
