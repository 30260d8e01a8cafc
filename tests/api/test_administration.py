"""What the administrators of the platform do by REST with teams, users and sender names (decisions 11, 36, 38)."""

import pytest

from mobilesasa.core.actors import ActorKind
from mobilesasa.core.senders import SenderStatus
from tests.api.rig import OPERATOR, TOKEN, Rig
from tests.fakes.people import JANE, ROOT

NOBODY = "ad000000-0000-4000-8000-999999999999"


def get(rig: Rig, path: str):
    return rig.get(f"/admin{path}", OPERATOR)


def post(rig: Rig, path: str, body=None, **headers):
    return rig.post(f"/admin{path}", body, OPERATOR, **headers)


def put(rig: Rig, path: str, body):
    return rig.put(f"/admin{path}", body, OPERATOR)


def test_decision_11_administering_is_for_platform_administrators_and_operators_tokens(rig):
    administrator, owner = rig.log_in(ROOT.email), rig.log_in(JANE.email)
    assert rig.get("/admin/teams", administrator).data["total"] == 0
    assert rig.get("/admin/teams", owner).refusal == (403, "missing_scope")
    assert rig.get("/admin/teams", TOKEN).refusal == (403, "missing_scope")


def test_a_team_is_made_once_under_a_key_and_begins_without_a_token(rig):
    body = {"code": "NEWCO", "name": "New Co", "units": 500}
    first, again = (post(rig, "/teams", body, Idempotency_Key="k") for _ in range(2))
    made = first.data
    assert (made["code"], made["name"], made["balance_units"], made["suspended"]) == ("NEWCO", "New Co", 500, False)
    assert (again.octets, again.headers["idempotent-replayed"]) == (first.octets, "true")
    assert "token" not in made
    assert [each.kind for each in rig.desk.actors] == [ActorKind.TOKEN]
    assert post(rig, "/teams", body).refusal == (409, "already_exists")
    assert get(rig, f"/teams/{made['uuid']}").data == made


def test_teams_are_listed_newest_first_by_what_is_asked(rig):
    for code in ("ONE", "TWO", "THREE"):
        rig.desk.give_team(code, suspended=code == "TWO")
    assert [each["code"] for each in get(rig, "/teams").data["items"]] == ["THREE", "TWO", "ONE"]
    assert [each["code"] for each in get(rig, "/teams?search=thr").data["items"]] == ["THREE"]
    assert [each["code"] for each in get(rig, "/teams?suspended=true").data["items"]] == ["TWO"]
    past = get(rig, "/teams?page=9").data
    assert (past["items"], past["total"]) == ([], 3)


def test_of_a_team_only_what_is_given_changes(rig):
    uuid = rig.desk.give_team(zone="Africa/Nairobi").uuid
    changed = put(rig, f"/teams/{uuid}", {"suspended": True, "text_days": 30, "smpp": {"window": 5}}).data
    assert (changed["suspended"], changed["text_days"], changed["smpp"]) == (True, 30, {"window": 5})
    assert (changed["name"], changed["zone"]) == ("NEWCO", "Africa/Nairobi")
    assert put(rig, f"/teams/{uuid}", {"zone": None, "suspended": False}).data["zone"] is None
    assert put(rig, f"/teams/{uuid}", {"suspended": None}).refusal == (400, "bad_request")
    assert put(rig, f"/teams/{uuid}", {"default_sender_id": "MYAPP"}).data["default_sender_id"] == "MYAPP"


def test_decision_38_units_are_given_once_under_a_key_and_taken_back_only_as_far_as_there_are_any(rig):
    path = f"/teams/{rig.desk.give_team().uuid}/units"
    replies = [post(rig, path, {"units": 100, "note": "Invoice 7"}, Idempotency_Key="invoice-7") for _ in range(3)]
    assert {reply.data["balance_units"] for reply in replies} == {100}
    assert post(rig, path, {"units": -40}).data["balance_units"] == 60
    assert post(rig, path, {"units": -61}).refusal == (400, "bad_value")
    assert post(rig, f"/teams/{NOBODY}/units", {"units": 1}).refusal == (404, "not_found")


def test_a_user_is_made_with_a_link_and_gets_another_one(rig):
    asked = {"email": "ann@example.com", "name": "Ann", "team": "ACME2024", "role": "admin"}
    made = post(rig, "/users", asked).data
    assert (made["link_token"], made["teams"], made["has_password"]) == ("mbl_new", {"ACME2024": "admin"}, False)
    assert post(rig, "/users", asked).refusal == (409, "already_exists")
    assert post(rig, f"/users/{made['uuid']}/link").data["link_token"] == "mbl_again"
    shown = get(rig, f"/users/{made['uuid']}").data
    assert "link_token" not in shown


def test_users_are_listed_disabled_renamed_and_made_administrators(rig):
    uuid = rig.desk.give_user(teams={"ACME2024": "owner"}).uuid
    rig.desk.give_user("bob@example.com")
    assert [each["email"] for each in get(rig, "/users").data["items"]] == ["bob@example.com", "ann@example.com"]
    assert [each["uuid"] for each in get(rig, "/users?team=ACME2024&search=ann").data["items"]] == [uuid]
    assert get(rig, "/users?page=3").data["items"] == []
    assert put(rig, f"/users/{uuid}", {"disabled": True}).data["disabled"] is True
    changed = put(rig, f"/users/{uuid}", {"disabled": False, "platform_admin": True, "name": "Ann B."}).data
    assert (changed["disabled"], changed["platform_admin"], changed["name"]) == (False, True, "Ann B.")


def test_a_role_in_a_team_is_given_and_taken(rig):
    path = f"/users/{rig.desk.give_user().uuid}/teams/ACME2024"
    assert put(rig, path, {"role": "viewer"}).data["teams"] == {"ACME2024": "viewer"}
    assert put(rig, path, {"role": "king"}).refusal == (400, "bad_request")
    assert rig.delete(f"/admin{path}", OPERATOR).data["teams"] == {}
    assert rig.delete(f"/admin{path}", OPERATOR).refusal == (404, "not_found")


def test_decision_36_senders_wait_for_a_decision_and_are_approved_rejected_and_suspended(rig):
    uuid = rig.senders.give(name="Waiting", status=SenderStatus.PENDING, asked_networks=("Airtel",)).uuid
    rig.senders.give(team_id=2, name="OtherCo")
    (waiting,) = get(rig, "/sender-ids?status=pending").data["items"]
    assert (waiting["uuid"], waiting["team"]) == (uuid, "ACME2024")
    assert get(rig, "/sender-ids").data["total"] == 2
    assert get(rig, "/sender-ids?team=acme2024").data["total"] == 1
    assert get(rig, "/sender-ids?team=nobody").refusal == (404, "not_found")
    assert get(rig, "/sender-ids?page=7").data["items"] == []
    approved = post(rig, f"/sender-ids/{uuid}/approve", {"sender_class": "otp"}).data
    assert (approved["status"], approved["networks"]) == ("approved", ["Airtel"])
    assert post(rig, f"/sender-ids/{uuid}/approve").data["status"] == "approved"
    assert post(rig, f"/sender-ids/{uuid}/suspend", {"reason": "Complaints"}).data["reason"] == "Complaints"
    assert post(rig, f"/sender-ids/{uuid}/reject", {}).refusal == (400, "bad_request")
    assert post(rig, f"/sender-ids/{uuid}/reject", {"reason": ""}).refusal == (400, "bad_value")
    assert post(rig, f"/sender-ids/{uuid}/reject", {"reason": "No"}).data["status"] == "rejected"
    assert rig.senders.actors[-1].kind is ActorKind.TOKEN


@pytest.mark.parametrize("path", ["/teams/x", f"/teams/{NOBODY}", "/users/x", f"/users/{NOBODY}"])
def test_what_is_not_there_is_404(rig, path):
    assert get(rig, path).refusal == (404, "not_found")
    assert put(rig, path, {}).refusal == (404, "not_found")
