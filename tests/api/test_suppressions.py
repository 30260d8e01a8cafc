"""Suppressions by REST."""

import pytest

from mobilesasa.core.errors import Suppressed
from tests.api.rig import BODY

PHONE = {"phone": "+254712345678"}


def test_a_number_is_suppressed_for_one_sender_or_for_all(rig):
    one = rig.post("/suppressions", PHONE | {"sender_id": "MYAPP"}).data
    assert one == {
        "uuid": rig.suppressions.kept[0].uuid, "phone": "+254712345678", "sender_id": "MYAPP", "reason": "api", "source": None,
        "created_at": "2026-05-11T09:00:00Z",
    }  # fmt: skip
    assert rig.post("/suppressions", {"phone": "0712345678"}).data["sender_id"] is None
    assert [(each.recipient, each.sender) for each in rig.suppressions.kept] == [
        ("254712345678", "MYAPP"),
        ("254712345678", ""),
    ]


def test_from_then_on_messages_of_the_team_are_looked_at(rig):
    rig.post("/messages", BODY)
    rig.post("/suppressions", PHONE)
    rig.post("/messages", BODY)
    assert [message.suppressible for message in rig.intake.stored] == [False, True]
    assert rig.directory.suppressing == {1}


def test_a_sender_may_be_named_by_its_uuid_and_need_not_be_approved(rig):
    assert (
        rig.post("/suppressions", PHONE | {"sender_id": "5e000000-0000-4000-8000-000000000004"}).data["sender_id"]
        == "Waiting"
    )


@pytest.mark.parametrize("sender", ["OtherCo", "5e000000-0000-4000-8000-000000000002", "myapp"])
def test_another_team_s_sender_is_not_there(rig, sender):
    assert rig.post("/suppressions", PHONE | {"sender_id": sender}).refusal == (400, "sender_not_approved")


def test_what_is_no_number_is_refused_by_its_field(rig):
    reply = rig.post("/suppressions", {"phone": "12"})
    assert reply.refusal == (400, "bad_request")
    assert [field["field"] for field in reply.body["fields"]] == ["phone"]


def test_a_second_time_changes_nothing_and_is_told_what_there_is(rig):
    first = rig.suppressions.give(reason="stop")
    found = rig.post("/suppressions", PHONE).data
    assert (found["uuid"], found["reason"]) == (first.uuid, "stop")


def test_a_call_with_a_key_is_done_once(rig):
    first = rig.post("/suppressions", PHONE, Idempotency_Key="a")
    rig.suppressions.kept.clear()
    again = rig.post("/suppressions", PHONE, Idempotency_Key="a")
    assert again.octets == first.octets
    assert (again.headers["idempotent-replayed"], rig.suppressions.kept) == ("true", [])


def test_the_newest_come_first_in_pages(rig):
    given = [rig.suppressions.give(recipient=f"25471234567{n}") for n in range(5)]
    rig.suppressions.give(team_id=2)
    found = rig.get("/suppressions?page=2&page_size=2").data
    assert [each["uuid"] for each in found["items"]] == [given[2].uuid, given[1].uuid]
    assert (found["total"], found["pages"]) == (5, 3)
    assert rig.get("/suppressions?page=4&page_size=2").data["items"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [("phone=0712345678", [1, 0]), ("sender=MYAPP", [2, 1]), ("sender=5e000000-0000-4000-8000-000000000003", [2, 1]),
     ("phone=0712345678&sender=MYAPP", [1]), ("phone=12", []), ("sender=gone", [])],
)  # fmt: skip
def test_a_list_may_be_of_a_phone_or_a_sender(rig, query, found):
    given = [rig.suppressions.give(), rig.suppressions.give(sender="MYAPP"),
             rig.suppressions.give(recipient="254711000001", sender="MYAPP")]  # fmt: skip
    assert [each["uuid"] for each in rig.get(f"/suppressions?{query}").data["items"]] == [given[n].uuid for n in found]


def test_a_suppression_is_taken_away(rig):
    given = rig.suppressions.give(sender="MYAPP")
    assert rig.delete(f"/suppressions/{given.uuid}").data["sender_id"] == "MYAPP"
    assert rig.suppressions.kept == []


def test_what_is_another_team_s_or_nobody_s_is_not_there(rig):
    given = rig.suppressions.give(team_id=2)
    assert rig.delete(f"/suppressions/{given.uuid}").refusal == (404, "not_found")
    assert rig.delete("/suppressions/x").refusal == (404, "not_found")


def test_what_the_operator_suppressed_stays(rig):
    given = rig.suppressions.give(reason="operator")
    assert rig.delete(f"/suppressions/{given.uuid}").refusal == (400, "bad_value")
    assert rig.suppressions.kept == [given]


def test_a_message_to_somebody_who_is_suppressed_is_refused_by_its_field(rig):
    rig.intake.failing = Suppressed("the recipient has asked for no more messages from MYAPP")
    reply = rig.post("/messages", BODY)
    assert reply.refusal == (400, "suppressed")
    assert [field["field"] for field in reply.body["fields"]] == ["to"]


def test_a_token_needs_a_scope(rig):
    assert rig.get("/suppressions", token="mbs_reports").refusal == (403, "missing_scope")
