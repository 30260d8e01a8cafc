"""The hours of messages that wait, by their sender and their recipient."""

import tomllib
from datetime import datetime

import pytest

from mobilesasa.core.hours import Window
from mobilesasa.core.rulepack_reading import read_pack
from mobilesasa.core.rulepacks import RulePack, RulePacks, Rules
from mobilesasa.core.teams import CurrentDirectory, Directory, Sender, Team
from mobilesasa.node.closing import HoursOf
from mobilesasa.store.closing import Closed
from tests.core.test_rulepack_reading import KENYA

SENDERS = [Sender(1, "s1", 1, "SALE", sender_class="promotional"), Sender(2, "s2", 1, "INFO")]


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NIGHT = ms("2026-11-23T20:00+03:00")
MORNING = Window(ms("2026-11-24T08:00+03:00"), ms("2026-11-24T18:00+03:00"))


@pytest.fixture
def hours() -> HoursOf:
    other = RulePack("TZ", ("255",), {"promotional": Rules("TZ", "promotional", suffix=" STOP")})
    packs = RulePacks([read_pack(tomllib.loads(KENYA), "ke.toml"), other])
    return HoursOf(CurrentDirectory(Directory([Team(1, "u1", "ACME", "Acme")], SENDERS)), packs)


@pytest.mark.parametrize(
    ("sender", "recipient", "window"),
    [
        ("SALE", "254712345678", MORNING),
        ("INFO", "254712345678", None),
        ("GONE", "254712345678", MORNING),
        ("SALE", "255712345678", None),
        ("SALE", "256772345678", None),
    ],
)
def test_a_message_waits_for_the_hours_of_its_sender_and_recipient(hours, sender, recipient, window):
    assert hours.next(Closed("id", 1, sender, recipient, NIGHT, NIGHT)) == window
