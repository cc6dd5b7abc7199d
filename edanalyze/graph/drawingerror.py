"""Why a picture cannot be drawn."""

from __future__ import annotations


class DrawingError(Exception):
    """A picture that cannot be drawn; the message says why and what to do about it."""


def too_slow(timeout: float) -> DrawingError:
    """Make the error for a layout that did not end in time."""
    return DrawingError(
        f"no layout was found within {timeout:g} seconds: narrow the graph with --view services or --focus NAME"
    )
