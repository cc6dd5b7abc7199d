"""The facts of one file: definitions, module body, comments that speak to the tool."""

from __future__ import annotations

import msgspec

from edanalyze.facts.ir import Expr, Place, Stmt


class Parameter(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A parameter. `kind`: "positional" (before `/`), "normal", "keyword", "args" (`*a`), "kwargs" (`**k`)."""

    name: str
    kind: str
    annotation: Expr | None
    default: Expr | None


class FunctionFacts(msgspec.Struct, frozen=True, array_like=True):
    """A function, method, nested function or lambda.

    `qualname` is dotted inside the module (`Class.method`, `outer.inner`, `outer.<lambda1>`): lambdas are
    numbered from 1 in source order within their enclosing scope. A second definition of the same name in
    the same scope gets `name#2`, and so on. `owner` is the qualname of the enclosing class when the
    function is a method, else None; `parent` is the qualname of the enclosing function or class, "" at
    module level. `place` spans the name in the `def` line (for a lambda the word `lambda`).
    """

    qualname: str
    name: str
    owner: str | None
    parent: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    returns: Expr | None
    body: tuple[Stmt, ...]
    asynchronous: bool
    generator: bool
    place: Place
    end_line: int
    docstring: str | None = None


class ClassFacts(msgspec.Struct, frozen=True, array_like=True):
    """A class. `body` holds its statements (methods appear as `Define`)."""

    qualname: str
    name: str
    parent: str
    bases: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    decorators: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    place: Place
    docstring: str | None = None


class Comment(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A comment that speaks to the tool (`# noqa…`, `# edanalyze: …`), text without the `#`."""

    line: int
    text: str


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True):
    """All facts of one file.

    `path` is relative to the project root, with `/`. `body` is the module-level code. `functions` and
    `classes` are keyed by qualname. `exports` is the literal `__all__`, or None. `lines` counts lines.
    """

    path: str
    body: tuple[Stmt, ...]
    functions: dict[str, FunctionFacts]
    classes: dict[str, ClassFacts]
    exports: tuple[str, ...] | None
    comments: tuple[Comment, ...]
    lines: int


class Unanalysed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file (or folder) that was not analysed, and why; `crash` says that it is a mistake of edanalyze's own.

    Where `function` is given (dotted, inside the file), it alone was left out, and `line` is that of its `def`.
    """

    path: str
    reason: str
    crash: bool = False
    function: str = ""
    line: int = 1
