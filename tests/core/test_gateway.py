"""The one door: what is accepted, what is refused and with which sentence, and in which order things happen."""

import contextlib
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.core.errors import (
    BadRecipient,
    BadSchedule,
    BadText,
    BadValidity,
    InsufficientUnits,
    NoDefaultSender,
    NoRoute,
    Overloaded,
    PartTooLong,
    Refused,
    SenderNotApproved,
    Suppressed,
    TeamSuspended,
    TooManyParts,
)
from mobilesasa.core.gateway import Gateway, Limits
from mobilesasa.core.idempotency import Kept, Mark, Repeated
from mobilesasa.core.model import Coding, Lane, Origin, Priced, Submission, Wish
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory, RouteRecord, Sender, Team

NOW_MS = 1_792_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
UUID = "00000000-0000-4000-8000-00000000000"

TEAMS = [
    Team(1, UUID + "1", "ACME", "Acme", default_sender_id=1),
    Team(2, UUID + "2", "ZETA", "Zeta"),
    Team(3, UUID + "3", "GONE", "Gone", default_sender_id=1, suspended=True),
    Team(4, UUID + "4", "TZ", "Tanzania", country="TZ", default_sender_id=5),
    Team(5, UUID + "5", "HALF", "Half", default_sender_id=6),
]
SENDERS = [
    Sender(1, UUID + "a", 1, "TextBlast"),
    Sender(2, UUID + "b", 1, "Waiting", status="pending"),
    Sender(3, UUID + "c", 2, "Zeta"),
    Sender(4, UUID + "d", 1, "alerts", status="suspended"),
    Sender(5, UUID + "e", 4, "Tz"),
    Sender(6, UUID + "f", 5, "Half", status="pending"),
]
CARRIERS = [
    CarrierRecord(1, "home", "sandbox"),
    CarrierRecord(2, "abroad", "sandbox"),
    CarrierRecord(3, "off", "x", False),
]
ROUTES = [
    RouteRecord("254", 1),
    RouteRecord("254", 2, priority=200),
    RouteRecord("25578", 2),
    RouteRecord("254710", 3, priority=1),
]


@attrs.define
class Store:
    """Takes everything but what it is told to refuse, and notes the order of things."""

    happened: list[Any]
    refuses: dict[str, Refused] = attrs.field(factory=dict)
    raises: Exception | None = None

    async def accept(self, batch: Sequence[Priced]) -> Sequence[Refused | None]:
        self.happened.append(("stored", [message.recipient for message in batch]))
        if self.raises is not None:
            raise self.raises
        return [self.refuses.get(message.recipient) for message in batch]

    async def accept_once(self, message: Priced, kept: Kept) -> None:
        self.happened.append(("kept", message.recipient, kept))
        if self.raises is not None:
            raise self.raises


@attrs.define
class Lanes:
    """Notes what is hinted."""

    happened: list[Any]

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[str]) -> None:
        self.happened.append(("hinted", carrier_id, lane, list(ids)))


@attrs.define
class Rig:
    """A gateway over a fixed directory."""

    happened: list[Any] = attrs.field(factory=list)
    limits: Limits | None = None
    known: Directory = attrs.field(
        factory=lambda: Directory(TEAMS, SENDERS, (), CARRIERS, ROUTES, {"254": 2, "25578": 5})
    )
    store: Store = attrs.field(init=False)
    gateway: Gateway = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        numbers = iter(range(1, 1_000_000))
        self.store = Store(self.happened)
        self.gateway = Gateway(
            CurrentDirectory(self.known), self.store, Lanes(self.happened), lambda: NOW_MS,
            lambda: f"id-{next(numbers)}", self.limits,
        )  # fmt: skip

    def judge(self, **changes: Any) -> Priced | Refused:
        return self.gateway.judge([asked(**changes)])[0]

    def accept(self, *batch: Submission) -> list[Priced | Refused]:
        accepting = self.gateway.accept(batch)
        with pytest.raises(StopIteration) as ended:
            accepting.send(None)
        return ended.value.value

    def accept_judged(self, kept: Kept | None = None) -> None:
        accepting = self.gateway.accept_judged(self.judge(), kept)
        with contextlib.suppress(StopIteration):
            accepting.send(None)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def asked(**changes: Any) -> Submission:
    known = {"team_id": 1, "sender": None, "recipient": "0712345678", "text": "Hi"}
    return Submission(**{**known, **changes})


def sentence(verdict: Priced | Refused, kind: type[Refused]) -> str:
    assert type(verdict) is kind
    return verdict.message


# What an accepted message is like.


def test_an_accepted_message_carries_all_that_was_asked_for(rig):
    priced = rig.judge(
        sender="TextBlast", origin=Origin.SMPP, wish=Wish.FAILURES, lane=Lane.BULK, options={"client_reference": "7"}
    )
    assert priced == Priced(
        id="id-1", team_id=1, carrier_id=1, lane=Lane.BULK, origin=Origin.SMPP, wish=Wish.FAILURES, sender="TextBlast",
        recipient="254712345678", text="Hi", body=None, udh=b"", coding=Coding.GSM7, parts=1, price_units=2,
        expires_at_ms=NOW_MS + DAY_MS, due_at_ms=None, options={"client_reference": "7"}, fallbacks=(2,),
    )  # fmt: skip


@pytest.mark.parametrize(("recipient", "price_units"), [("0712345678", 4), ("+255782345678", 10), ("+254720345678", 4)])
def test_decision_38_a_message_costs_its_parts_times_the_price_of_its_prefix(rig, recipient, price_units):
    assert rig.judge(recipient=recipient, text="x" * 161).price_units == price_units


@pytest.mark.parametrize(("recipient", "carrier_id"), [("0712345678", 1), ("+255782345678", 2), ("0710345678", 1)])
def test_a_message_goes_by_its_longest_route_with_an_enabled_carrier(rig, recipient, carrier_id):
    assert rig.judge(recipient=recipient).carrier_id == carrier_id


def test_a_number_that_no_carrier_takes_is_refused(rig):
    assert sentence(rig.judge(recipient="+256772345678"), NoRoute) == "no carrier takes messages to this number"


# Numbers.


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("recipient", ["0712345678", "254712345678", "+254712345678", "00254712345678"])
def test_a_number_is_understood_by_every_door(rig, origin, recipient):
    assert rig.judge(recipient=recipient, origin=origin).recipient == "254712345678"


def test_a_national_number_is_one_of_the_team_s_country(rig):
    assert rig.judge(team_id=4, recipient="0782345678").recipient == "255782345678"


def test_smpp_takes_a_number_of_the_plan_s_shape_and_the_api_only_one_that_takes_messages(rig):
    landline = "254202345678"
    assert rig.judge(recipient=landline, origin=Origin.SMPP).recipient == landline
    assert "which takes no messages" in sentence(rig.judge(recipient=landline), BadRecipient)


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("recipient", ["", "TextBlast", "12", "0" * 50, "٠٧١٢٣٤٥٦٧٨"])
def test_what_is_no_number_is_refused_with_a_sentence(rig, origin, recipient):
    assert sentence(rig.judge(recipient=recipient, origin=origin), BadRecipient)


# Teams and senders.


@pytest.mark.parametrize("team_id", [3, 99])
def test_a_suspended_team_and_one_that_is_gone_get_the_same_answer(rig, team_id):
    verdict = rig.judge(team_id=team_id)
    assert sentence(verdict, TeamSuspended) == "the team is suspended; ask the operator of this platform"


@pytest.mark.parametrize("sender", [None, "", "TextBlast", UUID + "a", (UUID + "a").upper()])
def test_a_sender_is_named_by_nothing_by_name_or_by_uuid(rig, sender):
    assert rig.judge(sender=sender).sender == "TextBlast"


@pytest.mark.parametrize(
    ("team_id", "sender", "said"),
    [
        (1, "Waiting", "sender 'Waiting' is pending, not approved"),
        (1, UUID + "b", "sender 'Waiting' is pending, not approved"),
        (1, "alerts", "sender 'alerts' is suspended, not approved"),
        (5, None, "sender 'Half' is pending, not approved"),
        (1, "TEXTBLAST", "sender 'TEXTBLAST' is not approved; did you mean 'TextBlast'? Carriers regard case"),
        (1, "WAITING", "sender 'WAITING' is not approved for this team"),
        (1, "Zeta", "sender 'Zeta' is not approved for this team"),
        (1, "Nobody", "sender 'Nobody' is not approved for this team"),
        (1, UUID + "c", f"sender '{UUID}c' is not approved for this team"),
        (1, UUID + "9", f"sender '{UUID}9' is not approved for this team"),
    ],
)
def test_another_sender_is_refused_and_a_foreign_one_like_an_unknown_one(rig, team_id, sender, said):
    assert sentence(rig.judge(team_id=team_id, sender=sender), SenderNotApproved) == said


def test_a_team_without_a_default_sender_must_name_one(rig):
    said = sentence(rig.judge(team_id=2), NoDefaultSender)
    assert said == "no default sender is set for the team; name one in sender_id"


def test_a_default_sender_that_is_gone_is_no_default_sender():
    known = Directory([TEAMS[0]], [], (), CARRIERS, ROUTES)
    assert isinstance(Rig(known=known).judge(), NoDefaultSender)


# Texts.


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\r\n", "\u2003", "\xa0"])
def test_a_blank_text_is_refused(rig, text):
    assert sentence(rig.judge(text=text), BadText) == "the text is blank"


def test_a_nul_is_refused(rig):
    assert "NUL" in sentence(rig.judge(text="a\x00b"), BadText)


@pytest.mark.parametrize("udh", [b"", b"\x05\x00\x03\x01\x02\x01"])
@pytest.mark.parametrize("text", ["a\ud83d", "\ude00", "é\udc00" * 3])
def test_half_a_character_is_refused(rig, text, udh):
    said = sentence(rig.judge(text=text, udh=udh), BadText)
    assert said == "the text holds half of a surrogate pair, which is no character"


def test_the_line_ends_of_the_web_become_those_of_phones(rig):
    assert rig.judge(text="a\r\nb\rc\n").text == "a\nb\rc\n"


@pytest.mark.parametrize(
    ("text", "coding", "wanted", "parts"),
    [
        ("x" * 160, None, Coding.GSM7, 1),
        ("x" * 161, None, Coding.GSM7, 2),
        ("€" * 80, None, Coding.GSM7, 1),
        ("x" * 1530, None, Coding.GSM7, 10),
        ("ж" * 70, None, Coding.UCS2, 1),
        ("ж" * 71, None, Coding.UCS2, 2),
        ("ж" * 670, None, Coding.UCS2, 10),
        ("x" * 71, Coding.UCS2, Coding.UCS2, 2),
        ("ж", Coding.GSM7, Coding.UCS2, 1),
    ],
)
def test_a_text_takes_the_smallest_alphabet_and_its_parts_are_counted(rig, text, coding, wanted, parts):
    priced = rig.judge(text=text, coding=coding)
    assert (priced.coding, priced.parts) == (wanted, parts)


@pytest.mark.parametrize(("text", "coding"), [("x" * 1531, None), ("ж" * 671, None), ("x" * 671, Coding.UCS2)])
def test_more_than_ten_parts_are_refused(rig, text, coding):
    said = sentence(rig.judge(text=text, coding=coding), TooManyParts)
    assert said == "the text needs 11 parts; one message may have 10"


def test_the_number_of_parts_is_a_setting():
    said = sentence(Rig(limits=Limits(max_parts=1)).judge(text="x" * 161), TooManyParts)
    assert said == "the text needs 2 parts; one message may have 1"


HEADER = b"\x05\x00\x03\x2a\x02\x01"


@pytest.mark.parametrize(
    ("text", "coding"),
    [("x" * 153, Coding.GSM7), ("ж" * 67, Coding.UCS2), ("x" * 67, Coding.UCS2), ("€" * 76, Coding.GSM7)],
)
def test_a_part_which_the_team_split_itself_is_one_message_of_one_part(rig, text, coding):
    priced = rig.judge(text=text, udh=HEADER, coding=coding)
    assert (priced.text, priced.udh, priced.coding, priced.parts, priced.price_units) == (text, HEADER, coding, 1, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 154, "the part has 154 characters; behind its header 153 fit"),
        ("€" * 77, "the part has 154 characters; behind its header 153 fit"),
        ("ж" * 68, "the part has 68 characters; behind its header 67 fit"),
    ],
)
def test_a_part_that_does_not_fit_behind_its_header_is_refused(rig, text, said):
    assert sentence(rig.judge(text=text, udh=HEADER), PartTooLong) == said


@pytest.mark.parametrize("text", ["x", "ж"])
def test_a_header_that_leaves_no_room_is_refused(rig, text):
    said = sentence(rig.judge(text=text, udh=bytes([136]) + bytes(136)), PartTooLong)
    assert said == "the part has 1 characters; behind its header 0 fit"


def test_a_header_alone_is_a_binary_message(rig):
    assert rig.judge(text=None, udh=HEADER).coding is Coding.BINARY


@given(st.text(), st.sampled_from([None, Coding.GSM7, Coding.UCS2]), st.sampled_from([b"", HEADER]))
def test_any_text_is_either_priced_or_refused(text, coding, udh):
    verdict = Rig().judge(text=text, coding=coding, udh=udh)
    assert isinstance(verdict, BadText | TooManyParts | PartTooLong) or 1 <= verdict.parts <= 10


# Times.


@pytest.mark.parametrize("validity_ms", [0, -1])
def test_a_validity_that_is_over_is_refused(rig, validity_ms):
    said = sentence(rig.judge(validity_ms=validity_ms), BadValidity)
    assert said == "the validity period is over already; give a time ahead"


@pytest.mark.parametrize(
    ("validity_ms", "lives_ms"), [(None, DAY_MS), (1, 1), (HOUR_MS, HOUR_MS), (9 * DAY_MS, DAY_MS)]
)
def test_a_message_lives_as_long_as_asked_but_a_day_at_most(rig, validity_ms, lives_ms):
    assert rig.judge(validity_ms=validity_ms).expires_at_ms == NOW_MS + lives_ms


def test_what_a_message_lives_that_names_nothing_is_a_setting_below_the_most():
    rig = Rig(limits=Limits(max_validity_ms=2 * HOUR_MS, default_validity_ms=HOUR_MS))
    assert [rig.judge(validity_ms=v).expires_at_ms - NOW_MS for v in (None, DAY_MS)] == [HOUR_MS, 2 * HOUR_MS]


@pytest.mark.parametrize(
    ("validity_ms", "lives_ms"), [(None, DAY_MS), (2 * DAY_MS, 2 * DAY_MS), (9 * DAY_MS, 3 * DAY_MS)]
)
def test_a_front_end_may_allow_more_than_the_node_does(rig, validity_ms, lives_ms):
    priced = rig.judge(validity_ms=validity_ms, max_validity_ms=3 * DAY_MS)
    assert priced.expires_at_ms == NOW_MS + lives_ms


def test_a_validity_that_is_too_long_is_refused_where_it_may_not_be_shortened(rig):
    said = sentence(rig.judge(validity_ms=HOUR_MS + 1, max_validity_ms=HOUR_MS, strict_validity=True), BadValidity)
    assert said == "the validity period is longer than the 1 hours there may be"
    assert (
        rig.judge(validity_ms=HOUR_MS, max_validity_ms=HOUR_MS, strict_validity=True).expires_at_ms == NOW_MS + HOUR_MS
    )


def test_a_message_that_names_no_validity_is_never_refused_for_it(rig):
    priced = rig.judge(max_validity_ms=HOUR_MS, strict_validity=True)
    assert priced.expires_at_ms == NOW_MS + HOUR_MS


@pytest.mark.parametrize("due_at_ms", [0, NOW_MS - 1, NOW_MS])
def test_a_time_of_delivery_that_has_passed_is_now(rig, due_at_ms):
    priced = rig.judge(due_at_ms=due_at_ms, validity_ms=5)
    assert (priced.due_at_ms, priced.expires_at_ms) == (None, NOW_MS + 5)


@pytest.mark.parametrize("ahead_ms", [1, 7 * DAY_MS])
def test_the_validity_of_a_scheduled_message_begins_when_it_is_due(rig, ahead_ms):
    priced = rig.judge(due_at_ms=NOW_MS + ahead_ms, validity_ms=5)
    assert (priced.due_at_ms, priced.expires_at_ms) == (NOW_MS + ahead_ms, NOW_MS + ahead_ms + 5)


def test_a_schedule_of_more_than_a_week_is_refused(rig):
    said = sentence(rig.judge(due_at_ms=NOW_MS + 7 * DAY_MS + 1), BadSchedule)
    assert said == "a message can be scheduled at most 7 days ahead"


# Accepting.


def test_what_is_accepted_is_stored_first_and_hinted_after(rig):
    verdicts = rig.accept(asked(), asked(recipient="+255782345678"), asked(recipient="0722345678"))
    assert [verdict.id for verdict in verdicts] == ["id-1", "id-2", "id-3"]
    assert rig.happened == [
        ("stored", ["254712345678", "255782345678", "254722345678"]),
        ("hinted", 1, Lane.TRANSACTIONAL, ["id-1", "id-3"]),
        ("hinted", 2, Lane.TRANSACTIONAL, ["id-2"]),
    ]


def test_lanes_are_hinted_apart(rig):
    rig.accept(asked(), asked(lane=Lane.BULK))
    assert rig.happened[1:] == [
        ("hinted", 1, Lane.TRANSACTIONAL, ["id-1"]),
        ("hinted", 1, Lane.BULK, ["id-2"]),
    ]


def test_a_batch_that_is_refused_whole_reaches_no_store(rig):
    assert [type(verdict) for verdict in rig.accept(asked(text=""), asked(team_id=3))] == [BadText, TeamSuspended]
    assert rig.happened == []


def test_no_batch_is_no_work(rig):
    assert rig.accept() == []
    assert rig.happened == []


def test_refusals_of_the_rules_and_of_the_store_stand_in_their_places_and_are_not_hinted(rig):
    short = InsufficientUnits(2)
    rig.store.refuses["254722345678"] = short
    verdicts = rig.accept(asked(), asked(text=""), asked(recipient="0722345678"), asked(recipient="0733345678"))
    assert [getattr(verdict, "id", verdict) for verdict in verdicts[:1] + verdicts[2:]] == ["id-1", short, "id-3"]
    assert isinstance(verdicts[1], BadText)
    assert rig.happened[1:] == [("hinted", 1, Lane.TRANSACTIONAL, ["id-1", "id-3"])]


def test_a_batch_that_nobody_can_pay_is_not_hinted(rig):
    rig.store.refuses["254712345678"] = InsufficientUnits(2)
    assert isinstance(rig.accept(asked())[0], InsufficientUnits)
    assert len(rig.happened) == 1


def test_a_scheduled_message_is_left_to_the_sweeper(rig):
    rig.accept(asked(due_at_ms=NOW_MS + 1), asked())
    assert rig.happened[1:] == [("hinted", 1, Lane.TRANSACTIONAL, ["id-2"])]


def test_an_overloaded_store_is_told_to_the_caller_and_nothing_is_hinted(rig):
    rig.store.raises = Overloaded("try again in a moment")
    with pytest.raises(Overloaded):
        rig.gateway.accept([asked()]).send(None)
    assert len(rig.happened) == 1


# One message that was judged before.

KEPT = Kept(Mark(1, "POST /messages", "key", b"hash"), b"reply")
HINTED = ("hinted", 1, Lane.TRANSACTIONAL, ["id-1"])


def test_of_a_team_that_suppresses_people_each_message_is_looked_at_by_the_store(rig):
    assert not rig.judge().suppressible
    directory = CurrentDirectory(rig.known)
    gateway = Gateway(directory, rig.store, Lanes(rig.happened), lambda: NOW_MS, lambda: "id")
    directory.suppressing.add(1)
    assert gateway.judge([asked()])[0].suppressible
    suppressing = [attrs.evolve(team, suppresses=True) for team in TEAMS]
    assert Rig(known=Directory(suppressing, SENDERS, (), CARRIERS, ROUTES)).judge().suppressible


def test_a_message_to_somebody_who_is_suppressed_is_refused_and_not_hinted(rig):
    rig.store.refuses["254712345678"] = Suppressed("the recipient wants none")
    assert isinstance(rig.accept(asked())[0], Suppressed)
    assert len(rig.happened) == 1


def test_a_judged_message_is_stored_and_then_hinted(rig):
    rig.accept_judged()
    assert rig.happened == [("stored", ["254712345678"]), HINTED]


def test_the_reply_to_a_call_with_a_key_is_kept_with_the_message(rig):
    rig.accept_judged(KEPT)
    assert rig.happened == [("kept", "254712345678", KEPT), HINTED]


def test_a_judged_message_that_cannot_be_paid_is_refused_and_not_hinted(rig):
    rig.store.refuses["254712345678"] = InsufficientUnits(2)
    with pytest.raises(InsufficientUnits):
        rig.accept_judged()
    assert len(rig.happened) == 1


@pytest.mark.parametrize("raised", [InsufficientUnits(2), Repeated(KEPT)])
def test_a_call_that_was_refused_or_done_before_hints_nothing(rig, raised):
    rig.store.raises = raised
    with pytest.raises(type(raised)):
        rig.accept_judged(KEPT)
    assert len(rig.happened) == 1
