"""The records of payloads: types, fields, shapes, and a published message with all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Point
from edanalyze.discover.schemas import DeclaredSchema
from edanalyze.facts.ir import Place
from edanalyze.link.values import Frame, String

Literal: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a field.

    `kind`: "str", "int", "float", "bool", "bytes", "null", "datetime", "date", "time", "duration", "uuid", "decimal",
    "list" (of `of[0]`), "mapping" (of `of[0]`), "object" (with `shape`), "enum" (one of `values`), "union" (of the
    types `of`), "any" (declared so) or "unknown" (`why` says what could not be resolved). `name` is the class it is
    declared as.
    """

    kind: str
    of: tuple[Type, ...] = ()
    shape: Shape | None = None
    values: tuple[Literal, ...] = ()
    name: str = ""
    why: str = ""

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.of))
        match self.kind:
            case "list" | "mapping":
                return f"{self.kind} of {inner or 'unknown'}"
            case "union":
                return " or ".join(map(str, self.of))
            case "object" | "enum":
                return self.name or self.kind
            case _:
                return self.kind


@dataclass(frozen=True, slots=True)
class Declared:
    """Where something is written down."""

    module: str
    line: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a shape, under the name that it is sent as.

    `required`: every message has it. `default` is the declared default as text, None when there is none. `constant`
    is the only value it is ever given (`has_constant` tells it from a missing one). `attribute` is the name it has in
    the code, where that is another one.
    """

    name: str
    type: Type
    required: bool = True
    default: str | None = None
    constant: Literal = None
    has_constant: bool = False
    attribute: str = ""
    declared: Declared | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a structured message or object.

    `form`: "mapping" (a dict display), "dataclass", "model" (pydantic), "typed-dict", "named-tuple", "attrs",
    "struct" (msgspec), "record" (another library's record), "serializer" (marshmallow, DRF), "class", "row" (a mapped
    table row), "arguments" (of a task). `name` and `cls` (`module:qualname`) are those of the class. `open`: there are
    or may be fields that are not known, and `why` says why. `extra` is what a reader does with unknown fields:
    "forbid", "allow", "ignore", "" where that is not said.
    """

    form: str
    fields: tuple[Field, ...] = ()
    name: str = ""
    cls: str = ""
    open: bool = False
    why: str = ""
    extra: str = ""
    declared: Declared | None = None

    def get(self, name: str) -> Field | None:
        """The field of that name."""
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Dump:
    """How a value was turned into what is sent: `api` is the call or attribute (`dataclasses.asdict`, `__dict__`).

    `whole_row`: every column of a table row, without a choice. `registry`: a schema registry knows the schema.
    `function` is where it is done. `schema` is the schema that it is done by.
    """

    api: str
    whole_row: bool = False
    registry: bool = False
    function: str = ""
    schema: DeclaredSchema | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Leak:
    """A whole table row in a message: the path of the field it stands in ("" for all of it), what puts it there
    (`api` as in `Dump`, or "instance"), and the function that does.
    """

    field: str
    api: str
    function: str = ""

    def below(self, name: str) -> Leak:
        """The same, seen from a field further out."""
        return Leak(f"{name}.{self.field}".removesuffix("."), self.api, self.function)


@dataclass(frozen=True, slots=True)
class EventName:
    """The name of an event type and what gives it.

    `source`: "type" (an event type attribute or argument), "class", "field" (of the payload), "header" or "topic".
    """

    text: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """One message that a call sends, as it is at the place that builds it.

    `effect`, `step`, `module`, `function` and `place` are those of the physical call; `site` is the call at which the
    payload is built (or handed in, where nobody is known to build it), and `path` leads from there down to the
    physical call; `outer` is how many steps of `path` precede the call in whose function the outermost part of the
    payload is made. `stored` is the call that puts it into something (a buffer, a list) from which it is taken later.
    `frame` is the context of the physical call. `type` is that of the whole payload; `headers` what goes with it in
    headers, properties, attributes and envelope. `dumps` says how it was serialised, and `schema` is the one that it is
    serialised by or held against. `leaks` are the whole table rows in it, also nested ones.
    """

    effect: Effect
    step: Step
    module: str
    function: str
    place: Place
    site: Point
    path: tuple[Point, ...]
    outer: int
    stored: Point | None
    frame: Frame
    type: Type
    headers: Shape
    dumps: tuple[Dump, ...] = ()
    schema: DeclaredSchema | None = None
    leaks: tuple[Leak, ...] = ()
    names: tuple[EventName, ...] = ()
    topic: String | None = None
    certain: bool = True

    @property
    def shape(self) -> Shape | None:
        """The shape of a structured payload, None for scalars, bytes and what is unknown."""
        return self.type.shape

    @property
    def built_path(self) -> tuple[Point, ...]:
        """The way from the call in whose function the payload (its envelope, if it has one) is made."""
        return (self.stored, *self.path) if self.stored is not None else self.path[self.outer :]

    @property
    def built(self) -> Point:
        """The call in whose function the payload is made."""
        return self.built_path[0]

    def path_from(self, function: str) -> tuple[Point, ...]:
        """The way from the call that stands in a function; from the site when none does."""
        start = next((index for index, point in enumerate(self.path) if point.function == function), 0)
        return self.path[start:]

    @property
    def registered(self) -> bool:
        """Whether a schema registry knows its schema."""
        return any(dump.registry for dump in self.dumps)


@dataclass(frozen=True, slots=True)
class FieldRead:
    """A field that a handler reads of its message: `name` is its path, dotted and with `[]` for items.

    `required`: it is read in a way that fails when it is missing.
    """

    name: str
    required: bool
    module: str
    function: str
    line: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message that is parsed into a class, or spread over the parameters of a function.

    `shape` is that of the class (or of the parameters). `closed` says why unknown fields are rejected, "" where they
    are not.
    """

    shape: Shape
    point: Point
    closed: str = ""
    likely: bool = False


@dataclass(frozen=True, slots=True)
class Reads:
    """What a handler reads of its message. `whole`: it hands the message on to something that is not followed."""

    fields: tuple[FieldRead, ...] = ()
    parsed: tuple[Parsed, ...] = ()
    whole: bool = field(default=False)
