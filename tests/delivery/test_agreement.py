"""The delivery verdict and the rules speak of the same systems, and never against each other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from edanalyze.analyse.delivery import Verdict
from edanalyze.analyse.systemgraph import build
from edanalyze.api import Options, check, delivery, load_project
from edanalyze.check.diagnostic import Diagnostic
from edanalyze.cli.app import app
from edanalyze.graph import Graph
from edanalyze.report import delivery as report

ROOT = Path(__file__).parents[2]
SYSTEMS = sorted(folder for folder in (ROOT / "fixtures").iterdir() if folder.is_dir())
CONSUMER_SIDE = {"EDA301": "repetition", "EDA302": "loss", "EDA601": "loss"}
VERDICTS = {
    "loss": {"may lose", "may lose and duplicate"},
    "repetition": {"may duplicate", "may lose and duplicate"},
}

every_system = pytest.mark.parametrize("system", SYSTEMS, ids=lambda folder: folder.name)


@pytest.fixture
def schema() -> Draft202012Validator:
    document = json.loads((ROOT / "docs" / "schema" / "delivery.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


@every_system
def test_findings_verdicts_and_graph_agree(system: Path, tmp_path: Path, schema: Draft202012Validator) -> None:
    alone = Path(shutil.copytree(system, tmp_path / system.name))
    project = load_project([alone], Options(select=("ALL",)))
    diagnostics = check(project).diagnostics
    verdicts = delivery(project)
    for finding in diagnostics:
        _is_known(finding, verdicts)
    for verdict in verdicts:
        _is_reported(verdict, diagnostics)
        _follows_from_its_reasons(verdict)
    schema.validate(json.loads(report.render(verdicts)))
    _is_drawn(verdicts, build(project.system))


def _is_known(finding: Diagnostic, verdicts: Sequence[Verdict]) -> None:
    """What a rule says of a consumer, the verdict on that consumer knows."""
    effect = CONSUMER_SIDE.get(finding.code)
    if effect is None:
        return
    place = (finding.path, finding.line)
    speaking = [
        verdict
        for verdict in verdicts
        for reason in verdict.reasons
        if reason.code == finding.code
        and ((verdict.path, verdict.line) if finding.code == "EDA301" else (reason.path, reason.line)) == place
    ]
    assert speaking, f"no verdict knows of {finding.path}:{finding.line} {finding.code}"
    assert {verdict.verdict for verdict in speaking} <= VERDICTS[effect]


def _is_reported(verdict: Verdict, diagnostics: Sequence[Diagnostic]) -> None:
    """What a verdict says with the code of a rule, the rule says too."""
    reported = {(finding.code, finding.path, finding.line) for finding in diagnostics}
    for reason in verdict.reasons:
        if reason.code == "EDA301":
            assert ("EDA301", verdict.path, verdict.line) in reported
        elif reason.code:
            assert (reason.code, reason.path, reason.line) in reported


def _follows_from_its_reasons(verdict: Verdict) -> None:
    effects = {reason.effect for reason in verdict.reasons}
    assert (verdict.verdict == "safe") == (not effects)
    assert ("lose" in verdict.verdict) == ("loss" in effects)
    assert ("duplicate" in verdict.verdict) == ("repetition" in effects)
    assert bool(verdict.change) == bool(effects - {"unknown"})


def _is_drawn(verdicts: Sequence[Verdict], drawn: Graph) -> None:
    """The graph's edges to consumers carry the verdict."""
    by_way = {(verdict.topic, verdict.path, verdict.line): verdict.verdict for verdict in verdicts}
    topics = {node.id: node.name for node in drawn.nodes if node.kind == "topic"}
    for edge in drawn.edges:
        way = (topics.get(edge.source, ""), edge.path, edge.line)
        assert edge.delivery == (by_way.get(way, "") if edge.kind == "consume" else "")


def test_a_text_without_handlers_says_so(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["delivery", str(tmp_path)])
    assert (told.exit_code, told.stdout) == (0, "No message handlers found\n")


@pytest.fixture
def poller(tmp_path: Path) -> Path:
    """A sample system beside nothing else, so that it is the whole project."""
    shutil.copytree(ROOT / "fixtures" / "sqs_poller", tmp_path / "system")
    return tmp_path / "system"


def test_the_table_names_topic_consumer_verdict_and_change(poller: Path) -> None:
    told = CliRunner().invoke(app, ["delivery", str(poller)], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    assert "may lose" in told.stdout and "acknowledge after the work" in told.stdout
    assert "ways from a topic to a consumer" in told.stdout


def test_the_table_can_be_written_to_a_file(poller: Path, tmp_path: Path) -> None:
    file = tmp_path / "delivery.txt"
    told = CliRunner().invoke(app, ["delivery", "-o", str(file), str(poller)])
    assert (told.exit_code, told.stdout) == (0, "")
    assert "may lose" in file.read_text(encoding="utf-8")
