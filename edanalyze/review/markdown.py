"""A review as Markdown that reads well in a pull request: the answers, what to do first, then the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edanalyze.review.records import NOT_APPLICABLE, NOT_MET, UNKNOWN, Criterion, Item, Place, Review, Step

MOST_STEPS = 10
MOST_PLACES = 5


def to_markdown(review: Review) -> str:
    """The document. Long lists are cut, and say so; the JSON holds all of them."""
    return "\n".join(_document(review)) + "\n"


def _document(review: Review) -> Iterator[str]:
    yield f"# Event-driven architecture review of {_cell(review.title)}"
    yield ""
    yield "| | item | answer | because of |"
    yield "|--|--|--|--|"
    for item in review.items:
        yield f"| {item.number} | {item.title} | **{item.answer}** | {_cell(_reasons(item))} |"
    yield ""
    yield "## What to do first"
    yield ""
    yield from _steps(review.first, MOST_STEPS)
    for item in review.items:
        yield ""
        yield from _item(item)
    yield ""
    yield "## When not to go further"
    yield ""
    if not review.advice:
        yield "Nothing here is more than this system needs, as far as the code tells."
    for each in review.advice:
        yield f"- {each.text}"
        yield f"  - Because: {each.rule}."
        for evidence in each.evidence:
            yield f"  - {_cell(evidence)}"


def _reasons(item: Item) -> str:
    """The criteria that an item fails by, with their counts."""
    if item.answer not in (NOT_MET, UNKNOWN):
        return ""
    return "; ".join(f"{each.name} ({each.told})" for each in item.criteria if each.answer == item.answer)


def _steps(steps: Sequence[Step], most: int) -> Iterator[str]:
    if not steps:
        yield "Nothing: no item is known not to be met."
    for number, step in enumerate(steps[:most], 1):
        yield f"{number}. {_step(step)}"
    if len(steps) > most:
        yield ""
        yield f"And {len(steps) - most} more, below."


def _step(step: Step) -> str:
    title = f"**{step.rule}** at {_at(step.path, step.line)}" if step.rule else f"**{step.criterion}**"
    return f"{title}: {_cell(step.why)}. {_sentence(step.what)}{_further(step)}"


def _further(step: Step) -> str:
    others = [_at(place.path, place.line) for place in step.places[1:] if place.path]
    if not step.rule or not others:
        return ""
    rest = f" and {len(others) - MOST_PLACES} more" if len(others) > MOST_PLACES else ""
    return f" Also at {', '.join(others[:MOST_PLACES])}{rest}."


def _item(item: Item) -> Iterator[str]:
    yield f"## {item.number}. {item.title}: {item.answer}"
    yield ""
    yield "| | asked for | answer | evidence | rules |"
    yield "|--|--|--|--|--|"
    for each in item.criteria:
        told = _cell(each.told) if each.answer != NOT_APPLICABLE else ""
        yield f"| {each.name} | {each.claim} | {each.answer} | {told} | {', '.join(each.rules)} |"
    if item.first:
        yield ""
        yield f"Begin with {_step(item.first[0])}"
    for each in item.criteria:
        if each.places:
            yield ""
            yield from _evidence(each)


def _evidence(criterion: Criterion) -> Iterator[str]:
    yield f"**{criterion.name}** is {criterion.answer}:"
    yield ""
    for place in criterion.places[:MOST_PLACES]:
        yield f"- {_place(place)}"
    if len(criterion.places) > MOST_PLACES:
        yield f"- and {len(criterion.places) - MOST_PLACES} more"


def _place(place: Place) -> str:
    where = f"{_at(place.path, place.line)}: " if place.path else ""
    rule = f"{place.rule}: " if place.rule else ""
    return f"{where}{rule}{_cell(place.text)}"


def _at(path: str, line: int) -> str:
    return f"{path}:{line}" if line else path


def _sentence(text: str) -> str:
    plain = _cell(text).rstrip(".")
    return f"{plain[:1].upper()}{plain[1:]}." if plain else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
