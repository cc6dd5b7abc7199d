from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_no_input_is_met_with_an_error_of_ours(target: Callable[[], None]) -> None:
    target()
