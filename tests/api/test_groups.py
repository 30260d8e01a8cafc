"""Parts that a team split itself, as its API shows them (decision 121)."""

import pytest

from mobilesasa.core.model import Coding, State
from mobilesasa.store.messages import Progress
from tests.api.rig import NOW_MS, Rig, message_id, stored

LATE_MS = NOW_MS + 300_001


def put(rig: Rig, number: int, text: str, state: State = State.SENT, reference: int = 42, **more: object) -> None:
    udh = bytes((5, 0, 3, reference, 3, number))
    rig.history.put(stored(number, text=text, udh=udh, **more), Progress(state))


def test_a_part_shows_the_whole_message_and_each_of_its_parts(rig):
    put(rig, 2, "two ", State.DELIVERED)
    put(rig, 1, "one ")
    put(rig, 3, "three", State.FAILED)
    for number in (1, 2, 3):
        data = rig.get(f"/messages/{message_id(number)}").data
        assert data["part"] == {"reference": 42, "number": number, "total": 3}
        assert data["group"] == {
            "reference": 42,
            "total": 3,
            "complete": True,
            "incomplete": False,
            "missing": [],
            "text": "one two three",
            "parts": [
                {"number": 1, "uuid": message_id(1), "status": "sent"},
                {"number": 2, "uuid": message_id(2), "status": "delivered"},
                {"number": 3, "uuid": message_id(3), "status": "failed"},
            ],
        }


@pytest.mark.parametrize(("now_ms", "incomplete"), [(NOW_MS, False), (LATE_MS, True)])
def test_a_group_is_incomplete_when_parts_are_missing_after_five_minutes(rig, now_ms, incomplete):
    put(rig, 1, "one ")
    put(rig, 3, "three")
    rig.now_ms = now_ms
    group = rig.get(f"/messages/{message_id(1)}").data["group"]
    assert (group["complete"], group["incomplete"], group["missing"]) == (False, incomplete, [2])
    assert (group["text"], [part["number"] for part in group["parts"]]) == ("one three", [1, 3])


def test_a_part_alone_is_a_group_of_one(rig):
    put(rig, 1, "one ")
    put(rig, 2, "two", reference=43)
    assert rig.get(f"/messages/{message_id(1)}").data["group"]["missing"] == [2, 3]


def test_characters_that_were_cut_are_whole_in_the_group_and_shown_as_halves_in_the_part(rig):
    smile = "😀".encode("utf-16-be")
    put(rig, 1, "\ufffd", body=smile[:2], coding=Coding.UCS2)
    put(rig, 2, "\ufffd", body=smile[2:], coding=Coding.UCS2)
    data = rig.get(f"/messages/{message_id(1)}").data
    assert (data["message"], data["body_hex"], data["encoding"]) == ("\ufffd", "d83d", "ucs2")
    assert data["group"]["text"] == "😀"


def test_a_list_shows_which_part_each_is(rig):
    put(rig, 1, "one ")
    rig.history.put(stored(4))
    items = rig.get("/messages").data["items"]
    assert [item["part"] for item in items] == [None, {"reference": 42, "number": 1, "total": 3}]


def test_a_message_that_we_split_is_no_part_and_has_no_group(rig):
    rig.history.put(stored(1, parts=2))
    data = rig.get(f"/messages/{message_id(1)}").data
    assert (data["part"], data["group"], data["parts"]) == (None, None, 2)
