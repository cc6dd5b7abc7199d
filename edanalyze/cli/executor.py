"""Workers elsewhere: a cluster that reads files, named by its address."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module

from edanalyze.cli.failures import Failure

_SCHEME = "dask://"


@contextmanager
def connected(address: str | None) -> Iterator[Executor | None]:
    """Give an executor whose work is done by the cluster at `dask://HOST:PORT`, or None when no address is given.

    The workers need edanalyze of the same version, and the project under the same path.
    Raises Failure when the address is not understood, no cluster answers, or the client is not installed.
    """
    if address is None:
        yield None
        return
    if not address.startswith(_SCHEME) or not address.removeprefix(_SCHEME):
        raise Failure(f"--executor {address}: expected {_SCHEME}HOST:PORT")
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise Failure('--executor dask://... needs the client of Dask: pip install "edanalyze[dask]"') from error
    try:
        client = distributed.Client(f"tcp://{address.removeprefix(_SCHEME)}", timeout=10)
    except (OSError, TimeoutError, ValueError) as error:
        raise Failure(f"no Dask scheduler answers at {address}: {error}") from error
    try:
        executor: Executor = client.get_executor()
        yield executor
    finally:
        client.close()
