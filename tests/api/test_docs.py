from pathlib import Path

import pytest

from mobilesasa.api.resources.shown import DLR_STATES, FAILURE_TEXTS
from mobilesasa.api.root import make_app
from mobilesasa.core.model import Failure, State
from mobilesasa.store.messages import Progress
from tests.api.rig import NOW_MS, OPERATOR, TOKEN, Rig, came, message_id, stored
from tests.curl import Example, examples

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.rst").read_text()
EXAMPLES = examples(DOCUMENT)
FAILED = Progress(State.FAILED, Failure.REFUSED, done_at_ms=NOW_MS)


def test_the_document_has_the_example_of_every_route_that_has_one():
    assert [each.command for each in EXAMPLES] == [row.curl for row in make_app(Rig().node)[1] if row.curl]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.command.splitlines()[0])
def test_an_example_runs_as_written(rig, example: Example):
    rig.history.put(stored(1), FAILED)
    rig.smpp.live["n-1-1"] = (1, {"id": "n-1-1"}, [])
    rig.inbox.kept.append(came(1))
    rig.tray.give()
    rig.tray.parts[message_id(1), 1] = "ours"
    rig.carriers.known["savanna"] = {"name": "savanna"}
    places = {
        "mbs_operator_token_here": OPERATOR,
        "carrier-name": "savanna",
        "receipt-id": "17",
        "session-id": "n-1-1",
        "msg-uuid": message_id(1),
        "inbound-uuid": message_id(1),
        "suppression-uuid": rig.suppressions.give(recipient="254711000009").uuid,
        "password-uuid": rig.smpp_passwords.give().uuid,
    }
    method, path, headers, body = example.request(TOKEN, places)
    reply = rig.ask(method, path, body, **headers)
    assert reply.data


def test_an_example_can_be_handed_to_curl():
    argv = EXAMPLES[0].argv("http://127.0.0.1:8080", "mbs_real")
    assert argv[:4] == ["curl", "-X", "POST", "http://127.0.0.1:8080/api/v1/messages"]
    assert "Authorization: Bearer mbs_real" in argv


@pytest.mark.parametrize("failure", Failure)
def test_every_reason_of_a_failure_is_in_the_table_with_its_receipt(failure: Failure):
    row = f"``{failure.value}``".ljust(20) + FAILURE_TEXTS[failure].ljust(63) + f"``{DLR_STATES[failure]}``"
    assert row in DOCUMENT
