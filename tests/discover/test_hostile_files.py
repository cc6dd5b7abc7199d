"""Whatever the files of a project hold, discovery ends soon and raises nothing but its own errors."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edanalyze.discover.config import ConfigError
from tests.discover.discovered import discover

NAMES = [
    "docker-compose.yml",
    "Dockerfile",
    "template.yaml",
    "serverless.yml",
    "skaffold.yaml",
    "dapr.yaml",
    "Procfile",
    ".env",
    "k8s/all.yaml",
    "Chart.yaml",
    "values.yaml",
    "templates/all.yaml",
    "definitions.json",
    "Makefile",
    "main.py",
    "pyproject.toml",
]
PIECES = [
    *(
        "services:",
        "build:",
        "context:",
        "image:",
        "command:",
        "environment:",
        "env_file:",
        "ports:",
        "volumes:",
        "<<:",
        "*a",
    ),
    *(
        "&a",
        "kind: Deployment",
        "kind: Service",
        "kind: ConfigMap",
        "metadata:",
        "spec:",
        "template:",
        "containers:",
        "data:",
    ),
    *(
        "Resources:",
        "Type: AWS::Serverless::Function",
        "Properties:",
        "Events:",
        "Handler: main.f",
        "CodeUri: .",
        "!Ref A",
    ),
    *(
        "!Sub ${A}",
        "!GetAtt A.Arn",
        "functions:",
        "events:",
        "provider:",
        "${self:a}",
        "${A:-${B}}",
        "$A",
        "$$",
        "{{ .Values.x }}",
    ),
    *(
        "FROM python AS a",
        "COPY --from=a . .",
        "COPY . .",
        "ENV A=$A$A",
        'CMD ["python", "main.py"]',
        "WORKDIR ..",
        "ARG A",
    ),
    *("web: python main.py", "A=b", "export A='", "[tool.edanalyze]", "select = [", "import pika", "while True: ..."),
    *(
        "if __name__ == '__main__':",
        "../..",
        "/etc/passwd",
        "~",
        "null",
        "\x00",
        "\ufeff",
        "é",
        "{}",
        "[]",
        "{",
        "[",
        "---",
        "- a",
    ),
]


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.lists(st.tuples(st.sampled_from(["", "  ", "    ", "- "]), st.sampled_from(PIECES)), max_size=12),
        max_size=6,
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_mixture_of_lines_is_survived(tmp_path: Path, files: dict[str, list[tuple[str, str]]]) -> None:
    top = tmp_path / str(time.monotonic_ns())
    for name, lines in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("\n".join("".join(line) for line in lines), "utf-8", "surrogateescape")
    top.mkdir(exist_ok=True)
    try:
        found = discover(top)
    except ConfigError as error:
        assert error.problems
        return
    for source in found.sources:
        service = found.services.of(source.path)
        assert service is None or service in found.services.all
    assert all(not each.path.startswith(("/", "..")) for each in found.services.all)


@pytest.mark.parametrize("name", NAMES)
def test_odd_things_under_the_names_of_deployment_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "main.py").write_text("")
    for number, make in enumerate((os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path))):
        path = tmp_path / str(number) / name
        path.parent.mkdir(parents=True)
        make(path)
    binary = tmp_path / "binary" / name
    binary.parent.mkdir(parents=True)
    binary.write_bytes(bytes(range(256)) * 10)
    assert next(each.path for each in discover(tmp_path).sources) == "a/main.py"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "docker-compose.yml",
            "services:\n" + "".join(f"  s{i}: {{build: ., ports: ['{i}:{i}']}}\n" for i in range(4000)),
        ),
        ("docker-compose.yml", "services: {a: {build: ., ports: ['" + "1" * 500_000 + "']}}"),
        ("k8s.yaml", "kind: Deployment\n---\n" * 40_000),
        ("k8s.yaml", "kind: ConfigMap\nmetadata: {name: a}\ndata: {A: b}\n---\n" * 5000),
        ("template.yaml", "Resources:\n" + "".join(f"  R{i}: {{Type: 'AWS::SQS::Queue'}}\n" for i in range(20_000))),
        ("Dockerfile", "FROM x\n" + "ENV A=$A$A$A\n" * 50_000),
        ("Dockerfile", "RUN \\\n" * 200_000),
        ("Procfile", "web: python main.py\n" * 40_000),
        (".env", "A=" + " " * 900_000 + "x"),
        ("templates/all.yaml", "kind: Service\n" + "{{" * 400_000),
        ("templates/all.yaml", "kind: Service\n" + "{{ a }}" * 130_000 + "\n"),
        ("main.py", "import pika\nx = Flask(" + "a." * 100_000),
        ("main.py", "from . import (" * 20_000),
        ("main.py", "import " + "a, " * 90_000),
        ("main.py", "'" + "a." * 140_000),
    ],
)
def test_large_files_take_bounded_time(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / "Chart.yaml").write_text("name: x\n")
    (tmp_path / "main.py").write_text("")
    (tmp_path / name).write_text(content)
    start = time.process_time()
    discover(tmp_path)
    assert time.process_time() - start < 10
