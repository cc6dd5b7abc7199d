"""Run rules over an analysed system: findings become diagnostics; a rule that fails is told, and the others run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from edanalyze.analyse.witness import Point
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.diagnostic import Confidence, Diagnostic, TraceStep
from edanalyze.check.rule import Rule
from edanalyze.facts.module import Unanalysed
from edanalyze.link.program import dotted


def run(analysis: Analysis, rules: Iterable[Rule]) -> tuple[list[Diagnostic], list[Unanalysed]]:
    """The diagnostics of the rules, sorted, and an entry for each rule that failed: its findings are missing."""
    found: dict[tuple[object, ...], Diagnostic] = {}
    failed: list[Unanalysed] = []
    for rule in rules:
        try:
            for finding in rule.check(analysis):
                diagnostic = _diagnostic(analysis, rule, finding)
                key = (diagnostic.code, diagnostic.path, diagnostic.line, diagnostic.column)
                known = found.get(key)
                if known is None or diagnostic.confidence.rank < known.confidence.rank:
                    found[key] = diagnostic
        except Exception as error:
            reason = f"{rule.code} could not be checked: {type(error).__name__}: {error}; please report this as a bug"
            failed.append(Unanalysed(".", reason))
    return _identified(sorted(found.values(), key=lambda diagnostic: diagnostic.sort_key)), failed


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


def _identified(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Give each its fingerprint: code, file, function and path of the finding without lines, counted when repeated."""
    import msgspec

    seen: Counter[str] = Counter()
    found: list[Diagnostic] = []
    for diagnostic in diagnostics:
        last = diagnostic.trace[-1].message if diagnostic.trace else ""
        text = "\0".join((diagnostic.code, diagnostic.path, diagnostic.function, last))
        number = seen[text]
        seen[text] += 1
        digest = hashlib.sha256(f"{text}\0{number}".encode()).hexdigest()[:20]
        found.append(msgspec.structs.replace(diagnostic, fingerprint=digest))
    return found
