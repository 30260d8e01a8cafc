"""The simulator: menus are walked through by REST, by the engine of the way of a carrier (decision 84)."""

import base64

import pytest

from tests.api.rig import TOKENS, Rig, directory, token
from tests.fakes.ussd_menu import MENU

READS = "mbs_ussd_reads"
WELCOME = "Hello Jane, welcome to Acme.\n1 Opening hours\n2 Call me back\n3 Balance"


@pytest.fixture
def rig():
    made = Rig()
    made.directory.now = directory(tokens=[*TOKENS, token(READS, scopes=("ussd:read",))])
    made.ussd.people[1, "254712345678"] = {"first_name": "Jane", "last_name": "Doe"}
    return made


def simulate(rig, **body):
    return rig.post("/ussd/simulate", body, token=READS)


def dial(rig, **body):
    return simulate(rig, definition=MENU, phone="0712345678", **body).data


def go_on(rig, before, **body):
    return simulate(rig, definition=MENU, session=before["session"], **body)


def test_decision_84_a_menu_is_walked_through_as_a_phone_would(rig):
    first = dial(rig)
    assert (first["text"], first["end"], first["screen"], first["actions"]) == (WELCOME, False, "welcome", [])
    assert first["size"] == {"alphabet": "gsm7", "taken": len(WELCOME), "most": 182}
    assert first["variables"]["first_name"] == "Jane"
    asked = go_on(rig, first, input="2").data
    assert (asked["screen"], asked["text"]) == ("number", "Your number:\n0 Back")
    wrong = go_on(rig, asked, input="many").data
    assert wrong["screen"] == "number"
    assert "phone number" in wrong["text"]
    last = go_on(rig, wrong, input="0722 000 111").data
    assert (last["text"], last["end"], last["session"]) == ("Thank you, we call 254722000111.", True, None)
    assert last["actions"] == [{"kind": "send_sms", "to": "254712345678", "sender_id": "MYAPP", "text": "We call you."}]


def test_nothing_is_sent_done_called_or_counted(rig):
    go_on(rig, go_on(rig, dial(rig), input="2").data, input="0722000111")
    assert rig.intake.asked == []
    assert (rig.ussd.known_sessions, rig.ussd.counts, rig.ussd.actors) == ([], [], [])


def test_a_draft_and_a_version_are_walked_through_by_the_uuid_of_their_menu(rig):
    closed = {**MENU, "start": "hours"}
    menu = rig.ussd.give_menu(version=1)
    rig.ussd.known_menus[menu.uuid] = (1, rig.ussd.give_menu(definition=closed, uuid=menu.uuid))
    assert simulate(rig, menu=menu.uuid).data["screen"] == "hours"
    assert simulate(rig, menu=menu.uuid, version=1).data["screen"] == "welcome"
    assert simulate(rig, menu=menu.uuid, version=2).refusal == (404, "not_found")
    assert simulate(rig, menu=rig.ussd.give_menu(team_id=2).uuid).refusal == (404, "not_found")


def test_an_address_is_not_called_but_its_answer_can_be_given(rig):
    asked = go_on(rig, dial(rig), input="3").data
    assert (asked["text"], asked["end"], asked["size"]) == (None, False, None)
    assert (asked["webhook"]["url"], asked["webhook"]["screen"]) == ("https://acme.example/balance", "balance")
    assert asked["webhook"]["sends"]["msisdn"] == "254712345678"
    told = go_on(rig, asked, webhook={"text": "KES 1,200", "end": True}).data
    assert (told["text"], told["end"], told["webhook"]) == ("KES 1,200", True, None)
    failed = go_on(rig, asked, webhook={"fails": True}).data
    assert (failed["end"], "Sorry" in failed["text"]) == (True, True)


def test_who_was_cut_off_is_asked_whether_to_go_on(rig):
    asked = go_on(rig, dial(rig), input="2").data
    again = go_on(rig, asked, redial=True).data
    assert "1 Continue\n2 Start again" in again["text"]
    assert go_on(rig, again, input="1").data["text"] == asked["text"]
    assert go_on(rig, again, input="2").data["text"] == WELCOME


def test_what_is_dialled_behind_the_extension_are_inputs(rig):
    assert dial(rig, ahead=["2", "0722000111"])["end"] is True


def test_screens_are_measured_for_the_carrier_that_is_named(rig):
    definition = {"name": "Long", "start": "a", "screens": {"a": {"kind": "end", "text": "word " * 40}}}
    narrow = simulate(rig, definition=definition, screen_septets=120).data
    assert (narrow["end"], narrow["size"]["most"]) == (False, 120)
    assert narrow["text"].endswith("98 More")
    wide = {**definition, "screens": {"a": {"kind": "end", "text": "Ndiyo \u2714"}}}
    assert simulate(rig, definition=wide).data["size"] == {"alphabet": "ucs2", "taken": 7, "most": 80}


def test_the_code_the_network_and_the_phone_are_what_texts_name(rig):
    definition = {
        "name": "Facts",
        "start": "a",
        "screens": {"a": {"kind": "end", "text": "{msisdn} {code} {network}"}},
    }
    said = simulate(rig, definition=definition, phone="+254722000111", code="*500#", network="Airtel")
    assert said.data["text"] == "254722000111 500 Airtel"
    assert simulate(rig, definition=definition).data["text"].startswith("254700000000 384")


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode()


@pytest.mark.parametrize(
    "session",
    ["x", "ä", "####", encoded(b"{}"), encoded(b"[1]"), encoded(b'["x", {"screen": 7}]'), encoded(b"not json")],
)
def test_what_is_no_session_is_refused(rig, session):
    refused = simulate(rig, definition=MENU, session=session, input="1")
    assert refused.refusal == (400, "bad_request")
    assert [each["field"] for each in refused.body["fields"]] == ["session"]


def test_a_session_of_a_menu_that_was_changed_meanwhile_is_refused(rig):
    session = dial(rig)["session"]
    refused = simulate(rig, definition={**MENU, "name": "Other"}, session=session, input="1")
    assert refused.refusal == (400, "bad_request")
    assert "dial again" in refused.body["error"]


def test_a_definition_whose_keys_come_in_another_order_is_the_same(rig):
    turned = dict(reversed(MENU.items()))
    assert simulate(rig, definition=turned, session=dial(rig)["session"], input="1").data["screen"] == "hours"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "menu"),
        ({"menu": "x", "definition": MENU}, "menu"),
        ({"definition": MENU, "phone": "12"}, "phone"),
        ({"definition": MENU, "screen_septets": 20}, "screen_septets"),
        ({"definition": MENU, "ahead": ["1"] * 21}, "ahead"),
        ({"definition": MENU, "input": "1" * 501}, "input"),
        ({"definition": MENU, "input": "1"}, "input"),
        ({"definition": MENU, "redial": True}, "redial"),
        ({"definition": MENU, "webhook": {}}, "webhook"),
        ({"definition": MENU, "dialed": "*384*7*2#"}, "dialed"),
    ],
)
def test_a_call_that_does_not_say_what_happens_is_refused_with_its_field(rig, body, field):
    refused = simulate(rig, **body)
    assert refused.refusal == (400, "bad_request")
    assert [each["field"] for each in refused.body["fields"]] == [field]


def test_a_webhook_that_is_null_did_not_answer(rig):
    asked = go_on(rig, dial(rig), input="3").data
    failed = go_on(rig, asked, webhook=None).data
    assert (failed["end"], "Sorry" in failed["text"]) == (True, True)


def test_a_definition_need_not_have_a_name_to_be_tried(rig):
    nameless = {key: value for key, value in MENU.items() if key != "name"}
    assert simulate(rig, definition=nameless, phone="0712345678").data["text"] == WELCOME


def test_a_phone_number_that_is_none_is_refused_in_words(rig):
    refused = simulate(rig, definition=MENU, phone="seven")
    assert refused.body["error"].startswith("phone is no phone number")


def test_a_session_needs_what_happens_in_it(rig):
    refused = go_on(rig, dial(rig))
    assert refused.refusal == (400, "bad_request")
    assert [each["field"] for each in refused.body["fields"]] == ["input"]


def test_a_definition_that_cannot_be_read_is_refused_by_its_paths(rig):
    refused = simulate(rig, definition={"name": "A", "screens": {"a": {"kind": "guess"}}})
    assert refused.refusal == (400, "bad_definition")
    assert refused.body["faults"][0]["field"] == "screens.a.kind"


def test_a_code_that_nobody_can_dial_is_refused(rig):
    assert simulate(rig, definition=MENU, code="abc").refusal == (400, "bad_value")


def test_a_draft_with_faults_can_be_tried(rig):
    definition = {
        "name": "Half done",
        "start": "a",
        "screens": {
            "a": {"kind": "choices", "text": "Hi", "choices": [{"key": "1", "label": "On", "next": "gone"}]},
        },
    }
    first = simulate(rig, definition=definition).data
    assert first["text"] == "Hi\n1 On"
    lost = simulate(rig, definition=definition, session=first["session"], input="1").data
    assert (lost["end"], "Sorry" in lost["text"]) == (True, True)
