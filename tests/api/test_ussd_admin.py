"""Service codes, extensions and gateways for administrators."""

import pytest

from mobilesasa.ussd.views import CodeKind, ExtensionStatus
from tests.api.rig import OPERATOR, Rig
from tests.fakes.people import ROOT

CODE = {"code": "*384#", "type": "shared", "networks": ["Safaricom", " Airtel "], "note": " Contract 17 "}
GATEWAY = {"name": "savanna", "dialect": "africastalking", "options": {"allow": "196.201.214.0/24"}}


@pytest.fixture
def rig():
    return Rig()


def get(rig, path):
    return rig.get(f"/admin/ussd{path}", token=OPERATOR)


def post(rig, path, body=None, **headers):
    return rig.post(f"/admin/ussd{path}", {} if body is None else body, token=OPERATOR, **headers)


def put(rig, path, **body):
    return rig.put(f"/admin/ussd{path}", body, token=OPERATOR)


def delete(rig, path):
    return rig.delete(f"/admin/ussd{path}", token=OPERATOR)


# Codes


def test_a_code_is_made_listed_changed_and_removed(rig):
    made = post(rig, "/codes", CODE).data
    assert (made["code"], made["type"], made["networks"], made["status"], made["note"]) == (
        "384",
        "shared",
        ["Safaricom", "Airtel"],
        "approved",
        "Contract 17",
    )
    assert made["created_at"] == "2026-05-11T09:00:00Z"
    changed = put(rig, f"/codes/{made['uuid']}", status="suspended", networks=["Safaricom"]).data
    assert changed == {**made, "status": "suspended", "networks": ["Safaricom"]}
    assert put(rig, f"/codes/{made['uuid']}", type="dedicated", note="Ours").data["type"] == "dedicated"
    assert [each["code"] for each in get(rig, "/codes").data["items"]] == ["384"]
    assert delete(rig, f"/codes/{made['uuid']}").data["code"] == "384"
    assert get(rig, "/codes").data["items"] == []
    assert {each.uuid for each in rig.ussd.actors} == {f"uuid of {OPERATOR}"}


def test_a_code_under_a_key_is_made_once(rig):
    first, again = (post(rig, "/codes", CODE, Idempotency_Key="k") for _ in range(2))
    assert again.data == first.data
    assert post(rig, "/codes", CODE).refusal == (409, "already_exists")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"code": "ussd"}, "bad_value"),
        ({"type": "own"}, "bad_request"),
        ({"networks": [" "]}, "bad_value"),
        ({"networks": ["n"] * 51}, "bad_request"),
        ({"note": "x" * 1001}, "bad_request"),
        ({"status": "lost"}, "bad_request"),
    ],
)
def test_a_code_that_cannot_be_is_refused(rig, wrong, code):
    assert post(rig, "/codes", {**CODE, **wrong}).refusal == (400, code)


def test_a_code_with_extensions_stays_what_it_is(rig):
    made = rig.ussd.give_code()
    rig.ussd.give_extension()
    assert delete(rig, f"/codes/{made.uuid}").refusal == (409, "in_use")
    assert put(rig, f"/codes/{made.uuid}", type="dedicated").refusal == (409, "in_use")


# Extensions


def test_extensions_of_all_teams_are_listed_by_what_they_are(rig):
    rig.ussd.give_extension(extension="7")
    rig.ussd.give_extension(team_id=2, extension="8", status=ExtensionStatus.REQUESTED)
    rig.ussd.give_extension(code="500", extension="9")

    def dials(query=""):
        return [(each["team"], each["dial"]) for each in get(rig, f"/extensions{query}").data["items"]]

    assert dials() == [("ACME2024", "*500*9#"), ("OTHER", "*384*8#"), ("ACME2024", "*384*7#")]
    assert dials("?status=requested") == dials("?team=other") == [("OTHER", "*384*8#")]
    assert dials("?code=500") == [("ACME2024", "*500*9#")]
    assert get(rig, "/extensions?team=nobody").refusal == (404, "not_found")
    assert get(rig, "/extensions?code=x").refusal == (400, "bad_value")


def test_an_extension_is_approved_suspended_and_rejected(rig):
    uuid = rig.ussd.give_extension(status=ExtensionStatus.REQUESTED, decided_at_ms=None).uuid
    approved = post(rig, f"/extensions/{uuid}/approve").data
    assert (approved["status"], approved["team"], approved["decided_at"]) == (
        "approved",
        "ACME2024",
        "2026-05-11T09:00:00Z",
    )
    assert rig.get("/ussd/extensions", token="mbs_ussd").data["total"] == 1
    suspended = post(rig, f"/extensions/{uuid}/suspend", {"reason": " Unpaid "}).data
    assert (suspended["status"], suspended["reason"]) == ("suspended", "Unpaid")
    assert post(rig, f"/extensions/{uuid}/reject", {"reason": "No"}).data["status"] == "rejected"
    assert post(rig, f"/extensions/{uuid}/reject").refusal == (400, "bad_request")
    assert post(rig, f"/extensions/{uuid}/suspend", {"reason": "x" * 1001}).refusal == (400, "bad_request")


def test_what_another_team_has_got_meanwhile_is_not_approved(rig):
    rig.ussd.give_extension(team_id=2)
    uuid = rig.ussd.give_extension(status=ExtensionStatus.REQUESTED).uuid
    assert post(rig, f"/extensions/{uuid}/approve").refusal == (409, "extension_taken")


def test_a_team_is_given_an_extension_or_all_of_a_dedicated_code(rig):
    rig.ussd.give_code("222", CodeKind.DEDICATED)
    rig.ussd.give_code("384")
    given = post(rig, "/extensions", {"team": "acme2024", "code": "222"}).data
    assert (given["team"], given["dial"], given["status"]) == ("ACME2024", "*222#", "approved")
    body = {"team": "OTHER", "code": "384", "extension": "7"}
    first, again = (post(rig, "/extensions", body, Idempotency_Key="k") for _ in range(2))
    assert again.data == first.data
    assert post(rig, "/extensions", {**body, "team": "ACME2024"}).refusal == (409, "extension_taken")
    assert post(rig, "/extensions", {**body, "team": "nobody"}).refusal == (404, "not_found")
    assert post(rig, "/extensions", {**body, "extension": "x"}).refusal == (400, "bad_value")


# Gateways


def test_a_gateway_is_made_with_an_address_that_is_shown_once(rig):
    made = post(rig, "/gateways", GATEWAY).data
    assert made["path"] == f"/ussd/savanna/{made['secret']}"
    assert (made["dialect"], made["enabled"], made["last_at"]) == ("africastalking", True, None)
    (listed,) = get(rig, "/gateways").data["items"]
    assert {**listed, "secret": made["secret"], "path": made["path"]} == made
    assert post(rig, "/gateways", GATEWAY).refusal == (409, "already_exists")


def test_a_gateway_is_changed_gets_a_new_address_and_is_removed(rig):
    uuid = rig.ussd.give_gateway(options={"network": "Safaricom"}).uuid
    changed = put(rig, f"/gateways/{uuid}", enabled=False, dialect="bonga").data
    assert (changed["enabled"], changed["dialect"], changed["options"]) == (False, "bonga", {"network": "Safaricom"})
    assert put(rig, f"/gateways/{uuid}", options={"screen_septets": 160}).data["options"] == {"screen_septets": 160}
    again = post(rig, f"/gateways/{uuid}/secret").data
    assert again["path"] == f"/ussd/savanna/{again['secret']}"
    assert delete(rig, f"/gateways/{uuid}").data["name"] == "savanna"
    assert post(rig, f"/gateways/{uuid}/secret").refusal == (404, "not_found")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": "Savanna"}, "bad_request"),
        ({"name": "a/b"}, "bad_request"),
        ({"name": ""}, "bad_request"),
        ({"dialect": "smoke"}, "bad_request"),
        ({"options": {"allow": "somewhere"}}, "bad_value"),
        ({"options": {"colour": "red"}}, "bad_value"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused(rig, wrong, code):
    assert post(rig, "/gateways", {**GATEWAY, **wrong}).refusal == (400, code)
    assert rig.ussd.known_gateways == {}


def test_options_that_cannot_be_are_not_taken_for_a_gateway_that_is(rig):
    uuid = rig.ussd.give_gateway().uuid
    assert put(rig, f"/gateways/{uuid}", options={"screen_septets": 7}).refusal == (400, "bad_value")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/codes/x"),
        ("DELETE", "/codes/x"),
        ("POST", "/extensions/x/approve"),
        ("PUT", "/gateways/x"),
        ("POST", "/gateways/x/secret"),
        ("DELETE", "/gateways/x"),
    ],
)
def test_what_there_is_not_is_404(rig, method, path):
    headers = {"Authorization": f"Bearer {OPERATOR}", "Content-Type": "application/json"}
    assert rig.ask(method, f"/api/v1/admin/ussd{path}", b"{}", **headers).refusal == (404, "not_found")


def test_an_administrator_who_has_logged_in_may_do_it_too(rig):
    assert rig.get("/admin/ussd/codes", token=rig.log_in(ROOT.email)).data["items"] == []
    assert rig.get("/admin/ussd/codes", token="mbs_ussd").refusal == (403, "missing_scope")
