"""A transcript a dialect: what it sends, what that is, and what it gets for a screen that goes on and for the last."""

from urllib.parse import urlencode

import orjson
import pytest

from mobilesasa.carriers.ussd.dialects import DIALECTS
from mobilesasa.carriers.ussd.markup import read_markup
from mobilesasa.core import ussd_gateways
from mobilesasa.core.ussd import Kind, UssdReply
from tests.carriers.ussd.rig import PHONE, call, read, write

ASKS, ENDS = UssdReply("Salio & <more>\n1 Ndiyo", end=False), UssdReply("Asante", end=True)
XML = '<?xml version="1.0" encoding="UTF-8"?>'


def form(**fields):
    return call(body=urlencode(fields).encode())


def query(*words, **fields):
    return call(urlencode(fields).encode(), words=words)


def json(*words, **members):
    return call(body=orjson.dumps(members), words=words)


def at(text, **more):
    return form(
        sessionId="ATUid_1", phoneNumber=f"+{PHONE}", networkCode="63902", serviceCode="*384*7#", text=text, **more
    )


def mtech(**members):
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in members.items())
    return call(body=f'{XML}\n<page version="2.0">\n  <session_id>a41</session_id>{inside}</page>'.encode())


def hollatags_xml(**members):
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in members.items())
    return call(body=f"<ussd>{inside}</ussd>".encode())


def facts(event):
    """What a desk goes by."""
    return event.kind, event.input, event.text_all, event.code, event.dialled_in_full


AT = {"sessionId": "ATUid_1", "phoneNumber": PHONE, "networkCode": "63902", "serviceCode": "*384*7#"}
BONGA = {"session_id": "b1", "mobile_number": PHONE, "service_code": "*384#", "network": "Airtel"}
CROSSGATE = {"session_id": "c1", "msisdn": PHONE, "service_code": "384", "network_code": "63902"}
SAFARICOM = {"ORIG": PHONE, "DEST": "384", "SESSION_ID": "s1"}
AIRTEL = {"SessionID": "f1", "MSISDN": PHONE, "MSC": "msc1", "userid": "us", "password": "hidden"}
DMARK = {"transactionId": "d1", "msisdn": f"+{PHONE}", "ussdServiceCode": "*384#", "transactionTime": "1389971940"}
IMIMOBILE = {"msisdn": PHONE, "opnm": "Airtel", "circle": "KE", "datetime": "1/26/2013 03:30:00 pm"}
VODACOM = {"msisdn": PHONE, "provider": "Vodacom", "ussdSessionId": "v1"}
HOLLATAGS = {"session_id": "h1", "session_msisdn": PHONE, "session_from": "*384#", "session_mno": "MTN"}
INFOBIP = {"msisdn": PHONE, "imsi": "429011234567890", "shortCode": "*384#", "ussdGwId": "11", "language": None}

#: Each dialect with calls, and what each is: kind, input, all of the text, code, and what was dialled if it begins.
CALLS = {
    "africastalking": [
        (at(""), (Kind.START, "", "", "384", "*384*7#")),
        (at("1"), (Kind.INPUT, "", "1", "384", "*384*7*1#")),
        (at("1*2**3"), (Kind.INPUT, "", "1*2**3", "384", "*384*7*1*2**3#")),
        (form(**AT, status="Success", durationInMillis="900"), (Kind.END, "", None, "384", "*384*7#")),
        (form(**AT, status="Incomplete", hopsCount="2", input="1"), (Kind.ABORT, "", None, "384", "*384*7#")),
        (
            form(**AT, status="Failed", hopsCount="2", errorMessage="Request timed out"),
            (Kind.TIMEOUT, "", None, "384", "*384*7#"),
        ),
    ],
    "bonga": [
        (query(**BONGA, message="*384*7*2#"), (Kind.START, "", None, "384", "*384*7*2#")),
        (query(**BONGA, message=""), (Kind.START, "", None, "384", "*384#")),
        (query(**BONGA, message="Amina * Njeri"), (Kind.INPUT, "Amina * Njeri", None, "384", "*384#")),
    ],
    "crossgate": [
        (query(**CROSSGATE, ussd_string="*384*7#"), (Kind.START, "", None, "384", "*384*7#")),
        (query(**CROSSGATE, ussd_string="1"), (Kind.INPUT, "1", None, "384", "*384#")),
    ],
    "safaricom": [
        (query(**SAFARICOM, USSD_PARAMS=""), (Kind.START, "", "", "384", "*384#")),
        (query(**SAFARICOM, USSD_PARAMS="7*2"), (Kind.INPUT, "", "7*2", "384", "*384*7*2#")),
        (query(**SAFARICOM, USSD_PARAMS="*384*7*2#"), (Kind.INPUT, "", "*384*7*2#", "384", "*384*7*2#")),
    ],
    "airtel": [
        (query(**AIRTEL, input="384*7"), (Kind.INPUT, "384*7", None, "", "*384*7#")),
        (query(**AIRTEL, input="*384*7#"), (Kind.START, "", None, "384", "*384*7#")),
        (query(**AIRTEL, input="Amina"), (Kind.INPUT, "Amina", None, "", "")),
        (query(**AIRTEL, clean="clean-session", error="522"), (Kind.ABORT, "", None, "", "")),
        (query("clean", **AIRTEL, error="session timeout"), (Kind.TIMEOUT, "", None, "", "")),
    ],
    "dmark": [
        (query(**DMARK, ussdRequestString="*384#", response="false"), (Kind.START, "", None, "384", "*384#")),
        (query(**DMARK, ussdRequestString="7*2", response="false"), (Kind.START, "", None, "384", "*384*7*2#")),
        (query(**DMARK, ussdRequestString="384*7", response="false"), (Kind.START, "", None, "384", "*384*7#")),
        (query(**DMARK, ussdRequestString="IGNORED", response="false"), (Kind.START, "", None, "384", "*384#")),
        (query(**DMARK, ussdRequestString="", response="true"), (Kind.INPUT, "", None, "384", "*384#")),
    ],
    "mtech": [
        (mtech(page_id="0", mobile_number=PHONE, data="", gate="384"), (Kind.START, "", None, "384", "*384#")),
        (mtech(page_id="0", mobile_number=PHONE, data="m", gate="gateid"), (Kind.INPUT, "m", None, "", "")),
        (mtech(page_id=f"p{PHONE}", data="1"), (Kind.INPUT, "1", None, "", "")),
        (mtech(page_id="indexX", data="1"), (Kind.INPUT, "1", None, "", "")),
        (mtech(status="1"), (Kind.ABORT, "", None, "", "")),
    ],
    "infobip": [
        (json("session", "i1", "start", **INFOBIP, text="*384*7#"), (Kind.START, "", None, "384", "*384*7#")),
        (json("session", "i1", "start", **INFOBIP, text=None), (Kind.START, "", None, "384", "*384#")),
        (json("session", "i1", "response", **INFOBIP, text="1"), (Kind.INPUT, "1", None, "384", "*384#")),
        (json(**INFOBIP, sessionId="i1", text="1"), (Kind.INPUT, "1", None, "384", "*384#")),
        (json("session", "i1", "end", reason="ok", exitCode=0), (Kind.END, "", None, "", "")),
        (json("session", "i1", "end", reason="Timeout", exitCode=0), (Kind.TIMEOUT, "", None, "", "")),
        (json("session", "i1", "end", reason="aborted", exitCode=507), (Kind.ABORT, "", None, "", "")),
    ],
    "imimobile": [
        (query("384", **IMIMOBILE, sms="*384*7#"), (Kind.START, "", None, "384", "*384*7#")),
        (query("384", **IMIMOBILE, msg="1"), (Kind.INPUT, "1", None, "384", "*384#")),
        (query("acme", **IMIMOBILE, msg="1"), (Kind.INPUT, "1", None, "", "")),
        (query("384", **IMIMOBILE, msg="Map Dialog User Abort User Reason"), (Kind.ABORT, "", None, "384", "*384#")),
        (query("384", **IMIMOBILE, msg="Map Dialog Timed Out"), (Kind.TIMEOUT, "", None, "384", "*384#")),
    ],
    "vodacom": [
        (query(**VODACOM, request="*384*7#"), (Kind.START, "", None, "384", "*384*7#")),
        (query(msisdn=PHONE, context="v1", request="1"), (Kind.INPUT, "1", None, "", "")),
    ],
    "hollatags": [
        (form(**HOLLATAGS, session_operation="begin", session_msg=""), (Kind.START, "", None, "384", "*384#")),
        (form(**HOLLATAGS, session_operation="continue", session_msg="1"), (Kind.INPUT, "1", None, "384", "*384#")),
        (hollatags_xml(**HOLLATAGS, session_operation="abort"), (Kind.ABORT, "", None, "384", "*384#")),
        (json(**HOLLATAGS, session_operation="end", session_msg="x"), (Kind.END, "", None, "384", "*384#")),
        (json(**HOLLATAGS, session_operation="", session_msg="x"), (Kind.INPUT, "x", None, "384", "*384#")),
    ],
}
SESSIONS = {
    "africastalking": ("ATUid_1", "63902"), "bonga": ("b1", "Airtel"), "crossgate": ("c1", "63902"), "safaricom": ("s1", ""),
    "airtel": ("f1", "msc1"), "dmark": ("d1", ""), "mtech": ("a41", ""), "infobip": ("i1", "11"),
    "imimobile": ("", "Airtel"), "vodacom": ("v1", "Vodacom"), "hollatags": ("h1", "MTN"),
}  # fmt: skip

PAGE = f'{XML}<page version="2.0"><session_id>a41</session_id><div>'
BACK = "http://sms.example/ussd/savanna/s3cret?context=v1"
LINK = '<navigation><link pageId="p254712345678" accesskey="*" /></navigation>'
OPTION = f'<options><option command="1" order="1" callback="{BACK}" display="False" /></options>'
CON_END = [
    ("text/plain", "CON Salio & <more>\n1 Ndiyo", {}),
    ("text/plain", "END Asante", {}),
    ("text/plain", "", {}),
]
#: Each dialect with what it gets for a screen that goes on, for the last, and for what wants none: type, body, headers.
REPLIES = {
    "africastalking": CON_END,
    "bonga": CON_END,
    "crossgate": CON_END,
    "safaricom": CON_END,
    "airtel": [
        ("text/plain", "Salio & <more>\n1 Ndiyo", {"Freeflow": "FC", "charge": "N", "amount": "0"}),
        ("text/plain", "Asante", {"Freeflow": "FB", "charge": "N", "amount": "0"}),
        ("text/plain", "", {"Freeflow": "FB", "charge": "N", "amount": "0"}),
    ],
    "imimobile": [
        ("text/plain", "Salio & <more>\n1 Ndiyo", {"X-USSD-SESSION": "1"}),
        ("text/plain", "Asante", {"X-USSD-SESSION": "0"}),
        ("text/plain", "", {"X-USSD-SESSION": "0"}),
    ],
    "dmark": [
        ("application/json", {"responseString": "Salio & <more>\n1 Ndiyo", "action": "request"}, {}),
        ("application/json", {"responseString": "Asante", "action": "end"}, {}),
        ("application/json", {"responseString": "", "action": "end"}, {}),
    ],
    "infobip": [
        (
            "application/json",
            {
                "ussdMenu": "Salio & <more>\n1 Ndiyo",
                "shouldClose": False,
                "responseExitCode": 200,
                "responseMessage": "",
            },
            {},
        ),
        (
            "application/json",
            {"ussdMenu": "Asante", "shouldClose": True, "responseExitCode": 200, "responseMessage": ""},
            {},
        ),
        ("application/json", {"responseExitCode": 200, "responseMessage": ""}, {}),
    ],
    "hollatags": [
        (
            "application/json",
            {
                "session_operation": "continue",
                "session_type": 1,
                "session_id": "h1",
                "session_from": "*384#",
                "session_msg": "Salio & <more>\n1 Ndiyo",
            },
            {},
        ),
        (
            "application/json",
            {
                "session_operation": "end",
                "session_type": 4,
                "session_id": "h1",
                "session_from": "*384#",
                "session_msg": "Asante",
            },
            {},
        ),
        (
            "application/json",
            {
                "session_operation": "end",
                "session_type": 4,
                "session_id": "h1",
                "session_from": "*384#",
                "session_msg": "",
            },
            {},
        ),
    ],
    "mtech": [
        (
            "text/xml",
            f"{PAGE}Salio &amp; &lt;more&gt;<br />1 Ndiyo</div>{LINK}</page>",
            {},
        ),
        ("text/xml", f"{PAGE}Asante</div></page>", {}),
        ("text/xml", f'{XML}<page version="2.0"><session_id>a41</session_id></page>', {}),
    ],
    "vodacom": [
        (
            "text/xml",
            f"{XML}<request><headertext>Salio &amp; &lt;more&gt;\n1 Ndiyo</headertext>{OPTION}</request>",
            {},
        ),
        ("text/xml", f"{XML}<request><headertext>Asante</headertext></request>", {}),
        ("text/xml", f"{XML}<request><headertext /></request>", {}),
    ],
}


def test_every_dialect_is_in_the_table_and_has_a_transcript():
    assert tuple(DIALECTS) == ussd_gateways.DIALECTS
    assert set(CALLS) == set(REPLIES) == set(SESSIONS) == set(DIALECTS)


@pytest.mark.parametrize(
    ("dialect", "asked", "expected"),
    [(dialect, asked, expected) for dialect, rows in CALLS.items() for asked, expected in rows],
)
def test_a_call_is_read_as_its_dialect_means_it(dialect, asked, expected):
    event = read(dialect, asked)
    assert facts(event) == expected
    assert event.gateway == "savanna"
    assert event.carrier_session_id == SESSIONS[dialect][0]
    assert event.msisdn in (PHONE, "")


@pytest.mark.parametrize("dialect", sorted(CALLS))
def test_the_first_call_tells_phone_and_network(dialect):
    event = read(dialect, CALLS[dialect][0][0])
    assert (event.msisdn, event.network) == (PHONE, SESSIONS[dialect][1])


@pytest.mark.parametrize("dialect", sorted(REPLIES))
@pytest.mark.parametrize(("place", "reply"), [(0, ASKS), (1, ENDS), (2, None)])
def test_a_screen_is_written_as_its_dialect_wants_it(dialect, place, reply):
    kind, body, headers = REPLIES[dialect][place]
    written = write(dialect, CALLS[dialect][0][0], reply)
    got = orjson.loads(written.body) if isinstance(body, dict) else written.body.decode()
    assert (written.status, written.content_type, got) == (200, f"{kind}; charset=utf-8", body)
    assert dict(written.headers) == headers


def test_mtech_brings_the_phone_back_in_the_page():
    first = write("mtech", CALLS["mtech"][0][0], ASKS)
    page = read_markup(first.body)["pageid"]
    asked = mtech(page_id=page, data="1")
    assert read("mtech", asked).msisdn == PHONE
    assert read_markup(write("mtech", asked, ASKS).body)["pageid"] == page
    assert read_markup(write("mtech", mtech(page_id="indexX", data="1"), ASKS).body)["pageid"] == "indexX"


def test_hollatags_gets_xml_for_xml():
    asked = hollatags_xml(**HOLLATAGS, session_operation="continue", session_msg="1")
    written = write("hollatags", asked, UssdReply("a<b", end=False))
    assert written.content_type == "text/xml; charset=utf-8"
    assert written.body.decode() == (
        f"{XML}<ussd><session_operation>continue</session_operation><session_type>1</session_type><session_id>h1</session_id>"
        "<session_from>*384#</session_from><session_msg>a&lt;b</session_msg></ussd>"
    )


def test_infobip_may_ask_whether_a_session_lives():
    asked = call(words=("session", "i1", "status"), method="GET")
    assert read("infobip", asked) is None
    assert orjson.loads(write("infobip", asked, None).body)["sessionActive"] is True


def test_vodacom_calls_back_by_https_where_it_came_by_https():
    asked = call(urlencode({**VODACOM, "request": "*384#"}).encode(), scheme="https")
    assert b'callback="https://sms.example/' in write("vodacom", asked, ASKS).body


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("", "", "")),
        ({"code": "384", "network": "Airtel"}, ("384", "*384#", "Airtel")),
    ],
)
def test_what_a_dialect_does_not_tell_the_gateway_may_have_set(options, expected):
    event = read("imimobile", query(msisdn=PHONE, msg="1"), **options)
    assert (event.code, event.dialled, event.network) == expected


@pytest.mark.parametrize("text", ["Jambo \ud83d", "Ж\0", "\U0001f600", "]]>"])
@pytest.mark.parametrize("dialect", sorted(REPLIES))
def test_any_text_can_be_written(dialect, text):
    assert write(dialect, CALLS[dialect][0][0], UssdReply(text, end=False)).body
