"""Generated rule pages: what is rewritten, what is kept, and what `--check` says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edanalyze.check import pages, registry

WRITTEN = "## Cases\n\n### By hand\n\n```python\n## Cases\nx = 1\n```\n"


def test_new_folder_gets_a_page_per_rule_and_the_index(tmp_path: Path) -> None:
    assert pages.main([str(tmp_path / "rules")]) == 0
    names = {path.name for path in (tmp_path / "rules").iterdir()}
    assert names == {"index.md"} | {f"{rule.code}.md" for rule in registry.rules()}


def test_rewriting_keeps_the_hand_written_cases(tmp_path: Path) -> None:
    target = tmp_path / "EDA201.md"
    target.write_text(f"# Old title\n\n{WRITTEN}", encoding="utf-8")
    pages.main([str(tmp_path)])
    text = target.read_text(encoding="utf-8")
    assert text.endswith(f"\n\n{WRITTEN}")
    assert "Old title" not in text
    assert "# EDA201 publish-after-commit" in text


def test_check_names_outdated_pages_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages.main([str(tmp_path)])
    assert pages.main([str(tmp_path), "--check"]) == 0
    target = tmp_path / "EDA201.md"
    changed = target.read_text(encoding="utf-8").replace("publish-after-commit", "other-name")
    target.write_text(changed, encoding="utf-8")
    assert pages.main([str(tmp_path), "--check"]) == 1
    assert "EDA201.md is out of date" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == changed


def test_module_is_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edanalyze.check.pages", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "--check" in done.stdout


def test_page_says_how_an_opt_in_rule_is_switched_on() -> None:
    (rule,) = (rule for rule in registry.rules() if rule.code == "EDA203")
    assert 'enable = ["EDA203"]' in pages.page(rule)


def test_index_has_a_row_for_every_rule() -> None:
    rows = pages.index(registry.rules()).splitlines()
    assert "| [EDA203](EDA203.md) | publish-in-commit-hook | off |" in "\n".join(rows)
    assert sum(row.startswith("| [") for row in rows) == len(registry.rules())
