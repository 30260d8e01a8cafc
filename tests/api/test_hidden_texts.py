"""Texts with one-time passwords are no business of people who only look on (decision 44)."""

import pytest

from mobilesasa.api.resources.shown import HIDDEN
from mobilesasa.core.model import Coding
from mobilesasa.core.teams import Sender
from tests.api.rig import SENDERS, TOKEN, Rig, directory, message_id, stored
from tests.fakes.people import JANE, VERA


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
