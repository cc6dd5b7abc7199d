"""Import statements: one record for each name they bind."""

from __future__ import annotations

import libcst as cst

from edanalyze.facts.ir import Import, Stmt
from edanalyze.syntax.concrete.patterns import PatternVisitor
from edanalyze.syntax.folding import identifier


class ImportVisitor(PatternVisitor):
    """Visits of imports."""

    def visit_Import(self, node: cst.Import, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("import"))
        for alias in node.names:
            asked = self._dotted(alias.name)
            name = self._bound(alias)
            if name is None:
                top = asked.partition(".")[0]
                out.append(Import(top, top, None, 0, asked, line))
            else:
                out.append(Import(name, asked, None, 0, asked, line))

    def visit_ImportFrom(self, node: cst.ImportFrom, out: list[Stmt]) -> None:
        cursor = self.cursor
        line = cursor.line(cursor.word("from"))
        module = "" if node.module is None else self._dotted(node.module)
        level = len(node.relative)
        cursor.word("import")
        if isinstance(node.names, cst.ImportStar):
            out.append(Import("*", module, "*", level, module, line))
            return
        for alias in node.names:
            member = self._dotted(alias.name)
            name = self._bound(alias) or member
            out.append(Import(name, module, member, level, f"{module}.{member}" if module else member, line))

    visit_LazyImport = visit_Import
    visit_LazyImportFrom = visit_ImportFrom

    def _dotted(self, node: cst.BaseExpression) -> str:
        names: list[str] = []
        while isinstance(node, cst.Attribute):
            names.append(node.attr.value)
            node = node.value
        assert isinstance(node, cst.Name)
        names.append(node.value)
        names.reverse()
        for name in names:
            self.cursor.word(name)
        return ".".join(map(identifier, names))

    def _bound(self, alias: cst.ImportAlias) -> str | None:
        if alias.asname is None:
            return None
        assert isinstance(alias.asname.name, cst.Name)
        name = alias.asname.name.value
        self.cursor.word(name)
        return identifier(name)
