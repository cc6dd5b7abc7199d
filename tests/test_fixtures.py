"""The systems under fixtures/: every marked line is reported when all rules run, and no other line is.

`# expect: EDA201, EDA100?` at the end of a line lists the findings on it; `?` marks a rule that is off by default.
Templates carry markers like Python files.
"""

from __future__ import annotations

import io
import re
import shutil
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from edanalyze.api import Options, check, load_project
from edanalyze.check import registry

FIXTURES = Path(__file__).parents[1] / "fixtures"
SYSTEMS = sorted(folder for folder in FIXTURES.iterdir() if folder.is_dir()) if FIXTURES.is_dir() else []
MARKER = re.compile(r"# expect: (\w+\??(?:, \w+\??)*)")

every_system = pytest.mark.parametrize("system", SYSTEMS, ids=lambda folder: folder.name)


def markers(system: Path) -> Iterator[tuple[str, int, str]]:
    """Path relative to the system, line, and code as written, with its `?`."""
    for path in sorted(system.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and "expect:" in token.string:
                where = f"{path.relative_to(system).as_posix()}"
                marker = MARKER.fullmatch(token.string)
                assert marker, f"{where}:{token.start[0]}: {token.string!r} is no marker"
                for code in marker[1].split(", "):
                    yield where, token.start[0], code
    for path in sorted([*system.rglob("*.yaml"), *system.rglob("*.yml")]):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for marker in MARKER.finditer(line):
                for code in marker[1].split(", "):
                    yield path.relative_to(system).as_posix(), number, code


@every_system
def test_markers_name_known_rules_and_say_which_are_opt_in(system: Path) -> None:
    spelled = {rule.code if rule.default else f"{rule.code}?" for rule in registry.rules()}
    wrong = [f"{path}:{line}: {code}" for path, line, code in markers(system) if code not in spelled]
    assert not wrong


@every_system
def test_system_gives_exactly_the_marked_findings(system: Path, tmp_path: Path) -> None:
    """The system stands alone: inside this repository its project would be the whole of it."""
    alone = Path(shutil.copytree(system, tmp_path / system.name))
    expected = {(path, line, code.rstrip("?")) for path, line, code in markers(system)}
    result = check(load_project([alone], Options(select=("ALL",))))
    found = {(finding.path, finding.line, finding.code): finding.message for finding in result.diagnostics}
    report = [f"missed alarm  {path}:{line} {code}" for path, line, code in sorted(expected - set(found))]
    report += [f"false alarm   {path}:{line} {code}  {found[path, line, code]}"
               for path, line, code in sorted(set(found) - expected)]  # fmt: skip
    assert not report, f"{system.name}:\n" + "\n".join(report)
