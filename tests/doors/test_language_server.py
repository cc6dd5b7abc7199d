"""A real python-lsp-server, spoken to as an editor would: files are opened, diagnostics arrive."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pylsp")

ROOT = Path(__file__).parents[2]
PATIENCE = 60
SETTINGS: dict[str, Any] = {
    "pylsp": {
        "plugins": {
            "flake8": {"enabled": True, "executable": "", "select": ["EDA"]},
            **{name: {"enabled": False} for name in ("pycodestyle", "pyflakes", "mccabe", "preload")},
        }
    }
}
SERVICE = """\
from sqlalchemy.orm import Session

from orders.bus import tell
from orders.database import engine


def place(order):
    with Session(engine) as session:
        session.add(order)
        session.commit()
    tell(order)
"""
BUS = """\
import pika

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def tell(order):
    print(order)
"""


class Editor:
    """The client's side of the protocol: requests, notifications, and what the server publishes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "checks")])}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "pylsp"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root, env=environment,
        )  # fmt: skip
        self._received: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        capabilities = {"textDocument": {"publishDiagnostics": {}}}
        self._request(1, "initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": capabilities})
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def open(self, path: str) -> list[tuple[int, int, str]]:
        """Open a file, and wait for its diagnostics: line and column (1-based) and code."""
        uri = (self.root / path).as_uri()
        text = (self.root / path).read_text(encoding="utf-8")
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        return self._diagnostics(uri)

    def change(self, path: str, text: str) -> list[tuple[int, int, str]]:
        """Replace a buffer's text without saving, and wait for the diagnostics."""
        uri = (self.root / path).as_uri()
        document = {"uri": uri, "version": 2}
        self._notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        return self._diagnostics(uri)

    def save(self, path: str, text: str) -> list[tuple[int, int, str]]:
        """Write a file, as the editor does on saving, and wait for the diagnostics."""
        (self.root / path).write_text(text, encoding="utf-8")
        uri = (self.root / path).as_uri()
        self._notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        return self._diagnostics(uri)

    def close(self) -> None:
        """End the server."""
        self._request(2, "shutdown", None)
        self._notify("exit", None)
        self._server.wait(PATIENCE)

    def _diagnostics(self, uri: str) -> list[tuple[int, int, str]]:
        while True:
            message = self._received.get(timeout=PATIENCE)
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                return [
                    (each["range"]["start"]["line"] + 1, each["range"]["start"]["character"] + 1, each["code"])
                    for each in message["params"]["diagnostics"]
                ]

    def _request(self, number: int, method: str, parameters: Any) -> None:
        self._send({"id": number, "method": method, "params": parameters})
        while self._received.get(timeout=PATIENCE).get("id") != number:
            pass

    def _notify(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._server.stdin.flush()

    def _listen(self) -> None:
        stream = self._server.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            self._received.put(json.loads(stream.read(length)))


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    for path, text in {
        "orders/service.py": SERVICE,
        "orders/bus.py": BUS,
        "pyproject.toml": "[tool.edanalyze]\n",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    flake8 = tmp_path / "bin" / "flake8"
    flake8.parent.mkdir()
    flake8.write_text(f'#!/bin/sh\nexec {sys.executable} -m flake8 "$@"\n', encoding="utf-8")
    flake8.chmod(0o755)
    SETTINGS["pylsp"]["plugins"]["flake8"]["executable"] = str(flake8)
    client = Editor(tmp_path)
    yield client
    client.close()


def test_a_change_in_one_file_makes_a_finding_appear_in_another_once_it_is_opened(editor: Editor) -> None:
    assert editor.open("orders/service.py") == []
    assert editor.open("orders/bus.py") == []
    publishing = BUS.replace("print(order)", 'channel.basic_publish("", "placed", order)')
    assert editor.save("orders/bus.py", publishing) == []
    assert editor.open("orders/service.py") == [(11, 5, "EDA201")]


def test_an_edited_buffer_counts_before_it_is_saved(editor: Editor) -> None:
    (editor.root / "orders/bus.py").write_text(
        BUS.replace("print(order)", 'channel.basic_publish("", "placed", order)'), encoding="utf-8"
    )
    assert editor.open("orders/service.py") == [(11, 5, "EDA201")]
    assert editor.change("orders/service.py", f"# first\n{SERVICE}") == [(12, 5, "EDA201")]
    assert editor.change("orders/service.py", SERVICE.replace("    tell(order)\n", "")) == []
