"""JSON is read strictly: no key twice, nothing that is no JSON, nothing too deep."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.api.strict import BadJson, read
from tests.api.rig import BODY, TOKEN

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


def doubled(octets: bytes) -> tuple[str, ...]:
    with pytest.raises(BadJson) as caught:
        read(octets)
    return caught.value.twice


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_what_has_no_key_twice_is_read_as_it_is(value):
    assert read(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), VALUES, min_size=1, max_size=4), st.data())
@settings(max_examples=150, deadline=None)
def test_whichever_key_stands_twice_it_is_named(pairs, data):
    name = data.draw(st.sampled_from(sorted(pairs)))
    inner = [f"{json.dumps(key)}:{json.dumps(value)}" for key, value in pairs.items()]
    inner.insert(data.draw(st.integers(0, len(inner))), f"{json.dumps(name)}:1")
    assert doubled(f'{{"outer":[{{{",".join(inner)}}}]}}'.encode()) == (name,)


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ('{"to":1,"to":1}', ("to",)),
        ('{"to":1,"\\u0074o":2}', ("to",)),
        ('{"a":{"b":1,"b":2},"c":":"}', ("b",)),
        ('{"a":1,"b":2,"a":3,"b":4}', ("a", "b")),
        ('[{"a":1},{"a":1,"a":1}]', ("a",)),
        ('{"":1,"":2}', ("",)),
    ],
)
def test_keys_that_stand_twice_are_found_wherever_and_however_they_are_written(text, twice):
    assert doubled(text.encode()) == twice


def test_colons_in_texts_are_no_keys():
    assert read(b'{"a":"b:c:","d:e":[":",{"a":":"}]}') == {"a": "b:c:", "d:e": [":", {"a": ":"}]}


def test_of_many_keys_that_stand_twice_some_are_named():
    text = ",".join(f'"k{n}":1,"k{n}":2' for n in range(50))
    with pytest.raises(BadJson, match=r"k0, k1, .*k9…"):
        read(f"{{{text}}}".encode())


@pytest.mark.parametrize(
    "octets",
    [
        *(b'{"a":"\\ud800"}', b'{"a":"\\udc00"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xff"}', b'{"a":NaN}', b'{"a":01}'),
        *(b"{'a':1}", b'{"a":1,}', b'{"a":1}{', b'\xef\xbb\xbf{"a":1}', b"[" * 100_000, b'{"a":"\n"}', b"{"),
    ],
)
def test_what_is_no_json_is_refused(octets):
    assert doubled(octets) == ()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"to": "+254712345678", "to": "+254700000001", "message": "Hi"}', "to"),
        (b'{"to": "+254712345678", "message": "Hi", "tlvs": {"0x1400": "a", "0x1400": "b"}}', "0x1400"),
    ],
)
def test_a_key_that_stands_twice_is_400_and_named_and_nothing_is_sent(rig, body, named):
    reply = rig.ask("POST", "/api/v1/messages", body, X_API_Key=TOKEN)
    assert reply.refusal == (400, "bad_json")
    assert reply.body["fields"] == [{"field": named, "message": "stands twice"}]
    assert rig.intake.stored == []


def test_every_wrong_field_is_named_at_once(rig):
    reply = rig.post("/messages", {"to": 254712345678, "message": "a\0b", "validity_minutes": "5", "unknown": 1})
    assert reply.refusal == (400, "bad_request")
    assert {field["field"] for field in reply.body["fields"]} == {"to", "message", "validity_minutes"}


def test_a_key_that_nobody_knows_is_left_alone(rig):
    assert rig.post("/messages", BODY | {"colour": "red"}).status == 200
    assert rig.get("/messages?colour=red").status == 200
