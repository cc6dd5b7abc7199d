"""Finds the documents among the files of a project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from edanalyze.discover.deployfiles import DeployFiles
from edanalyze.discover.documents import contracts, dot, mermaid, plantuml, saved
from edanalyze.discover.documents.records import Arrow, Document
from edanalyze.discover.yamltree import mapping

_YAML = (".yaml", ".yml", ".json")
_DRAWN = {
    ".mmd": mermaid.arrows,
    ".mermaid": mermaid.arrows,
    ".dot": dot.arrows,
    ".gv": dot.arrows,
    ".puml": plantuml.arrows,
    ".plantuml": plantuml.arrows,
}
_FENCED = {
    "mermaid": mermaid.arrows,
    "dot": dot.arrows,
    "graphviz": dot.arrows,
    "plantuml": plantuml.arrows,
    "puml": plantuml.arrows,
}
_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})\s*\{?\.?(?P<language>\w*)")
_THOUGHTS = re.compile(r"(?:^|/)(?:adrs?|decisions?|rfcs?|proposals?|blog|drafts?|archive)(?:/|$)", re.IGNORECASE)
"""Folders whose diagrams show what was thought of once, not what there is."""
_SAVED = ('"nodes"', '"edges"', '"version"')


def read_documents(files: DeployFiles) -> tuple[Document, ...]:
    """All documents, in the order of their files. What cannot be read is remembered in `files`."""
    return tuple(document for path in files.paths for document in _of_file(path, files))


def _of_file(path: str, files: DeployFiles) -> Iterator[Document]:
    ending = posixpath.splitext(path)[1].lower()
    if _THOUGHTS.search(posixpath.dirname(path)):
        return
    if ending in _DRAWN:
        drawn = tuple(_DRAWN[ending](files.glance(path).splitlines(), 1))
        if drawn:
            yield Document(kind="diagram", file=path, arrows=drawn)
    elif ending in (".md", ".markdown"):
        yield from _fenced(path, files.glance(path).splitlines())
    elif ending in _YAML:
        text = files.glance(path)
        if ending == ".json" and all(word in text for word in _SAVED):
            yield from saved.documents(path, text)
        elif contracts.may_be(text):
            for node in files.yaml(path):
                yield from contracts.documents(mapping(node), path)


def _fenced(path: str, lines: list[str]) -> Iterator[Document]:
    """The diagrams in a Markdown page, each a document of its own."""
    start, fence, language = 0, "", ""
    for number, line in enumerate(lines, 1):
        found = _FENCE.match(line)
        if not fence and found:
            start, fence, language = number, found["fence"], found["language"].lower()
        elif fence and line.strip().startswith(fence):
            if language in _FENCED:
                drawn: tuple[Arrow, ...] = tuple(_FENCED[language](lines[start : number - 1], start + 1))
                if drawn:
                    yield Document(kind="diagram", file=path, arrows=drawn)
            fence = ""
