"""Collections of a store (Redis): queues, whose elements somebody takes, or data, which is only read."""

from __future__ import annotations

from edanalyze.link.program import Program

_POPS = frozenset({"blpop", "brpop", "lpop", "rpop", "brpoplpush", "rpoplpush", "blmove", "lmove", "blmpop", "lmpop"})
_READS = frozenset({"lrange", "lindex", "lset", "linsert"})
_POPS_OF_SETS = frozenset({"zpopmin", "zpopmax", "bzpopmin", "bzpopmax", "zmpop", "bzmpop"})
_DUE = frozenset({"zrangebyscore", "zrange"})
_TAKES = frozenset({"zrem"})


def are_queues(program: Program) -> bool:
    """Whether the program takes elements from lists: then a push to a list is a message."""
    return _calls(program, _POPS)


def is_stored(form: str, program: Program) -> bool:
    """Whether what an API of a form adds to a collection is stored there rather than sent.

    A list that the program reads and never takes from is data. A sorted set is, unless elements are taken from one: by
    a call that does so, or what is due is read and then removed.
    """
    if form == "list":
        return not are_queues(program) and _calls(program, _READS)
    if form == "delayed-set":
        return not _calls(program, _POPS_OF_SETS) and not (_calls(program, _DUE) and _calls(program, _TAKES))
    return False


def _calls(program: Program, names: frozenset[str]) -> bool:
    return any(name in program.calls for name in names)
