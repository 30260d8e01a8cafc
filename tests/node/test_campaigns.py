"""What campaigns need of the node: what prices their recipients on a thread, and what says how they stand."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.campaigns.model import Campaign, Options, Person, Phase, Repeat
from mobilesasa.campaigns.texts import UnknownFields
from mobilesasa.campaigns.views import Standing
from mobilesasa.core.errors import BadText, NoRoute
from mobilesasa.core.model import Lane
from mobilesasa.node.campaigns import Standings, quoters
from tests.fakes.sending import SENDER, FakeDoor, priced

AT_MS = 1_800_000_000_000


def campaign(**more: Any) -> Campaign:
    """A campaign that is being sent."""
    counts = dict.fromkeys(
        (
            "estimated_recipients", "estimated_units", "rows", "recipients", "position", "queued", "skipped", "reserved_units",
            "captured_units", "released_units", "created_at_ms", "updated_at_ms",
        ), 0,
    )  # fmt: skip
    known = dict.fromkeys(attrs.fields_dict(Campaign)) | counts
    said = {"id": 1, "uuid": "u", "team_id": 1, "name": "Sale", "message": "Hi {first_name}: https://acme.example/"}
    about = {"sender_uuid": SENDER, "sender": "ACME", "phase": Phase.SENDING, "options": Options(), "group_uuids": ()}
    return Campaign(**(known | said | about | more))


class Gateways:
    """Makes doors, and keeps them."""

    def __init__(self) -> None:
        self.made: list[FakeDoor] = []
        self.asked: list[Any] = []

    def __call__(self, new_id: Any) -> Any:
        assert new_id() < new_id()
        self.made.append(FakeDoor(self._judged))
        return self.made[-1]

    def _judged(self, asked: Any) -> Any:
        self.asked.append(asked)
        return priced(asked)


def quoted(found: Campaign, base: str | None) -> tuple[Any, Any]:
    """Quote somebody; return the quote, and what was judged."""
    gateways = Gateways()
    quoter = quoters(gateways, base)(found, frozenset({"first_name"}))
    (one,) = quoter.quote([Person("254712345678", {"first_name": "Jane"})])
    return one, gateways.asked[0]


def test_recipients_are_priced_as_messages_of_the_campaign():
    one, asked = quoted(campaign(options=Options(validity_minutes=5)), None)
    assert one.text == "Hi Jane: https://acme.example/"
    assert (asked.sender, asked.lane, asked.campaign_uuid, asked.validity_ms) == (SENDER, Lane.BULK, "u", 300_000)


def test_links_are_followed_where_that_is_asked_for_and_there_is_an_address_for_it():
    track = campaign(options=Options(track_links=True))
    assert quoted(track, "https://s.example")[0].text.startswith("Hi Jane: https://s.example/")
    assert quoted(track, None)[0].code is None
    assert quoted(campaign(), "https://s.example")[0].code is None


def test_each_campaign_is_judged_by_a_door_of_its_own():
    gateways = Gateways()
    make = quoters(gateways, None)
    make(campaign(message="Sale"), frozenset())
    make(campaign(message="Sale"), frozenset())
    assert len(gateways.made) == 2


def test_a_field_that_is_gone_is_named():
    with pytest.raises(UnknownFields):
        quoters(Gateways(), None)(campaign(), frozenset())


class FakeDatabase:
    """Gives what is kept of campaigns."""

    def __init__(self, phones: dict[int, list[str]]) -> None:
        self.phones = phones

    async def run(self, name: str, function: Any, campaigns: Any) -> Any:
        return [Standing(waiting=each.id) for each in campaigns], self.phones


def told(door: FakeDoor, *campaigns: Campaign, phones: Sequence[str] = ("254712345678",)) -> list[Standing]:
    """How these stand."""
    next_ones = {each.id: list(phones) for each in campaigns if phones}
    standings = Standings(FakeDatabase(next_ones), door)  # type: ignore[arg-type]
    done: list[Any] = []
    Deferred.fromCoroutine(standings.tell(campaigns)).addCallback(done.append)
    return done[0]


def test_a_campaign_that_can_go_on_waits_for_nothing():
    assert told(FakeDoor(), campaign(id=7)) == [Standing(waiting=7)]


def test_a_campaign_whose_next_recipient_s_hours_are_over_waits_for_them():
    door = FakeDoor(lambda asked: priced(asked, due_at_ms=AT_MS))
    assert told(door, campaign()) == [Standing(waiting=1, waits_until_ms=AT_MS, waits_for="hours")]


@pytest.mark.parametrize("phones", [[], ["erased-1"]])
def test_where_there_is_no_next_recipient_nothing_is_waited_for(phones):
    assert told(FakeDoor(lambda asked: priced(asked, due_at_ms=AT_MS)), campaign(), phones=phones) == [
        Standing(waiting=1)
    ]


def test_a_campaign_some_of_whose_next_recipients_can_get_something_waits_for_nothing():
    door = FakeDoor(lambda asked: priced(asked, due_at_ms=AT_MS if asked.recipient.startswith("+255") else None))
    assert told(door, campaign(), phones=["255712345678", "254712345678"]) == [Standing(waiting=1)]


def test_the_first_hours_that_open_are_waited_for_whoever_else_cannot_be_reached():
    opens = {"+255712345678": AT_MS + 9, "+256712345678": AT_MS}
    door = FakeDoor(lambda a: priced(a, due_at_ms=opens[a.recipient]) if a.recipient in opens else NoRoute("x"))
    assert told(door, campaign(), phones=["49176", *(phone.strip("+") for phone in opens)]) == [
        Standing(waiting=1, waits_until_ms=AT_MS, waits_for="hours")
    ]


def test_a_campaign_whose_next_recipients_no_carrier_takes_waits_for_a_route():
    assert told(FakeDoor(lambda _: NoRoute("x")), campaign()) == [Standing(waiting=1, waits_for="route")]


def test_what_is_refused_for_another_reason_is_not_said_to_wait():
    assert told(FakeDoor(lambda _: BadText("x")), campaign()) == [Standing(waiting=1)]


def test_a_campaign_that_is_armed_waits_for_its_time_and_a_series_for_its_next_one():
    armed = campaign(phase=Phase.SCHEDULED, scheduled_at_ms=AT_MS)
    series = campaign(
        phase=Phase.SCHEDULED,
        scheduled_at_ms=1,
        next_at_ms=AT_MS + 1,
        options=Options(repeat=Repeat(every="day", at="09:00")),
    )
    assert [(each.waits_until_ms, each.waits_for) for each in told(FakeDoor(), armed, series)] == [
        (AT_MS, "time"),
        (AT_MS + 1, "time"),
    ]
