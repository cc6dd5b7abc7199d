"""The intermediate representation: what the syntax layer keeps of a Python file.

A file is lowered once into plain, serialisable records. They keep every call with its place, the
control flow around it, and the shape of the values that flow into it; they know no library and no
other file. Everything after the syntax layer works on these records, so a cached file costs no parse.

Lines are 1-based; columns are 1-based and count characters. A body is a tuple of statements in
source order, which together form the *effect tree* of a function.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Record(msgspec.Struct, frozen=True, tag=True, gc=False, array_like=True):
    """Base of all expressions and statements: immutable, tagged by class name."""


class Place(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where something stands in its file: first character and one past the last."""

    line: int
    column: int
    end_line: int
    end_column: int


# ---------------------------------------------------------------- expressions


class Const(Record, frozen=True):
    """A literal: string, bytes (decoded as latin-1), number, boolean, None or Ellipsis ("...")."""

    value: str | int | float | bool | None


class Name(Record, frozen=True):
    """A bare name, looked up in the scope that holds the expression."""

    id: str


class Attr(Record, frozen=True):
    """`value.name`."""

    value: Expr
    name: str


class Index(Record, frozen=True):
    """`value[key]`; several keys are a tuple `Items`.

    A slice is `Hole("slice")`, or an `Operation` ":" of its bounds when evaluating them does something.
    """

    value: Expr
    key: Expr


class Call(Record, frozen=True):
    """A call. `place` spans the called name: in `a.b(c)` the `b`, in `a[0](c)` and `a()()` the `a`.

    `arguments` holds positional arguments in order (`Star` for `*args`); `keywords` holds
    `(name, value)` pairs, with an empty name for `**mapping`. `named` are the places of the keywords' names, given
    only where one of them stands on another line than the called name.
    """

    function: Expr
    arguments: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    place: Place
    awaited: bool = False
    named: tuple[Place, ...] = ()


class Text(Record, frozen=True):
    """A string built from parts: f-string, `%`, `.format(...)`, `+` with a string, implicit concatenation.

    Literal text is `Const`; everything else is the expression that fills the hole.
    """

    parts: tuple[Expr, ...]


class Items(Record, frozen=True):
    """A display: `list`, `tuple` or `set` (in `kind`)."""

    kind: str
    items: tuple[Expr, ...]


class Mapping(Record, frozen=True):
    """A dict display; a key of None marks `**other`."""

    items: tuple[tuple[Expr | None, Expr], ...]


class Lambda(Record, frozen=True):
    """A lambda: its body is the function of that qualified name in `ModuleFacts.functions`."""

    function: str


class Choice(Record, frozen=True):
    """One of several values: `a or b`, `a and b` (kind `or`, `and`), `a if test else b` (kind `if`).

    For `if`, `test` is the condition and `options` are (then, else); otherwise `test` is None.
    """

    kind: str
    test: Expr | None
    options: tuple[Expr, ...]


class Operation(Record, frozen=True):
    """Any other operator: `operator` as written (`+`, `==`, `in`, `not in`, `not`, `is`, ...).

    A chain of comparisons has all its operands, and its operators with a blank between unless they are all
    the same (`a < b <= c`: `< <=`); so has a chain of more than 64 binary operators, applied from left to right.
    Three are not written as operators: ":" is a slice, "format" a value with the parts of its format
    specification, "from" an exception with a cause that evaluating does something.
    """

    operator: str
    operands: tuple[Expr, ...]


class Await(Record, frozen=True):
    """`await value` where value is not itself a call (a call carries `awaited`), or one that is awaited already."""

    value: Expr


class Star(Record, frozen=True):
    """`*value` in arguments or displays."""

    value: Expr


class Yield(Record, frozen=True):
    """`yield value`, or `yield from value` when `delegates`."""

    value: Expr | None
    delegates: bool = False


class Generator(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One `for target in source if tests` of a comprehension."""

    target: Expr
    source: Expr
    tests: tuple[Expr, ...]
    asynchronous: bool


class Comprehension(Record, frozen=True):
    """A comprehension (`kind`: list, set, dict, generator). `element` is the value; `key` only for dict."""

    kind: str
    element: Expr
    key: Expr | None
    generators: tuple[Generator, ...]


class Bind(Record, frozen=True):
    """`(name := value)`."""

    name: str
    value: Expr


class Hole(Record, frozen=True):
    """Something the representation does not model; `reason` is a short noun (`slice`, ...)."""

    reason: str


Expr: TypeAlias = (
    Const
    | Name
    | Attr
    | Index
    | Call
    | Text
    | Items
    | Mapping
    | Lambda
    | Choice
    | Operation
    | Await
    | Star
    | Yield
    | Comprehension
    | Bind
    | Hole
)

# ----------------------------------------------------------------- statements


class Assign(Record, frozen=True):
    """`a = b = value` or `a: annotation = value` (value None when only declared)."""

    targets: tuple[Expr, ...]
    value: Expr | None
    line: int
    annotation: Expr | None = None


class Augment(Record, frozen=True):
    """`target op= value`; `operator` without the equals sign (`+`)."""

    target: Expr
    operator: str
    value: Expr
    line: int


class Evaluate(Record, frozen=True):
    """An expression statement."""

    value: Expr
    line: int


class Branch(Record, frozen=True):
    """`if test: body else: orelse` (an `elif` is a Branch in `orelse`).

    A chain of more than 64 arms is a `Match` on None instead, with an irrefutable, guarded `Case` for each arm.
    """

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    line: int


class Case(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One case of a match: the values and classes its pattern names, captured names, guard, body."""

    patterns: tuple[Expr, ...]
    captures: tuple[str, ...]
    guard: Expr | None
    body: tuple[Stmt, ...]
    irrefutable: bool


class Match(Record, frozen=True):
    """`match subject:`."""

    subject: Expr
    cases: tuple[Case, ...]
    line: int


class Loop(Record, frozen=True):
    """`for target in source` (`kind` "for"; `target` set) or `while source` (`kind` "while")."""

    kind: str
    target: Expr | None
    source: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    asynchronous: bool
    line: int


class Handler(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`except types as name:`; types None for a bare except. The place spans the word `except`."""

    types: Expr | None
    name: str | None
    body: tuple[Stmt, ...]
    place: Place


class Try(Record, frozen=True):
    """`try/except/else/finally` (`except*` alike)."""

    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]
    line: int


class With(Record, frozen=True):
    """`with a as x, b:`; items are (context expression, target or None)."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: tuple[Stmt, ...]
    asynchronous: bool
    line: int


class Return(Record, frozen=True):
    """`return value`."""

    value: Expr | None
    line: int


class Raise(Record, frozen=True):
    """`raise value` (None: re-raise)."""

    value: Expr | None
    line: int


class Break(Record, frozen=True):
    """`break`."""


class Continue(Record, frozen=True):
    """`continue`."""


class Define(Record, frozen=True):
    """A nested `def` or `class` statement: binds `name` to the function or class `qualname`."""

    name: str
    qualname: str
    is_class: bool


class Import(Record, frozen=True):
    """One binding of an import statement, wherever it stands.

    `import a.b` binds `a` (`module` "a", `member` None); `import a.b as c` binds `c` to `a.b`;
    `from ..p import q as r` binds `r` with `module` "p", `member` "q", `level` 2; a star import has
    `name` "*" and `member` "*". `imported` keeps the full dotted name that was asked for (`a.b`).
    """

    name: str
    module: str
    member: str | None
    level: int
    imported: str
    line: int


class Scope(Record, frozen=True):
    """`global a, b` or `nonlocal a, b` (`kind`)."""

    kind: str
    names: tuple[str, ...]


class Delete(Record, frozen=True):
    """`del a, b`."""

    targets: tuple[Expr, ...]
    line: int


class Assert(Record, frozen=True):
    """`assert test`; with a message that evaluating does something, `test` is a Choice "or" of the two."""

    test: Expr
    line: int


Stmt: TypeAlias = (
    Assign
    | Augment
    | Evaluate
    | Branch
    | Match
    | Loop
    | Try
    | With
    | Return
    | Raise
    | Break
    | Continue
    | Define
    | Import
    | Scope
    | Delete
    | Assert
)
