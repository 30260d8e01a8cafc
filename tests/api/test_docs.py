from pathlib import Path

import attrs
import pytest

from mobilesasa.api.resources.shown import DLR_STATES, FAILURE_TEXTS
from mobilesasa.api.root import make_app
from mobilesasa.core.model import Failure, State
from mobilesasa.core.scopes import PLATFORM, WHOLE
from mobilesasa.core.senders import SenderStatus
from mobilesasa.store.messages import Progress
from tests.api.rig import NOW_MS, OPERATOR, TOKEN, Rig, came, directory, message_id, stored, token
from tests.curl import Example, examples
from tests.fakes.people import VERA

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.rst").read_text()
EXAMPLES = examples(DOCUMENT)
FAILED = Progress(State.FAILED, Failure.CANCELLED, done_at_ms=NOW_MS)  # what can be resent, and taken back once more


def test_an_example_of_the_document_is_that_of_its_route():
    assert {each.command for each in EXAMPLES} <= {row.curl for row in make_app(Rig().node)[1]}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.command.splitlines()[0])
def test_an_example_runs_as_written(rig, example: Example):
    rig.history.put(stored(1), FAILED)
    rig.smpp.live["n-1-1"] = (1, {"id": "n-1-1"}, [])
    rig.inbox.kept.append(came(1))
    rig.senders.give(name="MYAPP" if "/default" in example.command else "TextBlast")
    rig.tray.give()
    rig.tray.parts[message_id(1), 1] = "ours"
    rig.carriers.known["savanna"] = {"name": "savanna"}
    rig.directory.now = directory(tokens=[token(TOKEN, scopes=WHOLE), token(OPERATOR, scopes=(PLATFORM,))])
    rig.people.learn(attrs.evolve(VERA, email="jane@example.com"))
    rig.logins.give("mbr_your_refresh_token_here", VERA)
    places = {
        "mbs_operator_token_here": OPERATOR,
        "carrier-name": "savanna",
        "receipt-id": "17",
        "session-id": "n-1-1",
        "msg-uuid": message_id(1),
        "inbound-uuid": message_id(1),
        "suppression-uuid": rig.suppressions.give(recipient="254711000009").uuid,
        "password-uuid": rig.smpp_passwords.give().uuid,
        "token-uuid": rig.tokens.give().uuid,
        "sender-uuid": rig.senders.give(name="Waiting", status=SenderStatus.PENDING).uuid,
    }
    method, path, headers, body = example.request(TOKEN, places)
    reply = rig.ask(method, path, body, **headers)
    assert reply.data


def test_an_example_can_be_handed_to_curl():
    sending = next(each for each in EXAMPLES if "/api/v1/messages " in each.command)
    argv = sending.argv("http://127.0.0.1:8080", "mbs_real")
    assert argv[:4] == ["curl", "-X", "POST", "http://127.0.0.1:8080/api/v1/messages"]
    assert "Authorization: Bearer mbs_real" in argv


@pytest.mark.parametrize("failure", Failure)
def test_every_reason_of_a_failure_is_in_the_table_with_its_receipt(failure: Failure):
    row = f"``{failure.value}``".ljust(20) + FAILURE_TEXTS[failure].ljust(63) + f"``{DLR_STATES[failure]}``"
    assert row in DOCUMENT
