"""The values that travel: a message from the team's hand to the carrier's and back.

Ids of messages are UUIDv7 in their canonical text form, for they only ever pass through JSON, SQL and HTTP.
Times are whole milliseconds since the epoch, UTC (`_ms`), the resolution of a UUIDv7; fronts turn them into text.
Wide values that live for one turn have no slots: a frozen one is made in two thirds of the time then.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.sms.segments import Alphabet
from mobilesasa.values import hot_value

MessageId = str


class State(enum.IntEnum):
    """Where a message stands; it only ever goes forward (field notes, section 2)."""

    QUEUED = 10  # accepted, stored and charged; no carrier has it yet
    SENT = 20  # a carrier took it
    DELIVERED = 30  # on the handset: final
    FAILED = 40  # final, but for a late "delivered"

    @property
    def shown(self) -> str:
        """One of the reference's four words."""
        return self.name.lower()


class Failure(enum.StrEnum):
    """Why a message failed; the finer word behind the reference's `failed` (decision 40)."""

    UNDELIVERED = "undelivered"  # the handset was not reached (UNDELIV)
    EXPIRED = "expired"  # the validity period ended at the carrier (EXPIRED)
    REJECTED = "rejected"  # the carrier took it and then refused it (REJECTD)
    REFUSED = "refused"  # no carrier took it
    EXPIRED_UNSENT = "expired_unsent"  # the validity period ended before a carrier took it
    NO_RECEIPT = "no_receipt"  # the carrier never said what became of it
    CANCELLED = "cancelled"  # the team took it back


#: Failures behind which the same message may arrive another time: the handset, the network or a carrier was not there. What a
#: carrier took and then refused, and what the team took back, is not among them.
MAY_PASS: Final = frozenset({Failure.UNDELIVERED, Failure.EXPIRED, Failure.EXPIRED_UNSENT, Failure.REFUSED})
#: Carriers' codes with which it fails whatever was the failure: there is no such number.
NO_SUCH_NUMBER: Final = frozenset({"ESME_RINVDSTADR"})


class Step(enum.IntEnum):
    """What a team that asked for intermediate receipts is told before the final one (SMPP 3.4 §5.2.17, decision 107).

    Less than every final `State`, and each more than the one before it: what is told only goes forward (I5).
    """

    ACCEPTED = 21  # a carrier took it
    ENROUTE = 22  # the carrier says that it is on its way


#: The key of `options` under which a message keeps the last `Step` that was told of it, 0 at first. Only messages whose
#: team asked for intermediate receipts have it, so the others cost nothing.
INTERMEDIATE: Final = "intermediate"


class Lane(enum.IntEnum):
    """Which queue of its carrier a message waits in (decision 47)."""

    TRANSACTIONAL = 0
    BULK = 1


class Origin(enum.IntEnum):
    """By which door a message came in."""

    API = 1
    SMPP = 2


class Wish(enum.IntEnum):
    """Which receipts a team wants on its bind: registered_delivery, bits 1-0 (SMPP 3.4 §5.2.17, decision 107)."""

    NONE = 0
    ALL = 1
    FAILURES = 2
    SUCCESSES = 3


class Coding(enum.IntEnum):
    """How a message's characters go over the air; the values are those of data_coding (SMPP 3.4 §5.2.19)."""

    GSM7 = 0
    BINARY = 4
    UCS2 = 8


#: What `sms` calls them.
ALPHABETS: Final[Mapping[Coding, Alphabet]] = {
    Coding.GSM7: Alphabet.GSM7,
    Coding.BINARY: Alphabet.BINARY,
    Coding.UCS2: Alphabet.UCS2,
}

Place = tuple[MessageId, int, Lane]  # where a message waits: its carrier's id and the lane


@hot_value
class Submission:
    """A message as a team handed it in, already parsed by a front end.

    `text` is what people read. `body`, where it is set, is what is sent: binary octets (`text` is None, `coding` BINARY), or
    those of a UCS-2 part that the team cut through a character (`text` has U+FFFD for the half, `coding` is UCS2). `udh` is
    the team's user data header: a part which the team split itself is one message of one part (decision 121).
    """

    team_id: int
    sender: str | None  # a name, a uuid, or None for the team's default
    recipient: str  # as it was written
    text: str | None = attrs.field(repr=False)
    origin: Origin = Origin.API
    wish: Wish = Wish.NONE
    body: bytes | None = attrs.field(default=None, repr=False)
    udh: bytes = attrs.field(default=b"", repr=False)
    coding: Coding | None = None  # None: the smallest alphabet that holds the text
    validity_ms: int | None = None
    due_at_ms: int | None = None
    lane: Lane = Lane.TRANSACTIONAL
    # flash, message_class, protocol_id, user_message_reference, intermediate; of vendors' TLVs: tlvs as
    # SMPP brought them, written_tlvs as REST did (`core.attributes`)
    options: dict[str, Any] | None = None
    max_validity_ms: int | None = None  # a longer validity is shortened to this; None: to the node's
    strict_validity: bool = False  # a longer validity is refused instead (decision 122)
    by: Actor | None = None  # of a call that must still be allowed when the message is stored (decision 24)
    client_reference: str | None = None  # what the team calls the message
    campaign_uuid: str | None = None  # the campaign that it belongs to


@hot_value
class Priced:
    """A submission that passed every rule: what will be stored and charged, both or neither."""

    id: MessageId
    team_id: int
    carrier_id: int
    lane: Lane
    origin: Origin
    wish: Wish
    sender: str
    recipient: str  # E.164 without the plus
    text: str | None = attrs.field(repr=False)
    body: bytes | None = attrs.field(repr=False)
    udh: bytes = attrs.field(repr=False)
    coding: Coding
    parts: int
    price_units: int
    expires_at_ms: int
    due_at_ms: int | None
    resent_from: MessageId | None = None
    options: dict[str, Any] | None = None
    fallbacks: tuple[int, ...] = ()  # ids of the carriers that are tried when the first does not take it, in order
    suppressible: bool = False  # its team suppresses people, so the store looks whether the recipient is one of them
    by: Actor | None = attrs.field(default=None, eq=False)  # as in `Submission`; it is not stored
    client_reference: str | None = None
    campaign_uuid: str | None = None
    closes_at_ms: int | None = None  # it goes out no more from then on, for rules hold for it; None: none do

    @property
    def text_is_gone(self) -> bool:
        """Whether text and octets were removed: the days for which the team's are kept are over."""
        return self.text is None and self.body is None


@hot_value
class Outbound:
    """A claimed message on its way to a carrier."""

    id: MessageId
    team_id: int
    carrier_id: int
    lane: Lane
    sender: str
    recipient: str
    text: str | None = attrs.field(repr=False)
    body: bytes | None = attrs.field(repr=False)
    udh: bytes = attrs.field(repr=False)
    coding: Coding
    parts: int
    expires_at_ms: int
    attempt: int  # 1 for the first
    sent_parts: int = 0  # bit n set: part n + 1 was taken by the carrier in an earlier attempt
    options: dict[str, Any] | None = None
    is_doubted: bool = False  # a carrier left it unanswered and may have it: it is sent once more, and no oftener


@hot_value
class Sent:
    """The carrier took every part; `refs` are its ids in the order of the parts (None: taken in an earlier attempt).

    A carrier that took several parts as one gave one id, and will report once: then `refs` has only that.

    `uncertain` says that for some part no answer came, and that it is taken for sent: the carrier may have it or not.
    """

    refs: tuple[str | None, ...]
    uncertain: bool = False


@hot_value
class Later:
    """Not now: ask again after `delay_s` seconds. `refs` as in `Sent` for the parts that it did take.

    `uncertain` says that no answer came for some part whose octets had left: the carrier may have taken it. Such a part
    counts as taken where `refs` has something for it, and is sent again where not.
    """

    delay_s: float
    reason: str
    code: str = ""
    refs: tuple[str | None, ...] = ()
    uncertain: bool = False


@hot_value
class Never:
    """This carrier will not take it, or its time is over; `refs` as in `Later`.

    `elsewhere` says that it is the carrier's refusal and not the message's fault: another carrier may take it.
    """

    failure: Failure
    reason: str
    code: str = ""
    refs: tuple[str | None, ...] = ()
    elsewhere: bool = False


Outcome = Sent | Later | Never


@hot_value
class Report:
    """What a carrier says became of one part (a delivery receipt)."""

    carrier_id: int
    ref: str
    state: State  # SENT (an intermediate report), DELIVERED or FAILED
    failure: Failure | None = None
    error: str = ""  # the carrier's own code
    done_at_ms: int | None = None
    spell: Callable[[str], tuple[str, ...]] | None = None  # gives the id's other spellings: hexadecimal, without zeros
    repeated: bool = False  # it came before, so it is not kept for a message that we may not know yet
    form: Callable[[str], str] | None = None  # names how the carrier made this id of one that it answered; may be empty
    unsure: bool = False  # how its carrier writes ids is not known yet: all spellings are as good as `ref`
    recipient: str = ""  # whom the receipt is about, digits; empty when it does not say
    submitted_at_ms: int | None = None  # as the receipt says
    network: str | None = None  # where the phone was: MCC and MNC, as the receipt says
    tlvs: Mapping[str, str | None] | None = None  # for the team, by tag: hexadecimal digits, None for what it had sent
    blacklisted: bool = False  # the carrier says that the recipient wants no more of this sender
    second_way: bool | None = None  # a failure lets the message go on to another carrier; None: its carrier never does

    @property
    def other_refs(self) -> tuple[str, ...]:
        """The same id as the carrier may have written it in its answer; asked for only when `ref` fits nothing."""
        return () if self.spell is None else tuple(form for form in self.spell(self.ref) if form != self.ref)


@hot_value
class Notice:
    """A receipt that a team is owed; it stays in the spool until a bind of the team has acknowledged it."""

    spool_id: int
    team_id: int
    message_id: MessageId
    sender: str
    recipient: str
    state: State | Step  # DELIVERED or FAILED; a `Step` is told before either, or not at all
    failure: Failure | None
    error: str
    parts: int
    submitted_at_ms: int
    done_at_ms: int
    options: dict[str, Any] | None = None

    @property
    def has_steps(self) -> bool:
        """Whether the team asked for intermediate receipts of this message."""
        return self.options is not None and INTERMEDIATE in self.options


@hot_value
class Settlement:
    """A carrier's answer about one claimed message, with the moment it came."""

    message_id: MessageId
    carrier_id: int
    attempt: int
    at_ms: int
    outcome: Outcome
    has_steps: bool = False  # the team asked for intermediate receipts
    second_way_s: float = 0.0  # so long after it was taken a failed receipt lets it go on to another carrier
    avoided: tuple[int, ...] | None = None  # its carrier is in trouble: what is in doubt goes on, but not to these


@hot_value
class Settled:
    """What follows from a settlement: notices that the team is owed, for a failure or for receipts that came too early."""

    notices: tuple[Notice, ...] = ()
    moved: Place | None = None  # it goes on to another carrier, and waits there now
