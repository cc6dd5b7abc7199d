"""Helm charts as far as their plain YAML reaches: values filled in, template directives taken out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from edanalyze.discover.deployfiles import DeployFiles, folder_of
from edanalyze.discover.yamltree import Mapping, Text, mapping, text

_DIRECTIVE_LINE = re.compile(r"^[ \t]*(?:\{\{[^{}\n]{0,500}\}\}[ \t]*)+$", re.MULTILINE)
_EXPRESSION = re.compile(r"\{\{-?([^{}\n]{0,500}?)-?\}\}")
_VALUE = re.compile(r"\(?\s*(?:tpl\s+)?\.(Values|Chart|Release)\.([\w.]+)")
_NAME = re.compile(r'include\s+"[\w.-]*(?:name|fullname)"', re.IGNORECASE)
_DEFAULT = re.compile(r'default\s+"?([^"\s|)]+)"?')
_LONGEST = 200
_VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")


def chart_of(path: str, files: DeployFiles) -> str | None:
    """The chart folder whose templates the file belongs to, or None."""
    folder, _, _ = path.rpartition("/templates/")
    if not folder and path.startswith("templates/"):
        folder = "."
    return folder if folder and files.text(posixpath.normpath(f"{folder}/Chart.yaml")) is not None else None


def rendered(content: str, chart: str, files: DeployFiles) -> str:
    """A template with the chart's default values filled in, line for line; the unknown stays as `${…}`.

    Lines of nothing but directives become empty; of branches, all are kept.
    """
    values = mapping(next(iter(files.yaml(posixpath.normpath(f"{chart}/values.yaml"))), None))
    about = mapping(next(iter(files.yaml(posixpath.normpath(f"{chart}/Chart.yaml"))), None))
    name = text(about.get("name")) or posixpath.basename(chart)

    def fill(found: re.Match[str]) -> str:
        expression = found[1].strip()
        if _NAME.match(expression):
            return name
        if reference := _VALUE.match(expression):
            if reference[1] == "Chart":
                return text(about.get(reference[2].lower())) or name
            if reference[1] == "Release":
                return name if reference[2] == "Name" else "default"
            filled = _looked_up(values, reference[2])
            if filled is not None and len(filled) <= _LONGEST:
                return filled
        if default := _DEFAULT.search(expression):
            return default[1]
        return "${" + re.sub(r"[^\w.]+", "_", expression).strip("_") + "}"

    return _EXPRESSION.sub(fill, _DIRECTIVE_LINE.sub("", content))


def environment_values(chart: str, files: DeployFiles) -> Iterator[tuple[str, Text, str]]:
    """The (name, value, file) of what the values of a chart set under names written like environment variables."""
    path = posixpath.normpath(f"{chart}/values.yaml")
    pending = [mapping(each) for each in files.yaml(path)]
    while pending:
        values = pending.pop()
        for key, value in values.items():
            if isinstance(value, Mapping):
                pending.append(value)
            elif isinstance(value, Text) and _VARIABLE_NAME.match(key):
                yield key, value, path


def charts(files: DeployFiles) -> Iterator[tuple[str, str]]:
    """The (folder, name) of each chart."""
    for path in files.named("Chart.yaml"):
        folder = folder_of(path)
        about = mapping(next(iter(files.yaml(path)), None))
        yield folder, text(about.get("name")) or posixpath.basename(folder)


def _looked_up(values: Mapping, path: str) -> str | None:
    node: object = values
    for part in path.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return None
        node = node[part]
    return text(node) if isinstance(node, Text) else None
