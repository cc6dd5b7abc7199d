from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.discover.discovered import Discovered, discover

Found = Callable[[dict[str, str]], Discovered]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Writes a tree of files (texts are dedented) and discovers it."""

    def write(files: dict[str, str]) -> Discovered:
        top = tmp_path / "shop"
        for name, content in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(dedent(content))
        return discover(top)

    return write
