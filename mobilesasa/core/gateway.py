"""The one door: REST, SMPP and all that sends goes through `Gateway.accept`, or `judge` and `accept_judged`.

A batch of submissions is judged and priced here, stored and charged by the store in one commit, and only then named
to the queue and answered to the caller. A rule about what may be sent is written here or nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import attrs

from mobilesasa.core.errors import (
    BadRecipient,
    BadSchedule,
    BadText,
    BadValidity,
    NoRoute,
    PartTooLong,
    Refused,
    TeamSuspended,
    TooManyParts,
)
from mobilesasa.core.idempotency import Kept, Once
from mobilesasa.core.model import ALPHABETS, Coding, Lane, MessageId, Origin, Priced, Submission
from mobilesasa.core.ports import Intake, Publisher, Verdict
from mobilesasa.core.routing import Facts
from mobilesasa.core.rulepacks import RulePacks, Rules
from mobilesasa.core.senders import SenderClass, sender_for
from mobilesasa.core.teams import CurrentDirectory, Directory, Team
from mobilesasa.sms.alphabet import NotUcs2, encode_gsm, encode_ucs2
from mobilesasa.sms.estimate import count_gsm_parts
from mobilesasa.sms.numbers import BadNumber, normalise, normalise_fast
from mobilesasa.sms.segments import PART_OCTETS, Alphabet, TooLong, count_encoded, room
from mobilesasa.sms.segments import PartTooLong as NoRoomForParts
from mobilesasa.sms.udh import read_udh

_HOUR_MS = 3_600_000
_SMALLEST_ROOM_OCTETS = 4  # behind a header: what holds every character, in UCS-2 too
_UNSHOWABLE = "\x00"
# Every message asks, and a name of the module is found sooner than a member of an enumeration.
_SMPP, _GSM7, _UCS2 = Origin.SMPP, Coding.GSM7, Coding.UCS2
_LANES: Mapping[str, Lane] = {SenderClass.OTP: Lane.TRANSACTIONAL, SenderClass.PROMOTIONAL: Lane.BULK}


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
        rules: what countries ask of messages by the class of their sender; None: nothing.
    """

    def __init__(
        self,
        directory: CurrentDirectory,
        intake: Intake,
        queue: Publisher,
        now_ms: Callable[[], int],
        new_id: Callable[[], MessageId],
        limits: Limits | None = None,
        rules: RulePacks | None = None,
    ) -> None:
        """Keep what the rules need."""
        self._directory = directory
        self._intake = intake
        self._queue = queue
        self._now_ms = now_ms
        self._new_id = new_id
        self.limits = limits or Limits()
        self.rules = rules or RulePacks()

    async def accept(self, batch: Sequence[Submission]) -> list[Verdict]:
        """Judge, price, store and charge a batch; answer for each in its place.

        Returns:
            A `Priced` where the message is stored and charged, a `Refused` where nothing was.

        Raises:
            Overloaded: nothing of the batch was stored, for too much is waiting already.
        """
        return await self.accept_verdicts(self.judge(batch))

    async def accept_verdicts(self, verdicts: list[Verdict], once: Once | None = None) -> list[Verdict]:
        """Store and charge what `judge` has priced of a batch, in one commit, with the reply that its team has a key for.

        Args:
            verdicts: of `judge`.
            once: for a call with a key; its reply is made of the verdicts that this returns. Where nothing is stored
                nothing is kept.

        Raises:
            Overloaded: nothing of the batch was stored.
            Repeated: the team's call has been done before; nothing was done now.
        """
        priced = [verdict for verdict in verdicts if isinstance(verdict, Priced)]
        if not priced:
            return verdicts
        if once is None:
            refusals = await self._intake.accept(priced)
        else:
            make = once.reply
            refusals = await self._intake.accept_many_once(
                priced, once.mark, lambda refused: make(_final(verdicts, priced, refused))
            )
        final = _final(verdicts, priced, refusals)
        self.hint(priced if final is verdicts else [verdict for verdict in final if isinstance(verdict, Priced)])
        return final

    async def accept_judged(self, message: Priced, kept: Kept | None = None) -> None:
        """Store and charge one message that `judge` has priced, and the reply that its team has a key for.

        Raises:
            InsufficientUnits, Suppressed, AccessEnded, Overloaded: nothing was stored, charged or kept.
            Repeated: the team's call has been done before; nothing was done now.
        """
        if kept is None:
            (refusal,) = await self._intake.accept([message])
            if refusal is not None:
                raise refusal
        else:
            await self._intake.accept_once(message, kept)
        self.hint([message])

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

    def times(self, asked: Submission) -> tuple[int | None, int]:
        """Return when a message would be due (None: now) and when it would expire, milliseconds since the epoch.

        Raises:
            BadValidity, BadSchedule: it cannot be.
        """
        return self._times(asked, self._now_ms())

    def _judge_one(self, known: Directory, asked: Submission, now_ms: int) -> Priced:
        team = known.teams.get(asked.team_id)
        if team is None or team.suspended:
            raise TeamSuspended("the team is suspended; ask the operator of this platform")
        recipient = read_number(asked, team)
        sender = sender_for(known, self._directory.live, team, asked.sender, recipient)
        lane = lane_of(asked, sender.sender_class)
        rules = self.rules.find(sender.sender_class, recipient)
        text, coding, parts = measure(asked, self.limits.max_parts, rules)
        message_id = self._new_id()
        facts = Facts(team.id, sender.name, recipient, lane, asked.origin, coding, message_id, sender.sender_class)
        carriers = known.router.choose(facts, self._directory.live)
        if not carriers:
            raise NoRoute("no carrier takes messages to this number")
        due_at_ms, expires_at_ms, closes_at_ms = self._held(asked, now_ms, rules)
        return Priced(
            id=message_id,
            team_id=team.id,
            carrier_id=carriers[0],
            lane=lane,
            origin=asked.origin,
            wish=asked.wish,
            sender=sender.name,
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
            fallbacks=carriers[1:],
            suppressible=team.suppresses or team.id in self._directory.suppressing,
            by=asked.by,
            client_reference=asked.client_reference,
            campaign_uuid=asked.campaign_uuid,
            closes_at_ms=closes_at_ms,
        )

    def _held(self, asked: Submission, now_ms: int, rules: Rules | None) -> tuple[int | None, int, int | None]:
        """Return when the message is due (None: now), when it expires, and from when on it may not go out (None: never)."""
        due_at_ms, expires_at_ms = self._times(asked, now_ms)
        return (due_at_ms, expires_at_ms, None) if rules is None else rules.held(due_at_ms, expires_at_ms, now_ms)

    def _times(self, asked: Submission, now_ms: int) -> tuple[int | None, int]:
        """Return when the message is due (None: now) and when it expires."""
        limits, validity_ms = self.limits, asked.validity_ms
        most_ms = limits.max_validity_ms if asked.max_validity_ms is None else asked.max_validity_ms
        if validity_ms is None:
            validity_ms = min(limits.default_validity_ms, most_ms)
        elif validity_ms <= 0:
            raise BadValidity("the validity period is over already; give a time ahead")
        elif validity_ms > most_ms:
            if asked.strict_validity:
                raise BadValidity(f"the validity period is longer than the {most_ms / _HOUR_MS:g} hours there may be")
            validity_ms = most_ms
        due_at_ms = asked.due_at_ms
        if due_at_ms is None or due_at_ms <= now_ms:
            return None, now_ms + validity_ms
        if due_at_ms > now_ms + limits.max_schedule_ms:
            days = limits.max_schedule_ms // (24 * _HOUR_MS)
            raise BadSchedule(f"a message can be scheduled at most {days} days ahead")
        return due_at_ms, due_at_ms + validity_ms


def _final(verdicts: list[Verdict], priced: Sequence[Priced], refusals: Sequence[Refused | None]) -> list[Verdict]:
    """Return the verdicts of a batch with what the store refused of those that were priced."""
    if not any(refusals):
        return verdicts
    by_id = {message.id: refusal for message, refusal in zip(priced, refusals, strict=True) if refusal}
    return [by_id.get(v.id, v) if isinstance(v, Priced) else v for v in verdicts]


def lane_of(asked: Submission, sender_class: str) -> Lane:
    """Return the lane that a message waits in (decisions 47, 77 and 128).

    What is of a campaign never overtakes anything, one-time passwords always, and advertisements never, whatever is asked.
    """
    return Lane.BULK if asked.campaign_uuid is not None else _LANES.get(sender_class, asked.lane)


def read_number(asked: Submission, team: Team) -> str:
    """Return the recipient as E.164 without the plus; SMPP is read tolerantly, the rest in full (decisions 29, 105).

    Of a campaign it was read when the contact, or the row of the file, was taken; every number is not looked up again.
    """
    if asked.campaign_uuid is not None:
        return asked.recipient.removeprefix("+")
    try:
        if asked.origin is _SMPP:
            return normalise_fast(asked.recipient, team.country)
        return normalise(asked.recipient, team.country)
    except BadNumber as bad:
        raise BadRecipient(str(bad)) from bad


def measure(asked: Submission, max_parts: int, rules: Rules | None = None) -> tuple[str | None, Coding, int]:
    """Return the text as it will be sent, its coding, and the number of parts (decisions 31, 32, 119).

    Args:
        asked: the message.
        max_parts: a text that needs more is refused.
        rules: those that hold for it: what its text has to end with is appended and counted (decision 75).
    """
    text = asked.text
    if text is not None and _UNSHOWABLE in text:
        raise BadText("the text holds a NUL character, which no phone can show")
    if text is None or asked.body is not None:
        return _measured_octets(asked, max_parts)
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
    if not text or (text.isspace() and not asked.udh):  # the last part of a longer message may be a blank
        raise BadText("the text is blank")
    if rules is None:
        return _measured_text(asked, text, max_parts)
    return _measured_whole(asked, text, max_parts, rules)


def _measured_whole(asked: Submission, text: str, max_parts: int, rules: Rules) -> tuple[str, Coding, int]:
    """Measure a text with what rules append, where it ends: of a message that the team split itself, in the last part."""
    header = read_udh(asked.udh)[0].concatenation if asked.udh else None
    whole = text if header is not None and header.number < header.total else rules.complete(text)
    try:
        return _measured_text(asked, whole, max_parts)
    except (TooManyParts, PartTooLong) as long:
        if whole is text:
            raise
        raise type(long)(
            f"{long}; it counts {rules.suffix.strip()!r}, which the rules of {rules.country} append"
        ) from long


def _measured_text(asked: Submission, text: str, max_parts: int) -> tuple[str, Coding, int]:
    try:
        return _measured(asked, text, max_parts)
    except NotUcs2 as bad:
        raise BadText("the text holds half of a surrogate pair, which is no character") from bad
    except TooLong as long:
        raise TooManyParts(f"the text needs {long.parts} parts; one message may have {max_parts}") from long


def _measured(asked: Submission, text: str, max_parts: int) -> tuple[str, Coding, int]:
    parts = None if asked.coding is _UCS2 else count_gsm_parts(text)
    if parts is None:
        return text, _UCS2, _parts_behind(asked.udh, encode_ucs2(text), Alphabet.UCS2, max_parts)
    if asked.udh:
        return text, _GSM7, _parts_behind(asked.udh, encode_gsm(text), Alphabet.GSM7, max_parts)
    if parts > max_parts:
        raise TooLong(parts, max_parts)
    return text, _GSM7, parts


def _measured_octets(asked: Submission, max_parts: int) -> tuple[str | None, Coding, int]:
    """Measure what is sent octet by octet: a binary message, or a part that was cut through a character."""
    coding = Coding.GSM7 if asked.coding is Coding.GSM7 else Coding.UCS2  # of a part that was cut through a character
    if asked.text is None:
        coding = Coding.BINARY
    alphabet = ALPHABETS[coding]
    try:
        return asked.text, coding, _parts_behind(asked.udh, asked.body or b"", alphabet, max_parts)
    except TooLong as long:
        raise TooManyParts(f"the message needs {long.parts} parts; one message may have {max_parts}") from long


def _parts_behind(udh: bytes, octets: bytes, alphabet: Alphabet, max_parts: int) -> int:
    """Return how many parts a message takes behind the team's own header (decisions 119, 120).

    A part which the team split itself has to fit; what has another header or none is split, and every part carries it.
    """
    length = len(octets) // 2 if alphabet is Alphabet.UCS2 else len(octets)
    most = PART_OCTETS - len(udh)
    if alphabet is not Alphabet.BINARY:
        most = room(alphabet, len(udh)) if most >= _SMALLEST_ROOM_OCTETS else 0
    if length <= most:
        return 1
    header = read_udh(udh)[0] if udh else None
    if header is None or header.concatenation is None:
        with suppress(NoRoomForParts):
            return count_encoded(octets, alphabet, elements=header.elements if header else (), max_parts=max_parts)
    unit = "octets" if alphabet is Alphabet.BINARY else "characters"
    raise PartTooLong(f"the part has {length} {unit}; behind its header {most} fit")
