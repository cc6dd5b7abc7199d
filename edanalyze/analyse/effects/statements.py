"""What a database call writes: the verb of its SQL text, statement object, method name or update document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import Display, External, ExternalInstance, Frame, Hole, Instance, String

if TYPE_CHECKING:
    from edanalyze.analyse.effects.effect import Effect

# A write whose repetition changes nothing more: stored once or set to the same value.
REPEATABLE = frozenset({"update", "upsert", "delete", "replace", "insert_or_update"})
_VERB = re.compile(r"\s*(?:with\b.*?\)\s*)?(insert|update|delete|replace|merge|upsert|truncate|copy)\b", re.I | re.S)
_INCREMENT = re.compile(r"\bset\b.*?(\w+)\s*=\s*(?:\w+\.)?\1\s*[-+]\s*", re.I | re.S)
_UPSERT = re.compile(
    r"on\s+conflict|on\s+duplicate\s+key|insert\s+(or\s+)?ignore|insert\s+or\s+replace|not\s+exists|unless\s+conflict",
    re.I,
)
_INSERTING = re.compile(r"^(add|insert|create|save|put|append|bulk_create|push|xadd|lpush|rpush|upload)", re.I)
_INCREMENTING = re.compile(r"^(h?incr(by|byfloat)?|decr(by)?|zincrby|increment|decrement|hincrby|append)$", re.I)
_SETTING = re.compile(
    r"^(h?m?set|setex|psetex|expire|hset|sadd|zadd|srem|zrem|h?del|delete|unlink|update|replace|remove)", re.I
)


class Statements:
    """Finds the verb of write effects."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def verb(self, effect: Effect, frame: Frame) -> str:
        """insert, update, delete, upsert, replace, increment or "write"; "" when nothing is written."""
        if effect.kind == "dedupe":
            return "upsert" if effect.api.data.get("signal") else "guard"
        declared = str(effect.api.data.get("verb", ""))
        statement = effect.argument("statement") or effect.argument("sql")
        has_statement = "statement" in effect.api.slots or "sql" in effect.api.slots
        if has_statement and not effect.handed:
            found = self._of_statement(statement, frame, 0) if statement is not None else ""
            return found if found != "unknown" else ""
        if declared == "dml" and isinstance(effect.call.function, ir.Attr):  # `Letter.update(...).where(...).execute()`
            found = self._of_statement(effect.call.function.value, frame, 0)
            return found if found != "unknown" else ""
        method = effect.call.function.name if isinstance(effect.call.function, ir.Attr) else ""
        values = effect.argument("values")
        if values is not None and declared in {"", "update", "upsert", "insert_or_update"}:
            if self.increments(values, frame):
                return "increment"
        for keyword, value in effect.call.keywords:
            if declared == "update" and keyword and _is_expression(value):
                return "increment"
        upsert = effect.argument("upsert")
        if isinstance(upsert, ir.Const) and upsert.value is True:
            return "upsert"
        if _INCREMENTING.match(method):
            return "increment"
        if declared == "insert" and _changes_row(effect):
            return "update"
        if declared and declared not in {"raw", "bulk", "dml"}:
            return declared
        if _INSERTING.match(method):
            return "insert"
        if _SETTING.match(method):
            return (
                "delete" if method.lower().startswith(("del", "srem", "zrem", "hdel", "unlink", "remove")) else "update"
            )
        return "write"

    def increments(self, values: ir.Expr, frame: Frame) -> bool:
        """Whether an update adds to what is stored: `$inc`, `$push`, `F("x") + 1`, `Model.x + 1`."""
        for node in walk(values):
            if isinstance(node, ir.Mapping):
                for key, _ in node.items:
                    if isinstance(key, ir.Const) and key.value in {"$inc", "$push", "$mul", "$addToSet:no"}:
                        return True
            if _is_expression(node):
                return True
        for value in self._evaluator.values(values, frame):
            if isinstance(value, Display) and value.expr is not values and self.increments(value.expr, value.frame):
                return True
        return False

    def _of_statement(self, expr: ir.Expr, frame: Frame, depth: int) -> str:
        """The verb of a statement expression; "" for a query, "unknown" when it cannot be told."""
        text = self._text(expr, frame)
        if text is not None:
            return of_sql(text)
        if depth > 4:
            return "unknown"
        chain = expr
        names: list[str] = []
        adds = False
        while isinstance(chain, ir.Call | ir.Attr | ir.Await):
            if isinstance(chain, ir.Call):
                adds = adds or self.increments_in(chain)
                for callee in self._evaluator.values(chain.function, frame):
                    if not isinstance(callee, External):
                        continue
                    for api in self._evaluator.models.rows(callee.name):
                        if api.kind == "statement":
                            verb = self._declared(api.data.get("verb"), chain, api.slots.get("sql"), frame)
                            return _refined(verb, names, adds)
                if isinstance(chain.function, ir.Attr):
                    names.append(chain.function.name)
                    if chain.function.name in {"insert", "update", "delete"} and not isinstance(
                        chain.function.value, ir.Call
                    ):
                        return _refined(chain.function.name, names, adds or self.increments_in(chain))
                chain = chain.function
            else:
                chain = chain.value
        if isinstance(chain, ir.Name):
            found = self._bound(chain.id, frame, depth)
            if found != "unknown":
                return _refined(found, names, adds)
        return self._made(expr, frame, depth)

    def _made(self, expr: ir.Expr, frame: Frame, depth: int) -> str:
        """The verb of a statement object that was built elsewhere and handed over."""
        found = "unknown"
        values = self._evaluator.values(expr, frame)
        if isinstance(expr, ir.Name) and frame.call is None and frame.scope.function is not None:
            if any(binding.kind == "parameter" for binding in frame.scope.bindings.get(expr.id, ())):
                values = tuple(self._evaluator.parameters.given(expr.id, frame.scope))
        for value in values:
            if isinstance(value, ExternalInstance) and value.site is not None and value.site.call is not expr:
                verb = self._of_statement(value.site.call, value.site.frame, depth + 1)
                if verb not in {"", "unknown"}:
                    return verb
                found = verb if found == "unknown" else found
        return found

    def _bound(self, name: str, frame: Frame, depth: int) -> str:
        """The verb of a statement that a name is bound to, be it step by step."""
        found = {
            self._of_statement(binding.expr, frame, depth + 1)
            for binding in frame.scope.bindings.get(name, ())
            if binding.kind == "value" and binding.expr is not None
        }
        for verb in ("upsert", "increment"):  # a later step refines an earlier one
            if verb in found:
                return verb
        known = sorted(found - {"", "unknown"})
        return known[0] if known else "" if "" in found else "unknown"

    def _declared(self, verb: object, call: ir.Call, sql: object, frame: Frame) -> str:
        from edanalyze.models import Slot

        if isinstance(sql, Slot):
            expr = argument(sql, call)
            text = self._text(expr, frame) if expr is not None else None
            return of_sql(text) if text is not None else "unknown"
        return str(verb or "write")

    @staticmethod
    def increments_in(call: ir.Call) -> bool:
        """Whether a call of a statement's chain sets a column to what it holds and something more."""
        mappings = [argument for argument in call.arguments if isinstance(argument, ir.Mapping)]
        values = [value for _, value in call.keywords] + [value for mapping in mappings for _, value in mapping.items]
        return any(_is_expression(value) for value in values)

    def _text(self, expr: ir.Expr, frame: Frame) -> str | None:
        for value in self._evaluator.values(expr, frame):
            if isinstance(value, String):
                text = value.text
                if value.parts and not all(isinstance(part, Hole) for part in value.parts):
                    return text
        return None


def _changes_row(effect: Effect) -> bool:
    """Whether the object that stores itself was made to change a stored row: `OrderSerializer(order, data=...)`."""
    slot, receiver = effect.api.slots.get("changed"), effect.receiver
    if slot is None or not isinstance(receiver, Instance | ExternalInstance) or receiver.site is None:
        return False
    row = argument(slot, receiver.site.call)
    return row is not None and not (isinstance(row, ir.Const) and row.value is None)


def _refined(verb: str, names: list[str], adds: bool) -> str:
    """A verb with what the further calls of its chain say."""
    if verb == "insert" and any("conflict" in name or "duplicate" in name or "ignore" in name for name in names):
        return "upsert"
    return "increment" if verb == "update" and adds else verb


def of_sql(text: str) -> str:
    """The verb of SQL text; "" when it writes nothing."""
    match = _VERB.match(text)
    if match is None:
        return ""
    verb = match.group(1).lower()
    if verb == "insert" and _UPSERT.search(text):
        return "upsert"
    if verb == "update" and _INCREMENT.search(text):
        return "increment"
    return {"merge": "upsert", "truncate": "delete", "copy": "insert"}.get(verb, verb)


def _is_expression(expr: ir.Expr) -> bool:
    """Arithmetic on a stored column: `F("x") - n`, `Stock.quantity + 1`."""
    if not isinstance(expr, ir.Operation) or expr.operator not in {"+", "-", "*"}:
        return False
    for operand in expr.operands:
        if isinstance(operand, ir.Call) and isinstance(operand.function, ir.Name) and operand.function.id == "F":
            return True
        if isinstance(operand, ir.Call) and isinstance(operand.function, ir.Attr) and operand.function.name == "F":
            return True
        if isinstance(operand, ir.Attr) and isinstance(operand.value, ir.Name) and operand.value.id[:1].isupper():
            return True
    return False
