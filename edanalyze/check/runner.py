"""Run rules over an analysed system: findings become diagnostics; a rule that fails is told, and the others run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from edanalyze.analyse.witness import Point
from edanalyze.check import crash
from edanalyze.check.crash import Crash
from edanalyze.check.diagnostic import Confidence, Diagnostic, TraceStep
from edanalyze.check.found import Found, SeenModule, modules_of
from edanalyze.check.rule import CommentRule, Rule
from edanalyze.facts.names import dotted
from edanalyze.processes import Aside, can_fork, deep

if TYPE_CHECKING:
    from edanalyze.check.analysis import Analysis, Finding
    from edanalyze.check.comments import Comments

Questions: TypeAlias = "Sequence[tuple[Rule, Callable[[], Iterable[Finding]]]]"


class Places(msgspec.Struct, frozen=True):
    """Where modules are: their paths, and the names of the services that files belong to."""

    paths: Mapping[str, str]
    service_of: Callable[[str], str]

    def path(self, point: Point) -> str:
        """The file of a point: that of its module, or the one that it names itself (a template)."""
        return self.paths.get(point.module, point.module)


class _Sent(msgspec.Struct):
    """What another process has found; `matched` are the models that it has met."""

    diagnostics: list[Diagnostic]
    failed: list[Crash]
    matched: set[str]


def run(analysis: Analysis, rules: Iterable[Rule], processes: int = 1) -> Found:
    """The findings of the rules, and an entry for each rule that failed: its findings are missing.

    With two `processes` or more, a second one runs the rules that rest on the analysis of transactions, which takes
    about as long as all the rest. No rule depends on another, so the result is the same.
    """
    chosen = sorted(rules, key=lambda rule: not rule.rests_on)
    apart = [rule for rule in chosen if rule.rests_on]
    rest = chosen[len(apart) :]
    modules = deep(lambda: modules_of(analysis))
    places = Places(analysis.system.program.paths, analysis.system.service_of)
    deep(lambda: _prepare(analysis))
    if processes > 1 and apart and rest and can_fork():
        aside = Aside(lambda: deep(lambda: _sent(analysis, apart, places)))
        found, failed = deep(lambda: _run(_asked(analysis, rest), places))
        sent = aside.result()
        if sent is not None:
            others = msgspec.msgpack.decode(sent, type=_Sent)
            analysis.system.effects.matched.update(others.matched)
            more, more_failed = others.diagnostics, others.failed
        else:
            more, more_failed = deep(lambda: _run(_asked(analysis, apart), places))
        found, failed = [*found, *more], [*failed, *more_failed]
    else:
        found, failed = deep(lambda: _run(_asked(analysis, chosen), places))
    system = analysis.system
    return Found(
        diagnostics=tuple(identified(found)),
        failed=tuple(sorted(failed, key=lambda crash: crash.code)),
        modules=modules,
        unmatched=_told(system.unmatched_models),
        unresolved=_told(system.unresolved),
        lines=sum(facts.lines for facts in system.program.modules.values()),
    )


def run_on_comments(
    modules: Iterable[SeenModule], rules: Iterable[CommentRule], comments: Comments
) -> tuple[list[Diagnostic], list[Crash]]:
    """The same for rules about comments."""
    seen = tuple(modules)
    services = {module.path: module.service for module in seen}
    places = Places({module.name: module.path for module in seen}, lambda path: services.get(path, ""))
    found, failed = _run([(rule, partial(rule.check_comments, comments)) for rule in rules], places)
    return identified(found), failed


def _asked(analysis: Analysis, rules: Iterable[Rule]) -> Questions:
    return [(rule, partial(rule.check, analysis)) for rule in rules]


def _told(notes: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    """Notes besides the findings; none where they fail, for which no finding is to be lost."""
    with suppress(Exception):
        return tuple(deep(notes))
    return ()


def _prepare(analysis: Analysis) -> None:
    """Do first what all rules rest on: once for two processes, and in the same order for any number of them.

    Where values rest on each other in a circle, what is asked first has a say in them.
    """
    with suppress(Exception):  # the rules that fail for it will tell
        for function in analysis.system.bearing.functions:
            analysis.system.contexts.tree(function)
        _ = analysis.system.entries
        analysis.system.bearing.of("")


def _sent(analysis: Analysis, rules: Sequence[Rule], places: Places) -> bytes:
    return msgspec.msgpack.encode(_Sent(*_run(_asked(analysis, rules), places), analysis.system.effects.matched))


def _run(questions: Questions, places: Places) -> tuple[list[Diagnostic], list[Crash]]:
    found: dict[tuple[object, ...], Diagnostic] = {}
    failed: list[Crash] = []
    for rule, ask in questions:
        try:
            for finding in ask():
                diagnostic = _diagnostic(places, rule, finding)
                key = (diagnostic.code, diagnostic.path, diagnostic.line, diagnostic.column)
                known = found.get(key)
                if known is None or diagnostic.confidence.rank < known.confidence.rank:
                    found[key] = diagnostic
        except Exception as error:  # a mistake in one rule must not end the run
            failed.append(crash.of(rule.code, error))
    return list(found.values()), failed


def _diagnostic(places: Places, rule: Rule, finding: Finding) -> Diagnostic:
    point = finding.witness[0]
    path = places.path(point)
    likely = finding.likely or any(step.likely for step in (*finding.witness, *finding.before))
    confidence = Confidence.GUESS if finding.guess else Confidence.LIKELY if likely else Confidence.CERTAIN
    place = point.place
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        message=finding.message,
        path=path,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        function=dotted(point.function) if point.function else "",
        service=places.service_of(path),
        confidence=confidence,
        fingerprint="",
        trace=tuple(_step(places, step) for step in (*finding.before, *finding.witness)),
        url=f"docs/rules/{rule.code}.md",
    )


def _step(places: Places, point: Point) -> TraceStep:
    return TraceStep(places.path(point), point.place.line, point.place.column, point.message)


def identified(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort, and give each its fingerprint: code, file, function and end of its path, without lines, and counted."""
    seen: Counter[str] = Counter()
    found: list[Diagnostic] = []
    for diagnostic in sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key):
        last = diagnostic.trace[-1].message if diagnostic.trace else ""
        text = "\0".join((diagnostic.code, diagnostic.path, diagnostic.function, last))
        number = seen[text]
        seen[text] += 1
        digest = hashlib.sha256(f"{text}\0{number}".encode(errors="surrogateescape")).hexdigest()[:20]
        found.append(msgspec.structs.replace(diagnostic, fingerprint=digest))
    return found
