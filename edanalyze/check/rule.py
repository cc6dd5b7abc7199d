"""The base of all rules: what a rule says about itself, and how it is asked for its findings."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from edanalyze.check.analysis import Analysis, Finding
    from edanalyze.check.comments import Comments

TEXTS = ("what_it_does", "why", "example", "use_instead", "known_problems", "options", "references")
"""The attributes that make up a rule's page, in the order of its headings."""

_CODE = re.compile(r"[A-Z]{3,}[0-9]{3}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Rule(ABC):
    """One diagnostic: its metadata as class attributes, and `check`, which finds where it applies.

    `code` is stable once released, `name` states the bad pattern in kebab-case, `summary` is one line, and `default`
    says whether the rule runs unasked. A `preview` rule may still change or go (docs/versioning.md), and runs only
    where previews are let in. The remaining texts are Markdown; indentation that they share is removed when
    the class is created. `example` (bad) and `use_instead` (good) are Python source, or, where several files are
    needed, Markdown with named code blocks; lines of `example` that are reported end in `# error: [CODE]`.
    The headings of the page follow Ruff's rule documentation. `rests_on` names a costly analysis that several rules
    share, so that they are run in one process: "transactions" for those that ask `Analysis.transactions`.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    default: ClassVar[bool]
    preview: ClassVar[bool] = False
    what_it_does: ClassVar[str]
    why: ClassVar[str]
    example: ClassVar[str]
    use_instead: ClassVar[str]
    known_problems: ClassVar[str]
    options: ClassVar[str]
    references: ClassVar[str]
    rests_on: ClassVar[str] = ""

    def __init_subclass__(cls, **keywords: object) -> None:
        """Remove the indentation that the texts of a subclass share with its class body."""
        super().__init_subclass__(**keywords)
        for text in TEXTS:
            value = cls.__dict__.get(text)
            if isinstance(value, str):
                setattr(cls, text, inspect.cleandoc(value))

    @abstractmethod
    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Find where the rule applies in an analysed program.

        Takes the analysis of the whole program and gives the rule's findings in any order.
        """


class CommentRule(Rule):
    """A rule about the comments that silence findings.

    It is asked when the findings of all other rules were held against the comments, so that it can tell which of these
    were of use. It has no findings in the program itself.
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Find nothing: what the program does is no concern of this rule."""
        return ()

    @abstractmethod
    def check_comments(self, comments: Comments) -> Iterable[Finding]:
        """Find where the rule applies among the judged comments of a project, in any order."""


def defects(rule: type[Rule]) -> tuple[str, ...]:
    """Say what a rule class lacks before it can be used: one sentence per defect, none if it is complete."""
    found = []
    if inspect.isabstract(rule):
        found.append("does not implement `check`")
    if not _CODE.fullmatch(_text(rule, "code")):
        found.append("`code` must be capital letters and three digits, as in EDA201")
    if not _NAME.fullmatch(_text(rule, "name")):
        found.append("`name` must be kebab-case, as in publish-after-commit")
    if not isinstance(getattr(rule, "default", None), bool):
        found.append("`default` must be True or False")
    if "\n" in _text(rule, "summary"):
        found.append("`summary` must be one line")
    found += [f"`{text}` is missing" for text in ("summary", *TEXTS) if not _text(rule, text).strip()]
    return tuple(found)


def _text(rule: type[Rule], attribute: str) -> str:
    value = getattr(rule, attribute, "")
    return value if isinstance(value, str) else ""
