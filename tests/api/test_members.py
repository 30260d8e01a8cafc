"""The team's settings and members by REST (decision 11)."""

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.actors import ActorKind
from mobilesasa.core.scopes import WHOLE, Role
from tests.api.rig import NOW_MS, Rig, directory, token
from tests.fakes.people import JANE, OTTO, VERA, uuid_of

TEAM_TOKEN = "mbs_team"
INVITED = {"email": "new@acme.example", "name": "New", "role": "operator"}


@pytest.fixture
def owner(rig: Rig) -> str:
    return rig.log_in(JANE.email)


@pytest.fixture
def by_token(rig: Rig) -> str:
    rig.directory.now = directory(
        tokens=[token(TEAM_TOKEN, scopes=WHOLE), token("mbs_narrow", scopes=("team", "messages"))]
    )
    return TEAM_TOKEN


def test_the_settings_are_any_token_s_to_read(rig: Rig):
    assert rig.get("/team", "mbs_reports").data == {
        "uuid": uuid_of(1),
        "code": "ACME2024",
        "name": "Acme",
        "country": "KE",
        "default_sender_id": "TextBlast",
        "text_days": None,
        "low_balance_units": None,
        "zone": None,
        "days_zone": "Africa/Nairobi",
        "created_at": "2026-05-11T09:00:00Z",
    }


def test_what_is_given_changes_and_null_clears(rig: Rig, owner: str):
    changed = rig.put("/team", {"name": "Acme Ltd", "text_days": 90, "default_sender_id": None}, owner).data
    assert (changed["name"], changed["text_days"], changed["default_sender_id"]) == ("Acme Ltd", 90, None)
    assert rig.members.set[1] == {"name": "Acme Ltd", "text_days": 90, "default_sender": None}
    assert rig.put("/team", {}, owner).data == changed
    assert rig.put("/team", {"name": None}, owner).refusal == (400, "bad_request")


def test_members_are_listed_with_how_they_stand(rig: Rig, owner: str):
    rig.post("/team/members", INVITED, owner)
    items = rig.get("/team/members", owner).data["items"]
    assert [(item["email"], item["role"], item["status"]) for item in items] == [
        (JANE.email, "owner", "active"),
        (VERA.email, "viewer", "active"),
        (OTTO.email, "operator", "active"),
        ("new@acme.example", "operator", "invited"),
    ]


def test_somebody_new_is_given_a_link_that_is_shown_once(rig: Rig, owner: str):
    made = rig.post("/team/members", INVITED, owner).data
    assert (made["email"], made["link_token"]) == ("new@acme.example", "mbl_new")
    assert "link_token" not in rig.get("/team/members", owner).data["items"][-1]
    assert rig.post("/team/members", INVITED, owner).refusal == (409, "already_exists")
    assert rig.post(f"/team/members/{made['uuid']}/link", token=owner).data["link_token"] == "mbl_again"
    assert rig.post(f"/team/members/{VERA.uuid}/link", token=owner).refusal == (403, "not_allowed")


def test_a_role_is_one_of_four(rig: Rig, owner: str):
    reply = rig.post("/team/members", INVITED | {"role": "boss"}, owner)
    assert reply.refusal == (400, "bad_request")
    assert reply.body["fields"] == [{"field": "role", "message": "must be one of owner, admin, operator, viewer"}]


def test_a_role_is_changed_and_somebody_taken_out(rig: Rig, owner: str):
    assert rig.put(f"/team/members/{VERA.uuid}", {"role": "operator"}, owner).data["role"] == "operator"
    assert rig.delete(f"/team/members/{VERA.uuid}", owner).data["email"] == VERA.email
    assert rig.delete(f"/team/members/{VERA.uuid}", owner).refusal == (404, "not_found")


def test_whoever_acts_is_handed_on_with_login_address_and_request(rig: Rig, owner: str, by_token: str):
    rig.put("/team", {"text_days": 1}, owner)
    rig.put("/team", {"text_days": 2}, by_token)
    person, token_ = rig.members.by
    assert (person.kind, person.uuid, person.address) == (ActorKind.USER, JANE.uuid, "192.0.2.7")
    assert person.login_uuid in rig.logins.living
    assert person.request_id.startswith("request-")
    assert (token_.kind, token_.uuid, token_.login_uuid) == (ActorKind.TOKEN, f"uuid of {TEAM_TOKEN}", None)


def test_a_token_counts_as_an_admin_and_makes_no_owner(rig: Rig, by_token: str):
    assert rig.post("/team/members", INVITED, by_token).status == 200
    assert rig.post("/team/members", {**INVITED, "role": "owner"}, by_token).refusal == (403, "not_allowed")
    assert rig.delete(f"/team/members/{JANE.uuid}", by_token).refusal == (403, "not_allowed")


def test_the_times_are_those_of_the_store(rig: Rig, owner: str):
    assert NOW_MS == 1_778_490_000_000
    shown = rig.get("/team/members", owner).data["items"][0]
    assert (shown["since"], shown["last_login_at"]) == ("2026-05-11T09:00:00Z", None)


def test_decision_19_a_token_makes_nobody_who_may_more_than_it(rig: Rig, by_token: str):
    for role in ("admin", "operator", "viewer"):
        assert rig.post("/team/members", {**INVITED, "role": role}, "mbs_narrow").refusal == (403, "not_allowed")
    assert rig.put(f"/team/members/{VERA.uuid}", {"role": "admin"}, "mbs_narrow").refusal == (403, "not_allowed")


def test_whoever_acts_is_handed_on_with_what_they_are(rig: Rig, owner: str):
    rig.put("/team", {"text_days": 1}, owner)
    (person,) = rig.members.by
    assert (person.team_id, person.role, person.platform) == (1, Role.OWNER, False)


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.VIEWER, 401), (None, 401)])
def test_decision_24_nothing_is_told_to_whoever_lost_the_right_to_it_meanwhile(
    rig: Rig, owner: str, role: Role | None, status: int
):
    told: Deferred[list] = Deferred()
    rig.members.of_team = lambda _: told
    asked = rig.begin("GET", "/api/v1/team/members", Authorization=f"Bearer {owner}")
    rig.people.learn(attrs.evolve(JANE, roles={} if role is None else {1: role}))
    told.callback([])
    assert asked.reply().status == status
