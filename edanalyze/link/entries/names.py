"""Names under which the code of a project is addressed from outside: import paths of modules and functions."""

from __future__ import annotations

from edanalyze.link.program import Program


def import_path(program: Program, module: str) -> str:
    """The dotted name by which a module is imported: from the outermost package that holds it."""
    parts = module.split(".")
    start = len(parts) - 1
    while start > 0 and ".".join(parts[:start]) in program.modules:
        start -= 1
    return ".".join(parts[start:])

