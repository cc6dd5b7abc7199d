"""Wording: whether the name of a message tells somebody to do something, or that something has happened."""

from __future__ import annotations

import re

IMPERATIVES = frozenset(
    """
    accept activate add allocate append apply approve archive assign authorize book build calculate cancel capture
    change charge check checkout clean cleanup clear close collect compensate complete compute confirm convert create
    deactivate debit decrease deduct delete deliver disable dispatch do download enable enqueue execute expire export
    fetch finish fulfil fulfill generate get give grant handle import increase index initiate insert install invalidate
    invite issue load lock make mark merge modify move notify open pay perform place prepare print process publish
    purge put reallocate rebuild recalculate refresh refund register reject release remind remove rename render renew
    replace reserve reset resize resend restock restore resume retry revoke run save schedule send set ship start stop
    store submit subscribe suspend sync synchronize terminate transcode transfer trigger unlock unreserve unsubscribe
    update upload validate verify withdraw
    """.split()
)
"""Verbs that open a command. Words that are as often nouns (order, report, request, charge) are left out where they
would be taken for one: see `NOUNS`."""
NOUNS = frozenset(
    {"order", "report", "request", "charge", "release", "transfer", "update", "issue", "index", "place", "process"}
    | {
        "set",
        "run",
        "ship",
        "store",
        "stock",
        "book",
        "check",
        "change",
        "refund",
        "import",
        "export",
        "invite",
    }
    | {"start", "stop", "load", "lock", "print", "move", "mark", "build", "trigger", "schedule", "open", "register"}
    | {"upload", "download", "checkout", "cleanup", "publish", "close", "reset", "complete", "retry", "add", "sync"}
    | {"install", "pay", "do", "get", "grant", "address", "put", "resume", "give", "make", "return", "clean"}
)
"""Verbs that are nouns or adjectives, too: they count only when what follows is not what happened to them."""
PARTICIPLES = frozenset(
    """
    begun bought brought built caught chosen done drawn fallen found forgotten frozen given gone held hidden kept known
    left lost made met overdue paid put read rejected repaid reset run said seen sent set shown shut sold spent stolen
    taken thrown told undone unpaid withdrawn won written split sunk bound broken
    """.split()
)
"""Irregular participles; the regular ones end in "ed"."""
NOT_PARTICIPLES = frozenset({"need", "feed", "seed", "speed", "bed", "red", "embed", "shed", "exceed", "proceed", "id"})
TRAILING = frozenset(
    {"event", "events", "message", "msg", "topic", "command", "cmd", "v", "queue", "signal", "exchange"}
)
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def words(name: str) -> list[str]:
    """The words of a name in lower case, without those that only say that it is a message, and without versions."""
    found = [word.lower() for word in _WORD.findall(re.sub(r"\d+", " ", name))]
    while len(found) > 1 and found[-1] in TRAILING:
        found.pop()
    return found


def is_past(name: str) -> bool:
    """Whether a name says what has happened: `OrderPlaced`, `order.created`, `payment_failed`."""
    found = words(name)
    return len(found) > 1 and _is_participle(found[-1]) and not is_imperative(name)


def is_imperative(name: str) -> bool:
    """Whether a name tells somebody to do something: `SendEmail`, `create_order`, `change-batch-quantity`."""
    found = words(name)
    if len(found) < 2 or found[0] not in IMPERATIVES:
        return False
    rest = found[1:]
    if any(map(_is_participle, rest)) or rest[-1] in {"success", "failure", "failed", "error", "result", "status"}:
        return False
    return found[0] not in NOUNS or not _is_compound(found)


def _is_compound(found: list[str]) -> bool:
    """Whether a first word that may be a noun is one: `order status`, `request log`, `update feed`."""
    return found[-1] in COMPOUNDS or found[-1].endswith(("tion", "ment", "ing", "ness"))


COMPOUNDS = frozenset(
    {"log", "logs", "feed", "status", "state", "stream", "queue", "data", "info", "history", "list", "item", "items"}
    | {"line", "lines", "detail", "details", "level", "levels", "rate", "price", "request", "response", "reply", "id"}
    | {"completed", "job", "task", "worker", "result", "results", "audit", "update", "updates", "changes", "notice"}
)


def _is_participle(word: str) -> bool:
    return word in PARTICIPLES or (word.endswith("ed") and len(word) > 3 and word not in NOT_PARTICIPLES)
