"""`Models`: looks up what is known of a dotted name, a method of a class, or the shape of a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from functools import cached_property

from edanalyze.models.records import Api, Shape, Slot
from edanalyze.models.rows import Library

Arguments = Callable[[Slot], object] | Mapping[int | str, object]


class Models:
    """Knowledge of the loaded libraries.

    `own` holds the APIs that the user declared, `shapes` all shapes, `packages` the top-level packages spoken of.
    """

    def __init__(self, libraries: Iterable[Library], own: Library | None = None) -> None:
        self._by_call: dict[str, tuple[Api, ...]] = {}
        self._found: dict[tuple[str, str | None], tuple[Api, ...]] = {}
        self._canonical: dict[str, str] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        by_call: dict[str, list[Api]] = defaultdict(list)
        by_kind: dict[str, list[Api]] = defaultdict(list)
        shapes: list[Shape] = []
        for library in (*((own,) if own else ()), *libraries):
            self._canonical.update(library.aliases)
            self._bases.update(library.bases)
            shapes += library.shapes
            for api in library.apis:
                by_kind[api.kind].append(api)
                if api.call:
                    by_call[api.call].append(api)
        self._by_call = {call: tuple(apis) for call, apis in by_call.items()}
        self._by_kind = {kind: tuple(apis) for kind, apis in by_kind.items()}
        self._doubles = {api.call: (api,) for api in by_kind["test_double"] if api.call in self._bases}
        self._orders: dict[str, tuple[str, ...]] = {}
        self._returning: dict[str, tuple[str | None, Api | None]] = {}
        self.shapes = tuple(shapes)
        self.packages = frozenset(name.partition(".")[0] for name in (*self._by_call, *self._bases))
        self.own: tuple[Api, ...] = own.apis if own else ()
        self._shapes_by_method: dict[str, list[Shape]] = defaultdict(list)
        for shape in sorted(shapes, key=lambda each: each.api.library == "core"):  # what a library says comes first
            self._shapes_by_method[shape.method].append(shape)

    @cached_property
    def paths(self) -> frozenset[str]:
        """All dotted names of what is known, and those that lead to them."""
        found: set[str] = set()
        for name in (*self._by_call, *self._canonical, *self._canonical.values(), *self._bases):
            while name and name not in found:
                found.add(name)
                name = name.rpartition(".")[0]
        return frozenset(found)

    def canonical(self, dotted: str) -> str:
        """The public name of a class, function or method, whichever import path `dotted` uses."""
        found = self._canonical.get(dotted)
        if found is not None:
            return found
        owner, dot, name = dotted.rpartition(".")
        return f"{self._canonical[owner]}.{name}" if dot and owner in self._canonical else dotted

    def find(self, dotted: str, kind: str | None = None) -> tuple[Api, ...]:
        """The rows of a callable, by any of its names; a method also by a class that inherits it."""
        key = (dotted, kind)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(dotted, kind)
        return found

    def _find(self, dotted: str, kind: str | None) -> tuple[Api, ...]:
        name = self.canonical(dotted)
        apis = self._by_call.get(name, ())
        found = apis if kind is None else tuple(api for api in apis if api.kind == kind)
        if not found:
            owner, _, method = name.rpartition(".")
            return self.method(owner, method, kind) if owner in self._bases else ()
        return found

    def method(self, cls: str, name: str, kind: str | None = None) -> tuple[Api, ...]:
        """The rows of a method, looked up along the bases; the first class that has any (of the kind) wins.

        A test double hides what it inherits: `TestClient.get` sends nothing although `httpx.Client.get` does.
        """
        for owner in (self.canonical(cls), *self.bases(cls)):
            apis = self._by_call.get(f"{owner}.{name}", ())
            found = apis if kind is None else tuple(api for api in apis if api.kind == kind)
            if found:
                return found
            if owner in self._doubles:
                return () if kind not in (None, "test_double") else self._doubles[owner]
        return ()

    def bases(self, cls: str) -> tuple[str, ...]:
        """All base classes that are known, nearest first, by their canonical names."""
        name = self.canonical(cls)
        order = self._orders.get(name)
        if order is None:
            order = self._orders[name] = self._linearise(name)
        return order

    def _linearise(self, name: str) -> tuple[str, ...]:
        seen: dict[str, None] = {}
        waiting = list(self._bases.get(name, ()))
        while waiting:
            base = self.canonical(waiting.pop(0))
            if base not in seen and base != name:
                seen[base] = None
                waiting += self._bases.get(base, ())
        return tuple(seen)

    def is_class(self, dotted: str) -> bool:
        """Whether `dotted` names a known class."""
        return self.canonical(dotted) in self._bases

    def returns(self, dotted: str, arguments: Arguments | None = None) -> str | None:
        """The class of what a call (or the access of a property) gives, or None when that is not known.

        A class gives itself. `arguments` supplies literal arguments where they decide, as in
        `boto3.client("sqs")`: a function from a slot to the literal, or a mapping with positions and keywords as keys.
        For a context manager that yields something other than itself, it is the class of what it yields.
        """
        found = self._returning.get(dotted)
        if found is None:
            found = self._returning[dotted] = self._find_returning(self.canonical(dotted))
        returned, api = found
        return returned if api is None or returned is None else self._filled(returned, api, arguments)

    def _find_returning(self, name: str) -> tuple[str | None, Api | None]:
        """The class of what a call gives, or the template for it and the row that has it."""
        for api in (*self.find(name), *self.find(name, "factory")):
            returned = api.data.get("returns") or api.data.get("enters")
            if isinstance(returned, str):
                return (returned, api) if returned != "self" else (name.rpartition(".")[0], None)
        return (name if name in self._bases else None), None

    def _filled(self, template: str, api: Api, arguments: Arguments | None) -> str | None:
        head, brace, rest = template.partition("{")
        if not brace:
            return self.canonical(template)
        role, _, tail = rest.partition("}")
        literal = _argument(api.slots[role], arguments)
        return f"{head}{literal}{tail}" if isinstance(literal, str) else None

    def of_kind(self, kind: str) -> tuple[Api, ...]:
        """All rows of a kind."""
        return self._by_kind.get(kind, ())

    def spellings(self, kinds: Iterable[str]) -> frozenset[str]:
        """The last names by which the APIs of some kinds are called, under any of their import paths."""
        return self.spelled({api.call for kind in kinds for api in self.of_kind(kind)})

    def spelled(self, calls: Set[str]) -> frozenset[str]:
        """The same for the APIs of some calls."""
        aliases = {name for name, canonical in self._canonical.items() if canonical in calls}
        return frozenset(name.rpartition(".")[2] for name in calls | aliases)

    def shape(self, receiver: str, method: str) -> tuple[Shape, ...]:
        """The shapes of a call of `method` on something whose last identifier is `receiver`."""
        return tuple(shape for shape in self._shapes_by_method.get(method, ()) if shape.matches(receiver, method))


def _argument(slot: Slot, arguments: Arguments | None) -> object:
    if arguments is None:
        return None
    if callable(arguments):
        return arguments(slot)
    for key in (slot.kw, slot.pos):
        if key is not None and key in arguments:
            return arguments[key]
    return None
