"""Readers of input that strangers write, each with the inputs to try and what must hold for every one of them.

Each target is a Hypothesis test: the test suite runs it on some inputs, `python -m tests.fuzz.longer` for as long as it
is told to.
"""

from __future__ import annotations

import copy
import io
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edanalyze.analyse.binding import address, matching
from edanalyze.analyse.system import System
from edanalyze.api import facts, graph_of_facts, load_project
from edanalyze.check import baseline, registry
from edanalyze.check.comments import judge
from edanalyze.check.found import SeenModule
from edanalyze.check.objections import objections
from edanalyze.check.suppression import Suppressions
from edanalyze.discover import yamltree
from edanalyze.discover.config import ConfigError, config_from_table, parse_toml
from edanalyze.discover.documents.read import read_documents
from edanalyze.discover.operation import find_means
from edanalyze.discover.settings import Config
from edanalyze.exchange.document import FactsError
from edanalyze.exchange.document import from_json as from_facts
from edanalyze.exchange.document import to_json as to_facts
from edanalyze.graph.interchange import from_json, to_json
from edanalyze.graph.records import GraphError
from edanalyze.link.entries import paths
from edanalyze.link.values import Hole, String
from edanalyze.models.schema import KINDS
from edanalyze.syntax import SyntaxFailure, lower
from tests.discover.discovered import discover
from tests.doors.diagnostics import diagnostic
from tests.fuzz.vocabulary import (
    CODE,
    COMMENTS,
    DEPLOYMENT,
    DOCUMENTS,
    HEAD,
    NAMES,
    PARTS,
    STATEMENTS,
    TOML,
    URLS,
    YAML,
)

fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

TEXT = st.text(st.characters(exclude_categories=[]), max_size=12)
WORDS = st.sampled_from(
    ["orders", "EDA201", "EDA9", "ALL", "", "**", "a/*/b", "[!", "../..", "/", "${A}", "${B}", "A", "B"]
)
KEYS = st.sampled_from(
    [*(f.replace("_", "-") for f in Config.__struct_fields__), *KINDS, "call", "topic", "path", "paths"]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(WORDS, TEXT, st.integers(), st.floats(), st.booleans(), st.sampled_from([10**30, "x" * 5000])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(KEYS, WORDS, TEXT), inner, max_size=4)
    ),
    max_leaves=12,
)


def pieces(known: list[str], most: int) -> st.SearchStrategy[list[str]]:
    """Up to `most` known pieces and pieces of any text."""
    return st.lists(st.one_of(st.sampled_from(known), TEXT), max_size=most)


@fuzzed
@given(st.dictionaries(st.one_of(KEYS, TEXT), VALUES, max_size=6))
def config(table: dict[str, Any]) -> None:
    """A `[tool.edanalyze]` table gives settings, or one error that names file and key of each problem."""
    try:
        config_from_table(table, "pyproject.toml", KINDS, objections)
    except ConfigError as error:
        assert error.problems
        assert all(each.file == "pyproject.toml" and each.message for each in error.problems)


@fuzzed
@given(
    st.lists(st.one_of(st.sampled_from(TOML), TEXT), max_size=12),
    st.sampled_from(["\n", " ", ""]),
    st.binary(max_size=4),
)
def toml(pieces: list[str], joint: str, tail: bytes) -> None:
    """A file is TOML, or refused with its name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pyproject.toml")
        file.write_bytes(joint.join(pieces).encode("utf-8", "surrogatepass") + tail)
        try:
            parse_toml(file)
        except ConfigError as error:
            assert error.problems[0].file == "pyproject.toml"


@fuzzed
@given(pieces(YAML, 40), st.sampled_from(["\n", " ", "", "\n  "]))
def yaml(pieces: list[str], joint: str) -> None:
    """A text is YAML, or refused; what it holds can be walked to its end."""
    try:
        found = yamltree.documents(joint.join(pieces))
    except yamltree.YamlError as error:
        assert str(error)
        return
    for document in found:
        assert sum(1 for _ in yamltree.walk(document)) <= 1_000_000


@fuzzed
@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.lists(
            st.tuples(
                st.sampled_from(["", "  ", "    ", "      ", "- "]), st.one_of(st.sampled_from(DEPLOYMENT), TEXT)
            ),
            max_size=14,
        ),
        max_size=5,
    )
)
def deployment(files: dict[str, list[tuple[str, str]]]) -> None:
    """Deployment files give services that lie in the project."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".git").mkdir()  # or the folders around it would be looked at, too
        Path(folder, "a.py").write_text("", encoding="utf-8")
        for name, lines in files.items():
            Path(folder, name).parent.mkdir(exist_ok=True)
            Path(folder, name).write_bytes("\n".join(map("".join, lines)).encode("utf-8", "surrogatepass"))
        assert all(not each.path.startswith(("/", "..")) for each in discover(Path(folder)).services.all)


@fuzzed
@given(
    st.sampled_from(["mmd", "dot", "puml", "md", "yaml", "json", "sh"]),
    st.lists(st.one_of(st.sampled_from(DOCUMENTS), TEXT), max_size=30),
    st.sampled_from(["\n", " ", "", "\n  "]),
)
def diagrams(ending: str, pieces: list[str], joint: str) -> None:
    """A document shows something or nothing; so do the signs of what a system is operated with."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text("", encoding="utf-8")
        Path(folder, f"a.{ending}").write_bytes(joint.join(pieces).encode("utf-8", "surrogatepass"))
        files = load_project([Path(folder)]).deploy_files
        assert all(each.file == f"a.{ending}" for each in read_documents(files))
        assert all(each.path == f"a.{ending}" and each.line > 0 for each in find_means(files))


STRINGS = st.lists(st.one_of(st.sampled_from(PARTS), TEXT, st.builds(Hole, st.just("unknown"), TEXT)), max_size=40).map(
    lambda parts: String(tuple(parts))
)
SYNTAXES = st.sampled_from([*paths.SYNTAXES, "none"])


@fuzzed
@given(STRINGS, st.lists(STRINGS, max_size=4), SYNTAXES)
def urls(url: String, routes: list[String], syntax: str) -> None:
    """A URL has parts, a route's template a pattern, and one fits the other or does not."""
    parsed = address.parse(url)
    assert isinstance(parsed.host, str)
    for route in routes:
        pattern = matching.pattern(paths.join(paths.normalised(route, syntax)))
        matching.fits(pattern, parsed.segments)
        matching.fits(pattern, address.parse(route).segments)


@fuzzed
@given(
    st.lists(st.one_of(st.sampled_from(CODE), st.sampled_from(COMMENTS), TEXT), max_size=16),
    st.sampled_from(["", "\n", "  "]),
)
def comments(pieces: list[str], joint: str) -> None:
    """Comments silence or do not; what is told of them lies within the file."""
    text = joint.join(pieces)
    rules = registry.rules()
    suppressions = Suppressions({"orders/app.py": text}.get)
    count = len(io.StringIO(text, newline=None).readlines())
    for line in range(1, count + 2):
        suppressions.silence(diagnostic(line=line))
    try:
        facts = lower("orders/app.py", text.encode("utf-8", "surrogatepass"))
    except SyntaxFailure:
        return
    codes = frozenset(rule.code for rule in rules)
    for comment in judge(
        [SeenModule.of("orders.app", facts, "")], suppressions, rules, Config(), lambda _path: codes, True
    ).judged:
        assert 1 <= comment.silencer.line <= count
        for part in (comment.silencer, *comment.unused, *comment.unknown):
            assert 1 <= part.column <= part.end_column


@cache
def facts_of_a_system() -> Any:
    """The facts of a small system, as a document."""
    app = "import requests\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/a')\ndef read(x):\n"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(f"{app}    return requests.get('http://orders/' + x)\n", encoding="utf-8")
        Path(folder, "docker-compose.yml").write_text(
            "services: {web: {build: .}, orders: {image: x}}", encoding="utf-8"
        )
        return json.loads(to_facts(facts(load_project([Path(folder)]))))


@fuzzed
@given(st.lists(st.tuples(st.lists(st.integers(0, 30), max_size=6), st.one_of(VALUES, TEXT)), max_size=4))
def facts_files(changes: list[tuple[list[int], Any]]) -> None:
    """A facts file with some of its values replaced is read and drawn, or refused."""
    document = copy.deepcopy(facts_of_a_system())
    for way, value in changes:
        _replace(document, way, value)
    try:
        read = from_facts(json.dumps(document).encode())
    except FactsError:
        return
    assert to_json(graph_of_facts([read]))


def _replace(part: Any, way: list[int], value: Any) -> None:
    """Follow a way down through lists and tables, and put a value at its end."""
    for step in way:
        if not isinstance(part, (dict, list)) or not part:
            return
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = keys[step % len(keys)]
        if not isinstance(part[key], (dict, list)) or not part[key]:
            part[key] = value
            return
        part = part[key]


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        TEXT,
        st.sampled_from([1, "EDA201", "service", "http", "certain"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "version",
                    "findings",
                    "code",
                    "symbol",
                    "message",
                    "path",
                    "lines",
                    "nodes",
                    "edges",
                    "id",
                    "kind",
                    "name",
                    "source",
                    "target",
                    "service",
                    "line",
                    "confidence",
                    "diagnostics",
                ]
            ),
            inner,
            max_size=8,
        ),
    ),
    max_leaves=20,
)


@fuzzed
@given(
    st.one_of(JSON, st.dictionaries(st.sampled_from(["version", "nodes", "edges", "findings"]), JSON)),
    st.binary(max_size=3),
)
def documents(document: Any, tail: bytes) -> None:
    """A baseline or a graph is read, or refused; what was read is written as it was."""
    text = json.dumps(document).encode() + tail
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "known.json")
        file.write_bytes(text)
        try:
            found = baseline.read(file)
            file.write_bytes(baseline.encode(found))
            assert baseline.read(file) == found
        except baseline.BaselineError as error:
            assert "known.json" in str(error)
    try:
        graph = from_json(text)
    except GraphError:
        return
    assert to_json(from_json(to_json(graph))) == to_json(graph)


@fuzzed
@given(st.lists(st.tuples(st.sampled_from(STATEMENTS), st.sampled_from(URLS)), max_size=10))
def programs(statements: list[tuple[str, str]]) -> None:
    """A program that builds URLs is analysed to its end, or refused for its syntax."""
    body = "\n".join(f"    {statement.format(url)}" for statement, url in statements)
    try:
        facts = lower("orders/app.py", f"{HEAD}\nasync def run(x, y, client):\n    pass\n{body}\n".encode())
    except SyntaxFailure:
        return
    system = System([facts])
    assert all(call.reason or call.targets or call.service or call.external for call in system.binding.http_calls)
    system.transactions  # noqa: B018


TARGETS: dict[str, Callable[[], None]] = {
    "config": config,
    "toml": toml,
    "yaml": yaml,
    "deployment": deployment,
    "urls": urls,
    "comments": comments,
    "diagrams": diagrams,
    "documents": documents,
    "facts": facts_files,
    "programs": programs,
}
