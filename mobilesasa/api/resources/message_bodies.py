"""What is asked of messages: to send one, or many at once, and which to list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import attrs

from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, Problem, bad_field, bad_fields, problem
from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import Said
from mobilesasa.api.times import Instant
from mobilesasa.core.attributes import BadTlvs, read_message_tlvs
from mobilesasa.core.errors import BadSchedule
from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.ids import canonical, from_smpp_id
from mobilesasa.core.model import Lane, MessageId, State, Submission
from mobilesasa.core.teams import Directory
from mobilesasa.sms.numbers import normalise_fast

BATCH_MOST = 1000  # messages in one call
REFERENCE_LONGEST = 64  # characters
_MINUTE_MS = 60_000

_Sender = Annotated[
    str | None, Said("Your approved sender name or its uuid. Omit to use the team default", example="MYAPP")
]
_Validity = Annotated[
    int | None, Said("How long delivery is tried, in minutes; 24 hours if omitted", minimum=1, maximum=1440)
]
_Reference = Annotated[
    str | None,
    Said("Your own word for the message, such as the number of an order", "order-4711", longest=REFERENCE_LONGEST),
]
_Schedule = Annotated[
    Instant | None,
    Said("When it is to go out, at most 7 days ahead; at once if omitted. It is charged now", "2026-05-12T06:00:00Z"),
]
_Tlvs = Annotated[
    dict[str, str] | None,
    Said(
        "Vendor TLVs for carriers that want them, such as ids of India's DLT registers: text by tag, 0x1400 to 0x3FFF",
        example={"0x1401": "1107160000000012345"},
    ),
]


@attrs.frozen(kw_only=True)
class SendMessage:
    """A message to one recipient."""

    to: Annotated[
        str,
        Said(
            "Recipient phone number in E.164 format; national numbers are read in the team's country",
            example="+254712345678",
            if_array="send them to /messages/batch",
        ),
    ]
    message: Annotated[
        str,
        Said("Message text. Long messages are split into parts, at most ten", example="Hello from Mobile Sasa!"),
    ] = attrs.field(repr=False)
    sender_id: _Sender = None
    validity_minutes: _Validity = None
    client_reference: _Reference = None
    scheduled_at: _Schedule = None
    tlvs: _Tlvs = None

    def submission(self, caller: Caller, now_ms: int, lane: Lane = Lane.TRANSACTIONAL) -> Submission:
        """Return the message as the gateway takes it.

        Raises:
            Problem: 400, with every TLV that cannot be sent.
            BadSchedule: the time is over.
        """
        tlvs = _tlvs_of(self.tlvs or {})
        if self.scheduled_at is not None and self.scheduled_at <= now_ms:
            raise BadSchedule("the time of delivery is over already; give a time ahead, or none to send at once")
        return Submission(
            team_id=caller.team.id,
            sender=self.sender_id,
            recipient=self.to,
            text=self.message,
            validity_ms=None if self.validity_minutes is None else self.validity_minutes * _MINUTE_MS,
            due_at_ms=self.scheduled_at,
            lane=lane,
            options={"written_tlvs": tlvs} if tlvs else None,
            by=caller.by,
            client_reference=self.client_reference or None,
        )


@attrs.frozen(kw_only=True)
class SendBatch:
    """Many messages at once: either `messages`, or one `message` to many numbers."""

    messages: Annotated[
        list[SendMessage] | None,
        Said("The messages; what stands beside them holds for those that do not say it", most=BATCH_MOST, each=True),
    ] = None
    to: Annotated[
        list[str] | None, Said("Numbers that all get `message`", example=["+254712345678"], most=BATCH_MOST)
    ] = None
    message: Annotated[str | None, Said("The text for all numbers in `to`", example="Hello from Mobile Sasa!")] = (
        attrs.field(default=None, repr=False)
    )
    sender_id: _Sender = None
    validity_minutes: _Validity = None
    client_reference: _Reference = None
    scheduled_at: _Schedule = None
    tlvs: _Tlvs = None

    def asked(self) -> Iterator[SendMessage | Problem]:
        """Return the messages one by one, a problem in the place of one that cannot be read.

        Raises:
            Problem: 400, it is not clear what is to be sent to whom.
        """
        if (self.messages is None) == (self.to is None):
            raise _unclear("give either messages or to", "messages", "to")
        if not self.messages and not self.to:
            raise _unclear("there is nothing to send", "messages" if self.to is None else "to")
        common = any(getattr(self, name) is not None for name in _COMMON)
        if self.messages is not None:
            if self.message is not None:
                raise _unclear("message goes with to; each of messages has its own", "message")
            return (self._completed(each) if common else each for each in self.messages)
        if self.message is None:
            raise _unclear("message is required beside to", "message")
        text = self.message
        return (self._to(number, text) for number in self.to or ())

    def _completed(self, asked: SendMessage | Problem) -> SendMessage | Problem:
        """Return a message with what stands beside all of them where it says nothing itself."""
        if isinstance(asked, Problem):
            return asked
        return SendMessage(
            to=asked.to,
            message=asked.message,
            sender_id=self.sender_id if asked.sender_id is None else asked.sender_id,
            validity_minutes=self.validity_minutes if asked.validity_minutes is None else asked.validity_minutes,
            client_reference=self.client_reference if asked.client_reference is None else asked.client_reference,
            scheduled_at=self.scheduled_at if asked.scheduled_at is None else asked.scheduled_at,
            tlvs=self.tlvs if asked.tlvs is None else asked.tlvs,
        )

    def _to(self, number: str, text: str) -> SendMessage:
        return SendMessage(
            to=number,
            message=text,
            sender_id=self.sender_id,
            validity_minutes=self.validity_minutes,
            client_reference=self.client_reference,
            scheduled_at=self.scheduled_at,
            tlvs=self.tlvs,
        )


_COMMON = ("sender_id", "validity_minutes", "client_reference", "scheduled_at", "tlvs")


@attrs.frozen(kw_only=True)
class ListMessages(ListPage):
    """Which messages are listed."""

    phone: Annotated[str | None, Said("Only messages to this phone number", example="+254712345678")] = None
    status: Annotated[
        Literal["queued", "sent", "delivered", "failed"] | None,
        Said("Only messages that stand there", example="delivered"),
    ] = None
    sender: Annotated[str | None, Said("Only messages from this sender, by name or uuid", example="MYAPP")] = None
    client_reference: Annotated[str | None, Said("Only messages that you called so", example="order-4711")] = None
    campaign_uuid: Annotated[str | None, Said("Only messages of this campaign")] = None
    message_id: Annotated[
        str | None, Said("Only the message that a submit_sm_resp gave this id", example="AGLYUPS4AB6SDGR3BROX5D42CA")
    ] = None
    created_from: Annotated[
        Instant | None, Said("Only messages accepted at this moment or later", example="2026-05-11T00:00:00Z")
    ] = None
    created_to: Annotated[
        Instant | None, Said("Only messages accepted before this moment", example="2026-05-12T00:00:00Z")
    ] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None
    before: Annotated[
        str | None, Said("Only messages older than the one of this uuid; the way to go back further than pages do")
    ] = None

    def wanted(self, caller: Caller, known: Directory) -> MessageFilter:
        """Return which messages are meant.

        Raises:
            BadNumber: `phone` is no number, so nothing went there.
            Problem: 400, with every field that names nothing there can be.
        """
        names = {"before": self.before, "message_id": self.message_id}
        ids = {name: _id_of(text) for name, text in names.items() if text is not None}
        uuid = None if self.campaign_uuid is None else canonical(self.campaign_uuid)
        wrong = [
            FieldProblem(name, "must be the uuid or message_id of a message") for name, one in ids.items() if not one
        ]
        if self.campaign_uuid is not None and uuid is None:
            wrong.append(FieldProblem("campaign_uuid", "must be a uuid"))
        if wrong:
            raise bad_fields(wrong)
        return MessageFilter(
            recipient=None if self.phone is None else normalise_fast(self.phone, caller.team.country),
            state=None if self.status is None else State[self.status.upper()],
            sender=None if self.sender is None else _sender_name(known, caller.team.id, self.sender),
            campaign_uuid=uuid,
            client_reference=self.client_reference,
            message_id=ids.get("message_id"),
            from_ms=self.created_from,
            to_ms=self.created_to,
            before=ids.get("before"),
        )


def _unclear(message: str, *names: str) -> Problem:
    return problem("bad_request", message, [FieldProblem(name, message) for name in names])


def _tlvs_of(given: dict[str, str]) -> dict[str, str]:
    try:
        return read_message_tlvs(given)
    except BadTlvs as bad:
        fields = [FieldProblem(f"tlvs[{tag}]" if tag else "tlvs", fault) for tag, fault in bad.faults.items()]
        raise problem("bad_request", f"tlvs: {bad}", fields) from bad


def _id_of(text: str) -> MessageId | None:
    return canonical(text) or from_smpp_id(text)


def id_in_query(text: str, name: str = "before") -> MessageId:
    """Return the id that a query's field names.

    Raises:
        Problem: 400, it is none.
    """
    found = _id_of(text)
    if found is None:
        raise bad_field(name, "must be the uuid of a message")
    return found


def _sender_name(known: Directory, team_id: int, asked: str) -> str:
    """Return the name by which messages keep a sender; a name that no sender has any more may still be theirs."""
    found = known.sender_meant(team_id, asked)
    return asked if found is None else found.name
