"""EDA503 event-named-as-command: the name of a message says the opposite of what the message is."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class EventNamedAsCommand(Rule):
    """An event is named in the imperative, or a command in the past tense."""

    code = "EDA503"
    name = "event-named-as-command"
    summary = "An event is named in the imperative, or a command in the past tense."
    default = True

    what_it_does = """
    Reports a message that is known to be an event (its class or a base of it says so, or it goes to a place that
    broadcasts by nature: an event bus, a fan-out exchange, SNS, Redis pub/sub) and whose name tells somebody to do
    something (`SendEmail`, `create_order`); and a message that is known to be a command (its class, a base of it, or
    the API that sends it says so) and whose name says what has happened (`OrderPlaced`). A queue, a topic of a log or
    a routing key alone proves neither. It is reported at the call at which the name is given.
    """
    why = """
    An event states a fact and does not know who listens; a command asks one receiver for something. A name that says
    the wrong one hides who depends on whom: the publisher of a `SendEmail` "event" counts on a mail being sent, and
    nothing in the system says who answers for it.
    """
    example = """
    import boto3

    events = boto3.client("events")


    def place_order(detail: str) -> None:
        events.put_events(  # error: [EDA503]
            Entries=[{"Source": "shop", "DetailType": "SendConfirmation", "Detail": detail}],
        )
    """
    use_instead = """
    import boto3

    events = boto3.client("events")


    def place_order(detail: str) -> None:
        events.put_events(
            Entries=[{"Source": "shop", "DetailType": "OrderPlaced", "Detail": detail}],
        )
    """
    known_problems = """
    *False alarms*: names whose first word is verb and noun at once in a way that the list of such words does not
    know. *Missed alarms*: names in other languages than English; imperatives behind the entity (`order.create`).
    """
    options = """
    - `commands` and `events` name messages that are declared as what they are: they are not reported.
    """
    references = """
    - [Enterprise Integration Patterns: command message](https://www.enterpriseintegrationpatterns.com/patterns/messaging/CommandMessage.html)
    - [Enterprise Integration Patterns: event message](https://www.enterpriseintegrationpatterns.com/patterns/messaging/EventMessage.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Messages whose kind and wording disagree."""
        for found in analysis.kinds.misnamed():
            is_event = found.kind.word == "event"
            wording = "tells somebody to do something" if is_event else "says what has happened"
            word = "an event" if is_event else "a command"
            yield Finding(
                f"`{found.name}` {wording}, but the message is {word} ({found.kind.why}): "
                "the name hides who depends on whom",
                found.witness,
                likely=found.likely,
            )
