"""Connections: autocommit mode, read replicas, pipelines, and stores that keep nothing for long."""

from __future__ import annotations

import re

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.facts.children import last_name, spelled, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, ExternalInstance, Frame, Site, Value

_REPLICA = re.compile(r"replica|read[-_]?only|(^|_)ro$|slave|standby|reader|^read$", re.I)
_CACHE = re.compile(r"(^|_)caches?(_|$)", re.I)
_TIDYING = frozenset({"expire", "ltrim"})
_EXPIRING = frozenset({"setex", "psetex", "setnx", "delete", "unlink"}) | _TIDYING


def autocommits(effect: Effect, evaluator: Evaluator) -> bool:
    """Whether the connection that a statement runs on is in autocommit mode."""
    value = effect.receiver
    for _ in range(6):
        site = value.site if isinstance(value, ExternalInstance) else None
        if site is None:
            return False
        if _switched_on(site.call, site.frame, evaluator) or _assigned(value, site, evaluator):
            return True
        callee = site.call.function
        if not isinstance(callee, ir.Attr):
            return False
        value = next(
            (item for item in evaluator.values(callee.value, site.frame) if isinstance(item, ExternalInstance)), None
        )
    return False


def _switched_on(call: ir.Call, frame: Frame, evaluator: Evaluator) -> bool:
    for callee in evaluator.values(call.function, frame):
        if not isinstance(callee, External):
            continue
        for api in evaluator.models.rows(callee.name, "autocommit"):
            switch = api.slots.get("switch")
            given = argument(switch, call) if switch is not None else None
            wanted = api.data.get("when", True)
            if isinstance(given, ir.Const) and given.value == wanted:
                return True
            if given is None and api.data.get("default") is True:
                return True
    return any(
        name == "autocommit" and isinstance(value, ir.Const) and value.value is True for name, value in call.keywords
    )


def _assigned(value: object, site: Site, evaluator: Evaluator) -> bool:
    """`connection.autocommit = True` beside the construction."""
    assert isinstance(value, ExternalInstance)
    module = site.frame.scope.module
    for scope in (site.frame.scope, evaluator.program.scopes.get(f"{module}:")):
        for store in scope.stores if scope is not None else ():
            if (
                store.key == "autocommit"
                and isinstance(store.binding.expr, ir.Const)
                and store.binding.expr.value is True
            ):
                found = evaluator.values(store.base, evaluator.root(store.scope))
                if any(isinstance(item, ExternalInstance) and item.site == site for item in found):
                    return True
        for call, inner in scope.calls if scope is not None else ():
            if isinstance(call.function, ir.Attr) and call.function.name in {
                "set_session",
                "set_autocommit",
                "set_isolation_level",
            }:
                base = evaluator.values(call.function.value, evaluator.root(inner))
                if any(isinstance(item, ExternalInstance) and item.site == site for item in base):
                    values = (
                        *call.arguments,
                        *(expr for name, expr in call.keywords if name in {"autocommit", "value"}),
                    )
                    if any(isinstance(item, ir.Const) and item.value is True for item in values):
                        return True
                    if any("AUTOCOMMIT" in spelled(item) for item in values):
                        return True
    return False


def is_replica(effect: Effect, scope: Scope, evaluator: Evaluator) -> bool:
    """Whether a transaction is opened on a database whose alias (or its setting) says that it only reads."""
    database = effect.argument("database")
    if database is None:
        return False
    aliases = evaluator.literals(database, evaluator.root(scope)) or (spelled(database).rpartition(".")[2],)
    return all(_REPLICA.search(alias) is not None for alias in aliases)


def in_pipeline(effect: Effect) -> bool:
    """Whether a command is queued in a transaction (MULTI) with the writes before it."""
    receiver = effect.receiver
    return isinstance(receiver, ExternalInstance) and "Pipeline" in receiver.name


def is_retry(effect: Effect) -> bool:
    """Whether a task sends itself once more: the same message again, not one about what it has written."""
    return effect.flag == "task" and effect.name.rpartition(".")[2] == "retry"


def units_of_work(evaluator: Evaluator) -> frozenset[str]:
    """The libraries whose commit finds out by itself which objects were changed."""
    models = evaluator.models.models
    mapping = {api.library for api in models.of_kind("orm_model")}
    return frozenset(
        api.library
        for api in models.of_kind("write")
        if api.data.get("executes") == "flush" or (api.data.get("durable") == "commit" and api.library in mapping)
    )


def is_transient(effect: Effect, scope: Scope) -> bool:
    """Whether a message may be lost anyway: it reaches only who listens, or a list that is cut to a length."""
    if effect.api.data.get("transient"):
        return True
    name = effect.argument("topic") if effect.kind == "publish" and effect.flag == "list" else None
    return name is not None and any(
        call.arguments and call.arguments[0] == name and last_name(call.function) == "ltrim" for call, _ in scope.calls
    )


def is_passing(effect: Effect) -> bool:
    """Cached values, keys that expire or only guard, and queued commands: no change that an event speaks of."""
    if in_pipeline(effect):
        return True
    if effect.api.library != "redis":
        return False
    if _is_cache(effect):
        return True
    method = effect.name.rpartition(".")[2]
    expires = any(name in {"ex", "px", "exat", "pxat", "nx"} for name, _ in effect.call.keywords)
    return effect.kind == "dedupe" or expires or method in _EXPIRING


def is_upkeep(effect: Effect) -> bool:
    """Whether a command only keeps a store tidy, or sends off commands that speak for themselves."""
    if effect.api.library != "redis":
        return False
    return effect.name.rpartition(".")[2] in _TIDYING or (effect.kind == "commit" and in_pipeline(effect))


def _is_cache(effect: Effect) -> bool:
    """Whether the connection is made from settings that go by the name of a cache: `from_url(CACHE_URL)`."""
    made = made_by(effect.receiver)
    given = (*made.arguments, *(value for _, value in made.keywords)) if made is not None else ()
    return any(
        _CACHE.search(last_name(part)) for expr in given for part in walk(expr) if isinstance(part, ir.Name | ir.Attr)
    )


def made_by(value: Value | None) -> ir.Call | None:
    """The call that made a library object, whatever the context it ran in."""
    return value.site.call if isinstance(value, ExternalInstance) and value.site is not None else None
