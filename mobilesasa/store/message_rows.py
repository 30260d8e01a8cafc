"""Rows of messages, read."""

from __future__ import annotations

from typing import Any, Final

import attrs

from mobilesasa.core.model import Coding, Failure, Lane, Origin, Priced, State, Wish

#: Begins a statement that reads whole messages; `message_of` and `progress_of` read its rows.
COLUMNS: Final = """
SELECT id, team_id, carrier_id, lane, origin, wish, sender, recipient, text, body, udh, coding, parts, price_units,
       (extract(epoch FROM expires_at) * 1000)::bigint, (extract(epoch FROM due_at) * 1000)::bigint, resent_from, options,
       client_reference, campaign_uuid,
       state, failure, reason, error,
       (extract(epoch FROM sent_at) * 1000)::bigint, (extract(epoch FROM done_at) * 1000)::bigint,
       attempts, failed_parts, refs
FROM message
"""
_PROGRESS: Final = slice(20, 26)
#: Attempts, failed parts and the carrier's ids, in a row of `COLUMNS`.
ON_THE_WAY: Final = slice(26, 29)


@attrs.frozen
class Progress:
    """What has become of a stored message."""

    state: State
    failure: Failure | None = None
    reason: str = ""
    error: str = ""  # the carrier's own code
    sent_at_ms: int | None = None
    done_at_ms: int | None = None


def message_of(row: tuple[Any, ...]) -> Priced:
    """Return the message of a row of `COLUMNS`."""
    body, udh = row[9], row[10]
    return Priced(
        id=row[0],
        team_id=row[1],
        carrier_id=row[2],
        lane=Lane(row[3]),
        origin=Origin(row[4]),
        wish=Wish(row[5]),
        sender=row[6],
        recipient=row[7],
        text=row[8],
        body=None if body is None else bytes(body),
        udh=b"" if udh is None else bytes(udh),
        coding=Coding(row[11]),
        parts=row[12],
        price_units=row[13],
        expires_at_ms=row[14],
        due_at_ms=row[15],
        resent_from=row[16],
        options=row[17],
        client_reference=row[18],
        campaign_uuid=row[19],
    )


def progress_of(row: tuple[Any, ...]) -> Progress:
    """Return what has become of the message of a row of `COLUMNS`."""
    state, failure, reason, error, sent_at_ms, done_at_ms = row[_PROGRESS]
    return Progress(
        State(state), Failure(failure) if failure else None, reason or "", error or "", sent_at_ms, done_at_ms
    )
