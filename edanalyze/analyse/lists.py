"""Lists of a store (Redis): a queue, whose elements are taken, or data, which is only read."""

from __future__ import annotations

from edanalyze.link.program import Program

_POPS = frozenset({"blpop", "brpop", "lpop", "rpop", "brpoplpush", "rpoplpush", "blmove", "lmove", "blmpop", "lmpop"})
_READS = frozenset({"lrange", "lindex", "lset", "linsert"})


def are_queues(program: Program) -> bool:
    """Whether the program takes elements from lists: then a push to a list is a message."""
    return any(name in program.calls for name in _POPS)


def are_data(program: Program) -> bool:
    """Whether the program reads lists and never takes from one: then a push to a list stores something."""
    return not are_queues(program) and any(name in program.calls for name in _READS)
