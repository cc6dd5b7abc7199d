"""Files with a checksum: what was cut short, overwritten or written by something else is told from what is whole."""

from __future__ import annotations

from hashlib import blake2b

_MAGIC = b"edanalyze-cache-1\n"
_LENGTH = 16
_HEAD = len(_MAGIC) + _LENGTH


class DamagedError(ValueError):
    """Bytes that are not what was sealed."""


def digest(data: bytes) -> bytes:
    """The hash by which contents are told apart, 16 bytes."""
    return blake2b(data, digest_size=_LENGTH).digest()


def seal(payload: bytes) -> bytes:
    """The bytes of a file that holds `payload`."""
    return _MAGIC + digest(payload) + payload


def unseal(data: bytes) -> memoryview:
    """The payload of a sealed file. Raises DamagedError."""
    payload = memoryview(data)[_HEAD:]
    if data[: len(_MAGIC)] != _MAGIC or data[len(_MAGIC) : _HEAD] != blake2b(payload, digest_size=_LENGTH).digest():
        raise DamagedError
    return payload
