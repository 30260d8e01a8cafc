"""What stays of a kept reply when a person is forgotten."""

import orjson

from mobilesasa.contacts.forgetting import PERSONAL, forgotten

PHONE, OTHER, PSEUDONYM = "254712345678", "254722000111", "erased-0123456789ab"


def rest(data):
    reply = orjson.dumps({"success": True, "data": data})
    return orjson.loads(forgotten(reply, PHONE, PSEUDONYM))["data"]


def test_a_contact_has_a_pseudonym_and_nothing_that_was_said_of_it():
    shown = {
        "uuid": "u", "phone": f"+{PHONE}", "first_name": "Jane", "notes": None, "attributes": {"clan": "Abc"},
        "suppressed": False, "created_at": "2026-05-11T09:00:00Z",
    }  # fmt: skip
    cleared = {"phone": PSEUDONYM, "first_name": None, "attributes": {}}
    assert rest(shown) == {**shown, **cleared}


def test_of_many_messages_those_to_others_stay_as_they_are():
    theirs = {"uuid": "b", "to": f"+{OTHER}", "message": "Hi Ann", "client_reference": "7", "units": 1}
    ours = {"uuid": "a", "to": f"+{PHONE}", "message": "Hi Jane", "client_reference": "Jane", "units": 1}
    found = rest({"items": [ours, theirs], "accepted": 2})
    assert found["items"][0] == {"uuid": "a", "to": PSEUDONYM, "message": None, "client_reference": None, "units": 1}
    assert (found["items"][1], found["accepted"]) == (theirs, 2)


def test_a_number_in_a_sentence_or_a_list_is_replaced_too():
    found = rest({"missing": [f"+{PHONE}", PHONE, OTHER], "error": f"{PHONE} gets no messages"})
    assert found == {"missing": [PSEUDONYM, PSEUDONYM, OTHER], "error": f"{PSEUDONYM} gets no messages"}


def test_lists_of_what_was_said_are_emptied_and_the_reply_ends_as_every_reply():
    assert rest({"to": PHONE, "tlvs": ["1401"]}) == {"to": PSEUDONYM, "tlvs": []}
    assert forgotten(b"{}", PHONE, PSEUDONYM) == b"{}\n"
    assert "uuid" not in PERSONAL
