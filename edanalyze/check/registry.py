"""The rules that are installed: loaded through entry points, found by code or name, selected by prefix."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from importlib import metadata

    from edanalyze.check.rule import Rule

GROUP = "edanalyze.checks"
"""The entry-point group. An entry point names a `Rule` class, or a list or tuple of them."""

ALL = "ALL"
"""The selector that matches every rule, those that are off by default included."""

_ENGINE = "edanalyze"


class LoadProblem(msgspec.Struct, frozen=True):
    """A check package, or a rule of it, that could not be used: who brought it, by which entry point, and why."""

    distribution: str
    entry_point: str
    reason: str

    def __str__(self) -> str:
        return f"checks of {self.distribution} (entry point {self.entry_point}): {self.reason}"


class Registry(msgspec.Struct, frozen=True):
    """The usable rules, sorted by code, and what kept others from being used."""

    rules: tuple[Rule, ...]
    problems: tuple[LoadProblem, ...] = ()


class Named(Protocol):
    """What a rule is selected by."""

    @property
    def code(self) -> str:
        """The stable code."""

    @property
    def name(self) -> str:
        """The name in kebab-case."""

    @property
    def default(self) -> bool:
        """Whether the rule runs unasked."""

    @property
    def preview(self) -> bool:
        """Whether the rule may still change."""


class Entry(msgspec.Struct, frozen=True):
    """How one installed rule is called, and whether it runs unasked."""

    code: str
    name: str
    default: bool
    preview: bool


class Catalogue(msgspec.Struct, frozen=True):
    """What is installed, as data that outlives the process: rules sorted by code, and problems in words.

    `packages` are the import names of the packages that the rules come from.
    """

    rules: tuple[Entry, ...]
    problems: tuple[str, ...]
    packages: tuple[str, ...]


def load(entry_points: Iterable[metadata.EntryPoint]) -> Registry:
    """Load rules from entry points; whatever is broken becomes a `LoadProblem` and leaves the rest alone.

    Built-in rules come the same way as everybody else's. The engine's own distribution is only read first, so that a
    clash of codes or names is blamed on the newcomer.
    """
    owners: dict[str, str] = {}
    rules: list[Rule] = []
    problems: list[LoadProblem] = []
    for point in sorted(entry_points, key=_reading_order):
        distribution = _distribution(point)
        try:
            loaded = point.load()
        except Exception as error:  # a check package may fail in any way; the others still run
            problems.append(LoadProblem(distribution, point.name, f"cannot load {point.value}: {error!r}"))
            continue
        for candidate in loaded if isinstance(loaded, (list, tuple)) else [loaded]:
            reason = _objection(candidate, owners)
            if reason:
                problems.append(LoadProblem(distribution, point.name, reason))
                continue
            rules.append(candidate())
            owners[candidate.code] = owners[candidate.name] = distribution
    return Registry(tuple(sorted(rules, key=lambda rule: rule.code)), tuple(problems))


@functools.cache
def installed() -> Registry:
    """Load the rules of every installed distribution, once per process."""
    from importlib import metadata

    return load(metadata.entry_points(group=GROUP))


def catalogue() -> Catalogue:
    """The installed rules by name, and what kept others from being used."""
    found = rules()
    return Catalogue(
        tuple(Entry(rule.code, rule.name, rule.default, rule.preview) for rule in found),
        tuple(map(str, problems())),
        tuple(sorted({type(rule).__module__.partition(".")[0] for rule in found})),
    )


def rules() -> tuple[Rule, ...]:
    """All installed rules, sorted by code."""
    return installed().rules


def problems() -> tuple[LoadProblem, ...]:
    """What kept installed check packages, or single rules of them, from being used."""
    return installed().problems


def find(reference: str) -> Rule | None:
    """Look an installed rule up by its code (`EDA201`) or its name (`publish-after-commit`), in any case."""
    wanted = reference.strip().lower()
    return next((rule for rule in rules() if wanted in (rule.code.lower(), rule.name)), None)


def enabled(
    rules: Iterable[Named],
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    enable: Sequence[str] = (),
    preview: bool = False,
) -> set[str]:
    """Decide which rules run; gives their codes.

    A selector is a rule's code or name, the beginning of a code (`EDA2`), or `ALL`. Without `select` the rules that
    are on by default are selected; `extend_select` adds to either. A rule that is off by default runs when `enable`
    matches it in any way, or when a selection names it in full or says `ALL`: the beginning of a code is not meant to
    switch it on. What `ignore` matches never runs, nor do preview rules unless `preview` lets them in.
    """
    selectors = (*select, *extend_select)
    codes = set()
    for rule in rules:
        if rule.preview and not preview:
            continue
        if rule.default:
            wanted = not select or matches(selectors, rule)
        else:
            wanted = _names(selectors, rule)
        if (wanted or matches(enable, rule)) and not matches(ignore, rule):
            codes.add(rule.code)
    return codes


def matches(selectors: Iterable[str], rule: Named) -> bool:
    """Whether one of the selectors is the rule's code or name, the beginning of its code, or `ALL`."""
    beginnings = tuple(selector.strip().upper() for selector in selectors)
    return _names(beginnings, rule) or any(rule.code.startswith(text) for text in beginnings if text)


def unknown(rules: Iterable[Named], selectors: Iterable[str]) -> tuple[str, ...]:
    """The selectors that match none of the rules, in the order given: most likely typing errors."""
    known = tuple(rules)
    return tuple(selector for selector in selectors if not any(matches((selector,), rule) for rule in known))


def _names(selectors: Iterable[str], rule: Named) -> bool:
    return any(selector.strip().upper() in (ALL, rule.code, rule.name.upper()) for selector in selectors)


def _objection(candidate: object, owners: dict[str, str]) -> str:
    from edanalyze.check.rule import Rule, defects

    if not (isinstance(candidate, type) and issubclass(candidate, Rule)):
        return f"{candidate!r} is not a Rule class"
    found = defects(candidate)
    if found:
        return f"{candidate.__name__} {', '.join(found)}"
    for key in (candidate.code, candidate.name):
        if key in owners:
            return f"{candidate.__name__} uses {key}, which belongs to {owners[key]} already"
    return ""


def _distribution(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown distribution"


def _reading_order(point: metadata.EntryPoint) -> tuple[bool, str, str]:
    distribution = _distribution(point)
    return (distribution != _ENGINE, distribution, point.name)
