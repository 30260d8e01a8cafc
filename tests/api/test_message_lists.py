"""GET /messages: filters, and going on by cursor."""

from base64 import urlsafe_b64encode
from urllib.parse import quote

import orjson
import pytest

from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Failure, State
from mobilesasa.store.message_rows import Progress
from tests.api.rig import NOW_MS, SENDERS, TOKEN, Rig, message_id, stored

CAMPAIGN = "0197a000-0000-7000-8000-000000000001"
FAILED = Progress(State.FAILED, Failure.UNDELIVERED, error="27", done_at_ms=NOW_MS + 5000)


@pytest.fixture
def full(rig: Rig) -> Rig:
    """ACME has nine messages, a minute apart; OTHER has one."""
    for n in range(1, 10):
        rig.history.put(stored(n, at_ms=NOW_MS + n * 60_000))
    rig.history.put(stored(3, at_ms=at(3), sender="MYAPP", client_reference="order 3"), FAILED)
    rig.history.put(stored(5, at_ms=at(5), campaign_uuid=CAMPAIGN))
    rig.history.put(stored(99, team_id=2, client_reference="order 3"))
    return rig


def at(n: int) -> int:
    return NOW_MS + n * 60_000


def numbers(reply) -> list[int]:
    return [int(item["uuid"][-12:], 16) for item in reply.data["items"]]


def listed(rig: Rig, query: str = "", **headers: str):
    return rig.get(f"/messages?{query}", **headers)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sender=MYAPP", [3]),
        (f"sender={SENDERS[2].uuid}", [3]),
        (f"sender={SENDERS[2].uuid.upper()}", [3]),
        ("sender=GoneName", []),
        (f"sender={SENDERS[1].uuid}", []),
        ("client_reference=order+3", [3]),
        ("client_reference=ORDER+3", []),
        (f"campaign_uuid={CAMPAIGN.upper()}", [5]),
        (f"message_id={smpp_id(message_id(4, at(4)))}", [4]),
        (f"message_id={message_id(4, at(4))}", [4]),
        (f"message_id={message_id(99)}", []),
        ("created_from=2026-05-11T09:07:00Z", [9, 8, 7]),
        ("created_from=2026-05-11T12:07:00%2B03:00", [9, 8, 7]),
        ("created_from=2026-05-11T12:07:00+03:00", [9, 8, 7]),
        ("created_to=2026-05-11T09:03:00Z", [2, 1]),
        ("created_from=2026-05-11T09:02:00Z&created_to=2026-05-11T09:04:00Z&status=failed&sender=MYAPP", [3]),
        ("created_from=2026-05-11T09:04:00Z&created_to=2026-05-11T09:02:00Z", []),
        ("status=failed&client_reference=order+3&phone=0712345678", [3]),
        ("status=queued&client_reference=order+3", []),
    ],
)
def test_filters_leave_only_what_is_wanted_each_alone_and_together(full, query, found):
    reply = listed(full, query)
    assert numbers(reply) == found
    assert reply.data["total"] == len(found)


@pytest.mark.parametrize(
    "query",
    [
        "campaign_uuid=7",
        "message_id=MSG",
        "before=x",
        "created_from=2026-05-11T09:00:00",
        "created_to=today",
        "cursor=x",
    ],
)
def test_a_filter_that_names_nothing_there_can_be_is_refused(full, query):
    reply = listed(full, query)
    assert reply.refusal == (400, "bad_request")
    assert [field["field"] for field in reply.body["fields"]] == [query.partition("=")[0]]


def test_all_filters_that_are_wrong_are_named_at_once(full):
    fields = listed(full, "campaign_uuid=7&message_id=x&before=y").body["fields"]
    assert [field["field"] for field in fields] == ["before", "message_id", "campaign_uuid"]


def test_a_message_is_shown_with_what_its_team_calls_it_and_when_it_was_to_go_out(full):
    full.history.put(stored(3, at_ms=at(3), client_reference="order 3", due_at_ms=at(30), campaign_uuid=CAMPAIGN))
    for shown in (
        listed(full, "client_reference=order+3").data["items"][0],
        full.get(f"/messages/{message_id(3, at(3))}").data,
    ):
        assert (shown["client_reference"], shown["scheduled_at"], shown["campaign_uuid"]) == (
            "order 3", "2026-05-11T09:30:00Z", CAMPAIGN,
        )  # fmt: skip


def test_the_cursor_leads_through_the_whole_list(full):
    seen, pages, query = [], [], "page_size=4"
    reply = listed(full, query)
    while reply.data["next_cursor"] is not None:
        seen += numbers(reply)
        pages.append((reply.data["page"], reply.data["total"], reply.data["pages"]))
        reply = listed(full, f"{query}&cursor={reply.data['next_cursor']}")
    assert seen + numbers(reply) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert pages == [(1, 9, 3), (2, 9, 3)]
    assert (reply.data["page"], reply.data["next_cursor"]) == (3, None)
    assert "link" not in reply.headers


def test_the_link_header_has_the_address_of_the_next_page_with_the_filters(full):
    reply = listed(full, "page=1&page_size=2&phone=%2B254712345678&sender=TextBlast")
    link = reply.headers["link"]
    cursor = quote(reply.data["next_cursor"])
    assert link == (
        f'</api/v1/messages?page_size=2&phone=%2B254712345678&sender=TextBlast&cursor={cursor}>; rel="next"'
    )
    following = full.ask("GET", link[1 : link.index(">")], Authorization=f"Bearer {TOKEN}")
    assert numbers(following) == [7, 6]


def test_what_comes_in_meanwhile_moves_nothing(full):
    cursor = listed(full, "page_size=4").data["next_cursor"]
    full.history.put(stored(10, at_ms=at(10)))
    assert numbers(listed(full, f"page_size=4&cursor={cursor}")) == [5, 4, 3, 2]


def test_a_cursor_counts_nothing_again_and_its_page_may_have_another_size(full):
    cursor = listed(full, "page_size=4&page=1").data["next_cursor"]
    assert full.history.counts == 1
    data = listed(full, f"page_size=2&page=77&cursor={cursor}").data
    assert ([int(item["uuid"][-2:], 16) for item in data["items"]], data["page"], data["total"]) == ([5, 4], 2, 9)
    assert full.history.counts == 1


@pytest.mark.parametrize(
    ("query", "total", "counts"),
    [("", 9, 0), ("page_size=5&page=2", 9, 0), ("page_size=9", 9, 0), ("status=sent", 0, 0),
     ("page_size=8", 9, 1), ("page_size=5&page=3", 9, 1), ("page=502", 9, 1)],
)  # fmt: skip
def test_a_page_that_is_the_end_of_the_list_tells_its_length_and_nothing_is_counted(full, query, total, counts):
    data = listed(full, query).data
    assert (data["total"], data["total_is_estimate"], full.history.counts) == (total, False, counts)


def test_the_end_of_a_list_knows_more_than_an_estimate(full):
    full.history.more = 250_000
    assert listed(full, "page_size=8").data["total_is_estimate"] is True
    data = listed(full, "page_size=8&page=2").data
    assert (data["total"], data["pages"], data["total_is_estimate"]) == (9, 2, False)


def test_a_cursor_and_before_leave_what_is_older_than_both(full):
    query = f"page_size=2&before={message_id(4, at(4))}"
    first = listed(full, query)
    assert numbers(first) == [3, 2]
    assert numbers(listed(full, f"{query}&cursor={first.data['next_cursor']}")) == [1]


@pytest.mark.parametrize("query", ["page_size=4&status=failed&", "page_size=4&phone=0712345678&", "sender=MYAPP&"])
def test_a_cursor_of_other_filters_is_refused(full, query):
    cursor = listed(full, "page_size=4").data["next_cursor"]
    reply = listed(full, f"{query}cursor={cursor}")
    assert reply.refusal == (400, "bad_request")
    assert "other filters" in reply.body["error"]


@pytest.mark.parametrize(
    "written",
    [
        b"", b"{}", b"[]", b"[1,2,3,4,5]", b'["x",0,1,false,0]', b'["x",1,-1,false,0]', b'["x",true,1,false,0]',
        b'["x",1,1,0,0]', b'["x\\u0000",1,1,false,0]', b'["x",1,1,false,0,6]', b"\xff", b'["x",1,1,false,1.5]',
        b'["x",18446744073709551615,1,false,0]', b'["x",1,18446744073709551615,false,0]',
    ],
)  # fmt: skip
def test_what_is_no_cursor_of_ours_is_refused(full, written):
    for text in (urlsafe_b64encode(written).decode() or "A", "%E2%82%AC", "!"):
        assert listed(full, f"cursor={text}").refusal == (400, "bad_request")


@pytest.mark.parametrize("after", ["nothing", "x" * 3000])
def test_a_cursor_behind_no_message_is_refused(full, after):
    cursor = urlsafe_b64encode(orjson.dumps([after, 1, 1, False, 0])).decode().rstrip("=")
    assert listed(full, f"cursor={cursor}").refusal == (400, "bad_request")


def test_the_head_of_a_list_has_its_headers_and_no_body(full):
    reply = full.ask("HEAD", "/api/v1/messages?page_size=4", Authorization=f"Bearer {TOKEN}")
    assert (reply.status, reply.octets) == (200, b"")
    assert reply.headers["link"].endswith('rel="next"')


def test_a_page_that_looked_in_vain_says_where_the_list_goes_on(full):
    full.history.gap = message_id(4, at(4))
    data = listed(full, "sender=MYAPP").data
    assert data["items"] == []
    full.history.gap = None
    assert numbers(listed(full, f"sender=MYAPP&cursor={data['next_cursor']}")) == [3]
