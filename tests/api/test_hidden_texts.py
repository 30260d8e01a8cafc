"""Texts with one-time passwords are no business of people who only look on (decision 44)."""

import attrs
import pytest

from mobilesasa.api.resources.hiding import HIDDEN
from mobilesasa.core.hooks import HookEvent
from mobilesasa.core.jobs import JobState
from mobilesasa.core.model import Coding, Priced
from mobilesasa.core.teams import Sender
from tests.api.rig import NOW_MS, SENDERS, TOKEN, Rig, came, directory, message_id, stored
from tests.fakes.people import JANE, VERA
from tests.fakes.reports import FakeFile
from tests.fakes.webhooks import TERMS

DELIVERED = {
    "state": 30, "failure": None, "reason": None, "error": None, "sent_at_ms": NOW_MS, "done_at_ms": NOW_MS,
}  # fmt: skip


@pytest.fixture
def rig() -> Rig:
    """ACME has a message with a code and one without, and a part of a longer one with a code."""
    made = Rig()
    codes = Sender(9, "5e000000-0000-4000-8000-000000000009", 1, "CODES", sender_class="otp")
    made.directory.now = directory(senders=[*SENDERS, codes])
    made.history.put(stored(1, sender="CODES", text="Your code is 4711"))
    made.history.put(stored(2))
    made.history.put(
        stored(3, sender="CODES", text="4711", body=b"\x00\x34", udh=b"\x05\x00\x03\x07\x02\x01", coding=Coding.UCS2)
    )
    made.history.put(stored(4, sender="CODES", text=None, udh=b""))
    return made


def texts(rig: Rig, token: str) -> list[str | None]:
    return [item["message"] for item in rig.get("/messages", token=token).data["items"]]


def test_decision_44_a_viewer_does_not_see_codes_in_a_list(rig):
    assert texts(rig, rig.log_in(VERA.email)) == [None, HIDDEN, "Hello", HIDDEN]


def test_decision_44_a_viewer_does_not_see_the_code_of_a_message_in_any_form(rig):
    data = rig.get(f"/messages/{message_id(3)}", token=rig.log_in(VERA.email)).data
    assert (data["message"], data["body_hex"], data["group"]["text"]) == (HIDDEN, None, HIDDEN)
    assert b"4711" not in rig.get(f"/messages/{message_id(1)}", token=rig.log_in(VERA.email)).octets


@pytest.mark.parametrize("email", [None, JANE.email])
def test_tokens_and_those_who_send_see_them(rig, email):
    token = TOKEN if email is None else rig.log_in(email)
    assert texts(rig, token) == [None, "4711", "Hello", "Your code is 4711"]
    data = rig.get(f"/messages/{message_id(3)}", token=token).data
    assert (data["message"], data["body_hex"], data["group"]["text"]) == ("4711", "0034", "4")


# What webhooks were told


def delivery(
    rig: Rig, email: str, message: Priced | None, include_text: bool = True, answer: str | None = "code 4711?"
):
    """Two fields of a delivery as somebody sees it: what was told, and what was answered."""
    webhook = rig.webhooks.give(terms=attrs.evolve(TERMS, include_text=include_text))
    what = HookEvent(id=message_id(9), event="message.delivered", data=DELIVERED, message=message)
    rig.webhooks.tell(webhook, what, answer=answer)
    path = f"/webhooks/{webhook.uuid}/deliveries/{what.id}"
    data = rig.get(path, token=rig.log_in(email)).data
    return data["body"] and data["body"]["data"].get("message", "nothing"), data["response_body"]


CODE = stored(1, sender="CODES", text="Your code is 4711")


def test_decision_44_a_viewer_does_not_see_codes_in_the_log_of_a_webhook_nor_its_answer_which_may_repeat_them(rig):
    assert delivery(rig, VERA.email, CODE) == (HIDDEN, HIDDEN)


@pytest.mark.parametrize(
    ("message", "include_text", "answer", "seen"),
    [
        (CODE, False, None, ("nothing", None)),
        (stored(4, sender="CODES", text=None, udh=b""), True, None, (None, None)),
        (stored(2), True, "ok", ("Hello", "ok")),
        (None, True, "ok", (None, "ok")),
    ],
    ids=["not told", "no longer kept", "another sender", "no message"],
)
def test_where_there_is_no_code_nothing_is_hidden(rig, message, include_text, answer, seen):
    assert delivery(rig, VERA.email, message, include_text, answer) == seen


def test_those_who_manage_webhooks_see_what_they_were_told(rig):
    assert delivery(rig, JANE.email, CODE) == ("Your code is 4711", "code 4711?")


# Files


def fetched(rig: Rig, email: str, kind: str) -> int | tuple[int, str]:
    """What somebody gets who fetches a file that another has asked for."""
    filters = {"campaign_uuid": rig.campaigns.give().uuid} if kind == "recipients" else {}
    uuid = rig.post("/exports", {"kind": kind, "filters": filters}, token=rig.log_in(JANE.email)).data["uuid"]
    whole = {
        "state": JobState.COMPLETED,
        "rows": 1,
        "total": 1,
        "file_uuid": "f",
        "octets": 1,
        "finished_at_ms": NOW_MS,
    }
    rig.exports.kept[uuid] = attrs.evolve(rig.exports.kept[uuid], **whole)
    rig.files.kept = [FakeFile(1, "f", 1, f"{kind}.csv", "text/csv; charset=utf-8", [b"x"])]
    reply = rig.get(f"/exports/{uuid}/file", token=rig.log_in(email))
    return reply.status if reply.status == 200 else reply.refusal


@pytest.mark.parametrize("kind", ["messages", "recipients"])
def test_decision_44_a_viewer_gets_no_file_of_messages_where_there_may_be_codes_in_it(rig, kind):
    assert fetched(rig, VERA.email, kind) == (403, "not_allowed")


@pytest.mark.parametrize("kind", ["contacts", "inbound", "ledger"])
def test_a_viewer_gets_files_without_codes(rig, kind):
    assert fetched(rig, VERA.email, kind) == 200


def test_a_viewer_gets_files_of_messages_of_a_team_that_sends_no_codes(rig):
    rig.directory.now = directory()
    assert fetched(rig, VERA.email, "messages") == 200


def test_those_who_send_get_files_of_messages(rig):
    assert fetched(rig, JANE.email, "messages") == 200


def test_a_viewer_sees_what_phones_have_sent(rig):
    rig.inbox.kept.append(came(3))
    assert [each["message"] for each in rig.get("/inbound", token=rig.log_in(VERA.email)).data["items"]] == ["YES"]
