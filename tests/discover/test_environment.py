from __future__ import annotations

from collections.abc import Callable

from tests.discover.discovered import Discovered

Found = Callable[[dict[str, str]], Discovered]

COMPOSE = """\
services:
  a: {build: a, environment: {SHARED: same, MINE: a, BOTH: one}}
  b: {build: b, environment: {SHARED: same, BOTH: two}}
  c: {build: c}
"""
CODE = {"a/main.py": "", "b/main.py": "", "c/main.py": ""}


def value(project: Discovered, service: str | None, name: str) -> str | None:
    setting = project.environment.lookup(service, name)
    return setting.value if setting else None


def test_service_comes_before_project_and_the_project_must_agree(found: Found) -> None:
    project = found({"docker-compose.yml": COMPOSE, **CODE})
    assert value(project, "a", "BOTH") == "one"
    assert value(project, "b", "BOTH") == "two"
    assert value(project, "c", "SHARED") == "same"
    assert value(project, None, "SHARED") == "same"
    assert value(project, "c", "BOTH") is None
    assert value(project, None, "BOTH") is None
    assert value(project, "c", "MINE") == "a"
    assert value(project, "a", "NOWHERE") is None
    assert [each.value for each in project.environment.values(None, "BOTH")] == ["one", "two"]


def test_settings_of_the_project_win(found: Found) -> None:
    section = "[tool.edanalyze.environment]\nBOTH = 'mine'\nPORT = 80\nON = true\n"
    project = found({"pyproject.toml": section, "docker-compose.yml": COMPOSE, **CODE})
    assert value(project, "a", "BOTH") == "mine"
    assert value(project, None, "PORT") == "80"
    assert value(project, "c", "ON") == "true"
    setting = project.environment.lookup("a", "BOTH")
    assert setting and setting.file == "pyproject.toml"


def test_dotenv_files_belong_to_their_folder_and_examples_come_last(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": COMPOSE,
            **CODE,
            "c/.env.example": "URL=example\nONLY=example\n",
            "c/.env": "URL=plain\n",
            "c/app/.env.local": "URL=local\n",
            ".env.docker": "URL=root\nTOP=root\n",
            "a/.env": "URL=other\n",
        }
    )
    assert [each.value for each in project.environment.values("c", "URL")] == ["plain", "local", "example", "root"]
    assert value(project, "c", "ONLY") == "example"
    assert value(project, "c", "TOP") == "root"
    assert value(project, "a", "URL") == "other"
    assert project.environment.names("c") == ("ONLY", "TOP", "URL")


def test_where_no_service_tells_the_file_nearest_to_the_code_does(found: Found) -> None:
    project = found(
        {
            "a/src/.env": "NAME=a\n",
            "b/src/.env": "NAME=b\n",
            ".env": "NAME=root\n",
            "a/src/core/setup.py": "",
            "c/x.py": "",
        }
    )
    assert project.environment.lookup(None, "NAME") is None
    told = {path: project.environment.beside(path, "NAME") for path in ("a/src/core/setup.py", "b/src/x.py", "c/x.py")}
    assert [setting.value if setting else None for setting in told.values()] == ["a", "b", "root"]


def test_dotenv_lines_in_all_their_forms(found: Found) -> None:
    project = found(
        {
            "main.py": "",
            ".env": "A=1 # note\nexport B = \"two words\" # x\nC='a#b'\n#D=1\nE\n=x\nF=a#b\n"
            'G="x\\ny\\"z"\nH=#none\nI=\n'
            "not a line\n" + " " * 100_000 + "x\n",
        }
    )
    names = project.environment.names(project.services.all[0].name)
    assert {name: value(project, None, name) for name in names} == {
        "A": "1",
        "B": "two words",
        "C": "a#b",
        "F": "a#b",
        "G": 'x\ny"z',
        "H": "",
        "I": "",
    }


def test_one_code_base_deployed_twice_has_both_values(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  eu: {build: app, command: python main.py, environment: {TOPIC: orders-eu}}
                  us: {build: app, command: python main.py, environment: {TOPIC: orders-us}}
                """,
            "app/Dockerfile": "FROM python\nWORKDIR /app\nCOPY . .\nENV TOPIC=none\n",
            "app/main.py": "",
        }
    )
    values = [each.value for each in project.environment.values("eu", "TOPIC")]
    assert values == ["orders-eu", "none", "orders-us"]


def test_exported_broker_definitions(found: Found) -> None:
    project = found(
        {
            "rabbitmq/definitions.json": """\
                {"queues": [
                   {"name": "mail", "arguments": {"x-dead-letter-exchange": "dead"}},
                   {"name": "log", "arguments": {}},
                   {"name": "audit.all", "arguments": {}}],
                 "policies": [{"pattern": "^audit.*", "definition": {"dead-letter-exchange": "dead"}}],
                 "bindings": [
                   {"source": "orders", "destination": "mail", "destination_type": "queue", "routing_key": "order.#"},
                   {"source": "orders", "destination": "x", "destination_type": "exchange", "routing_key": ""}]}
                """,
            "main.py": "",
        }
    )
    assert {each.name: each.dead_letter for each in project.deployment.queues} == {
        "mail": True,
        "log": False,
        "audit.all": True,
    }
    (relay,) = project.deployment.relays
    assert (relay.source, relay.target, relay.pattern, relay.line) == ("orders", "mail", "order.#", 7)
