"""Names under which the code of a project is addressed from outside: import paths of modules and functions."""

from __future__ import annotations

from edanalyze.link.program import Program


def import_path(program: Program, module: str) -> str:
    """The dotted name by which a module is imported: from the outermost package that holds it."""
    parts = module.split(".")
    for start in range(len(parts) - 1):
        outer = ".".join(parts[: start + 1])
        if outer in program.modules and program.is_package(outer):
            return ".".join(parts[start:])
    return parts[-1]
