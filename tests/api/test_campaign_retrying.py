"""Campaigns by REST: sent again to those whom they did not reach."""

import attrs
import pytest

from mobilesasa.campaigns.model import Phase
from mobilesasa.core.model import State
from tests.api.campaigning import CampaignRig
from tests.api.rig import NOW_MS


@pytest.fixture
def rig() -> CampaignRig:
    """A node's API with a client that runs campaigns."""
    return CampaignRig()


@pytest.fixture
def path(rig) -> str:
    """Where a campaign is that has ended; of its three people it did not reach two."""
    uuid = rig.create(message="Hello")["uuid"]
    rig.post(f"/campaigns/{uuid}/send")
    for n, state in enumerate((State.FAILED, State.DELIVERED, State.FAILED), 1):
        rig.campaigns.progress(uuid, n, state)
    ended = {"phase": Phase.COMPLETED, "position": 3, "queued": 3, "finished_at_ms": NOW_MS}
    rig.campaigns.kept[uuid] = attrs.evolve(rig.campaigns.kept[uuid], **ended)
    return f"/campaigns/{uuid}"


def test_a_draft_is_made_for_those_whom_it_did_not_reach(rig, path):
    was = rig.get(path).data
    made = rig.post(f"{path}/retry").data
    assert (made["status"], made["name"], made["message"]) == ("draft", f"{was['name']} (again)", "Hello")
    assert (made["retry_of"], made["recipient_count"], made["cost_units"]) == (was["uuid"], 2, 2)
    assert (made["group_ids"], made["audience_id"] is not None) == ([], True)
    assert rig.get(f"/campaigns/{made['uuid']}/estimate").data["recipients"] == 2
    assert was["retry_of"] is None


def test_it_is_sent_as_any_other(rig, path):
    made = rig.post(f"{path}/retry").data
    sent = rig.post(f"/campaigns/{made['uuid']}/send").data
    assert (sent["status"], sent["recipient_count"]) == ("sending", 2)


def test_under_a_key_there_is_one_draft(rig, path):
    first = rig.post(f"{path}/retry", Idempotency_Key="k")
    assert rig.post(f"{path}/retry", Idempotency_Key="k").data == first.data
    assert len([each for each in rig.campaigns.kept.values() if each.retry_of]) == 1


def test_what_has_not_ended_is_not_sent_again(rig):
    path = f"/campaigns/{rig.create()['uuid']}"
    assert rig.post(f"{path}/retry").refusal == (409, "not_draft")
    rig.post(f"{path}/send")
    assert rig.post(f"{path}/retry").refusal == (409, "campaign_busy")


def test_where_nobody_is_left_it_says_so(rig, path):
    uuid = path.rpartition("/")[2]
    for n in (1, 3):
        rig.campaigns.progress(uuid, n, State.DELIVERED)
    assert rig.post(f"{path}/retry").refusal == (400, "no_recipients")


def test_a_draft_that_goes_to_others_is_no_retry_any_more(rig, path):
    made = f"/campaigns/{rig.post(f'{path}/retry').data['uuid']}"
    assert rig.put(made, {"name": "June"}).data["audience_id"] is not None
    kept = rig.campaigns.kept[made.rpartition("/")[2]]
    assert kept.retry_of is not None
    rig.put(made, {"group_ids": list(rig.get(path).data["group_ids"])})
    assert rig.campaigns.kept[kept.uuid].retry_of is None
