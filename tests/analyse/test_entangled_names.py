"""Names that are made of each other: what they hold is asked once each, however often one leads to another."""

from __future__ import annotations

import time
from pathlib import Path

from edanalyze import api

NAMES = [f"part{number}" for number in range(24)]


def test_names_made_of_each_other_are_judged_in_no_time(tmp_path: Path) -> None:
    steps = "\n".join(f"        {name} = merge({', '.join(NAMES)})" for name in NAMES)
    (tmp_path / "app.py").write_text(
        "import json\nimport redis\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        "@app.post('/orders')\ndef place():\n"
        + "\n".join(f"    {name} = request.args.get('{name}')" for name in NAMES)
        + f"\n    while {NAMES[0]}:\n{steps}\n"
        + f"    redis.Redis().publish('orders', json.dumps([{', '.join(NAMES)}]))\n",
        encoding="utf-8",
    )
    started = time.monotonic()
    found = api.check(api.load_project([tmp_path], api.Options(jobs=1, select=("EDA401",))))
    assert [each.code for each in found.diagnostics] == ["EDA401"]
    assert time.monotonic() - started < 30
