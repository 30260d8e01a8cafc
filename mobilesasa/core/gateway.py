"""The one door: REST, SMPP and all that sends goes through `Gateway.accept`.

A batch of submissions is judged and priced here, stored and charged by the store in one commit, and only then named
to the queue and answered to the caller. A rule about what may be sent is written here or nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from mobilesasa.core.errors import (
    BadRecipient,
    BadSchedule,
    BadText,
    BadValidity,
    NoDefaultSender,
    NoRoute,
    PartTooLong,
    Refused,
    SenderNotApproved,
    TeamSuspended,
    TooManyParts,
)
from mobilesasa.core.ids import canonical
from mobilesasa.core.model import Coding, Lane, MessageId, Origin, Priced, Submission
from mobilesasa.core.ports import Intake, Publisher, Verdict
from mobilesasa.core.teams import CurrentDirectory, Directory, Team
from mobilesasa.sms.alphabet import NotUcs2, encode_gsm, encode_ucs2, is_gsm
from mobilesasa.sms.estimate import count_parts
from mobilesasa.sms.numbers import BadNumber, normalise, normalise_fast
from mobilesasa.sms.segments import PART_OCTETS, Alphabet, TooLong, room, split

_HOUR_MS = 3_600_000
_UNSHOWABLE = "\x00"


@attrs.frozen
class Limits:
    """The bounds of one message."""

    max_parts: int = 10  # decision 31
    max_validity_ms: int = 24 * _HOUR_MS  # a longer validity is shortened to this (decision 122)
    default_validity_ms: int = 24 * _HOUR_MS  # of a message that names none
    max_schedule_ms: int = 7 * 24 * _HOUR_MS  # decision 123


class Gateway:
    """Accepts messages.

    Args:
        directory: the current picture of teams, senders, carriers and routes.
        intake: the store.
        queue: where ids of stored messages are hinted.
        now_ms: milliseconds since the epoch.
        new_id: makes ids of messages.
        limits: the bounds of one message.
    """

    def __init__(
        self,
        directory: CurrentDirectory,
        intake: Intake,
        queue: Publisher,
        now_ms: Callable[[], int],
        new_id: Callable[[], MessageId],
        limits: Limits | None = None,
    ) -> None:
        """Keep what the rules need."""
        self._directory = directory
        self._intake = intake
        self._queue = queue
        self._now_ms = now_ms
        self._new_id = new_id
        self.limits = limits or Limits()

    async def accept(self, batch: Sequence[Submission]) -> list[Verdict]:
        """Judge, price, store and charge a batch; answer for each in its place.

        Returns:
            A `Priced` where the message is stored and charged, a `Refused` where nothing was.

        Raises:
            Overloaded: nothing of the batch was stored, for too much is waiting already.
        """
        verdicts = self.judge(batch)
        priced = [verdict for verdict in verdicts if isinstance(verdict, Priced)]
        if not priced:
            return verdicts
        refusals = await self._intake.accept(priced)
        if any(refusals):
            by_id = {message.id: refusal for message, refusal in zip(priced, refusals, strict=True) if refusal}
            verdicts = [by_id.get(v.id, v) if isinstance(v, Priced) else v for v in verdicts]
            priced = [message for message in priced if message.id not in by_id]
        self.hint(priced)
        return verdicts

    def judge(self, batch: Sequence[Submission]) -> list[Verdict]:
        """Validate and price without storing anything; a verdict each."""
        now_ms = self._now_ms()
        known = self._directory.now
        verdicts: list[Verdict] = []
        for submission in batch:
            try:
                verdicts.append(self._judge_one(known, submission, now_ms))
            except Refused as refusal:
                verdicts.append(refusal)
        return verdicts

    def hint(self, stored: Sequence[Priced]) -> None:
        """Name stored messages to the queues of their carriers; those due later are the sweeper's."""
        by_lane: dict[tuple[int, Lane], list[MessageId]] = {}
        for message in stored:
            if message.due_at_ms is None:
                by_lane.setdefault((message.carrier_id, message.lane), []).append(message.id)
        for (carrier_id, lane), ids in by_lane.items():
            self._queue.publish(carrier_id, lane, ids)

    def _judge_one(self, known: Directory, asked: Submission, now_ms: int) -> Priced:
        team = known.teams.get(asked.team_id)
        if team is None or team.suspended:
            raise TeamSuspended("the team is suspended; ask the operator of this platform")
        recipient = read_number(asked, team)
        sender = find_sender(known, team, asked.sender)
        text, coding, parts = measure(asked, self.limits.max_parts)
        carrier_id = known.route(recipient)
        if carrier_id is None:
            raise NoRoute("no carrier takes messages to this number")
        due_at_ms, expires_at_ms = self._times(asked, now_ms)
        return Priced(
            id=self._new_id(),
            team_id=team.id,
            carrier_id=carrier_id,
            lane=asked.lane,
            origin=asked.origin,
            wish=asked.wish,
            sender=sender,
            recipient=recipient,
            text=text,
            body=asked.body,
            udh=asked.udh,
            coding=coding,
            parts=parts,
            price_units=parts * known.units_a_part(recipient),
            expires_at_ms=expires_at_ms,
            due_at_ms=due_at_ms,
            options=asked.options,
        )

    def _times(self, asked: Submission, now_ms: int) -> tuple[int | None, int]:
        """Return when the message is due (None: now) and when it expires."""
        validity_ms = self.limits.default_validity_ms if asked.validity_ms is None else asked.validity_ms
        if validity_ms <= 0:
            raise BadValidity("the validity period is over already; give a time ahead")
        validity_ms = min(validity_ms, self.limits.max_validity_ms)
        due_at_ms = asked.due_at_ms
        if due_at_ms is None or due_at_ms <= now_ms:
            return None, now_ms + validity_ms
        if due_at_ms > now_ms + self.limits.max_schedule_ms:
            days = self.limits.max_schedule_ms // (24 * _HOUR_MS)
            raise BadSchedule(f"a message can be scheduled at most {days} days ahead")
        return due_at_ms, due_at_ms + validity_ms


def read_number(asked: Submission, team: Team) -> str:
    """Return the recipient as E.164 without the plus; SMPP is read tolerantly, the rest in full (decisions 29, 105)."""
    try:
        if asked.origin is Origin.SMPP:
            return normalise_fast(asked.recipient, team.country)
        return normalise(asked.recipient, team.country)
    except BadNumber as bad:
        raise BadRecipient(str(bad)) from bad


def find_sender(known: Directory, team: Team, asked: str | None) -> str:
    """Return the name of the approved sender that is asked for: by uuid, by exact name, or the default (33-36)."""
    if not asked:
        default = known.senders.get(team.default_sender_id) if team.default_sender_id is not None else None
        if default is None:
            raise NoDefaultSender("no default sender is set for the team; name one in sender_id")
        found = default
    else:
        named = known.sender_named(team.id, asked)
        uuid = canonical(asked) if named is None else None
        chosen = named or (known.sender_by_uuid(team.id, uuid) if uuid else None)
        if chosen is None:
            raise SenderNotApproved(_unknown_sender(known, team, asked))
        found = chosen
    if found.status != "approved":
        raise SenderNotApproved(f"sender {found.name!r} is {found.status}, not approved")
    return found.name


def _unknown_sender(known: Directory, team: Team, asked: str) -> str:
    folded = asked.casefold()
    for sender in known.senders_of(team.id):
        if sender.status == "approved" and sender.name.casefold() == folded:
            return f"sender {asked!r} is not approved; did you mean {sender.name!r}? Carriers regard case"
    return f"sender {asked!r} is not approved for this team"


def measure(asked: Submission, max_parts: int) -> tuple[str | None, Coding, int]:
    """Return the text as it will be sent, its coding, and the number of parts (decisions 31, 32, 119)."""
    text = asked.text
    if text is None:
        return None, Coding.BINARY, _binary_parts(asked)
    if _UNSHOWABLE in text:
        raise BadText("the text holds a NUL character, which no phone can show")
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
    if not text or (text.isspace() and not asked.udh):  # the last part of a longer message may be a blank
        raise BadText("the text is blank")
    try:
        return _measured(asked, text, max_parts)
    except NotUcs2 as bad:
        raise BadText("the text holds half of a surrogate pair, which is no character") from bad
    except TooLong as long:
        raise TooManyParts(f"the text needs {long.parts} parts; one message may have {max_parts}") from long


def _measured(asked: Submission, text: str, max_parts: int) -> tuple[str, Coding, int]:
    if asked.coding is Coding.UCS2 or not is_gsm(text):
        if asked.udh:
            _refuse_long_part(len(encode_ucs2(text)) // 2, Alphabet.UCS2, asked.udh)
            return text, Coding.UCS2, 1
        return text, Coding.UCS2, len(split(text, Alphabet.UCS2, max_parts=max_parts))
    if asked.udh:
        _refuse_long_part(len(encode_gsm(text)), Alphabet.GSM7, asked.udh)
        return text, Coding.GSM7, 1
    parts = count_parts(text)
    if parts > max_parts:
        raise TooLong(parts, max_parts)
    return text, Coding.GSM7, parts


def _refuse_long_part(length: int, alphabet: Alphabet, udh: bytes) -> None:
    """Refuse a part which the team split itself and which does not fit behind its header (decision 120)."""
    most = room(alphabet, len(udh)) if len(udh) <= PART_OCTETS - 4 else 0
    if length > most:
        raise PartTooLong(f"the part has {length} characters; behind its header {most} fit")


def _binary_parts(asked: Submission) -> int:
    octets = len(asked.body or b"") + len(asked.udh)
    if octets > PART_OCTETS:
        raise PartTooLong(f"a binary message is at most {PART_OCTETS} octets with its header; this has {octets}")
    return 1
