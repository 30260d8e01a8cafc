"""Sessions of people who dialled, by REST: live and past (decision 84)."""

import pytest

from mobilesasa.ussd.views import SessionStatus
from tests.api.rig import NOW_MS, Rig

USSD = "mbs_ussd"
EXTENSION, MENU = "e0000000-0000-4000-8000-000000000001", "30000000-0000-4000-8000-000000000001"


@pytest.fixture
def rig():
    return Rig()


def get(rig, path=""):
    return rig.get(f"/ussd/sessions{path}", token=USSD)


def uuids(reply):
    return [each["uuid"] for each in reply.data["items"]]


def test_decision_84_sessions_are_listed_newest_first_live_and_past(rig):
    past = rig.ussd.give_session(status=SessionStatus.DROPPED, ended_at_ms=NOW_MS)
    live = rig.ussd.give_session(menu_uuid=MENU, extension_uuid=EXTENSION)
    rig.ussd.give_session(team_id=2)
    assert uuids(get(rig)) == [live.uuid, past.uuid]
    assert get(rig, f"/{live.uuid}").data == {
        "uuid": live.uuid,
        "phone": "+254712345678",
        "dial": "*384*7#",
        "extension": EXTENSION,
        "network": "63902",
        "gateway": "savanna",
        "menu": MENU,
        "version": 1,
        "screen": "welcome",
        "steps": 1,
        "status": "live",
        "trouble": "",
        "started_at": "2026-05-11T09:00:00Z",
        "last_at": "2026-05-11T09:00:00Z",
        "ended_at": None,
    }
    assert get(rig, f"/{past.uuid}").data["ended_at"] == "2026-05-11T09:00:00Z"


def test_a_phone_that_the_gateway_hides_is_shown_as_it_came(rig):
    hidden = rig.ussd.give_session(msisdn="a1b2")
    assert get(rig, f"/{hidden.uuid}").data["phone"] == "a1b2"


def test_sessions_are_found_by_what_they_are(rig):
    one = rig.ussd.give_session(menu_uuid=MENU, extension_uuid=EXTENSION, started_at_ms=NOW_MS - 1000)
    two = rig.ussd.give_session(msisdn="254722000111", status=SessionStatus.TIMEOUT, ended_at_ms=NOW_MS)
    assert uuids(get(rig, "?live=true")) == [one.uuid]
    assert uuids(get(rig, "?live=false")) == uuids(get(rig, "?status=timeout")) == [two.uuid]
    assert uuids(get(rig, "?phone=0722000111")) == [two.uuid]
    assert uuids(get(rig, f"?menu={MENU}")) == uuids(get(rig, f"?extension={EXTENSION.upper()}")) == [one.uuid]
    assert uuids(get(rig, "?created_from=2026-05-11T09:00:00Z")) == [two.uuid]
    assert uuids(get(rig, "?created_to=2026-05-11T09:00:00Z")) == [one.uuid]


def test_the_list_goes_on_by_cursor(rig):
    made = [rig.ussd.give_session().uuid for _ in range(3)]
    first = get(rig, "?page_size=2")
    assert (uuids(first), first.data["total"]) == (made[:0:-1], 3)
    then = get(rig, f"?page_size=2&cursor={first.data['next_cursor']}")
    assert (uuids(then), then.data["next_cursor"]) == (made[:1], None)
    assert get(rig, "?cursor=x").refusal == (400, "bad_request")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("menu=x", "menu"),
        ("extension=x", "extension"),
        ("phone=12", "phone"),
        ("status=lost", "status"),
        ("live=maybe", "live"),
        ("created_from=2026-05-11", "created_from"),
    ],
)
def test_filters_that_cannot_be_are_refused_with_their_field(rig, query, field):
    refused = get(rig, f"?{query}")
    assert refused.refusal == (400, "bad_request")
    assert [each["field"] for each in refused.body["fields"]] == [field]


def test_another_team_s_session_is_not_there(rig):
    assert get(rig, f"/{rig.ussd.give_session(team_id=2).uuid}").refusal == (404, "not_found")
