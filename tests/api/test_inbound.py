"""Messages from phones by REST."""

import pytest

from mobilesasa.api.pages import DEEPEST
from mobilesasa.core.model import Coding
from tests.api.rig import came, message_id


def uuids(reply):
    return [each["uuid"] for each in reply.data["items"]]


def test_a_message_from_a_phone_is_shown(rig):
    rig.inbox.kept.append(came(1))
    assert rig.get(f"/inbound/{message_id(1)}").data == {
        "uuid": message_id(1), "phone": "+254712345678", "code": "22384", "message": "YES", "body_hex": None, "encoding": "gsm7",
        "parts": 1, "missing_parts": 0, "opt_out": None, "received_at": "2026-05-11T09:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        (
            {"text": None, "body": b"\x01\xff", "coding": Coding.BINARY},
            {"message": "", "body_hex": "01ff", "encoding": "binary"},
        ),
        ({"text": None}, {"message": None, "body_hex": None}),
        ({"source": "Safaricom", "destination": "254711000001"}, {"phone": "Safaricom", "code": "+254711000001"}),
        ({"text": "STOP", "opt_out": "stop"}, {"opt_out": "stop"}),
        ({"text": "START", "opt_out": "start"}, {"opt_out": "start"}),
    ],
)
def test_what_is_odd_about_a_message_is_shown(rig, changes, shown):
    rig.inbox.kept.append(came(1, **changes))
    found = rig.get(f"/inbound/{message_id(1)}").data
    assert {name: found[name] for name in shown} == shown


@pytest.mark.parametrize("uuid", [message_id(2), message_id(3), "x"])
def test_what_is_another_team_s_or_nobody_s_is_not_there(rig, uuid):
    rig.inbox.kept += [came(1), came(2, team_id=2)]
    assert rig.get(f"/inbound/{uuid}").refusal == (404, "not_found")


def test_the_newest_come_first_in_pages(rig):
    rig.inbox.kept += [came(n) for n in range(1, 6)] + [came(6, team_id=2)]
    reply = rig.get("/inbound?page=2&page_size=2")
    assert uuids(reply) == [message_id(3), message_id(2)]
    found = reply.data
    assert (found["total"], found["pages"], found["page"], found["total_is_estimate"]) == (5, 3, 2, False)
    assert uuids(rig.get("/inbound?page=9")) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [("phone=%2B254712345678", [2, 1]), ("phone=0712345678", [2, 1]), ("phone=Safaricom", [3]), ("code=22384", [3, 1]),
     ("code=%2B22384", [3, 1]), ("phone=0712345678&code=22385", [2]), (f"before={message_id(3)}", [2, 1]), ("code=x", [])],
)  # fmt: skip
def test_a_list_may_be_of_a_phone_a_code_or_what_is_older(rig, query, found):
    rig.inbox.kept += [came(1), came(2, destination="22385"), came(3, source="Safaricom")]
    assert uuids(rig.get(f"/inbound?{query}")) == [message_id(n) for n in found]


def test_what_is_no_uuid_of_a_message_is_refused(rig):
    assert rig.get("/inbound?before=x").refusal == (400, "bad_request")


def test_a_page_that_is_too_deep_is_refused(rig):
    rig.inbox.more = 2 * DEEPEST
    assert rig.get("/inbound?page_size=100&page=10002").refusal == (400, "bad_request")
    assert rig.get("/inbound?page_size=100&page=10001").data["total_is_estimate"] is True


def test_a_token_needs_the_scope(rig):
    assert rig.get("/inbound", token="mbs_reports").refusal == (403, "missing_scope")
