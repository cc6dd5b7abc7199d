"""Classes as shapes: data classes, models, records, serializers, mapped rows and plain classes."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.analyse.payloads.annotations import NULL, Annotations, enum, nullable, union
from edanalyze.analyse.payloads.columns import Columns
from edanalyze.analyse.payloads.options import Options
from edanalyze.analyse.payloads.records import Declared, Field, Literal, Shape, Type
from edanalyze.facts import ir
from edanalyze.facts.module import FunctionFacts, Parameter
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import External, Frame, String

ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"})
MAPPED_CALLS = frozenset({"declarative_base", "automap_base"})
_WITHOUT = frozenset({"model_config", "Config", "Meta", "objects"})


class Classes:
    """Shapes of the classes of a program."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self.annotations = Annotations(evaluator, self.type_of)
        self._options = Options(evaluator)
        self._columns = Columns(evaluator, self.type_of)
        self._shapes: dict[str, Shape] = {}
        self._forms: dict[str, str] = {}
        self._active: set[str] = set()

    # ------------------------------------------------------------------- kinds

    def type_of(self, cls: str, depth: int = 0) -> Type:
        """The type of an instance of a class."""
        name = self._program.classes[cls].name
        if self._is_enum(cls):
            return enum(self._members(cls), name)
        if depth > 6:
            return Type("object", name=name, why="it is nested too deeply")
        return Type("object", shape=self.shape(cls), name=name)

    def _is_enum(self, cls: str) -> bool:
        return self._evaluator.classes.derives(cls, ENUMS) or any(
            name.rpartition(".")[2] in {"TextChoices", "IntegerChoices"}
            for name in self._evaluator.classes.order(cls)[1]
        )

    def _members(self, cls: str) -> Iterator[Literal]:
        for statement in self._program.classes[cls].body:
            match statement:
                case ir.Assign(targets=(ir.Name(id=name),), value=value) if not name.startswith("_"):
                    literal = value.items[0] if isinstance(value, ir.Items) and value.items else value
                    yield literal.value if isinstance(literal, ir.Const) else name.lower()

    def form(self, cls: str) -> str:
        """What kind of class it is (see `Shape`)."""
        if cls not in self._forms:
            self._forms[cls] = self._form(cls)
        return self._forms[cls]

    def _form(self, cls: str) -> str:
        if self.is_row(cls):
            return "row"
        models = self._evaluator.models
        inner, outer = self._evaluator.classes.order(cls)
        for name in outer:
            for base in (name, *models.models.bases(name)):
                for api in models.rows(base, "record"):
                    return str(api.data.get("flavour", "record"))
        for ancestor in inner:
            scope = self._program.scopes[ancestor]
            frame = self._evaluator.root(scope.parent or scope)
            for decorator in self._program.classes[ancestor].decorators:
                expr = decorator.function if isinstance(decorator, ir.Call) else decorator
                for value in self._evaluator.values(expr, frame):
                    if isinstance(value, External):
                        for api in models.rows(value.name, "record"):
                            return str(api.data.get("flavour", "record"))
        return "class"

    def is_row(self, cls: str) -> bool:
        """Whether instances of a class are rows of a table."""
        models = self._evaluator.models
        inner, outer = self._evaluator.classes.order(cls)
        for name in outer:
            if name.rpartition(".")[2].removesuffix("()") in MAPPED_CALLS:
                return True
            for base in (name, *models.models.bases(name)):
                for api in models.rows(base, "orm_model"):
                    switch = api.data.get("switch")
                    if not isinstance(switch, str) or self._options.is_on(inner, switch):
                        return True
        return False

    def takes_all(self, cls: str) -> bool:
        """Whether a serializer takes over all columns of its model."""
        if self.form(cls) != "serializer":
            return False
        metas = [self._program.classes.get(f"{each}.Meta") for each in self._evaluator.classes.order(cls)[0]]
        return any(
            isinstance(statement, ir.Assign)
            and statement.targets == (ir.Name("fields"),)
            and statement.value == ir.Const("__all__")
            for meta in metas
            if meta is not None
            for statement in meta.body
        )

    # ------------------------------------------------------------------ shapes

    def shape(self, cls: str) -> Shape:
        """The fields of a class, inherited ones first."""
        found = self._shapes.get(cls)
        if found is not None:
            return found
        facts = self._program.classes[cls]
        module = cls.partition(":")[0]
        declared = Declared(module, facts.place.line)
        form = self.form(cls)
        if cls in self._active:
            return Shape(form, name=facts.name, cls=cls, open=True, why="it holds itself", declared=declared)
        self._active.add(cls)
        try:
            fields: dict[str, Field] = {}
            inner, outer = self._evaluator.classes.order(cls)
            for ancestor in reversed(inner):
                for each in self._fields(ancestor, form):
                    fields[each.name] = each
            unknown = self._foreign(outer, form)
            found = Shape(
                form,
                tuple(fields.values()),
                facts.name,
                cls,
                open=bool(unknown),
                why=f"its base `{unknown}` is not part of the project" if unknown else "",
                extra=self._options.extra(inner, form),
                declared=declared,
            )
        finally:
            self._active.discard(cls)
        self._shapes[cls] = found
        return found

    def _foreign(self, outer: tuple[str, ...], form: str) -> str:
        """A base class that may have fields of its own."""
        library = self._evaluator.models
        for name in outer:
            top = name.partition(".")[0]
            if name.removesuffix("()").rpartition(".")[2] in MAPPED_CALLS or form == "row":
                continue
            if top in {"builtins", "abc", "typing", "enum", "collections", "typing_extensions"}:
                continue
            if not library.rows(name, "record") and not library.models.is_class(name):
                return name
        return ""

    def _fields(self, cls: str, form: str) -> Iterator[Field]:
        if form == "class" and f"{cls}.__init__" in self._program.functions:
            yield from self._stored(cls)
            return
        scope = self._program.scopes[cls]
        frame = self._evaluator.root(scope)
        for statement in self._program.classes[cls].body:
            match statement:
                case ir.Assign(targets=(ir.Name(id=name),), annotation=annotation) if annotation is not None:
                    if name not in _WITHOUT and not _is_class_level(annotation):
                        yield self._annotated(name, statement, frame, form)
                case ir.Assign(targets=(ir.Name(id=name),), value=ir.Call() as call) if form in {"row", "serializer"}:
                    made = self._columns.field(name, call, statement.line, frame)
                    if made is not None and name not in _WITHOUT:
                        yield made
        if form == "serializer":
            yield from self._columns.taken_over(cls, frame)

    def _annotated(self, name: str, statement: ir.Assign, frame: Frame, form: str) -> Field:
        assert statement.annotation is not None
        kind = self.annotations.of(statement.annotation, frame)
        required, default, alias = self._options.field(statement.value, frame)
        if form == "typed-dict" or "NotRequired" in _heads(statement.annotation):
            required = "NotRequired" not in _heads(statement.annotation) and (
                "Required" in _heads(statement.annotation) or not self._options.is_partial(frame.scope.id)
            )
        declared = Declared(frame.scope.module, statement.line)
        constant, has = _only(statement.value, kind)
        sent = alias or name
        return Field(sent, kind, required, default, constant, has, name if alias else "", declared)

    def _stored(self, cls: str) -> Iterator[Field]:
        """What the constructor of a plain class keeps in `self`."""
        constructor = f"{cls}.__init__"
        scope = self._program.scopes[constructor]
        facts = self._program.functions[constructor]
        frame = self._evaluator.root(scope)
        receiver = facts.parameters[0].name if facts.parameters else "self"
        for store in scope.stores:
            if store.base == ir.Name(receiver) and isinstance(store.key, str) and not store.key.startswith("_"):
                value = store.binding.expr
                yield Field(
                    store.key,
                    self._kept(value, store.binding.annotation, facts, frame),
                    declared=Declared(scope.module, facts.place.line),
                )

    def _kept(self, value: ir.Expr | None, annotation: ir.Expr | None, facts: FunctionFacts, frame: Frame) -> Type:
        if annotation is not None:
            return self.annotations.of(annotation, frame)
        match value:
            case ir.Const(value=literal):
                return of_literal(literal)
            case ir.Name(id=name):
                parameter = next((item for item in facts.parameters if item.name == name), None)
                if parameter is not None:
                    return self.of_parameter(parameter, frame)
        for known in self._evaluator.values(value, frame) if value is not None else ():
            if isinstance(known, String) and known.literal is not None:
                return Type("str")
        return Type("unknown", why="the constructor computes it")

    def of_parameter(self, parameter: Parameter, frame: Frame) -> Type:
        """The type that a parameter is declared as; `frame` is one of its function."""
        if parameter.annotation is None:
            if isinstance(parameter.default, ir.Const) and parameter.default.value is not None:
                return of_literal(parameter.default.value)
            return Type("unknown", why=f"`{parameter.name}` is not annotated")
        outer = self._evaluator.root(frame.scope.parent or frame.scope)
        found = self.annotations.of(parameter.annotation, outer)
        if parameter.default == ir.Const(None) and not nullable(found):
            return union([found, NULL])
        return found


def of_literal(value: Literal) -> Type:
    """The type of a literal."""
    if value is None:
        return NULL
    return Type("bool" if isinstance(value, bool) else type(value).__name__)


def _only(value: ir.Expr | None, kind: Type) -> tuple[Literal, bool]:
    """The only value of a field: the default of a `Literal` or of a text, which a class declares once and for all."""
    if kind.kind == "enum" and len(kind.values) == 1:
        return kind.values[0], True
    if isinstance(value, ir.Const) and isinstance(value.value, str):
        return value.value, True
    return None, False


def _heads(annotation: ir.Expr) -> frozenset[str]:
    """The names of the generic types around an annotation: `ClassVar`, `NotRequired`, ..."""
    found: set[str] = set()
    while isinstance(annotation, ir.Index):
        base = annotation.value
        found.add(base.id if isinstance(base, ir.Name) else base.name if isinstance(base, ir.Attr) else "")
        annotation = annotation.key.items[0] if isinstance(annotation.key, ir.Items) else annotation.key
    last = annotation.id if isinstance(annotation, ir.Name) else getattr(annotation, "name", "")
    return frozenset({*found, last})


def _is_class_level(annotation: ir.Expr) -> bool:
    return "ClassVar" in _heads(annotation) or (
        isinstance(annotation, ir.Const) and str(annotation.value).startswith(("ClassVar", "typing.ClassVar"))
    )
