"""Abstract values: what an expression may stand for."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from edanalyze.facts import ir
from edanalyze.link.scopes import Scope


class Frame:
    """The context in which an expression is evaluated; made by `Frames`, so that equal contexts are one object.

    A root frame (`call` None) stands for any activation of its function: parameters come from annotations, defaults
    and all known callers, or are holes when `open`. A call frame binds them to the arguments of one `call` made in
    `caller`. `receiver` is the `self` (or class) of a method; `closure` the frame of the enclosing function.
    `known` is what the evaluator has found in it, by the identity of expressions and lists of bindings.
    """

    __slots__ = ("call", "caller", "closure", "depth", "known", "open", "receiver", "scope")

    def __init__(
        self,
        scope: Scope,
        call: ir.Call | None,
        caller: Frame | None,
        receiver: Value | None,
        closure: Frame | None,
        open: bool,
    ) -> None:
        self.scope = scope
        self.call = call
        self.caller = caller
        self.receiver = receiver
        self.closure = closure
        self.open = open
        self.depth: int = caller.depth + 1 if caller is not None else 0
        self.known: dict[int, tuple[Value, ...]] = {}


class Frames:
    """The frames of one program, each context once."""

    def __init__(self) -> None:
        self._frames: dict[tuple[object, ...], Frame] = {}

    def __call__(
        self,
        scope: Scope,
        *,
        call: ir.Call | None = None,
        caller: Frame | None = None,
        receiver: Value | None = None,
        closure: Frame | None = None,
        open: bool = False,
    ) -> Frame:
        """The frame of that context."""
        key = (scope, id(call), caller, receiver, closure, open)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = Frame(scope, call, caller, receiver, closure, open)
        return frame


class Names(dict[str, str]):
    """Each name of a library once: thousands of values have the same, and what is looked up by it is hashed once."""

    def __missing__(self, name: str) -> str:
        self[name] = name
        return name


class Site(msgspec.Struct, frozen=True, gc=False):
    """Where an object was made: the constructing call and its context."""

    call: ir.Call
    frame: Frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Site) and self.call is other.call and self.frame is other.frame

    def __hash__(self) -> int:
        return hash((id(self.call), id(self.frame)))


class Module(msgspec.Struct, frozen=True, gc=False):
    """A module or namespace folder of the project."""

    name: str


class Class(msgspec.Struct, frozen=True, gc=False):
    """A class of the project (`module:qualname`)."""

    id: str


class Function(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """A function of the project, bound to `receiver` if it is a method looked up on one."""

    id: str
    receiver: Value | None = None
    closure: Frame | None = None


class Instance(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """An instance of a project class; `site` is its constructing call where it is known.

    `open`: whatever its constructor was given is a hole, rather than what all known constructions give.
    """

    id: str
    site: Site | None = None
    open: bool = False


class External(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Something of a library, by dotted name: module, class, function, or method with its `receiver`."""

    name: str
    receiver: Value | None = None


class ExternalInstance(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """An instance of a library class. `site` is the call that made it; `owner` the project class deriving from it."""

    name: str
    site: Site | None = None
    owner: Value | None = None


class Hole(msgspec.Struct, frozen=True, gc=False):
    """A part of a string that is not known: `kind` parameter, environment, attribute, call or unknown."""

    kind: str
    name: str = ""


class String(msgspec.Struct, frozen=True, gc=False):
    """A string, as literal parts and holes; adjacent literals are merged."""

    parts: tuple[str | Hole, ...]

    @property
    def literal(self) -> str | None:
        """The text when there is no hole."""
        if not self.parts:
            return ""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return self.parts[0]
        return None

    @property
    def text(self) -> str:
        """The template with holes in braces: `http://stock/items/{item_id}`."""
        return "".join(part if isinstance(part, str) else "{" + part.name + "}" for part in self.parts)


class Constant(msgspec.Struct, frozen=True, gc=False):
    """A number, boolean or None."""

    value: int | float | bool | None


class Display(msgspec.Struct, frozen=True, gc=False):
    """A list, tuple, set or dict display, with the frame in which its parts are evaluated."""

    expr: ir.Items | ir.Mapping | ir.Comprehension
    frame: Frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Display) and self.expr is other.expr and self.frame is other.frame

    def __hash__(self) -> int:
        return hash((id(self.expr), id(self.frame)))


class Partial(msgspec.Struct, frozen=True, gc=False):
    """`functools.partial(target, ...)` made at `site`."""

    target: Value
    site: Site


class Super(msgspec.Struct, frozen=True, gc=False):
    """`super()` in a method: looks attributes up in `rest` (then in `outer` library classes), bound to `receiver`."""

    rest: tuple[str, ...]
    outer: tuple[str, ...]
    receiver: Value


Value: TypeAlias = (
    Module | Class | Function | Instance | External | ExternalInstance | String | Constant | Display | Partial | Super
)


def string(*parts: str | Hole) -> String:
    """A string from parts, merging adjacent literals and dropping empty ones."""
    merged: list[str | Hole] = []
    for part in parts:
        if part == "":
            continue
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return String(tuple(merged))
