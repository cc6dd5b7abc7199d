"""Options of classes and fields: what is done with unknown fields, defaults, names on the wire."""

from __future__ import annotations

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Constant, Display, ExternalInstance, Frame, String, Value

ALIASES = ("serialization_alias", "alias", "data_key", "name", "rename")
FACTORIES = frozenset({"Field", "field", "attrib", "ib", "Factory", "mapped_column", "Column", "PrivateAttr"})
EXTRA = ("extra", "unknown")


class Options:
    """Reads them for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program

    # ------------------------------------------------------------------ fields

    def field(self, value: ir.Expr | None, frame: Frame) -> tuple[bool, str | None, str]:
        """Whether a field with such a default must be given, the default as text, and its name on the wire."""
        if value is None or value == ir.Const("..."):
            return True, None, ""
        if not (isinstance(value, ir.Call) and spelled(value.function).rpartition(".")[2] in FACTORIES):
            return False, _text(value), ""
        named = dict(value.keywords)
        alias = next(
            (text for name in ALIASES if name in named for text in self._evaluator.literals(named[name], frame)), ""
        )
        if "default_factory" in named or "factory" in named:
            maker = named.get("default_factory", named.get("factory"))
            return False, f"{spelled(maker)}()" if maker is not None and spelled(maker) else "computed", alias
        default = named.get("default", value.arguments[0] if value.arguments else None)
        if spelled(value.function).rpartition(".")[2] in {"Column", "mapped_column"}:
            default = named.get("default")
        if default is None or default == ir.Const("..."):
            return True, None, alias
        return False, _text(default), alias

    # ----------------------------------------------------------------- classes

    def extra(self, inner: tuple[str, ...], form: str) -> str:
        """What a class does with unknown fields, "" where nothing is said."""
        for cls in inner:
            for name, value in self._said(cls):
                if name in EXTRA:
                    return self._word(value, cls)
                if name == "forbid_unknown_fields" and value == ir.Const(True):
                    return "forbid"
        return ""

    def _said(self, cls: str) -> list[tuple[str, ir.Expr]]:
        """Options in the class statement, in `model_config`, in an inner `Config` or `Meta`."""
        facts = self._program.classes[cls]
        found = list(facts.keywords)
        for statement in facts.body:
            match statement:
                case ir.Assign(targets=(ir.Name(id="model_config"),), value=ir.Call(keywords=keywords)):
                    found += keywords
                case ir.Assign(targets=(ir.Name(id="model_config"),), value=ir.Mapping(items=items)):
                    found += [(str(key.value), value) for key, value in items if isinstance(key, ir.Const)]
                case ir.Assign(targets=(ir.Name(id="model_config"),), value=value) if value is not None:
                    found += self._shared(value, cls)
        for name in ("Config", "Meta"):
            inner = self._program.classes.get(f"{cls}.{name}")
            for statement in inner.body if inner is not None else ():
                match statement:
                    case ir.Assign(targets=(ir.Name(id=option),), value=value) if value is not None:
                        found.append((option, value))
        return found

    def _shared(self, value: ir.Expr, cls: str) -> list[tuple[str, ir.Expr]]:
        """The options of a configuration that is defined elsewhere."""
        found: list[tuple[str, ir.Expr]] = []
        for known in self._evaluator.values(value, self._evaluator.root(self._program.scopes[cls])):
            if isinstance(known, ExternalInstance) and known.site is not None:
                found += known.site.call.keywords
            elif isinstance(known, Display) and isinstance(known.expr, ir.Mapping):
                found += [(str(key.value), each) for key, each in known.expr.items if isinstance(key, ir.Const)]
        return found

    def _word(self, value: ir.Expr, cls: str) -> str:
        frame = self._evaluator.root(self._program.scopes[cls])
        words = [each.literal for each in self._evaluator.values(value, frame) if isinstance(each, String)]
        last = (words[0] if words and words[0] else spelled(value).rpartition(".")[2]).lower()
        return {"raise": "forbid", "exclude": "ignore", "include": "allow"}.get(last, last)

    def is_on(self, inner: tuple[str, ...], option: str) -> bool:
        """Whether a class (or an ancestor) sets an option to true in its class statement."""
        return any(
            name == option and value == ir.Const(True)
            for cls in inner
            for name, value in self._program.classes[cls].keywords
        )

    def is_partial(self, cls: str) -> bool:
        """Whether the keys of a TypedDict need not be there."""
        return any(name == "total" and value == ir.Const(False) for name, value in self._program.classes[cls].keywords)


def _text(value: ir.Expr) -> str:
    """A default as text."""
    match value:
        case ir.Const(value=str() as text):
            return repr(text)
        case ir.Const(value=literal):
            return str(literal)
        case ir.Items(kind=kind, items=()):
            return {"list": "[]", "tuple": "()"}.get(kind, "set()")
        case ir.Mapping(items=()):
            return "{}"
        case _:
            return spelled(value) or "computed"


def literal(values: tuple[Value, ...]) -> tuple[str | int | float | bool | None, bool]:
    """The only literal among the values of an expression, and whether there is one."""
    if len(values) == 1:
        (value,) = values
        if isinstance(value, String) and value.literal is not None:
            return value.literal, True
        if isinstance(value, Constant):
            return value.value, True
    return None, False
