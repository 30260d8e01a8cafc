"""What the rules of a country ask of a message: at the one door, of every message, whatever it came in by."""

import tomllib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.errors import BadText, PartTooLong, Refused, TooManyParts
from mobilesasa.core.gateway import Gateway, Limits, lane_of, measure
from mobilesasa.core.hours import Hours
from mobilesasa.core.model import Coding, Lane, Origin, Priced, Submission
from mobilesasa.core.rulepack_reading import read_pack
from mobilesasa.core.rulepacks import RulePack, RulePacks, Rules
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory, RouteRecord, Sender, Team
from tests.core.test_rulepack_reading import KENYA
from tests.fakes.intake import FakeIntake
from tests.fakes.queue import FakeQueue

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SUFFIX = " STOP*456*9*5#"
KE = read_pack(tomllib.loads(KENYA), "ke.toml")
HELD = KE.rules["promotional"]


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NOON, EVENING, MORNING = ms("2026-11-23T12:00+03:00"), ms("2026-11-23T20:00+03:00"), ms("2026-11-24T08:00+03:00")
CLOSES = ms("2026-11-23T18:00+03:00")

SENDERS = [
    Sender(1, "s1", 1, "INFO"),
    Sender(2, "s2", 1, "SALE", sender_class="promotional"),
    Sender(3, "s3", 1, "CODE", sender_class="otp"),
]
KNOWN = Directory(
    [Team(1, "u1", "ACME", "Acme")],
    SENDERS,
    (),
    [CarrierRecord(1, "home", "sandbox")],
    [RouteRecord("", 1)],
    {"254": 2},
)


def judged(now_ms: int = NOON, packs: RulePacks | None = None, **asked: Any) -> Priced | Refused:
    gateway = Gateway(
        CurrentDirectory(KNOWN), FakeIntake(), FakeQueue(), lambda: now_ms, lambda: "id", Limits(),
        RulePacks([KE]) if packs is None else packs,
    )  # fmt: skip
    submission = {"team_id": 1, "sender": "SALE", "recipient": "+254712345678", "text": "Half price", **asked}
    return gateway.judge([Submission(**submission)])[0]


def priced(now_ms: int = NOON, packs: RulePacks | None = None, **asked: Any) -> Priced:
    found = judged(now_ms, packs, **asked)
    assert isinstance(found, Priced)
    return found


# Texts.


@pytest.mark.parametrize(
    "text",
    [
        "Sale! STOP*456*9*5#",
        "Sale! stop*456*9*5#",
        "Sale! STOP *456*9*5# ",
        "Sale!\nStop*456* 9*5#\n",
        "STOP*456*9*5#",
    ],
)
def test_a_text_that_has_the_suffix_already_case_and_blanks_aside_is_left_as_it_is(text):
    assert HELD.complete(text) == text


@pytest.mark.parametrize("text", ["Sale!", "STOP*456*9*5# or lose", "STOP*456*9*5", "", "STOP*456*9*6#"])
def test_any_other_text_gets_the_suffix(text):
    assert HELD.complete(text) == text + SUFFIX


@given(st.text(max_size=40))
def test_the_suffix_is_appended_once_however_often_a_text_comes_by(text):
    once = HELD.complete(text)
    assert HELD.complete(once) == once


def test_decision_75_the_suffix_of_a_promotional_message_is_counted_and_paid_for():
    assert (priced(text="x" * 146).parts, priced(text="x" * 146).price_units) == (1, 2)
    long = priced(text="x" * 147)
    assert (long.text, long.parts, long.price_units) == ("x" * 147 + SUFFIX, 2, 4)
    assert priced(text="x" * 147, sender="INFO").parts == 1


def test_a_text_beyond_gsm_gets_the_suffix_too():
    found = priced(text="ж" * 57)
    assert (found.coding, found.parts, found.text) == (Coding.UCS2, 2, "ж" * 57 + SUFFIX)


def test_a_text_of_which_nothing_would_be_left_but_the_suffix_is_blank():
    assert isinstance(judged(text=" "), BadText)


def test_a_text_that_the_suffix_makes_too_long_is_refused_with_that_reason():
    refusal = judged(text="x" * 1520)
    assert isinstance(refusal, TooManyParts)
    assert str(refusal) == (
        "the text needs 11 parts; one message may have 10; it counts 'STOP*456*9*5#', which the rules of KE append"
    )
    alone = judged(text="x" * 1540 + SUFFIX)
    assert str(alone) == "the text needs 11 parts; one message may have 10"


def header(number: int) -> bytes:
    return bytes([5, 0, 3, 7, 2, number])


def test_of_a_message_that_its_team_split_itself_the_last_part_gets_the_suffix():
    assert priced(text="One", udh=header(1)).text == "One"
    assert priced(text="two", udh=header(2)).text == "two" + SUFFIX
    refusal = judged(text="x" * 150, udh=header(2))
    assert isinstance(refusal, PartTooLong)
    assert str(refusal).endswith("it counts 'STOP*456*9*5#', which the rules of KE append")


def test_a_header_that_splits_nothing_leaves_the_text_whole():
    assert priced(text="Hi", udh=bytes([6, 5, 4, 0x0B, 0x84, 0, 0])).text == "Hi" + SUFFIX


def test_what_is_sent_octet_by_octet_is_left_as_it_is():
    found = priced(text=None, body=b"\x01\x02", coding=Coding.BINARY)
    assert (found.text, found.body) == (None, b"\x01\x02")


def test_measured_without_rules_a_text_is_as_it_was_written():
    assert measure(Submission(1, None, "", "Hi"), 10) == ("Hi", Coding.GSM7, 1)
    assert measure(Submission(1, None, "", "Hi"), 10, HELD)[0] == "Hi" + SUFFIX


# Hours.


def test_decision_75_a_promotional_message_of_the_night_goes_out_in_the_morning():
    found = priced(EVENING)
    assert (found.due_at_ms, found.closes_at_ms) == (MORNING, MORNING + 10 * HOUR_MS)
    assert found.expires_at_ms == MORNING + DAY_MS  # it is valid for as long as any other


def test_one_of_the_day_goes_out_at_once_and_never_behind_the_end_of_it():
    found = priced(NOON)
    assert (found.due_at_ms, found.closes_at_ms, found.expires_at_ms) == (None, CLOSES, NOON + DAY_MS)


def test_one_that_is_scheduled_for_the_night_goes_out_in_the_morning_behind_it():
    found = priced(NOON, due_at_ms=EVENING, validity_ms=HOUR_MS)
    assert (found.due_at_ms, found.expires_at_ms) == (MORNING, MORNING + HOUR_MS)


def test_one_that_is_scheduled_for_the_day_goes_out_when_it_is_asked_for():
    found = priced(EVENING, due_at_ms=MORNING + HOUR_MS)
    assert (found.due_at_ms, found.closes_at_ms) == (MORNING + HOUR_MS, MORNING + 10 * HOUR_MS)


def test_decision_75_other_classes_of_senders_are_held_by_nothing():
    for sender in ("INFO", "CODE"):
        found = priced(EVENING, sender=sender)
        assert (found.text, found.due_at_ms, found.closes_at_ms) == ("Half price", None, None)


def test_decision_75_the_rules_are_those_of_the_country_of_the_recipient():
    found = priced(EVENING, recipient="+256772345678")
    assert (found.text, found.due_at_ms, found.closes_at_ms) == ("Half price", None, None)


def test_decision_75_what_a_campaign_sends_is_held_like_everything_else():
    found = priced(EVENING, campaign_uuid="c1")
    assert (found.text, found.due_at_ms) == ("Half price" + SUFFIX, MORNING)


def test_without_packs_nothing_is_held():
    found = priced(EVENING, RulePacks())
    assert (found.text, found.due_at_ms, found.closes_at_ms) == ("Half price", None, None)


def test_rules_without_hours_hold_a_message_until_it_expires():
    rules = Rules("KE", "promotional", suffix=SUFFIX)
    packs = RulePacks([RulePack("KE", ("254",), {"promotional": rules})])
    found = priced(EVENING, packs)
    assert (found.due_at_ms, found.closes_at_ms) == (None, found.expires_at_ms)
    assert packs.waits(EVENING, "254712345678", "promotional") is None


def test_what_waits_is_told_by_number_or_prefix_and_class():
    packs = RulePacks([KE])
    assert packs.waits(EVENING, "254712345678", "promotional") == MORNING
    assert packs.waits(EVENING, "254", "promotional") == MORNING
    assert packs.waits(NOON, "254", "promotional") is None
    assert packs.waits(EVENING, "255", "promotional") is None
    assert packs.waits(EVENING, "254", "transactional") is None


def test_the_longest_prefix_decides_and_packs_know_their_rules():
    other = RulePack("XX", ("25470",), {"promotional": Rules("XX", "promotional"), "transactional": Rules("XX", "x")})
    packs = RulePacks([KE, other])
    assert [rules.country for number in ("254712345678", "254701234567") if (rules := packs.find("promotional", number))] == [
        "KE", "XX",
    ]  # fmt: skip
    assert packs.find("transactional", "254712345678") is None
    assert packs.packs == (KE, other)


ALL_DAY = Hours(ZoneInfo("Africa/Nairobi"), [[(0, 720)]] * 7)


@settings(max_examples=150)
@given(
    st.sampled_from([HELD, attrs.evolve(HELD, hours=ALL_DAY), Rules("KE", "promotional")]),
    st.integers(NOON, NOON + 14 * DAY_MS),
    st.none() | st.integers(NOON, NOON + 14 * DAY_MS),
    st.integers(1, DAY_MS),
)
def test_a_message_goes_out_within_its_hours_and_is_valid_for_as_long_as_was_asked(rules, now_ms, due_ms, valid_ms):
    wanted_ms = now_ms if due_ms is None or due_ms <= now_ms else due_ms
    due_at_ms, expires_at_ms, closes_at_ms = rules.held(
        None if wanted_ms == now_ms else wanted_ms, wanted_ms + valid_ms, now_ms
    )
    goes_ms = now_ms if due_at_ms is None else due_at_ms
    assert goes_ms >= wanted_ms
    assert expires_at_ms - goes_ms == valid_ms
    assert goes_ms < closes_at_ms
    assert rules.waits(goes_ms) is None
    assert goes_ms == wanted_ms or rules.waits(wanted_ms) == goes_ms


# Lanes.


@pytest.mark.parametrize(
    ("sender_class", "asked", "lane"),
    [
        ("otp", Lane.BULK, Lane.TRANSACTIONAL),
        ("otp", Lane.TRANSACTIONAL, Lane.TRANSACTIONAL),
        ("promotional", Lane.TRANSACTIONAL, Lane.BULK),
        ("promotional", Lane.BULK, Lane.BULK),
        ("transactional", Lane.TRANSACTIONAL, Lane.TRANSACTIONAL),
        ("transactional", Lane.BULK, Lane.BULK),
    ],
)
def test_decision_47_what_the_sender_is_for_decides_the_lane_before_the_door_does(sender_class, asked, lane):
    submission = Submission(1, None, "", "Hi", lane=asked)
    assert lane_of(submission, sender_class) is lane
    assert lane_of(attrs.evolve(submission, campaign_uuid="c1"), sender_class) is Lane.BULK


def test_decision_128_urgency_never_lifts_what_is_promotional():
    urgent = {"lane": Lane.TRANSACTIONAL, "origin": Origin.SMPP}  # as `smsc.submit` reads a priority_flag
    assert priced(**urgent).lane is Lane.BULK
    assert priced(**urgent, sender="INFO").lane is Lane.TRANSACTIONAL
    assert priced(lane=Lane.BULK, sender="CODE").lane is Lane.TRANSACTIONAL
