"""Builds a program from sources and finds its entry points."""

from __future__ import annotations

from textwrap import dedent

from edanalyze.discover.deployed import Deployment
from edanalyze.link.entries import Entries, EntryPoint
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import Library
from edanalyze.link.program import Program
from edanalyze.link.settings import Settings
from edanalyze.models import load
from edanalyze.syntax import lower


def entries(sources: str | dict[str, str], deployment: Deployment | None = None) -> tuple[EntryPoint, ...]:
    """The entry points of files by path, or of one file."""
    files = {"app.py": sources} if isinstance(sources, str) else sources
    program = Program([lower(path, dedent(text).encode()) for path, text in files.items()])
    library = Library(load(program.imported_names()))
    evaluator = Evaluator(program, library, Settings(lambda path, name: None, program.paths))
    return Entries(evaluator, deployment).all


def routes(sources: str | dict[str, str]) -> set[str]:
    """`GET /path -> function` of all routes, with the function's name in its module."""
    return {
        f"{entry.name} -> {entry.function.partition(':')[2]}" for entry in entries(sources) if entry.kind == "route"
    }


def named(sources: str | dict[str, str], kind: str) -> set[str]:
    """`name -> function` of the entry points of a kind."""
    return {f"{entry.name} -> {entry.function.partition(':')[2]}" for entry in entries(sources) if entry.kind == kind}


def only(sources: str | dict[str, str], kind: str = "handler") -> EntryPoint:
    """The one entry point of a kind."""
    (entry,) = (entry for entry in entries(sources) if entry.kind == kind)
    return entry
