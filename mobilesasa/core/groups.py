"""Parts of one message that a team split itself, shown together (decision 121).

How to think about it: such parts are messages of their own, each with an id, a charge and a receipt; nothing waits for
them and nothing is joined on the way. Only who looks at one of them is shown the others: the messages of the same team
and sender to the same number, with the same reference and total in their headers, within five minutes of it. Of a
reference that is used again in that time, what came in a row belongs together: a group ends when it has all its parts, or
when a number comes again. A resend stands in the place of what it resends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.model import Coding, MessageId, Priced
from mobilesasa.sms.alphabet import escaped, mended
from mobilesasa.sms.udh import BadUdh, Concatenation, read_udh

#: How far apart the parts of one message may come.
WINDOW_MS: Final = 5 * 60_000


@attrs.frozen
class Group:
    """A message that a team split, as far as its parts are there.

    Attributes:
        reference: of its parts, 8 or 16 bits.
        total: how many parts there are to be.
        members: those that are there, by their number.
        is_late: parts are missing, and the time in which they could come is over.
    """

    reference: int
    total: int
    members: dict[int, Priced]
    is_late: bool

    @property
    def missing(self) -> list[int]:
        """The numbers of the parts that are not there."""
        return [number for number in range(1, self.total + 1) if number not in self.members]

    @property
    def text(self) -> str:
        """The text of the parts that are there; characters that the team has cut in two are whole again."""
        runs: list[list[str | bytes]] = []
        last, cut = -1, False
        for number, part in sorted(self.members.items()):
            if number != last + 1:
                runs.append([])
                cut = False
            piece = _piece(part)
            runs[-1].append(escaped(piece) if cut and isinstance(piece, str) else piece)
            last, cut = number, _ends_in_an_escape(part)
        return "".join(mended(run) for run in runs)


def part_of(message: Priced) -> Concatenation | None:
    """Return which part of which message it is; None when its team did not split it."""
    if not message.udh:
        return None
    try:
        return read_udh(message.udh)[0].concatenation
    except BadUdh:
        return None


def group_of(asked: Priced, others: Sequence[Priced], now_ms: int) -> Group | None:
    """Return the group that a message is part of; None when it is none.

    Args:
        asked: the message that is looked at.
        others: messages of the same team and sender to the same number, `asked` among them or not.
        now_ms: milliseconds since the epoch.
    """
    key = part_of(asked)
    if key is None:
        return None
    line, places = _in_line(asked, others, key)
    members: dict[int, Priced] = {}
    for place, (number, message) in enumerate(line):
        if number in members or len(members) == key.total:
            if place > places[asked.id]:
                break
            members = {}
        members[number] = message
    is_late = len(members) < key.total and now_ms > made_at_ms(asked.id) + WINDOW_MS
    return Group(key.reference, key.total, members, is_late)


def _in_line(
    asked: Priced, others: Sequence[Priced], key: Concatenation
) -> tuple[list[tuple[int, Priced]], dict[MessageId, int]]:
    """Return the parts of this reference and total in the order they came, and the place of each id among them."""
    line: list[tuple[int, Priced]] = []
    places: dict[MessageId, int] = {}
    for message in sorted({message.id: message for message in [*others, asked]}.values(), key=lambda m: m.id):
        part = part_of(message)
        if part is None or (part.reference, part.total, part.wide) != (key.reference, key.total, key.wide):
            continue
        before = None if message.resent_from is None else places.get(message.resent_from)
        if before is None:
            places[message.id] = len(line)
            line.append((part.number, message))
        else:
            places[message.id] = before
            line[before] = (part.number, message)
    return line, places


def _piece(part: Priced) -> str | bytes:
    """Return what a part says, with the halves of characters that it has."""
    if part.text is None:
        return ""
    return part.text if part.body is None or part.coding is Coding.GSM7 else part.body


def _ends_in_an_escape(part: Priced) -> bool:
    """Say whether the team has cut a character of the GSM extension table at the end of this part."""
    return part.body is not None and part.coding is Coding.GSM7
