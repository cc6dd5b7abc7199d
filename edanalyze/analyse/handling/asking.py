"""Asking: requests to callees that are not known whose URL says that they ask for something and change nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edanalyze.analyse.binding.records import HttpCall

_ASKS = re.compile(
    r"(^|[/_:-])(search|query|lookup|token|oauth|login|authenticate|introspect|validate|verify|preview|calculate|quote"
    r"|predict|infer(ence)?|embeddings?|completions?|(stream)?generatecontent|moderations?|rerank|transcriptions?"
    r"|_msearch|_count|_mget|check)/?$",
    re.I,
)


def only_asks(call: HttpCall) -> bool:
    """Whether a request whose callee is not known asks, going by the end of its path."""
    return not call.targets and _ASKS.search(call.url.text.partition("?")[0]) is not None
