"""Run rules over an analysed system: findings become diagnostics; a rule that fails is told, and the others run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from edanalyze.analyse.witness import Point
from edanalyze.check import crash
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.comments import Comments
from edanalyze.check.crash import Crash
from edanalyze.check.diagnostic import Confidence, Diagnostic, TraceStep
from edanalyze.check.rule import CommentRule, Rule
from edanalyze.link.program import dotted


def run(analysis: Analysis, rules: Iterable[Rule]) -> tuple[list[Diagnostic], list[Crash]]:
    """The diagnostics of the rules, sorted, and an entry for each rule that failed: its findings are missing."""
    return _run(analysis, [(rule, partial(rule.check, analysis)) for rule in rules])


def run_on_comments(
    analysis: Analysis, rules: Iterable[CommentRule], comments: Comments
) -> tuple[list[Diagnostic], list[Crash]]:
    """The same for rules about comments."""
    return _run(analysis, [(rule, partial(rule.check_comments, comments)) for rule in rules])


def _run(
    analysis: Analysis, questions: Sequence[tuple[Rule, Callable[[], Iterable[Finding]]]]
) -> tuple[list[Diagnostic], list[Crash]]:
    found: dict[tuple[object, ...], Diagnostic] = {}
    failed: list[Crash] = []
    for rule, ask in questions:
        try:
            for finding in ask():
                diagnostic = _diagnostic(analysis, rule, finding)
                key = (diagnostic.code, diagnostic.path, diagnostic.line, diagnostic.column)
                known = found.get(key)
                if known is None or diagnostic.confidence.rank < known.confidence.rank:
                    found[key] = diagnostic
        except Exception as error:  # a mistake in one rule must not end the run
            failed.append(crash.of(rule.code, error))
    return identified(found.values()), failed


def _diagnostic(analysis: Analysis, rule: Rule, finding: Finding) -> Diagnostic:
    point = finding.witness[0]
    path = _path(analysis, point)
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
        service=analysis.system.service_of(path),
        confidence=confidence,
        fingerprint="",
        trace=tuple(_step(analysis, step) for step in (*finding.before, *finding.witness)),
        url=f"docs/rules/{rule.code}.md",
    )


def _step(analysis: Analysis, point: Point) -> TraceStep:
    return TraceStep(_path(analysis, point), point.place.line, point.place.column, point.message)


def _path(analysis: Analysis, point: Point) -> str:
    """The file of a point: that of its module, or the one that it names itself (a template)."""
    return analysis.system.program.paths.get(point.module, point.module)


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
