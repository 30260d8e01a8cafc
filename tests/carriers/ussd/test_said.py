"""Fields of a call, whatever they are written in; and what is no call at all."""

from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.carriers.ussd.dialects import DIALECTS
from mobilesasa.carriers.ussd.markup import DEPTH, ELEMENTS, BadMarkup, element, read_markup, text_of
from mobilesasa.carriers.ussd.said import FIELDS, VALUE_CHARACTERS, read_said
from mobilesasa.core.ussd import UssdReply
from mobilesasa.core.ussd_gateways import CALL_OCTETS
from tests.carriers.ussd.rig import PHONE, call, gateway, read

BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]><page><session_id>&lol3;</session_id></page>"""
FILE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><page><session_id>&y;</session_id></page>'


def fields(**given):
    return dict(read_said(call(**given)).fields)


def test_the_body_takes_the_place_of_the_address():
    assert fields(query=b"a=1&B=2", body=b"b=3&c=") == {"a": "1", "b": "3", "c": ""}


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (b"text=%E2%82%AC", "€"),
        ("text=€".encode(), "€"),
        (b"text=%E9", "é"),
        (b"text=\xe9", "é"),
        (b"text=a+b%2Bc", "a b+c"),
        (b"text=a%00b", "ab"),
        (b"text=%zz%", "%zz%"),
        (b"text=1&text=2", "2"),
    ],
)
def test_a_form_is_read_in_any_alphabet(given, value):
    assert fields(body=given) == fields(query=given) == {"text": value}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"Text": "1", "n": 7, "x": 1.5, "yes": True, "no": False, "none": None, "list": [1]},
         {"text": "1", "n": "7", "x": "1.5", "yes": "true", "no": "false", "none": "", "list": ""}),
        ({"outer": {"msisdn": "1", "deep": {"msisdn": "2", "text": "3"}}}, {"msisdn": "1", "text": "3"}),
        ({"a": {"b": {"c": {"d": {"e": "too deep"}}}}}, {}),
    ],
)  # fmt: skip
def test_json_is_read_flat(document, expected):
    assert fields(body=b"\xef\xbb\xbf " + orjson.dumps(document)) == expected


@pytest.mark.parametrize("body", [b"{", b'{"a": 1', b'{"a":' * 5000, b"[1, 2]", b'"x"', b"\0" * 100, b"\xff\xfe<"])
def test_what_is_no_document_has_no_fields_that_matter(body):
    assert "session_id" not in fields(body=body)


def test_half_of_a_character_is_mended():
    assert fields(body=b'{"text": "\xed\xa0\xbd"}') in ({}, {"text": "\ufffd"})
    assert "\ud83d" not in "".join(fields(body=rb'{"text": "\ud83d"}').values())


def test_xml_is_read_flat():
    body = b'<?xml version="1.0"?><x:page xmlns:x="urn:x" version="2.0"><Session_Id> a41 </Session_Id><data>1 &lt; 2</data></x:page>'
    found = fields(body=body)
    assert (found["session_id"], found["data"], found["version"]) == ("a41", "1 < 2", "2.0")


def test_xml_in_utf16_is_read():
    body = '<?xml version="1.0" encoding="UTF-16"?><page><data>Ж</data></page>'.encode("utf-16")
    assert fields(body=body)["data"] == "Ж"


def test_an_element_counts_before_an_attribute():
    assert read_markup(b'<a data="1"><data>2</data><data /></a>')["data"] == "2"


@pytest.mark.parametrize(
    "octets",
    [
        BOMB,
        FILE,
        b"<!DOCTYPE page><page />",
        b"<page>&unknown;</page>",
        b"<page>",
        b"<page></pages>",
        b"",
        b"<" * 100,
        b"<a>" * (DEPTH + 1) + b"</a>" * (DEPTH + 1),
        b"<p>" + b"<a/>" * ELEMENTS + b"</p>",
        b'<?xml version="1.0" encoding="no-such"?><p/>',
        b"<p>\xff</p>",
        b"<p>\0</p>",
    ],
)
def test_xml_beyond_the_bounds_is_not_read(octets):
    with pytest.raises(BadMarkup):
        read_markup(octets)
    assert "session_id" not in fields(body=octets)
    assert read("mtech", call(body=octets)) is None


def test_xml_is_written_so_that_it_can_be_read():
    written = element("a", text_of("<&>\0\x0b"), (("b", "\"'<&\x01"),))
    assert read_markup(written.encode()) == {"a": "<&>", "b": "\"'<&"}


def test_fields_and_values_are_bounded():
    assert fields(body=urlencode({f"f{n}": "x" for n in range(FIELDS + 1)}).encode()) == {}
    assert len(fields(body=orjson.dumps({f"f{n}": "x" for n in range(FIELDS + 50)}))) == FIELDS
    assert len(fields(body=b"text=" + b"x" * 10_000)["text"]) == VALUE_CHARACTERS
    assert fields(body=b"text=" + b"x" * CALL_OCTETS) == {}


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        (PHONE, PHONE),
        (f"+{PHONE}", PHONE),
        (f" {PHONE}", PHONE),
        (f"00{PHONE}", PHONE),
        ("9f86d081884c7d65", "9f86d081884c7d65"),
        ("x" * 129, ""),
        ("a\nb", ""),
    ],
)
def test_a_phone_is_its_digits_or_what_stands_for_them(written, phone):
    asked = call(urlencode({"msisdn": written}).encode())
    assert read_said(asked).phone(("msisdn",)) == phone


@pytest.mark.parametrize("session", ["", "x" * 129, "a\tb"])
def test_a_call_that_names_no_session_is_no_event(session):
    fields = {"session_id": session, "mobile_number": PHONE, "message": "1"}
    assert read("bonga", call(urlencode(fields).encode())) is None
    assert read("imimobile", call(b"msg=1")) is None
    assert read("infobip", call(words=("session", session, "response"), body=b'{"msisdn": "254"}')) is None


@given(
    dialect=st.sampled_from(sorted(DIALECTS)),
    query=st.binary(max_size=200),
    body=st.binary(max_size=400) | st.text(max_size=200).map(str.encode) | st.sampled_from([BOMB, FILE]),
    words=st.lists(st.text(min_size=1, max_size=20), max_size=3),
    text=st.text(max_size=300),
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_gateway_sends_is_read_or_not_and_can_be_answered(dialect, query, body, words, text):
    asked = call(query, body, words)
    said = read_said(asked)
    spoken = DIALECTS[dialect]
    event = spoken.read(said, gateway(dialect))
    assert event is None or len(event.carrier_session_id) <= 128
    spoken.asks_nothing(said)
    for reply in (UssdReply(text, end=False), UssdReply(text, end=True), None):
        assert spoken.write(said, reply).status == 200


NAMES = sorted({name for d in DIALECTS.values() for name in (*d.session, *d.msisdn, *d.code, *d.text, *d.network)})
VALUES = st.text(max_size=40) | st.sampled_from([PHONE, "*384#", "7*2", "1"])
OTHERS = ["status", "clean", "response", "session_operation", "hopscount"]


@given(
    dialect=st.sampled_from(sorted(DIALECTS)),
    fields=st.dictionaries(
        st.sampled_from([*NAMES, *OTHERS]),
        st.text(max_size=40) | st.sampled_from([PHONE, "*384#", "7*2", "1"]),
        max_size=8,
    ),
    words=st.sampled_from([(), ("session", "i1", "start"), ("clean",), ("384",)]),
)
@settings(max_examples=200, deadline=None)
def test_known_fields_with_any_values_are_read(dialect, fields, words):
    octets = urlencode({name: value.encode("utf-8", "replace") for name, value in fields.items()}).encode()
    event = read(dialect, call(octets, words=words))
    if event is not None:
        assert "\0" not in event.input + (event.text_all or "") + event.carrier_session_id + event.msisdn
        assert (event.text_all is None) == (not DIALECTS[dialect].is_cumulative or event.kind.is_over)


@pytest.mark.parametrize(
    "body",
    [b"a=" + b"%25" * 5000, b"<a>" * 5000, b'{"a":' * 3000, b"&" * CALL_OCTETS, b"*" * CALL_OCTETS, b";=" * 8000],
)
def test_a_body_of_nothing_but_weight_is_no_event(body):
    assert all(read(dialect, call(body=body)) is None for dialect in DIALECTS)
