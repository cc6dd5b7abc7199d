"""What the silencing comments of a project did in a run: the subject of rules about comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from edanalyze.analyse.witness import Point
from edanalyze.check.directives import Selector, Silencer
from edanalyze.check.found import SeenModule
from edanalyze.check.rule import CommentRule, Rule
from edanalyze.check.suppression import FileComments, Suppressions
from edanalyze.discover.settings import Config
from edanalyze.facts.ir import Place

_LETTERS = re.compile(r"[A-Z]+(?=[0-9]*$)")


class JudgedComment(msgspec.Struct, frozen=True):
    """A silencing comment after a run.

    `unused` are the selectors that silenced nothing though all they speak of was looked for; `idle` says the same of a
    comment without selectors. `unknown` are the selectors of our own comments that name no installed rule.
    """

    module: str
    silencer: Silencer
    unused: tuple[Selector, ...] = ()
    idle: bool = False
    unknown: tuple[Selector, ...] = ()

    def point(self, message: str, selector: Selector | None = None) -> Point:
        """The comment, or one of its selectors, as a place to report."""
        part = selector or self.silencer
        return Point(self.module, f"{self.module}:", Place(part.line, part.column, part.line, part.end_column), message)


class Comments(msgspec.Struct, frozen=True):
    """All judged comments of a project, in the order of files and lines.

    `rules` are all that are installed, `config` is the configuration of the run.
    """

    judged: tuple[JudgedComment, ...]
    rules: tuple[Rule, ...]
    config: Config


def judge(
    modules: Iterable[SeenModule],
    suppressions: Suppressions,
    rules: tuple[Rule, ...],
    config: Config,
    ran: Callable[[str], frozenset[str]],
    noqa: bool,
) -> Comments:
    """Judge the comments of `modules` once every finding was held against `suppressions`.

    `ran` gives the codes that were looked for in a file. `noqa` says whether `# noqa` counts in this run, be it here
    or in flake8. A selector is judged when every rule that it names and that is on by default was looked for: a rule
    switched off for this run might have needed it. What may be meant for other tools is left alone.
    """
    judged: list[JudgedComment] = []
    ours = re.compile("|".join(["edanalyze:", *sorted({_letters(rule) for rule in rules})]), re.IGNORECASE)
    for module in modules:
        if not any(ours.search(comment.text) for comment in module.comments):
            continue
        comments = suppressions.of(module.path)
        if comments is not None:
            codes = ran(module.path)
            judged += (_judged(module.name, each, comments, rules, codes) for each in _relevant(comments, noqa))
    return Comments(tuple(judged), rules, config)


def _relevant(comments: FileComments, noqa: bool) -> Iterator[Silencer]:
    for silencer in sorted(comments.silencers, key=lambda each: (each.line, each.column)):
        if silencer.form != "noqa" or (noqa and silencer.selectors):
            yield silencer


def _judged(
    module: str, silencer: Silencer, comments: FileComments, rules: tuple[Rule, ...], ran: frozenset[str]
) -> JudgedComment:
    own = silencer.form != "noqa"
    unused: list[Selector] = []
    unknown: list[Selector] = []
    for selector in silencer.selectors:
        meant = [rule for rule in rules if _means(selector.text, rule, own)]
        if own and not meant:
            unknown.append(selector)
        elif selector not in comments.used and _was_looked_for(meant, ran):
            unused.append(selector)
    bare = own and not silencer.selectors and not silencer.defect
    idle = bare and silencer not in comments.used and _was_looked_for(rules, ran)
    return JudgedComment(module, silencer, tuple(unused), idle, tuple(unknown))


def _was_looked_for(meant: Iterable[Rule], ran: frozenset[str]) -> bool:
    """Whether all of these rules that are on by default ran; rules about comments are no reason for a comment."""
    listed = [rule for rule in meant if not isinstance(rule, CommentRule)]
    needed = [rule for rule in listed if rule.default] or listed
    return bool(needed) and all(rule.code in ran for rule in needed)


def _means(text: str, rule: Rule, own: bool) -> bool:
    """Whether a selector speaks of a rule; in `# noqa`, the letters of its code have to be spelt out."""
    if own and text.lower() == rule.name:
        return True
    letters = _LETTERS.match(text.upper())
    spelt = own or (letters is not None and letters[0] == _letters(rule))
    return spelt and rule.code.startswith(text.upper())


def _letters(rule: Rule) -> str:
    return rule.code.rstrip("0123456789")
