"""Settings: environment variables and settings classes, as the deployment of the service that reads them fixes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.values import Constant, Hole, Instance, String, Value, string

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

SETTINGS_CLASSES = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"})
FIELD_NAMES = ("validation_alias", "alias", "env")


class Settings:
    """Reads of the environment. `lookup(path, name)` gives what is deployed for the file at `path`, or None."""

    def __init__(self, lookup: Callable[[str, str], str | None], paths: dict[str, str]) -> None:
        self._lookup = lookup
        self._paths = paths

    def environment(self, module: str, name: str, default: String | None) -> String:
        """An environment variable read in `module`: deployed value, else default, else a hole of its name."""
        value = self._lookup(self._paths.get(module, ""), name)
        if value is not None and "${" not in value:
            return string(value)
        if default is not None and not any(isinstance(part, Hole) and part.kind == "unknown" for part in default.parts):
            return default
        return String((Hole("environment", name),))

    def field(self, evaluator: Evaluator, cls: str, name: str) -> tuple[Value, ...] | None:
        """A field of a settings class, or None when it is none."""
        if not evaluator.classes.derives(cls, SETTINGS_CLASSES):
            return None
        for ancestor in evaluator.classes.order(cls)[0]:
            scope = evaluator.program.scopes[ancestor]
            for statement in evaluator.program.classes[ancestor].body:
                if not isinstance(statement, ir.Assign) or statement.annotation is None:
                    continue
                if not any(isinstance(target, ir.Name) and target.id == name for target in statement.targets):
                    continue
                value = statement.value
                frame = evaluator.root(scope)
                names = [self._prefix(evaluator, cls) + name.upper(), self._prefix(evaluator, cls) + name]
                if isinstance(value, ir.Call):
                    keywords = dict(value.keywords)
                    alias = [text for key in FIELD_NAMES for text in evaluator.literals(keywords.get(key), frame)]
                    names = alias or names
                    value = keywords.get("default") or (value.arguments[0] if value.arguments else None)
                if value is not None and not isinstance(evaluator.first(value, frame), String | Constant | None):
                    return evaluator.values(value, frame)
                default = [item for item in evaluator.values(value, frame) if isinstance(item, String)] if value else []
                for variable in names:
                    found = self._lookup(self._paths.get(scope.module, ""), variable)
                    if found is not None:
                        return (string(found),)
                return tuple(default) or (String((Hole("environment", names[0]),)),)
        return None

    def _prefix(self, evaluator: Evaluator, cls: str) -> str:
        for ancestor in evaluator.classes.order(cls)[0]:
            scope = evaluator.program.scopes[ancestor]
            frame = evaluator.root(scope)
            for binding in scope.bindings.get("model_config", ()):
                keywords: list[tuple[str, ir.Expr]] = []
                if isinstance(binding.expr, ir.Call):
                    keywords = list(binding.expr.keywords)
                elif isinstance(binding.expr, ir.Mapping):
                    keywords = [
                        (str(key.value), value) for key, value in binding.expr.items if isinstance(key, ir.Const)
                    ]
                for key, expr in keywords:
                    if key == "env_prefix":
                        return next(iter(evaluator.literals(expr, frame)), "")
            for value in (
                evaluator.attributes.of(Instance(f"{ancestor}.Config"), "env_prefix")
                if (f"{ancestor}.Config" in evaluator.program.classes)
                else ()
            ):
                if isinstance(value, String) and value.literal is not None:
                    return value.literal
        return ""
