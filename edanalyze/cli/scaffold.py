"""The files of a new package of checks. The rule in them is small and works, to be changed into what is wanted."""

from __future__ import annotations

from string import Template

_PROJECT = Template("""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["edanalyze"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points."edanalyze.checks"]
$package = "$package:RULES"

[tool.hatch.build.targets.wheel]
packages = ["$package"]
""")

_PACKAGE = Template('''\
"""Checks for edanalyze."""

from __future__ import annotations

from $package.$module import $cls

RULES = ($cls,)
''')

_RULE = Template('''\
"""$code $name: a request handler publishes a message before it answers."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class $cls(Rule):
    """A request handler publishes a message before it answers."""

    code = "$code"
    name = "$name"
    summary = "A request handler publishes a message before it answers."
    default = True

    what_it_does = """
    Reports every publish that a request handler reaches, in its body or in a function that it calls.
    """
    why = """
    Say what goes wrong, and for whom.
    """
    example = """
    import pika
    from fastapi import FastAPI

    app = FastAPI()
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


    @app.post("/orders")
    def place_order(order_id: str):
        channel.basic_publish("", "order-placed", order_id)  # error: [$code]
    """
    use_instead = """
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/orders")
    def place_order(order_id: str):
        return {"order": order_id}
    """
    known_problems = """
    *False alarms*: say which are known. *Missed alarms*: messages sent through a library that is not modelled.
    """
    options = """
    - `[[tool.edanalyze.publish]]` declares a project's own function that publishes.
    """
    references = """
    - [Messaging](https://microservices.io/patterns/communication-style/messaging.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes that a request handler reaches."""
        for entry in analysis.system.entries:
            if entry.kind != "route" or entry.value is None:
                continue
            for item in analysis.system.reach.effects(entry.value):
                if item.effect.kind == "publish" and not item.deferred:
                    yield Finding(
                        f"{analysis.subject(item.witness)} before `{analysis.short(entry.function)}` answers",
                        item.witness,
                        before=(analysis.point(entry.function, "is the entry point"),),
                    )
''')

_PAGE = Template("""\
# $code $name

The cases of the rule: small systems that say exactly what is reported. A path in backticks names the file of the block
below it; a line that is reported ends in `# error: [$code]`, and no other line may be reported.

## Cases

### A publish in a function that the handler calls is reported at the call of the handler's path

`shop/bus.py`

```python
import pika

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def notify(order_id):
    channel.basic_publish("", "order-placed", order_id)
```

`shop/app.py`

```python
from fastapi import FastAPI

from shop.bus import notify

app = FastAPI()


@app.post("/orders")
def place_order(order_id: str):
    notify(order_id)  # error: [$code]
```

### A publish that no request handler reaches is not reported

```python
import pika

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def nightly():
    channel.basic_publish("", "report", "")
```
""")

_TEST = Template('''\
"""The rule's example and the cases of its page."""

from __future__ import annotations

from pathlib import Path

import pytest
from edanalyze.testing import Case, check_case, example_cases, read_page

from $package import RULES

DOCS = Path(__file__).parents[1] / "docs"
CASES = [
    case for rule in RULES for case in (*example_cases(rule), *read_page(DOCS / f"{rule.code}.md"))
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case_reports_exactly_the_marked_lines(case: Case, tmp_path: Path) -> None:
    check_case(case, tmp_path)
''')


def files(name: str, code: str, package: str) -> dict[str, str]:
    """The files of a package with one rule, by path in its folder.

    `name` is the rule's kebab-case name, `code` its code, `package` the import package.
    """
    module = name.replace("-", "_")
    words = {
        "name": name,
        "code": code,
        "package": package,
        "module": module,
        "distribution": package.replace("_", "-"),
        "cls": "".join(word.capitalize() for word in name.split("-")),
    }
    return {
        path: template.substitute(words)
        for path, template in (
            ("pyproject.toml", _PROJECT),
            (f"{package}/__init__.py", _PACKAGE),
            (f"{package}/{module}.py", _RULE),
            (f"docs/{code}.md", _PAGE),
            ("tests/test_rules.py", _TEST),
        )
    }
