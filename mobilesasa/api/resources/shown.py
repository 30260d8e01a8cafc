"""What a team sees of a message; the same shape wherever a message is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypedDict

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.ports.messages import Event, Progress, ReceiptText, Story
from mobilesasa.api.requests import Said
from mobilesasa.core.groups import group_of, part_of
from mobilesasa.core.ids import made_at_ms, smpp_id
from mobilesasa.core.model import Coding, Failure, Priced, State
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.sms.numbers import shown
from mobilesasa.sms.segments import Alphabet

Status = Literal["queued", "sent", "delivered", "failed"]
Encoding = Literal["gsm7", "ucs2", "binary"]
Happened = Literal[
    "accepted",
    "postponed",
    "uncertain",
    "refused",
    "rerouted",
    "replaced",
    "cancelled",
    "sent",
    "delivered",
    "failed",
    "no_receipt",
]

ENCODINGS: dict[Coding, Encoding] = {Coding.GSM7: "gsm7", Coding.UCS2: "ucs2", Coding.BINARY: "binary"}
ENCODING_OF: dict[Alphabet, Encoding] = {Alphabet(word): word for word in ENCODINGS.values()}
_STATUSES: dict[State, Status] = {
    State.QUEUED: "queued",
    State.SENT: "sent",
    State.DELIVERED: "delivered",
    State.FAILED: "failed",
}

# The word of a delivery receipt, as a bind of the team would get it: the reference knows four (decision 111).
DLR_STATES: dict[Failure, str] = {
    Failure.UNDELIVERED: "UNDELIV",
    Failure.EXPIRED: "EXPIRED",
    Failure.REJECTED: "REJECTD",
    Failure.REFUSED: "REJECTD",
    Failure.EXPIRED_UNSENT: "EXPIRED",
    Failure.NO_RECEIPT: "EXPIRED",
    Failure.CANCELLED: "UNDELIV",
}

# What was done to a message that waited, by the kind of the event; where no reason is kept.
_BY_TEAM: dict[str, tuple[Happened, str]] = {
    "replaced": ("replaced", "its team put another text in its place"),
    "cancelled": ("cancelled", "its team took it back"),
}

# What happened at a carrier, by the kind of the event, before the number of the attempt; else it refused.
_AT_CARRIER: dict[str, tuple[Happened, str]] = {
    "postponed": ("postponed", "postponed"),
    "uncertain": ("uncertain", "no certain answer"),
    "rerouted": ("rerouted", "goes on to another carrier"),
}

# What each failure is in a sentence; a test walks them.
FAILURE_TEXTS: dict[Failure, str] = {
    Failure.UNDELIVERED: "the handset was not reached",
    Failure.EXPIRED: "the validity period ended at the carrier",
    Failure.REJECTED: "the carrier took the message and then refused it",
    Failure.REFUSED: "no carrier took the message",
    Failure.EXPIRED_UNSENT: "the validity period ended before a carrier took the message",
    Failure.NO_RECEIPT: "the carrier never said what became of the message",
    Failure.CANCELLED: "the message was taken back",
}


class PartOf(TypedDict):
    """Which part of which message it is, where the team split the message itself."""

    reference: Annotated[int, Said("The same in all parts of a message", example=42)]
    number: Annotated[int, Said("Its number, from 1", example=1)]
    total: Annotated[int, Said("Parts of the message", example=3)]


class MessageShown(TypedDict):
    """A message."""

    uuid: Annotated[str, Said("Names the message", example="01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10")]
    to: Annotated[str, Said("Recipient, E.164", example="+254712345678")]
    message: Annotated[
        str | None,
        Said("The text; empty for a binary message, null when it is no longer kept", example="Hello from Mobile Sasa!"),
    ]
    sender_id: Annotated[str, Said("The name of the sender that was used", example="TextBlast")]
    status: Annotated[Status, Said("Where the message stands", example="queued")]
    parts: Annotated[int, Said("Parts it is sent in", example=1)]
    created_at: Annotated[str, Said("When it was accepted, UTC", example="2026-05-11T09:00:00Z")]
    units: Annotated[int, Said("What it costs, in units", example=1)]
    encoding: Annotated[Encoding, Said("The alphabet it is sent in", example="gsm7")]
    message_id: Annotated[str, Said("The same id as SMPP shows it", example="AGLYUPS4AB6SDGR3BROX5D42CA")]
    expires_at: Annotated[str, Said("Until when delivery is tried, UTC", example="2026-05-12T09:00:00Z")]
    sent_at: Annotated[str | None, Said("When a carrier took it, UTC")]
    done_at: Annotated[str | None, Said("When its fate was known, UTC")]
    failure_reason: Annotated[str | None, Said("Why it failed: one of the public words", example="undelivered")]
    failure_detail: Annotated[str | None, Said("The same in a sentence")]
    failure_code: Annotated[str | None, Said("The carrier's own code")]
    dlr_state: Annotated[str | None, Said("The word of the delivery receipt", example="DELIVRD")]
    resent_from: Annotated[str | None, Said("The failed message that this one resends")]
    part: Annotated[PartOf | None, Said("Where the team split a message itself: which part this is")]
    client_reference: Annotated[str | None, Said("Your own word for it", example="order-4711")]
    scheduled_at: Annotated[str | None, Said("When it was to go out, UTC, where that was not at once")]
    campaign_uuid: Annotated[str | None, Said("The campaign that it belongs to")]


class MessagePage(TypedDict):
    """A page of messages."""

    items: list[MessageShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Messages on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]
    next_cursor: Annotated[str | None, Said("Goes on behind this page, as `cursor`; null at the end of the list")]


class PartShown(TypedDict):
    """One part of a message."""

    part: Annotated[int, Said("Its number, from 1")]
    status: Annotated[Status, Said("Where the part stands")]
    carrier_message_id: Annotated[str | None, Said("The carrier's id of it")]


class EventShown(TypedDict):
    """Something that happened to a message."""

    at: Annotated[str, Said("When, UTC")]
    event: Annotated[Happened, Said("What")]
    text: Annotated[str, Said("What happened, in a sentence")]
    carrier: Annotated[str | None, Said("With which carrier")]
    code: Annotated[str | None, Said("The carrier's own code")]


class MemberShown(TypedDict):
    """A part of a group: a message of its own."""

    number: Annotated[int, Said("Its number, from 1")]
    uuid: Annotated[str, Said("Names the part")]
    status: Annotated[Status, Said("Where the part stands")]


class GroupShown(TypedDict):
    """A message that the team split itself, as far as its parts came within five minutes of the one that is asked for."""

    reference: Annotated[int, Said("The same in all parts")]
    total: Annotated[int, Said("Parts of the message")]
    complete: Annotated[bool, Said("Whether all parts are there")]
    incomplete: Annotated[bool, Said("Whether parts are missing and it is too late for them")]
    missing: Annotated[list[int], Said("The numbers of the parts that are not there")]
    text: Annotated[str, Said("The text of the parts that are there, in one")]
    parts: list[MemberShown]


class MessageStory(MessageShown):
    """A message with all that is known of it."""

    attempts: Annotated[int, Said("How often it was handed to a carrier")]
    body_hex: Annotated[
        str | None, Said("The octets that are sent, where they are no text: binary, or cut through a character")
    ]
    tlvs: Annotated[dict[str, str] | None, Said("Its vendor TLVs, text by tag, where it came by REST")]
    tlvs_hex: Annotated[dict[str, str] | None, Said("The same in hexadecimal digits, where it came by SMPP")]
    resent_as: Annotated[str | None, Said("The newest resend of this message")]
    group: Annotated[GroupShown | None, Said("Where the team split a message itself: all of its parts")]
    part_details: list[PartShown]
    receipt: Annotated[
        str | None,
        Said(
            "The text of the delivery receipt, as a bind of the team would get it with the dates in UTC; null until the end",
            example="id:AGLYUPS4AB6SDGR3BROX5D42CA sub:001 dlvrd:001 submit date:2605110900 done date:2605110900 stat:DELIVRD err:000",
        ),
    ]
    timeline: list[EventShown]


def message_shown(message: Priced, progress: Progress | None = None) -> MessageShown:
    """Return a message as a team sees it; without its progress it has just been accepted."""
    made: MessageShown = {
        "uuid": message.id,
        "to": shown(message.recipient),
        "message": None if message.text_is_gone else message.text or "",
        "sender_id": message.sender,
        "status": "queued",
        "parts": message.parts,
        "created_at": instant(made_at_ms(message.id)),
        "units": message.price_units,
        "encoding": ENCODINGS[message.coding],
        "message_id": smpp_id(message.id),
        "expires_at": instant(message.expires_at_ms),
        "sent_at": None,
        "done_at": None,
        "failure_reason": None,
        "failure_detail": None,
        "failure_code": None,
        "dlr_state": None,
        "resent_from": message.resent_from,
        "part": _part_shown(message),
        "client_reference": message.client_reference,
        "scheduled_at": instant_or_none(message.due_at_ms),
        "campaign_uuid": message.campaign_uuid,
    }
    if progress is not None:
        _show_progress(made, progress)
    return made


def _show_progress(made: MessageShown, progress: Progress) -> None:
    made["status"] = _STATUSES[progress.state]
    made["sent_at"] = instant_or_none(progress.sent_at_ms)
    if progress.state in (State.DELIVERED, State.FAILED):
        made["done_at"] = instant_or_none(progress.done_at_ms)
    failure = progress.failure
    if progress.state is State.DELIVERED:
        made["dlr_state"] = "DELIVRD"
    elif failure is not None and (progress.state is State.FAILED or failure is Failure.NO_RECEIPT):
        made["failure_reason"] = failure.value
        made["failure_detail"] = progress.reason or FAILURE_TEXTS[failure]
        made["failure_code"] = progress.error or None
        made["dlr_state"] = DLR_STATES[failure]


def _part_shown(message: Priced) -> PartOf | None:
    part = part_of(message)
    return None if part is None else {"reference": part.reference, "number": part.number, "total": part.total}


def _group_shown(story: Story, now_ms: int) -> GroupShown | None:
    states = {story.message.id: story.progress.state} | {part.id: progress.state for part, progress in story.neighbours}
    group = group_of(story.message, [part for part, _ in story.neighbours], now_ms)
    if group is None:
        return None
    return {
        "reference": group.reference,
        "total": group.total,
        "complete": not group.missing,
        "incomplete": group.is_late,
        "missing": group.missing,
        "text": group.text,
        "parts": [
            {"number": number, "uuid": part.id, "status": _STATUSES[states[part.id]]}
            for number, part in sorted(group.members.items())
        ],
    }


def story_shown(
    story: Story, carriers: Mapping[int, CarrierRecord], now_ms: int, receipt_text: ReceiptText
) -> MessageStory:
    """Return all that is known of a message, with carriers by their names."""
    message = story.message
    body, options = message.body, message.options or {}
    return {
        **message_shown(message, story.progress),
        "attempts": story.attempts,
        "body_hex": None if body is None else body.hex(),
        "tlvs": options.get("written_tlvs"),
        "tlvs_hex": options.get("tlvs"),
        "resent_as": story.resent_as,
        "group": _group_shown(story, now_ms),
        "part_details": [
            {"part": number, "status": _STATUSES[state], "carrier_message_id": ref}
            for number, (ref, state) in enumerate(story.parts, 1)
        ],
        "receipt": _receipt(story, receipt_text),
        "timeline": _timeline(story, carriers),
    }


def _receipt(story: Story, receipt_text: ReceiptText) -> str | None:
    message, progress = story.message, story.progress
    if progress.state not in (State.DELIVERED, State.FAILED) or progress.done_at_ms is None:
        return None
    return receipt_text(message.id, message.parts, progress.state, progress.failure, progress.done_at_ms)


def _timeline(story: Story, carriers: Mapping[int, CarrierRecord]) -> list[EventShown]:
    message, progress = story.message, story.progress
    carrier = _name(carriers, message.carrier_id)
    units = "1 unit" if message.price_units == 1 else f"{message.price_units} units"
    told = [_event(made_at_ms(message.id), "accepted", f"accepted for {units}")]
    told += [_event_of(event, carriers) for event in story.events]
    if progress.sent_at_ms is not None:
        refs = ", ".join(ref for ref, _ in story.parts if ref)
        text = f"sent to {carrier} as {refs}" if refs else f"sent to {carrier}"
        told.append(_event(progress.sent_at_ms, "sent", text, carrier))
    if progress.state is State.DELIVERED and progress.done_at_ms is not None:
        told.append(_event(progress.done_at_ms, "delivered", "delivered to the handset", carrier, progress.error))
    failure = progress.failure
    if failure is not None and progress.state is State.FAILED and progress.done_at_ms is not None:
        text = progress.reason or FAILURE_TEXTS[failure]
        told.append(_event(progress.done_at_ms, "failed", text, carrier, progress.error))
    if failure is Failure.NO_RECEIPT and progress.state is State.SENT:
        told.append(_event(message.expires_at_ms, "no_receipt", FAILURE_TEXTS[failure], carrier))
    return sorted(told, key=lambda event: event["at"])  # of one second the order is that of the states


def _event_of(event: Event, carriers: Mapping[int, CarrierRecord]) -> EventShown:
    by_team = _BY_TEAM.get(event.kind)
    if by_team is not None:
        happened, text = by_team
        return _event(event.at_ms, happened, event.reason or text)
    carrier = None if event.carrier_id is None else _name(carriers, event.carrier_id)
    happened, words = _AT_CARRIER.get(event.kind, ("refused", "refused"))
    after = "before any attempt" if event.attempt == 0 else f"at attempt {event.attempt}"
    text = f"{words} {after}: {event.reason}" if event.reason else words
    return _event(event.at_ms, happened, text, carrier, event.code)


def _event(
    at_ms: int,
    happened: Happened,
    text: str,
    carrier: str | None = None,
    code: str = "",
) -> EventShown:
    return {"at": instant(at_ms), "event": happened, "text": text, "carrier": carrier, "code": code or None}


def _name(carriers: Mapping[int, CarrierRecord], carrier_id: int) -> str:
    carrier = carriers.get(carrier_id)
    return "a carrier that is no more" if carrier is None else carrier.name
