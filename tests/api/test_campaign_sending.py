"""Campaigns by REST: sent, held, cancelled, copied and tried; decisions 67 to 71 and 76, and who gets them."""

import attrs
import pytest

from mobilesasa.api.resources.hiding import HIDDEN
from mobilesasa.campaigns.model import Options, PausedBy, Phase, Repeat
from mobilesasa.campaigns.views import Standing
from mobilesasa.core.errors import CampaignBusy
from mobilesasa.core.model import State
from tests.api.campaigning import CODES, MYAPP, CampaignRig
from tests.api.rig import NOW_MS, TOKEN, stored
from tests.fakes.people import VERA

VERBS = ("send", "pause", "resume", "cancel", "copy", "retry")


@pytest.fixture
def rig() -> CampaignRig:
    """A node's API with a client that runs campaigns."""
    return CampaignRig()


@pytest.fixture
def path(rig) -> str:
    """Where a draft for three people is."""
    return f"/campaigns/{rig.create(message='Hi {first_name:there}')['uuid']}"


def test_a_campaign_is_sent_and_its_units_are_reserved(rig, path):
    """
    api-v1: "Campaigns run asynchronously — create the campaign, then trigger send."
    api-v1: "Campaigns run asynchronously via a worker queue."
    api-v1: "Triggers dispatch."
    api-v1: "SMS units are reserved at this point."
    api-v1: "sendingDispatch in progress — messages are being queued"
    api-v1: "Omit to send immediately after calling /send."
    """
    rig.intake.balance[1] = 10
    sent = rig.post(f"{path}/send").data
    assert (sent["status"], sent["phase"], sent["recipient_count"], sent["cost_units"]) == ("sending", "sending", 3, 3)
    assert (sent["armed_at"], sent["started_at"]) == ("2026-05-11T09:00:00Z", "2026-05-11T09:00:00Z")
    assert (sent["units"]["reserved"], rig.intake.balance[1]) == (3, 7)
    assert rig.intake.asked == []  # no message is made by the call itself


def test_decision_71_a_campaign_is_completed_when_all_is_queued_and_delivery_is_counted_apart(rig, path):
    """
    api-v1: "The campaign status moves to sending and thencompleted once all messages are queued."
    api-v1: "completedAll messages have been dispatched to the SMS gateway"
    """
    sent = rig.post(f"{path}/send").data
    campaign = rig.campaigns.kept[sent["uuid"]]
    rig.campaigns.standing = Standing(
        waiting=0, sent=1, delivered=0, failed=1, cancelled=1, refunded_units=1, complaints=1, clicks=4
    )
    rig.campaigns.kept[sent["uuid"]] = attrs.evolve(
        campaign, phase=Phase.COMPLETED, position=3, queued=2, skipped=1, captured_units=2, released_units=1,
        finished_at_ms=NOW_MS + 5000,
    )  # fmt: skip
    shown = rig.get(path).data
    assert (shown["status"], shown["finished_at"]) == ("completed", "2026-05-11T09:00:05Z")
    assert shown["progress"] == {"recipients": 3, "queued": 2, "skipped": 1, "left": 0, "percent": 100}
    assert shown["units"] == {"estimated": 3, "reserved": 3, "captured": 2, "released": 1, "refunded": 1, "spent": 1}
    assert shown["stats"] == {
        "waiting": 0, "sent": 1, "delivered": 0, "failed": 1, "cancelled": 1, "complaints": 1, "clicks": 4,
    }  # fmt: skip


def test_a_campaign_shows_how_far_it_is(rig, path):
    uuid = rig.post(f"{path}/send").data["uuid"]
    rig.campaigns.kept[uuid] = attrs.evolve(
        rig.campaigns.kept[uuid], rows=500, recipients=400, position=300, queued=190, skipped=110
    )
    assert rig.get(path).data["progress"] == {
        "recipients": 400, "queued": 190, "skipped": 110, "left": 200, "percent": 50,
    }  # fmt: skip


def test_decision_67_a_second_send_is_409(rig, path):
    rig.post(f"{path}/send")
    assert rig.post(f"{path}/send").refusal == (409, "not_draft")


def test_decision_67_of_two_sends_at_once_one_is_409(rig, path):
    rig.campaigns.busy.add(path.rpartition("/")[2])
    assert rig.post(f"{path}/send").refusal == (409, CampaignBusy.code)


def test_a_send_that_is_repeated_with_its_key_is_answered_as_the_first(rig, path):
    first, again = (rig.post(f"{path}/send", Idempotency_Key="a") for _ in range(2))
    assert (again.status, again.octets) == (200, first.octets)
    assert again.headers["idempotent-replayed"] == "true"


def test_decision_68_with_too_few_units_nothing_is_sent_and_it_stays_a_draft(rig, path):
    """api-v1: "402Payment required — insufficient SMS unit balance"."""
    rig.intake.balance[1] = 2
    before = rig.get(path).data
    reply = rig.post(f"{path}/send")
    assert (reply.refusal, reply.body["needed_units"]) == ((402, "insufficient_units"), 3)
    assert (rig.get(path).data, rig.intake.balance[1]) == (before, 2)


def test_decision_69_one_with_a_time_ahead_is_armed_and_its_status_stays_draft(rig):
    path = f"/campaigns/{rig.create(scheduled_at='2026-05-15T06:00:00Z')['uuid']}"
    armed = rig.post(f"{path}/send").data
    assert (armed["status"], armed["phase"], armed["armed_at"]) == ("draft", "scheduled", "2026-05-11T09:00:00Z")
    assert (armed["waits_for"], armed["waits_until"]) == ("time", "2026-05-15T06:00:00Z")
    assert (armed["units"]["reserved"], armed["started_at"]) == (3, None)


def test_decision_69_a_time_that_has_passed_meanwhile_means_at_once(rig):
    path = f"/campaigns/{rig.create(scheduled_at='2026-05-15T06:00:00Z')['uuid']}"
    rig.now_ms = NOW_MS + 7 * 86_400_000
    assert rig.post(f"{path}/send").data["phase"] == "sending"


def test_decision_64_a_campaign_for_nobody_is_not_sent(rig):
    path = f"/campaigns/{rig.create(group_ids=[rig.contacts.give_group('Empty').uuid])['uuid']}"
    reply = rig.post(f"{path}/send")
    assert reply.refusal == (400, "no_recipients")
    assert [each["field"] for each in reply.body["fields"]] == ["group_ids"]


def test_a_field_that_nobody_has_any_more_is_named_when_it_is_sent(rig):
    old = rig.campaigns.give(message="{formerly}")
    assert "{formerly}" in rig.post(f"/campaigns/{old.uuid}/send").body["error"]


def test_one_that_waits_for_the_hours_of_a_country_says_so(rig, path):
    rig.post(f"{path}/send")
    rig.campaigns.standing = Standing(waits_for="hours", waits_until_ms=NOW_MS + 3_600_000)
    shown = rig.get(path).data
    assert (shown["waits_for"], shown["waits_until"]) == ("hours", "2026-05-11T10:00:00Z")


def test_a_campaign_is_paused_and_goes_on(rig, path):
    rig.post(f"{path}/send")
    paused = rig.post(f"{path}/pause").data
    assert (paused["status"], paused["phase"], paused["paused"]) == (
        "sending",
        "paused",
        {"by": "team", "reason": None},
    )
    assert (paused["waits_for"], paused["waits_until"]) == ("paused", None)
    resumed = rig.post(f"{path}/resume").data
    assert (resumed["phase"], resumed["paused"]) == ("sending", None)


def test_a_completed_campaign_of_which_messages_wait_is_paused_and_stays_completed(rig):
    queued = rig.campaigns.give(phase=Phase.COMPLETED, rows=3, recipients=3, queued=3, armed_at_ms=NOW_MS)
    path = f"/campaigns/{queued.uuid}"
    assert rig.post(f"{path}/pause").refusal == (409, "not_sending")
    rig.campaigns.waiting.add(queued.uuid)
    paused = rig.post(f"{path}/pause").data
    assert (paused["status"], paused["paused"], paused["waits_for"]) == (
        "completed", {"by": "team", "reason": None}, "paused",
    )  # fmt: skip
    resumed = rig.post(f"{path}/resume").data
    assert (resumed["status"], resumed["paused"], resumed["waits_for"]) == ("completed", None, None)


def test_what_waits_of_a_completed_campaign_is_cancelled_and_it_stays_completed(rig):
    queued = rig.campaigns.give(phase=Phase.COMPLETED, rows=3, recipients=3, queued=3, armed_at_ms=NOW_MS)
    path = f"/campaigns/{queued.uuid}"
    assert rig.post(f"{path}/cancel").refusal == (409, "campaign_ended")
    rig.campaigns.waiting.add(queued.uuid)
    assert rig.post(f"{path}/cancel").data["status"] == "completed"
    assert rig.post(f"{path}/resume").refusal == (409, "not_sending")


def test_those_to_whom_a_cancelled_campaign_did_not_come_are_left_out(rig):
    ended = rig.campaigns.give(
        phase=Phase.CANCELLED, rows=10, recipients=8, queued=3, skipped=2, armed_at_ms=NOW_MS, finished_at_ms=NOW_MS
    )
    assert rig.get(f"/campaigns/{ended.uuid}").data["progress"] == {
        "recipients": 8, "queued": 3, "skipped": 7, "left": 0, "percent": 37,
    }  # fmt: skip


def test_what_paused_a_campaign_is_shown_with_the_reason(rig):
    held = rig.campaigns.give(phase=Phase.PAUSED, paused_by=PausedBy.FAILURES, paused_reason="120 of 200 failed")
    assert rig.get(f"/campaigns/{held.uuid}").data["paused"] == {"by": "failures", "reason": "120 of 200 failed"}
    child = rig.campaigns.give(paused_reason="insufficient units")
    assert rig.get(f"/campaigns/{child.uuid}").data["paused"] == {"by": None, "reason": "insufficient units"}


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_draft_is_not_paused_or_resumed(rig, path, verb):
    assert rig.post(f"{path}/{verb}").refusal == (409, "not_sending")


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_one_that_has_ended_is_not_paused_or_resumed(rig, verb):
    for phase in (Phase.COMPLETED, Phase.CANCELLED):
        ended = rig.campaigns.give(phase=phase)
        assert rig.post(f"/campaigns/{ended.uuid}/{verb}").refusal == (409, "not_sending")


def test_decision_70_a_draft_or_an_armed_one_is_cancelled_and_its_units_come_back(rig, path):
    """api-v1: "cancelledCancelled before send was triggered"."""
    cancelled = rig.post(f"{path}/cancel").data
    assert (cancelled["status"], cancelled["recipient_count"], cancelled["stats"]) == ("cancelled", 3, None)
    armed = rig.create(scheduled_at="2026-05-15T06:00:00Z")["uuid"]
    rig.post(f"/campaigns/{armed}/send")
    units = rig.post(f"/campaigns/{armed}/cancel").data["units"]
    assert (units["reserved"], units["captured"], units["released"]) == (3, 0, 3)


def test_decision_70_in_the_middle_the_rest_is_stopped_and_counts_tell_how_far_it_came(rig, path):
    uuid = rig.post(f"{path}/send").data["uuid"]
    rig.campaigns.kept[uuid] = attrs.evolve(rig.campaigns.kept[uuid], position=1, queued=1, captured_units=1)
    cancelled = rig.post(f"{path}/cancel").data
    assert cancelled["progress"] == {"recipients": 3, "queued": 1, "skipped": 2, "left": 0, "percent": 33}
    assert cancelled["units"] == {
        "estimated": 3, "reserved": 3, "captured": 1, "released": 2, "refunded": 0, "spent": 1,
    }  # fmt: skip
    assert rig.post(f"{path}/cancel").data == cancelled


def test_decision_70_one_that_is_completed_is_not_cancelled(rig):
    done = rig.campaigns.give(phase=Phase.COMPLETED)
    assert rig.post(f"/campaigns/{done.uuid}/cancel").refusal == (409, "campaign_ended")


def test_a_series_shows_its_estimate_for_it_sends_nothing_itself(rig):
    series = rig.campaigns.give(
        phase=Phase.SCHEDULED, armed_at_ms=NOW_MS, next_at_ms=NOW_MS + 1000, estimated_recipients=7,
        options=Options(repeat=Repeat(every="day", at="12:00")),
    )  # fmt: skip
    shown = rig.get(f"/campaigns/{series.uuid}").data
    assert (shown["recipient_count"], shown["stats"], shown["waits_for"]) == (7, None, "time")
    assert shown["next_at"] == shown["waits_until"] == "2026-05-11T09:00:01Z"


def test_a_copy_is_a_draft_of_the_same_with_what_is_given(rig, path):
    rig.post(f"{path}/send")
    copy = rig.post(f"{path}/copy").data
    assert (copy["phase"], copy["name"], copy["message"]) == ("draft", "May Promo (copy)", "Hi {first_name:there}")
    assert (copy["group_ids"], copy["recipient_count"]) == ([rig.vips.uuid, rig.others.uuid], 3)
    other = rig.post(f"{path}/copy", {"name": "June Promo", "group_ids": [rig.vips.uuid]}).data
    assert (other["name"], other["recipient_count"]) == ("June Promo", 2)
    assert len({each["uuid"] for each in (rig.get(path).data, copy, other)}) == 3


def test_a_copy_has_no_time_that_is_over_and_a_name_that_fits(rig):
    was = rig.campaigns.give(name="x" * 200, scheduled_at_ms=NOW_MS, group_uuids=(rig.vips.uuid,))
    copy = rig.post(f"/campaigns/{was.uuid}/copy").data
    assert (copy["name"], copy["scheduled_at"]) == ("x" * 193 + " (copy)", None)
    ahead = rig.campaigns.give(scheduled_at_ms=NOW_MS + 1000, group_uuids=(rig.vips.uuid,))
    assert rig.post(f"/campaigns/{ahead.uuid}/copy").data["scheduled_at"] == "2026-05-11T09:00:01Z"


def test_a_copy_of_what_is_gone_names_it(rig):
    was = rig.campaigns.give(message=None, phase=Phase.COMPLETED, group_uuids=(rig.vips.uuid,))
    assert rig.post(f"/campaigns/{was.uuid}/copy").refusal == (409, "text_not_kept")
    assert rig.post(f"/campaigns/{was.uuid}/copy", {"message": "Hello"}).data["message"] == "Hello"
    old = rig.campaigns.give(group_uuids=(rig.theirs.uuid,))
    assert rig.theirs.uuid in rig.post(f"/campaigns/{old.uuid}/copy").body["error"]


def test_a_copy_with_a_key_is_made_once(rig, path):
    first, again = (rig.post(f"{path}/copy", {}, Idempotency_Key="a") for _ in range(2))
    assert (again.octets, len(rig.campaigns.kept)) == (first.octets, 2)


def test_a_campaign_is_tried_on_one_number_with_the_fields_of_its_contact(rig, path):
    tried = rig.post(f"{path}/test", {"to": "0712345678"}).data
    assert (tried["to"], tried["message"], tried["sender_id"]) == ("+254712345678", "Hi Jane", "MYAPP")
    assert (tried["units"], tried["campaign_uuid"]) == (1, None)
    assert rig.post(f"{path}/test", {"to": "+254799999999"}).data["message"] == "Hi there"
    named = rig.post(f"{path}/test", {"to": "+254799999999", "fields": {"first_name": "Zoe"}}).data
    assert named["message"] == "Hi Zoe"
    assert [message.text for message in rig.intake.stored] == ["Hi Jane", "Hi there", "Hi Zoe"]


def test_a_campaign_to_a_file_is_tried_with_the_row_of_the_number(rig):
    audience = rig.campaigns.give_audience(_254712345678={"plan": "Gold"})
    made = rig.create(group_ids=None, audience_id=audience, message="{plan} for {phone}", validity_minutes=30)
    tried = rig.post(f"/campaigns/{made['uuid']}/test", {"to": "+254712345678"}).data
    assert (tried["message"], tried["expires_at"]) == ("Gold for +254712345678", "2026-05-11T09:30:00Z")


@pytest.mark.parametrize(("body", "field"), [
    ({}, "to"), ({"to": "12"}, "to"), ({"to": "+254712345678", "fields": {"county": "x"}}, "fields"),
    ({"to": "+254712345678", "fields": {"first_name": []}}, "fields"),
])  # fmt: skip
def test_a_number_or_a_field_that_cannot_be_is_refused(rig, path, body, field):
    reply = rig.post(f"{path}/test", body)
    assert reply.refusal == (400, "bad_request")
    assert reply.body["fields"][0]["field"].startswith(field)


def test_a_try_is_refused_as_any_message_is(rig):
    rig.intake.balance[1] = 0
    path = f"/campaigns/{rig.create()['uuid']}"
    assert rig.post(f"{path}/test", {"to": "+254712345678"}).refusal == (402, "insufficient_units")
    waiting = rig.campaigns.give(sender_uuid="5e000000-0000-4000-8000-000000000004")
    refused = rig.post(f"/campaigns/{waiting.uuid}/test", {"to": "+254712345678"})
    assert refused.refusal == (400, "sender_not_approved")
    gone = rig.campaigns.give(message=None)
    assert rig.post(f"/campaigns/{gone.uuid}/test", {"to": "+254712345678"}).refusal == (409, "text_not_kept")
    old = rig.campaigns.give(message="{formerly}")
    assert "{formerly}" in rig.post(f"/campaigns/{old.uuid}/test", {"to": "+254712345678"}).body["error"]


def test_a_try_with_a_key_is_sent_once(rig, path):
    first, again = (rig.post(f"{path}/test", {"to": "+254712345678"}, Idempotency_Key="a") for _ in range(2))
    assert (again.octets, len(rig.intake.stored)) == (first.octets, 1)


def test_decision_76_messages_of_a_campaign_are_in_the_list_of_messages_by_its_uuid(rig):
    uuid = "ca000000-0000-4000-8000-000000000001"
    rig.history.put(stored(1, campaign_uuid=uuid))
    rig.history.put(stored(2))
    items = rig.get(f"/messages?campaign_uuid={uuid}", TOKEN).data["items"]
    assert [each["campaign_uuid"] for each in items] == [uuid]


def test_recipients_are_those_of_the_snapshot_with_what_became_of_them(rig, path):
    rig.campaigns.suppressed = {"254733000222"}
    assert rig.get(f"{path}/recipients").data["items"] == []
    uuid = rig.post(f"{path}/send").data["uuid"]
    rig.campaigns.progress(uuid, 1, State.DELIVERED)
    items = rig.get(f"{path}/recipients").data["items"]
    assert items[0] == {
        "to": "+254712345678", "status": "delivered", "message_uuid": items[0]["message_uuid"], "message": "Hi Jane",
        "parts": 1, "units": 1, "skipped": None, "clicks": 0,
    }  # fmt: skip
    assert [(each["to"], each["status"], each["skipped"]) for each in items[1:]] == [
        ("+254722000111", "waiting", None),
        ("+254733000222", "skipped", "suppressed"),
    ]


@pytest.mark.parametrize(("state", "status"), [
    (State.QUEUED, "queued"), (State.SENT, "sent"), (State.FAILED, "failed"), (None, "sent"),
])  # fmt: skip
def test_a_recipient_stands_where_their_message_does(rig, path, state, status):
    uuid = rig.post(f"{path}/send").data["uuid"]
    rig.campaigns.progress(uuid, 2, state)
    assert rig.get(f"{path}/recipients").data["items"][1]["status"] == status


def test_recipients_are_found_by_status_and_phone_and_listed_on_by_cursor(rig, path):
    uuid = rig.post(f"{path}/send").data["uuid"]
    rig.campaigns.progress(uuid, 2, None, skipped="erased")

    def found(query: str) -> list[str]:
        return [each["to"] for each in rig.get(f"{path}/recipients?{query}").data["items"]]

    assert found("status=skipped") == ["+254722000111"]
    assert found("status=waiting") == ["+254712345678", "+254733000222"]
    assert found("phone=0733000222") == ["+254733000222"]
    assert found("phone=x") == []
    first = rig.get(f"{path}/recipients?page_size=2").data
    assert found(f"page_size=2&cursor={first['next_cursor']}") == ["+254733000222"]


@pytest.mark.parametrize("query", ["status=gone", "page_size=0", "cursor=x"])
def test_a_list_of_recipients_that_cannot_be_is_refused(rig, path, query):
    assert rig.get(f"{path}/recipients?{query}").refusal == (400, "bad_request")


def test_somebody_who_was_forgotten_is_shown_without_a_number(rig, path):
    uuid = rig.post(f"{path}/send").data["uuid"]
    rig.campaigns.rows[uuid][0] = attrs.evolve(rig.campaigns.rows[uuid][0], phone="erased-1", text=None)
    item = rig.get(f"{path}/recipients").data["items"][0]
    assert (item["to"], item["message"]) == ("erased-1", None)


def test_decision_44_a_viewer_does_not_see_the_codes_that_recipients_got(rig):
    path = f"/campaigns/{rig.create(sender_id=CODES.name, message='Code for {first_name:you}: 4711')['uuid']}"
    rig.post(f"{path}/send")
    texts = {each["message"] for each in rig.get(f"{path}/recipients", rig.log_in(VERA.email)).data["items"]}
    assert texts == {HIDDEN}


@pytest.mark.parametrize("verb", VERBS)
def test_another_team_s_campaign_is_not_there(rig, path, verb):
    assert rig.post(f"{path}/{verb}", token="mbs_campaigns_2").refusal == (404, "not_found")


def test_a_sender_keeps_its_uuid_in_what_is_shown(rig, path):
    assert rig.post(f"{path}/send").data["sender_id"] == MYAPP
