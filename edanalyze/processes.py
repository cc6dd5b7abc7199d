"""Processes and stacks: what long and deep work runs on."""

from __future__ import annotations

import gc
import multiprocessing
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TypeVar

T = TypeVar("T")
_STACK = 512 * 1024 * 1024
_RECURSION = 60_000
_DEEP = "edanalyze"


def can_fork() -> bool:
    """Whether this process may be forked: not where the application wants another way, or with other threads about.

    A progress bar has a thread; macOS has libraries that do not survive a fork.
    """
    chosen: str | None = multiprocessing.get_start_method(allow_none=True)
    return sys.platform == "linux" and chosen in (None, "fork") and threading.active_count() == 1


def start_method() -> str:
    """How to start processes: the quickest way that is safe, or what the application has chosen."""
    chosen: str | None = multiprocessing.get_start_method(allow_none=True)
    if can_fork():
        return "fork"
    return "spawn" if chosen in (None, "fork") else chosen


def deep(work: Callable[[], T]) -> T:
    """Run in a thread with a deep stack: evaluation follows the nesting of what it evaluates.

    An analysis makes next to no cycles but very many objects, so the garbage collector rests meanwhile.
    """
    if threading.current_thread().name == _DEEP:
        return work()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    size, limit, collecting = threading.stack_size(), sys.getrecursionlimit(), gc.isenabled()
    threading.stack_size(_STACK)
    sys.setrecursionlimit(max(limit, _RECURSION))
    gc.disable()
    try:
        thread = threading.Thread(target=target, name=_DEEP)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
    if failure:
        raise failure[0]
    return outcome[0]


class Aside:
    """Work that a forked process does meanwhile, on what this process holds. Its result is sent back as bytes.

    Only where `can_fork` says so.
    """

    def __init__(self, work: Callable[[], bytes]) -> None:
        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_send, args=(work, sender), daemon=True)
        self._process.start()
        sender.close()

    def result(self) -> bytes | None:
        """What the work gave; None when it failed or its process was ended: then it has to be done here."""
        found: bytes | None = None
        with suppress(EOFError, OSError):
            found = self._receiver.recv_bytes()
        self._receiver.close()
        self._process.join()
        return found


def _send(work: Callable[[], bytes], sender: Connection) -> None:
    with suppress(Exception):  # the parent sees that nothing has come, does the work again and tells what is wrong
        sender.send_bytes(work())
    sender.close()
