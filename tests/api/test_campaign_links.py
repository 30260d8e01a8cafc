"""What a team sees of its campaigns' links."""

import pytest

from mobilesasa.campaigns.clicks import LinkClicks, RecipientClicks
from tests.api.rig import NOW_MS, Rig

UUID = "ca000000-0000-4000-8000-000000000001"
LINKS = f"/campaigns/{UUID}/links"
CLICKS = f"/campaigns/{UUID}/clicks"
DAY_MS = 86_400_000


@pytest.fixture
def rig():
    made = Rig()
    made.link_counts.links[1, UUID] = [
        LinkClicks(1, "https://shop.example.com", NOW_MS + 30 * DAY_MS, 2, 3, 1),
        LinkClicks(2, "https://b.example", None, 0, 0, 0),
    ]
    made.link_counts.rows[1, UUID] = [
        RecipientClicks(1, "254712345678", 1, 2, 1, NOW_MS, NOW_MS + 5000),
        RecipientClicks(2, None, 1, 1, 0, NOW_MS, NOW_MS),
        RecipientClicks(2, None, 2, 1, 0, NOW_MS, NOW_MS),
    ]
    return made


def get(rig, path):
    return rig.get(path, "mbs_campaigns")


def test_the_links_of_a_campaign_are_listed_with_what_became_of_them(rig):
    assert get(rig, LINKS).data == {
        "items": [
            {"link": 1, "url": "https://shop.example.com", "recipients": 2, "clicks": 3, "previews": 1,
             "expires_at": "2026-06-10T09:00:00Z"},
            {"link": 2, "url": "https://b.example", "recipients": 0, "clicks": 0, "previews": 0, "expires_at": None},
        ]
    }  # fmt: skip


def test_clicks_are_listed_by_recipient_and_who_was_forgotten_has_no_number(rig):
    page = get(rig, CLICKS).data
    assert page["items"][0] == {
        "phone": "+254712345678", "link": 1, "clicks": 2, "previews": 1,
        "first_at": "2026-05-11T09:00:00Z", "last_at": "2026-05-11T09:00:05Z",
    }  # fmt: skip
    assert [item["phone"] for item in page["items"][1:]] == [None, None]
    assert (page["total"], page["next_cursor"]) == (3, None)


def test_clicks_go_on_by_cursor(rig):
    seen, cursor = [], ""
    while cursor is not None:
        page = get(rig, f"{CLICKS}?page_size=1" + (f"&cursor={cursor}" if cursor else "")).data
        seen += [(item["phone"], item["link"]) for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [("+254712345678", 1), (None, 1), (None, 2)]


def test_clicks_of_one_link_can_be_asked_for(rig):
    assert get(rig, f"{CLICKS}?link=2").data["total"] == 1


@pytest.mark.parametrize("query", ["link=0", "link=x", "cursor=x", "page_size=101"])
def test_what_cannot_be_asked_for_is_refused(rig, query):
    assert get(rig, f"{CLICKS}?{query}").refusal == (400, "bad_request")


@pytest.mark.parametrize("path", [LINKS, CLICKS])
def test_the_campaign_of_another_team_is_not_there(rig, path):
    other = path.replace("0001", "0002")
    assert get(rig, other).refusal == (404, "not_found")


@pytest.mark.parametrize("path", [LINKS, CLICKS])
def test_clicks_need_the_scope_of_campaigns(rig, path):
    assert rig.get(path, "mbs_reports").refusal == (403, "missing_scope")
