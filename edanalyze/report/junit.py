"""JUnit XML, which nearly every CI server reads: one suite per file, one failed case per finding."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from xml.etree import ElementTree

from edanalyze.check.diagnostic import CheckResult, Diagnostic
from edanalyze.report.escape import printable

_NAME = "edanalyze"


def render(result: CheckResult, shown: Callable[[str], str]) -> str:
    """Render the findings, and one passed case when there are none: servers take an empty report for a broken one."""
    number = len(result.diagnostics)
    root = ElementTree.Element("testsuites", name=_NAME, tests=str(number or 1), failures=str(number), errors="0")
    for path, found in itertools.groupby(result.diagnostics, lambda diagnostic: diagnostic.path):
        _suite(root, printable(shown(path)), list(found), shown)
    if not number:
        suite = ElementTree.SubElement(root, "testsuite", name=_NAME, tests="1", failures="0", errors="0")
        ElementTree.SubElement(suite, "testcase", name="no findings", classname=_NAME)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False)


def _suite(root: ElementTree.Element, path: str, found: list[Diagnostic], shown: Callable[[str], str]) -> None:
    number = str(len(found))
    suite = ElementTree.SubElement(root, "testsuite", name=path, tests=number, failures=number, errors="0")
    for diagnostic in found:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            name=f"{diagnostic.code} {diagnostic.name} ({diagnostic.line}:{diagnostic.column})",
            classname=printable(diagnostic.function) or path,
            file=path,
            line=str(diagnostic.line),
        )
        failure = ElementTree.SubElement(
            case, "failure", message=printable(diagnostic.message), type=diagnostic.confidence.value
        )
        steps = [f"{number}. {shown(step.path)}:{step.line} {step.message}"
                 for number, step in enumerate(diagnostic.trace, 1)]  # fmt: skip
        failure.text = "\n".join(map(printable, [f"{path}:{diagnostic.line}:{diagnostic.column}", *steps]))
