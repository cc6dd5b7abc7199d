"""What people say of messages, in configuration, docstrings, files of owners, and in the messages themselves."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edanalyze.analyse.payloads.records import Payload
from edanalyze.analyse.payloads.shapes import alternatives
from edanalyze.analyse.payloads.versions import SCHEMAS, VERSIONS

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_SLA = re.compile(r"^\s*SLA:\s*(.+)$", re.M)
_IN_NAME = re.compile(r"(?:^|[._\-/:])v(\d+(?:\.\d+)*)(?:$|[._\-/:])|V(\d+)$", re.I)


@dataclass(frozen=True)
class Declarations:
    """What people say of messages: patterns of names of `commands` and `events`, `owners` and `sla` by pattern, and
    `code_owner`, which gives the owners of a file.
    """

    commands: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    sla: Mapping[str, str] = field(default_factory=dict)
    code_owner: Callable[[str], str] = lambda path: ""


class Said:
    """Looks it up for the messages of a system."""

    def __init__(self, system: System, declared: Declarations) -> None:
        self._system = system
        self._declared = declared

    def sla(self, name: str, docs: str = "") -> str:
        """What is promised of a message, by configuration or docstring."""
        return self.named(self._declared.sla, name) or next(iter(_SLA.findall(docs)), "")

    def owner_by_name(self, name: str) -> str:
        """Whom the configuration names as owner; "" for nobody."""
        return self.named(self._declared.owners, name)

    @staticmethod
    def named(table: Mapping[str, str], name: str) -> str:
        """What a table of patterns of names says of a name; "" for nothing."""
        return next((value for pattern, value in table.items() if fnmatch.fnmatchcase(name, pattern)), "")

    def owner(self, name: str, paths: list[str], services: list[str]) -> tuple[str, str]:
        """Who answers for a message that is sent from some files by some services, and what says so."""
        declared = self.named(self._declared.owners, name)
        if declared:
            return declared, "configuration"
        for path in paths:
            if owner := self._declared.code_owner(path):
                return owner, "CODEOWNERS"
        known = list(dict.fromkeys(service for service in services if service))
        return (", ".join(known), "service") if known else ("", "")

    def documentation(self, payloads: list[Payload]) -> str:
        """The docstring of the class of a message."""
        for payload in payloads:
            for shape in alternatives(payload.type):
                facts = self._system.program.classes.get(shape.cls)
                if facts is not None and facts.docstring and shape.form != "row":
                    return dedented(facts.docstring)
        return ""

    @staticmethod
    def version(name: str, channel: str, payloads: list[Payload]) -> str:
        """The version that messages tell: a field, a header, a part of a name; "" for none."""
        for payload in payloads:
            for shape in (payload.headers, *alternatives(payload.type)):
                for each in shape.fields:
                    plain = each.name.replace("_", "").replace("-", "").lower()
                    if plain in VERSIONS | SCHEMAS:
                        if each.has_constant and each.constant is not None:
                            return str(each.constant)
                        if each.default is not None and each.default.strip("'").replace(".", "").isdigit():
                            return each.default.strip("'")
        for text in (name, *(shape.name for p in payloads for shape in alternatives(p.type)), channel):
            if found := _IN_NAME.search(text):
                return found[1] or found[2]
        return ""


def first(docs: str) -> str:
    """The first paragraph of a docstring on one line."""
    return docs.strip().split("\n\n")[0].replace("\n", " ")


def dedented(text: str) -> str:
    """A docstring without the blanks before its lines."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
