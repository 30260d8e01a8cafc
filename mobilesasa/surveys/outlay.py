"""What a survey costs, in parts of messages, before anybody is asked."""

from __future__ import annotations

import attrs

from mobilesasa.sms.estimate import count_parts
from mobilesasa.surveys.model import END, Definition
from mobilesasa.surveys.paths import leads
from mobilesasa.surveys.words import asking, opening


@attrs.frozen
class Outlay:
    """Parts of the messages to one person who answers everything at once and readably."""

    opening: int  # of the first message, which everybody gets
    least: int  # of all, by the shortest way to the end
    all: int  # of all, if every question there is is asked once


def outlay_of(definition: Definition) -> Outlay:
    """Return what one person costs; nothing where nothing is asked."""
    if not definition.questions:
        return Outlay(0, 0, 0)
    first = definition.questions[0].uuid
    parts = {question.uuid: count_parts(asking(question)) for question in definition.questions}
    parts[first] = count_parts(opening(definition))
    parts[END] = count_parts(definition.thanks) if definition.thanks else 0
    return Outlay(parts[first], _least(definition, parts, first), sum(parts.values()))


def _least(definition: Definition, parts: dict[str, int], first: str) -> int:
    """Return the parts of the cheapest way to the end; of one without an end, none: nobody goes it."""
    ways = {question.uuid: leads(definition, question) for question in definition.questions}
    known, waiting = dict[str, int](), {first: parts[first]}
    while waiting:
        uuid = min(waiting, key=waiting.__getitem__)
        known[uuid] = waiting.pop(uuid)
        for target in ways.get(uuid, ()):
            if target in parts and target not in known:
                waiting[target] = min(waiting.get(target, known[uuid] + parts[target]), known[uuid] + parts[target])
    return known.get(END, 0)
