"""The trail by REST (decision 28)."""

import pytest

from mobilesasa.core.actors import ActorKind, Who
from tests.api.rig import NOW_MS, TOKENS, directory, token

UUID = "7d0e1bb0-5c00-4d21-9a3b-0c5d7e8f9a10"


@pytest.fixture
def audit(rig):
    rig.directory.now = directory(tokens=[*TOKENS, token("mbs_team", scopes=("team:read",))])
    return rig


def test_decision_28_a_change_shows_who_made_it_from_where_and_what_it_was(audit):
    audit.trail.give("token.create", Who(ActorKind.TOKEN, UUID, "Zapier Integration"))
    audit.trail.give("team.change", team_id=2)
    page = audit.get("/audit", token="mbs_team").data
    assert page["items"] == [
        {
            "id": 1,
            "at": "2026-05-11T09:00:00Z",
            "by": {"kind": "token", "uuid": UUID, "name": "Zapier Integration"},
            "ip": "192.0.2.7",
            "request_id": "request-1",
            "action": "token.create",
            "subject": "ACME2024",
            "before": None,
            "after": {"name": "Acme"},
        }
    ]
    assert (page["total"], page["page"], page["total_is_estimate"]) == (1, 1, False)


def test_an_operator_is_not_named_to_the_team(audit):
    audit.trail.give("units.add", Who(ActorKind.OPERATOR, None, "root"))
    (shown,) = audit.get("/audit", token="mbs_team").data["items"]
    assert shown["by"] == {"kind": "operator", "uuid": None, "name": None}


def test_changes_are_asked_for_by_actor_action_subject_and_time(audit):
    audit.trail.give("token.create")
    audit.trail.give("token.revoke")
    asked = f"by=user&actor={UUID.upper()}&action=token.create&subject=ACME&since=2026-05-11T09:00:00Z&until=2026-05-11T10:00:00Z"
    assert [each["action"] for each in audit.get(f"/audit?{asked}", token="mbs_team").data["items"]] == ["token.create"]
    (wanted,) = audit.trail.asked
    assert (wanted.team_id, wanted.actor, wanted.actor_uuid) == (1, ActorKind.USER, UUID)
    assert (wanted.action, wanted.subject) == ("token.create", "ACME")
    assert (wanted.from_ms, wanted.to_ms) == (NOW_MS, NOW_MS + 3_600_000)


def test_an_actor_of_no_uuid_has_changed_nothing(audit):
    audit.trail.give("token.create")
    assert audit.get("/audit?actor=jane", token="mbs_team").data["items"] == []


def test_a_page_of_changes_past_the_end_is_empty(audit):
    audit.trail.give("token.create")
    assert audit.get("/audit?page=2", token="mbs_team").data["items"] == []


def test_the_trail_is_for_the_scope_team(audit):
    assert audit.get("/audit").refusal == (403, "missing_scope")
    assert audit.get("/audit?by=robot", token="mbs_team").refusal == (400, "bad_request")
