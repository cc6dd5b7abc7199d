from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze.discover.config import ConfigError, config_from_table, override, read_config
from edanalyze.discover.reference import reference
from edanalyze.discover.settings import DEFAULT_EXCLUDE, Config


def read(folder: Path, text: str | bytes, kinds: tuple[str, ...] = ("publish", "http")) -> Config:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "pyproject.toml").write_bytes(data)
    return read_config(folder, kinds)


def problems(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert str(caught.value).splitlines() == [str(each) for each in caught.value.problems]
    return [str(each) for each in caught.value.problems]


def test_every_key_is_read(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        [tool.edanalyze]
        select = ["EDA2"]
        extend-select = ["EDA107"]
        ignore = ["EDA201"]
        enable = ["orphan-event"]
        min-confidence = "guess"
        exclude = ["old/"]
        extend-exclude = ["*_pb2.py"]
        include-tests = true
        max-file-size = 10
        src = ["lib"]
        strict = true
        fan-out = 5
        lossy-topics = ["metrics.*"]
        unordered-topics = ["a"]
        shared-topics = ["b"]
        external-topics = ["c"]
        commands = ["Pay"]
        events = ["Paid"]
        environment = { ORDERS_URL = "http://orders:8000", PORT = 8000, RATE = 0.5, ON = false }
        [tool.edanalyze.services.pay]
        path = "services/pay"
        hosts = ["pay.internal"]
        modules = ["pay_*.py"]
        external = true
        [[tool.edanalyze.publish]]
        call = "acme.bus.emit"
        topic = 0
        """,
    )
    assert config.select == ("EDA2",)
    assert config.extend_select == ("EDA107",)
    assert config.ignore == ("EDA201",)
    assert config.enable == ("orphan-event",)
    assert config.min_confidence == "guess"
    assert config.exclude == ("old/",)
    assert config.extend_exclude == ("*_pb2.py",)
    assert config.include_tests
    assert config.max_file_size == 10
    assert config.src == ("lib",)
    assert config.strict
    assert config.fan_out == 5
    assert (config.lossy_topics, config.unordered_topics) == (("metrics.*",), ("a",))
    assert (config.shared_topics, config.external_topics) == (("b",), ("c",))
    assert (config.commands, config.events) == (("Pay",), ("Paid",))
    assert config.environment == {"ORDERS_URL": "http://orders:8000", "PORT": 8000, "RATE": 0.5, "ON": False}
    pay = config.services["pay"]
    assert (pay.path, pay.hosts, pay.modules, pay.external) == ("services/pay", ("pay.internal",), ("pay_*.py",), True)
    assert config.models == {"publish": ({"call": "acme.bus.emit", "topic": 0},)}


def test_defaults_without_a_file_or_a_section(tmp_path: Path) -> None:
    assert read_config(tmp_path) == Config()
    assert read(tmp_path, "[project]\nname = 'x'\n") == Config()
    assert Config().exclude == DEFAULT_EXCLUDE


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """
        [tool.edanalyze]
        selct = []
        fan-out = 1
        strict = "yes"
        exclude = ["a", 3, true]
        min-confidence = "sure"
        http = 3
        [tool.edanalyze.environment]
        B = []
        [tool.edanalyze.services.pay]
        pth = "x"
        hosts = "pay"
        """,
    )
    assert told == [
        'pyproject.toml: tool.edanalyze.selct: unknown key; did you mean "select"?',
        "pyproject.toml: tool.edanalyze.fan-out: expected a whole number of at least 2, got 1",
        'pyproject.toml: tool.edanalyze.strict: expected true or false, got "yes"',
        "pyproject.toml: tool.edanalyze.exclude[1]: expected a string, got 3",
        "pyproject.toml: tool.edanalyze.exclude[2]: expected a string, got true",
        'pyproject.toml: tool.edanalyze.min-confidence: expected one of "certain", "guess", "likely", got "sure"',
        "pyproject.toml: tool.edanalyze.http: expected tables, written [[tool.edanalyze.http]]",
        "pyproject.toml: tool.edanalyze.environment.B: expected a string, number, true or false, got []",
        'pyproject.toml: tool.edanalyze.services.pay.pth: unknown key; did you mean "path"?',
        'pyproject.toml: tool.edanalyze.services.pay.hosts: expected a list of strings, got "pay"',
    ]


def test_key_with_underscores_is_told_its_right_name(tmp_path: Path) -> None:
    assert problems(tmp_path, "[tool.edanalyze]\nlossy_topics = []\n") == [
        'pyproject.toml: tool.edanalyze.lossy_topics: unknown key; did you mean "lossy-topics"?'
    ]


def test_model_kind_is_offered_as_a_meaning(tmp_path: Path) -> None:
    assert problems(tmp_path, "[[tool.edanalyze.pubish]]\n") == [
        'pyproject.toml: tool.edanalyze.pubish: unknown key; did you mean "publish"?'
    ]


def test_a_boolean_is_no_number(tmp_path: Path) -> None:
    assert problems(tmp_path, "[tool.edanalyze]\nmax-file-size = true\n") == [
        "pyproject.toml: tool.edanalyze.max-file-size: expected a whole number of at least 1, got true"
    ]


def test_broken_toml_is_one_problem_with_its_place(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, '[tool.edanalyze]\nselect = ["a"\nignore = []\n')
    assert told.startswith("pyproject.toml:3:1: not valid TOML: ")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe[\x00", "pyproject.toml: not UTF-8 text: "),
        (b"a = " + b"[" * 100_000, "pyproject.toml: not valid TOML: "),
        (b"tool = 3", "pyproject.toml: tool: expected a table, got 3"),
        (b"[tool]\nedanalyze = 'on'", 'pyproject.toml: tool.edanalyze: expected a table, got "on"'),
    ],
)
def test_hostile_file_is_one_problem(tmp_path: Path, data: bytes, message: str) -> None:
    (told,) = problems(tmp_path, data)
    assert told.startswith(message)


def test_option_wins_over_the_file_and_none_leaves_it() -> None:
    config = config_from_table({"fan-out": 5, "select": ["EDA1"]}, "pyproject.toml")
    changed = override(config, "command line", select=("EDA2", "EDA3"), strict=True, fan_out=None)
    assert changed.select == ("EDA2", "EDA3")
    assert changed.strict
    assert changed.fan_out == 5


def test_wrong_option_names_its_source() -> None:
    with pytest.raises(ConfigError) as caught:
        override(Config(), ".flake8", min_confidence="high", fanout=3)
    assert [str(each) for each in caught.value.problems] == [
        '.flake8: min-confidence: expected one of "certain", "guess", "likely", got "high"',
        '.flake8: fanout: unknown key; did you mean "fan-out"?',
    ]


def test_reference_in_the_documentation_is_the_one_made_from_the_records() -> None:
    page = Path(__file__).parents[2] / "docs" / "configuration.md"
    assert page.read_text() == reference()


def test_reference_names_every_key() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("| `")]
    keys = {name.replace("_", "-") for name in Config.__struct_fields__} - {"models"}
    assert keys <= {row.split("`")[1] for row in rows}
    assert all(not row.endswith("|  |") for row in rows)
