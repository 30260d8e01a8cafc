"""Parts that a carrier left unanswered and that are taken for sent: whose receipt is it that comes under an unknown id?

Such a part has no id of the carrier's, so number and time must do. A receipt is a part's when it says to whom and when
its message was submitted, that part alone went to this number at that time, and no other receipt fits it as well. It is
nobody's otherwise, and a person may say whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.model import MessageId, Report

NEAR_MS: Final = 120_000  # dates are minutes, and clocks differ
DAY_MS: Final = 86_400_000  # what had waited longer than this before it was sent is not looked for
_DIGITS: Final = 9  # of a number that are compared: receipts have it with and without country code


@attrs.frozen
class Doubt:
    """A part that is taken for sent without an answer."""

    carrier_id: int
    ref: str  # the name under which it waits for its receipt
    message_id: MessageId
    recipient: str
    taken_at_ms: int  # when it was taken for sent; it had left before


def same_number(one: str, other: str) -> bool:
    """Say whether two numbers may be one; receipts write them with and without country code."""
    return bool(other) and one[-_DIGITS:] == other[-_DIGITS:]


def says_enough(heard: Report) -> bool:
    """Say whether a receipt names a number and a time."""
    return len(heard.recipient) >= _DIGITS and heard.submitted_at_ms is not None


def fits(heard: Report, doubt: Doubt) -> bool:
    """Say whether a receipt may be a part's: it was submitted between the message's making and its being taken for sent."""
    at_ms = heard.submitted_at_ms
    return (
        at_ms is not None
        and heard.carrier_id == doubt.carrier_id
        and same_number(doubt.recipient, heard.recipient)
        and max(at_ms - DAY_MS, 0) <= made_at_ms(doubt.message_id) <= at_ms + NEAR_MS
        and at_ms <= doubt.taken_at_ms + NEAR_MS
    )


def matches(reports: Mapping[int, Report], doubts: Sequence[Doubt]) -> dict[int, Doubt]:
    """Return the parts that reports are of, by the numbers of the reports.

    A report of two parts is of none, and so are reports under two ids that fit one part. Of one id that comes more than
    once the first counts.
    """
    fitting = {n: [doubt for doubt in doubts if fits(heard, doubt)] for n, heard in reports.items()}
    found: dict[int, Doubt] = {}
    claims: dict[str, set[str]] = {}
    for n, heard in reports.items():
        for doubt in fitting[n]:
            claims.setdefault(doubt.ref, set()).add(heard.ref)
    for n, each in fitting.items():
        if len(each) == 1 and len(claims[each[0].ref]) == 1 and each[0] not in found.values():
            found[n] = each[0]
    return found
