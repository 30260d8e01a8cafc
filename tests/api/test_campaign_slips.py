"""Campaigns by REST: what would get lost is refused with how to write it; groups that are left out; drafts again."""

import pytest

from mobilesasa.api.resources import campaign_shapes
from mobilesasa.api.resources.campaign_bodies import SLIPS
from mobilesasa.campaigns.model import Phase
from tests.api.campaigning import NOWHERE, CampaignRig


@pytest.fixture
def rig() -> CampaignRig:
    """A node's API with a client that runs campaigns."""
    return CampaignRig()


@pytest.mark.parametrize(("slip", "meant"), [
    ("schedule_at", "scheduled_at"), ("rate", "rate_per_s"), ("groups", "group_ids"), ("exclude_groups", "exclude_group_ids"),
])  # fmt: skip
def test_a_field_that_is_nearly_named_is_refused_wherever_a_campaign_is_said(rig, slip, meant):
    told = {slip: f"is not known here; write {meant}"}
    assert rig.wrong(**{slip: 10}) == told
    path = f"/campaigns/{rig.create()['uuid']}"
    estimate = rig.post("/campaigns/estimate", rig.body(**{slip: 10}))
    for reply in (estimate, rig.put(path, {slip: 10}), rig.post(f"{path}/copy", {slip: 10})):
        assert {each["field"]: each["message"] for each in reply.body["fields"]} == told
    assert list(rig.wrong(**{slip: 10, "rate_per_s": 0})) == [slip, "rate_per_s"]


def test_a_campaign_that_was_read_can_be_sent_back(rig):
    shown = set(campaign_shapes.CampaignShown.__annotations__) | set(campaign_shapes.CampaignSaid.__annotations__)
    assert not {*SLIPS} & (shown | set(campaign_shapes.CampaignWays.__annotations__))
    made = rig.create()
    given = {name: value for name, value in made.items() if name not in ("group_ids", "audience_id")}
    assert rig.put(f"/campaigns/{made['uuid']}", given).data["name"] == made["name"]


def test_a_field_in_the_way_of_another_platform_is_refused_with_how_to_write_it(rig):
    assert "write {first_name:there}" in rig.wrong(message="Hi {first_name|there}")["message"]
    assert "write {first_name}" in rig.wrong(message="Hi [first_name]")["message"]
    old = rig.campaigns.give(message="Hi {first_name", group_uuids=(rig.vips.uuid,))
    for reply in (
        rig.get(f"/campaigns/{old.uuid}/preview"),
        rig.post(f"/campaigns/{old.uuid}/send"),
        rig.post(f"/campaigns/{old.uuid}/test", {"to": "+254712345678"}),
    ):
        assert "a field ends with a brace" in reply.body["error"]
    shown = rig.get(f"/campaigns/{rig.create(message='Hi {{ first_name }}!')['uuid']}/preview").data
    assert {each["message"] for each in shown["random"]} == {"Hi Jane!", "Hi John!", "Hi!"}


def test_fields_of_a_try_are_found_whatever_their_case_as_those_of_a_text_are(rig):
    path = f"/campaigns/{rig.create(message='Hi {First_Name}')['uuid']}"
    tried = rig.post(f"{path}/test", {"to": "+254712345678", "fields": {"First_Name": "Zoe"}}).data
    assert tried["message"] == "Hi Zoe"


def test_who_is_in_an_excluded_group_is_no_recipient(rig):
    made = rig.create(exclude_group_ids=[rig.vips.uuid, rig.vips.uuid.upper()])
    assert (made["exclude_group_ids"], made["recipient_count"]) == ([rig.vips.uuid], 1)
    path = f"/campaigns/{made['uuid']}"
    assert rig.put(path, {"name": "June"}).data["exclude_group_ids"] == [rig.vips.uuid]
    assert rig.post(f"{path}/copy").data["exclude_group_ids"] == [rig.vips.uuid]
    cleared = rig.put(path, {"exclude_group_ids": None}).data
    assert (cleared["exclude_group_ids"], cleared["recipient_count"]) == ([], 3)


def test_an_excluded_group_that_the_team_does_not_have_is_refused_under_its_own_name(rig):
    wrong = rig.wrong(exclude_group_ids=[rig.vips.uuid, NOWHERE, rig.theirs.uuid])
    assert wrong == {"exclude_group_ids": f"names groups that you do not have: {NOWHERE}, {rig.theirs.uuid}"}
    assert set(rig.wrong(group_ids=[NOWHERE], exclude_group_ids=[NOWHERE])) == {"group_ids", "exclude_group_ids"}


def test_a_scheduled_campaign_becomes_a_draft_again_and_can_be_changed(rig):
    rig.intake.balance[1] = 10
    path = f"/campaigns/{rig.create(scheduled_at='2026-05-11T12:00:00Z')['uuid']}"
    rig.post(f"{path}/send")
    refused = rig.put(path, {"name": "June"})
    assert refused.refusal == (409, "not_draft")
    assert refused.body["error"].endswith("only a draft can be changed: unschedule it first")
    back = rig.post(f"{path}/unschedule").data
    assert (back["status"], back["phase"], back["armed_at"]) == ("draft", "draft", None)
    assert rig.intake.balance[1] == 10
    assert rig.put(path, {"name": "June"}).data["name"] == "June"
    assert rig.post(f"{path}/unschedule").refusal == (409, "not_scheduled")


def test_an_edit_of_what_was_sent_says_that_a_copy_is_the_way(rig):
    done = rig.campaigns.give(phase=Phase.COMPLETED)
    assert rig.put(f"/campaigns/{done.uuid}", {"name": "x"}).body["error"].endswith("copy it, and change the copy")
