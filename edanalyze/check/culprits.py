"""Culprits: the functions of the analysed code that edanalyze was busy with when it failed, read off the traceback.

The engine asks across functions on demand, so there is no one loop whose turns could be guarded, and what it has half
remembered when it fails must not be used on. So a failure is pinned afterwards: the records in the engine's own frames
say which function it was about. Whether a suspect is to blame shows when the analysis runs without it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from edanalyze.facts.module import FunctionFacts, ModuleFacts
from edanalyze.facts.names import module_id
from edanalyze.link.entries import EntryPoint
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Function

MOST = 4
"""How many functions are suspected of one failure; their modules come on top."""

_ID = re.compile(r"[^:/]+:[^:/]*")
_ENGINE = tuple(Path(__file__).resolve().parents[1] / folder for folder in ("analyse", "link"))


def suspects(error: BaseException) -> tuple[str, ...]:
    """What the engine was asked about when it raised `error`, innermost first: functions, then modules (`module:`).

    Nothing when the failure is none of the engine's but of the rule that asked it.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    while frames and not any(Path(frames[0].f_code.co_filename).is_relative_to(folder) for folder in _ENGINE):
        frames.pop(0)
    found: dict[str, None] = {}
    for frame in reversed(frames):
        code = frame.f_code
        for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
            found.update(dict.fromkeys(_named(frame.f_locals.get(name))))
        if len(found) >= MOST:
            break
    functions = [each for each in found if not each.endswith(":")][:MOST]
    return (*functions, *dict.fromkeys(f"{each.partition(':')[0]}:" for each in found))


def _named(value: object) -> Iterator[str]:
    """The ids of the functions and modules that a record of the engine is about."""
    match value:
        case Function(id=identifier) | EntryPoint(function=identifier):
            yield identifier
        case ModuleFacts(path=path):
            yield f"{module_id(path)}:"
        case str() if _ID.fullmatch(value):
            yield value
        case _:
            scope = value if isinstance(value, Scope) else getattr(value, "scope", None)
            if isinstance(scope, Scope):
                yield _around(scope)


def _around(scope: Scope) -> str:
    """The function, or else the module, that holds a scope."""
    current: Scope | None = scope
    while current is not None and current.kind != "function":
        current = current.parent
    return current.id if current is not None else f"{scope.module}:"


def facts_of(culprit: str, modules: Iterable[ModuleFacts]) -> tuple[ModuleFacts, FunctionFacts | None] | None:
    """The module and function that an id means (no function for a whole module); None when there are none such."""
    module, _, qualname = culprit.partition(":")
    for facts in modules:
        if module_id(facts.path) == module and (not qualname or qualname in facts.functions):
            return facts, facts.functions.get(qualname)
    return None


def without(modules: Iterable[ModuleFacts], culprits: Collection[str]) -> tuple[ModuleFacts, ...]:
    """The modules without those left out; functions left out keep their names and do nothing."""
    kept: list[ModuleFacts] = []
    for facts in modules:
        module = module_id(facts.path)
        if f"{module}:" in culprits:
            continue
        emptied = {name: _empty(each) for name, each in facts.functions.items() if f"{module}:{name}" in culprits}
        kept.append(msgspec.structs.replace(facts, functions={**facts.functions, **emptied}) if emptied else facts)
    return tuple(kept)


def _empty(function: FunctionFacts) -> FunctionFacts:
    parameters = tuple(msgspec.structs.replace(each, annotation=None, default=None) for each in function.parameters)
    return msgspec.structs.replace(function, parameters=parameters, decorators=(), returns=None, body=())
