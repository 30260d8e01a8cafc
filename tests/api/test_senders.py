"""Sender names by REST: listed, asked for, taken back, made the default (decisions 33-36, 88)."""

import attrs
import pytest

from mobilesasa.core.senders import SenderStatus
from tests.api.rig import SENDERS, TOKENS, Rig, directory, token

TEAM = "mbs_team"
BODY = {"name": "MYAPP", "sender_class": "otp", "countries": ["ke"], "networks": ["Safaricom"], "note": " our shop "}
MESSAGE = {"to": "+254712345678", "message": "Hi"}


@pytest.fixture
def rig():
    made = Rig()
    made.directory.now = directory(tokens=[*TOKENS, token(TEAM, scopes=("team",))])
    return made


def put(rig, body):
    return rig.put("/sender-ids/default", body, token=TEAM)


def test_decision_88_the_sender_names_are_told_to_those_who_send(rig):
    rig.senders.give(name="TextBlast", is_default=True)
    rig.senders.give(name="Waiting", status=SenderStatus.PENDING)
    rig.senders.give(team_id=2, name="OtherCo")
    for asker in ("mbs_acme", "mbs_campaigns", TEAM):
        items = rig.get("/sender-ids", token=asker).data["items"]
        assert [(item["name"], item["status"], item["is_default"]) for item in items] == [
            ("Waiting", "pending", False),
            ("TextBlast", "approved", True),
        ]
        assert rig.get(f"/sender-ids/{items[1]['uuid']}", token=asker).data == items[1]
    assert rig.get("/sender-ids", token="mbs_reports").refusal == (403, "missing_scope")


def test_senders_are_asked_for_by_status(rig):
    rig.senders.give()
    assert rig.get("/sender-ids?status=pending").data["items"] == []
    assert rig.get("/sender-ids?status=lost").refusal == (400, "bad_request")
    assert rig.get("/sender-ids?page=7").data["items"] == []


def test_another_team_s_sender_is_not_there(rig):
    uuid = rig.senders.give(team_id=2).uuid
    assert rig.get(f"/sender-ids/{uuid}").refusal == (404, "not_found")
    assert rig.ask("DELETE", f"/api/v1/sender-ids/{uuid}", X_API_Key=TEAM).refusal == (404, "not_found")


def test_decision_36_a_name_is_asked_for_and_waits_until_it_is_decided(rig):
    asked = rig.post("/sender-ids", BODY, token=TEAM).data
    assert (asked["name"], asked["status"], asked["sender_class"], asked["note"]) == (
        "MYAPP",
        "pending",
        "otp",
        "our shop",
    )
    assert (asked["countries"], asked["asked_networks"], asked["networks"]) == (["KE"], ["Safaricom"], [])
    assert (asked["created_at"], asked["decided_at"], asked["reason"]) == ("2026-05-11T09:00:00Z", None, "")
    assert rig.get(f"/sender-ids/{asked['uuid']}").data == asked
    assert rig.senders.actors[-1].uuid == f"uuid of {TEAM}"


def test_a_request_under_a_key_is_made_once(rig):
    first = rig.post("/sender-ids", BODY, token=TEAM, Idempotency_Key="k")
    again = rig.post("/sender-ids", BODY, token=TEAM, Idempotency_Key="k")
    assert (again.data, again.headers["idempotent-replayed"]) == (first.data, "true")
    assert rig.post("/sender-ids", BODY, token=TEAM).refusal == (409, "already_exists")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": "much too long"}, "bad_value"),
        ({"name": "Ünit"}, "bad_value"),
        ({"sender_class": "spam"}, "bad_request"),
        ({"countries": ["Kenya"]}, "bad_value"),
        ({"networks": [" "]}, "bad_value"),
        ({"note": "x" * 1001}, "bad_value"),
        ({"document_uuid": "x"}, "bad_value"),
    ],
)
def test_decision_33_a_request_that_cannot_be_is_refused(rig, wrong, code):
    assert rig.post("/sender-ids", {**BODY, **wrong}, token=TEAM).refusal == (400, code)
    assert rig.senders.kept == {}


def test_only_who_has_the_scope_team_asks_takes_back_and_sets_the_default(rig):
    uuid = rig.senders.give(status=SenderStatus.PENDING).uuid
    assert rig.post("/sender-ids", BODY).refusal == (403, "missing_scope")
    assert rig.delete(f"/sender-ids/{uuid}").refusal == (403, "missing_scope")
    assert rig.put("/sender-ids/default", {"sender_id": None}).refusal == (403, "missing_scope")


@pytest.mark.parametrize("status", [SenderStatus.PENDING, SenderStatus.REJECTED])
def test_a_request_is_taken_back(rig, status):
    uuid = rig.senders.give(status=status).uuid
    assert rig.delete(f"/sender-ids/{uuid}", token=TEAM).data["status"] == status
    assert rig.get(f"/sender-ids/{uuid}").refusal == (404, "not_found")


@pytest.mark.parametrize("status", [SenderStatus.APPROVED, SenderStatus.SUSPENDED])
def test_what_is_decided_is_not_taken_back(rig, status):
    uuid = rig.senders.give(status=status).uuid
    assert rig.delete(f"/sender-ids/{uuid}", token=TEAM).refusal == (409, "sender_decided")


def test_a_default_is_set_by_name_or_uuid_and_taken_away(rig):
    uuid = rig.senders.give(name="MYAPP").uuid
    for asked in ("MYAPP", uuid):
        assert put(rig, {"sender_id": asked}).data["sender"]["is_default"] is True
    assert put(rig, {"sender_id": None}).data == {"sender": None}
    assert put(rig, {}).refusal == (400, "bad_request")


def test_only_an_approved_sender_is_the_default(rig):
    rig.senders.give(name="Waiting", status=SenderStatus.PENDING)
    for asked in ("Waiting", "OtherCo"):
        assert put(rig, {"sender_id": asked}).refusal == (400, "sender_not_approved")


# On the way of a message


def test_decision_34_the_answer_names_the_sender_that_was_used(rig):
    assert rig.post("/messages", {**MESSAGE, "sender_id": SENDERS[2].uuid}).data["sender_id"] == "MYAPP"
    assert rig.post("/messages", MESSAGE).data["sender_id"] == "TextBlast"


def test_decision_35_without_a_default_a_message_that_names_no_sender_is_refused(rig):
    known = rig.directory.now
    teams = [attrs.evolve(team, default_sender_id=None) for team in known.teams.values()]
    rig.directory.now = directory(teams=teams)
    refused = rig.post("/messages", MESSAGE)
    assert refused.refusal == (400, "no_default_sender")
    assert "no default sender" in refused.body["error"]


def test_decision_36_a_sender_of_some_networks_is_refused_for_another(rig):
    limited = attrs.evolve(SENDERS[2], networks=["Airtel"])
    rig.directory.now = directory(senders=[SENDERS[0], limited])
    refused = rig.post("/messages", {**MESSAGE, "sender_id": "MYAPP"})
    assert refused.refusal == (400, "sender_not_approved")
    assert refused.body["error"] == "sender 'MYAPP' is not approved for Safaricom, but for Airtel alone"
    assert rig.post("/messages", {"to": "+254733123456", "message": "Hi", "sender_id": "MYAPP"}).status == 200
