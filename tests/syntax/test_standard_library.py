"""Real files: places, calls and statements agree with LibCST, and facts survive being stored."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import msgspec
import pytest

from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax import lower
from edanalyze.syntax.source import decode
from tests.syntax.oracle import facts_places, read

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = """
_strptime abc ast asyncio/base_events asyncio/queues asyncio/taskgroups bdb calendar cmd codecs collections/__init__
colorsys concurrent/futures/thread contextlib copy csv dataclasses email/message enum fractions functools gzip
heapq http/client importlib/resources/__init__ json/decoder json/encoder keyword logging/handlers mailbox netrc
operator pathlib/__init__ pathlib queue random sched shelve smtplib socketserver sqlite3/dump string stringprep
this token traceback types typing unittest/mock urllib/request uuid wave xmlrpc/client zipfile/__init__
""".split()


@pytest.mark.parametrize("module", MODULES)
def test_facts_agree_with_libcst(module: str) -> None:
    path = LIBRARY / f"{module}.py"
    if not path.exists():
        pytest.skip("not in this version of Python")
    source = path.read_bytes()
    facts = lower(module, source)
    found, expected = facts_places(facts), read(decode(module, source))
    assert found.places == expected.places
    # Only `.format` and `.join` of a literal may be folded away; every other call is there once.
    assert not expected.calls - found.calls - expected.foldable
    assert sum((found.calls - expected.calls).values()) == expected.nameless


def test_lowering_is_deterministic_and_facts_can_be_stored() -> None:
    source = (LIBRARY / "argparse.py").read_bytes()
    first, second = lower("argparse.py", source), lower("argparse.py", source)
    stored = msgspec.msgpack.encode(first)
    assert stored == msgspec.msgpack.encode(second)
    assert msgspec.msgpack.decode(stored, type=ModuleFacts) == first
