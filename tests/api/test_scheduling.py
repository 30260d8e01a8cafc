"""A message's own name, its time, and taking it back."""

import pytest

from mobilesasa.core.actors import ActorKind
from mobilesasa.core.errors import AccessEnded
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Failure, State
from mobilesasa.store.message_rows import Progress
from tests.api.rig import BODY, NOW_MS, message_id, stored

UNKNOWN = "01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10"
DAY_MS = 86_400_000


def test_a_message_keeps_what_its_team_calls_it(rig):
    assert rig.post("/messages", BODY | {"client_reference": "x" * 64}).data["client_reference"] == "x" * 64
    assert rig.intake.stored[0].client_reference == "x" * 64


@pytest.mark.parametrize("reference", [{}, {"client_reference": None}, {"client_reference": ""}])
def test_a_message_need_not_be_called_anything(rig, reference):
    assert rig.post("/messages", BODY | reference).data["client_reference"] is None


@pytest.mark.parametrize("reference", ["x" * 65, 4711, "a\u0000b", ["a"]])
def test_a_reference_that_cannot_be_kept_is_refused(rig, reference):
    reply = rig.post("/messages", BODY | {"client_reference": reference})
    assert reply.refusal == (400, "bad_request")
    assert [field["field"] for field in reply.body["fields"]] == ["client_reference"]


def test_a_scheduled_message_is_charged_now_waits_and_is_not_named_to_the_queue(rig):
    data = rig.post("/messages", BODY | {"scheduled_at": "2026-05-12T12:00:00+03:00", "validity_minutes": 60}).data
    assert (data["status"], data["scheduled_at"], data["expires_at"]) == (
        "queued", "2026-05-12T09:00:00Z", "2026-05-12T10:00:00Z",
    )  # fmt: skip
    assert rig.intake.stored[0].due_at_ms == NOW_MS + DAY_MS
    assert rig.queue.published == []


@pytest.mark.parametrize(
    ("when", "refusal"),
    [
        ("2026-05-11T09:00:00Z", "bad_schedule"),
        ("2026-05-11T08:59:59Z", "bad_schedule"),
        ("2026-05-18T09:00:01Z", "bad_schedule"),
        ("2026-05-12T09:00:00", "bad_request"),
        ("tomorrow", "bad_request"),
        (1_778_576_400, "bad_request"),
    ],
)
def test_a_time_that_is_over_too_far_or_without_a_zone_is_refused(rig, when, refusal):
    reply = rig.post("/messages", BODY | {"scheduled_at": when})
    assert reply.refusal == (400, refusal)
    assert [field["field"] for field in reply.body["fields"]] == ["scheduled_at"]
    assert rig.intake.stored == []


def test_the_last_moment_of_a_week_can_be_had(rig):
    assert rig.post("/messages", BODY | {"scheduled_at": "2026-05-18T09:00:00Z"}).status == 200


@pytest.mark.parametrize("name", [message_id(1), message_id(1).upper(), smpp_id(message_id(1))])
def test_a_message_that_waits_is_taken_back(rig, name):
    rig.history.put(stored(1))
    data = rig.post(f"/messages/{name}/cancel").data
    assert (data["uuid"], data["status"], data["failure_reason"]) == (message_id(1), "failed", "cancelled")
    assert len(rig.alterations.told) == 1
    assert rig.alterations.asked_by[0].kind is ActorKind.TOKEN


def test_taking_it_back_once_more_is_answered_in_the_same_way(rig):
    rig.history.put(stored(1))
    first, again = (rig.post(f"/messages/{message_id(1)}/cancel") for _ in range(2))
    assert first.data == again.data


@pytest.mark.parametrize(
    "progress",
    [
        Progress(State.SENT, sent_at_ms=NOW_MS),
        Progress(State.DELIVERED, sent_at_ms=NOW_MS, done_at_ms=NOW_MS),
        Progress(State.FAILED, Failure.EXPIRED_UNSENT, done_at_ms=NOW_MS),
    ],
)
def test_what_was_sent_or_has_ended_is_not_taken_back(rig, progress):
    rig.history.put(stored(1), progress)
    assert rig.post(f"/messages/{message_id(1)}/cancel").refusal == (409, "not_cancellable")


def test_what_a_carrier_has_in_hand_is_not_taken_back(rig):
    rig.history.put(stored(1))
    rig.alterations.in_hand.add(message_id(1))
    assert rig.post(f"/messages/{message_id(1)}/cancel").refusal == (409, "not_cancellable")


@pytest.mark.parametrize("name", [UNKNOWN, message_id(2), "msg-uuid", "1"])
def test_unknown_foreign_and_impossible_uuids_are_one_and_the_same_404(rig, name):
    rig.history.put(stored(2, team_id=2))
    reply = rig.post(f"/messages/{name}/cancel")
    assert (reply.refusal, reply.body["error"]) == ((404, "not_found"), "there is no such message")


def test_a_token_that_was_revoked_meanwhile_takes_nothing_back(rig, monkeypatch):
    async def ended(*_: object) -> None:
        raise AccessEnded("the token was revoked while the call was under way; nothing was done")

    monkeypatch.setattr(rig.alterations, "carry_out", ended)
    assert rig.post(f"/messages/{message_id(1)}/cancel").refusal == (401, "access_ended")


def test_a_resend_keeps_what_its_team_calls_the_message(rig):
    failed = Progress(State.FAILED, Failure.UNDELIVERED, done_at_ms=NOW_MS)
    rig.history.put(stored(1, client_reference="order 1"), failed)
    assert rig.post(f"/messages/{message_id(1)}/resend").data["client_reference"] == "order 1"
