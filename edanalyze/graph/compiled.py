"""Keeps compiled WebAssembly modules between runs, in the user's cache folder.

A compiled module is machine code, so a file is only loaded when it is the user's own, nobody else may write it, and its
contents are whole: it begins with the SHA-256 of the rest. Files are put in place by renaming, so that processes that
run at the same time never see half of one. Where nothing can be kept, the module is compiled each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import wasmtime

_DIGEST = hashlib.sha256().digest_size


def compiled_module(engine: wasmtime.Engine, source: bytes) -> wasmtime.Module:
    """Compile a module, or load it where an earlier run has kept it.

    What is kept is bound to the source, the version of wasmtime and the machine.
    """
    identity = "\0".join((version("wasmtime"), sys.platform, platform.machine()))
    key = hashlib.sha256(identity.encode() + b"\0" + source).hexdigest()[:32]
    kept = cache_folder() / f"graphviz-{key}.compiled"
    code = _read(kept)
    if code is not None:
        with contextlib.suppress(wasmtime.WasmtimeError):
            return wasmtime.Module.deserialize(engine, code)
    module = wasmtime.Module(engine, source)
    _write(kept, bytes(module.serialize()))
    return module


def cache_folder() -> Path:
    """Find the folder for what may be made anew at any time, as the platform has it; it need not exist."""
    if os.environ.get("XDG_CACHE_HOME"):
        base = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "edanalyze"


def _read(path: Path) -> bytes | None:
    """Read the code that is kept at `path`; None where there is none that can be trusted."""
    try:
        with path.open("rb") as file:
            if not _own(os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    digest, code = content[:_DIGEST], content[_DIGEST:]
    return code if code and hashlib.sha256(code).digest() == digest else None


def _own(status: os.stat_result) -> bool:
    if sys.platform == "win32":
        return True  # the folder is the user's own, and modes say nothing
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _write(path: Path, code: bytes) -> None:
    """Keep code for later runs, if that is possible: a full disk or a read-only home is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
