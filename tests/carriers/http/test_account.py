"""What an operator may set, what is refused and in which words, and what is never shown."""

import json
from pathlib import Path

import attrs
import pytest

from mobilesasa.carriers.http import presets
from mobilesasa.carriers.http.account import HttpOptions, parse_account
from mobilesasa.carriers.http.places import BadPlace, Said, compile_place
from mobilesasa.carriers.http.requests import FIELDS, RequestWriter
from mobilesasa.carriers.http.spec import with_tables
from mobilesasa.carriers.http.templates import LEFT_OUT, BadTemplate, compile_text, compile_tree, fill_tree
from mobilesasa.carriers.options import BadOptions
from mobilesasa.core.callbacks import About
from mobilesasa.core.model import Coding
from tests.carriers.rig import Rig

GENERIC = {"base_url": "https://api.test/send"}
PUBLIC = {"public_url": "https://sms.example.com/", "callback_secret": "a-long-enough-secret"}


def faults(**given):
    with pytest.raises(BadOptions) as bad:
        parse_account({**GENERIC, **{name.replace("__", "."): value for name, value in given.items()}})
    return bad.value.faults


@pytest.mark.parametrize(
    ("given", "place", "words"),
    [
        ({"nonsense": "1"}, "nonsense", "there is no such option"),
        ({"timeout_s": "0"}, "timeout_s", "must be from 0.1 to 300"),
        ({"window": "many"}, "window", "must be a whole number"),
        ({"preset": "nobody"}, "preset", "must be one of africastalking"),
        ({"base_url": "ftp://x"}, "base_url", "must be an address"),
        ({"base_url": "https://x/?a=b"}, "base_url", "must be an address"),
        ({"base_url": "https://x:99999/"}, "base_url", "must be an address"),
        ({"public_url": "sms.example.com"}, "public_url", "must be an address"),
        ({"callback_secret": "short"}, "callback_secret", "at least 16"),
        ({"callback_networks": "10.0.0.0/99"}, "callback_networks", "10.0.0.0/99"),
        ({"ca_file": "/nonexistent"}, "ca_file", "cannot be used"),
        ({"token": True}, "token", "must be text"),
        ({"secret": "x"}, "secret", "must be a table"),
        ({"request__url": "{base_url}/{nothing}"}, "request", "there is no field nothing"),
        ({"request__fields__x": "{to"}, "request", "expected '}'"),
        ({"request__fields__x": "{to!r}"}, "request", "a field is {name}"),
        ({"request__fields__x": "a{validity_min:int}"}, "request", "a number stands alone"),
        ({"request__fields__x": "{secret.missing}"}, "request", "there is no field secret.missing"),
        ({"request__body": "xml"}, "request.body", "must be one of form, json, query"),
        ({"request__body": "form", "request__fields__x": {"y": "z"}}, "request", "not tables or lists"),
        ({"request__nonsense": "1"}, "request", "there is no nonsense"),
        ({"answer__id": ""}, "answer.id", "is needed"),
        ({"answer__id": "re:("}, "answer", "is no regular expression"),
        ({"answer__id": "re:x"}, "answer", "has no group"),
        ({"answer__id": "a | "}, "answer", "must not be empty"),
        ({"answer__words__sent": "x,y", "answer__words__later": "y"}, "answer", "cannot mean both"),
        ({"receipts__states__delivered": "x", "receipts__states__expired": "X"}, "receipts or inbound", "two things"),
        ({"receipts__id": ""}, "receipts or inbound", "receipts need"),
        ({"inbound__source": ""}, "receipts or inbound", "inbound needs"),
        ({"receipts__reply__status": "404"}, "receipts or inbound", "200 to 299"),
        ({"receipts__reply__status": "soon"}, "receipts.reply.status", "must be a whole number"),
        ({"signature__kind": "hmac-sha256", "signature__header": "X"}, "signature.secret", "is needed"),
        ({"signature__kind": "twilio", "signature__secret": "{secret.token}", "token": "t"}, "public_url", "is needed"),
        ({"options__to": {"about": "x"}}, "options.to", "is the name of a field"),
    ],
)
def test_what_cannot_be_used_is_refused_when_it_is_set(given, place, words):
    assert words in faults(**given)[place]


def test_all_that_is_wrong_is_named_at_once():
    assert set(faults(window=0, tps="x", nonsense=1, base_url="?")) == {"window", "tps", "nonsense", "base_url"}


def test_dots_make_tables_and_tables_are_laid_over_the_presets():
    assert with_tables({"a.b.c": 1, "a": {"d": 2}, "e": 3}) == {"a": {"b": {"c": 1}, "d": 2}, "e": 3}
    account = parse_account({**GENERIC, "request.headers.X-Own": "{secret.mine}", "secret.mine": "s"})
    assert account.spec.request.headers == {"Idempotency-Key": "{ref}", "X-Own": "{secret.mine}"}
    assert account.values["secret.mine"] == "s"


def test_callbacks_have_addresses_once_it_is_known_where_we_are_reached():
    assert parse_account(GENERIC).fields_for("up")["callback_url"] is None
    account = parse_account({**GENERIC, **PUBLIC})
    where = "https://sms.example.com/carriers/up/receipts/a-long-enough-secret"
    assert account.fields_for("up")["callback_url"] == account.callback_url("up", About.RECEIPTS) == where


def writer(**given):
    rig = Rig()
    account = parse_account({**GENERIC, **{name.replace("__", "."): value for name, value in given.items()}})
    return rig, RequestWriter(account.spec, account.fields_for("up"), rig.now_ms)


@pytest.mark.parametrize(
    "text", ['"}],"x":[{"', "{to}{secret.token}", "a&to=1&b", "\r\nX: y", "\\u0022", "%26", "🎉\u2028"]
)
def test_no_text_changes_the_shape_of_a_request(text):
    rig, json_writer = writer()
    request = json_writer.requests(rig.message("254712345678", text))[0].request
    assert json.loads(request.body)["text"] == text
    assert set(json.loads(request.body)) == {"id", "to", "from", "text"}
    rig, form_writer = writer(request__body="form", request__headers__X="{text}")
    request = form_writer.requests(rig.message("254712345678", text))[0].request
    assert request.body.count(b"&") == 3
    assert "\r" not in request.headers["X"]
    assert "\n" not in request.headers["X"]
    rig, path_writer = writer(request__url="{base_url}/{text}?to={to}")
    request = path_writer.requests(rig.message("254712345678", text))[0].request
    assert request.url.count("/") == 4
    assert request.url.endswith("?to=254712345678")


def test_a_form_takes_raw_octets_and_a_header_of_a_team():
    rig, made = writer(
        request__body="query",
        request__fields={"t": "{octets_raw}"},
        request__binary={"t": "{octets_raw}"},
        request__udh={"udh": "{udh_raw}"},
        request__method="GET",
    )
    message = rig.message(
        "254712345678", None, body=b"\x00\xff+", udh=b"\x05\x00\x03\x01\x02\x01", coding=Coding.BINARY
    )
    url = made.requests(message)[0].request.url
    assert "t=%00%FF%2B" in url
    assert url.endswith("&udh=%05%00%03%01%02%01")


def test_a_long_message_in_parts_has_a_header_and_an_id_for_each():
    rig, made = writer(request__long="split", request__udh={"udh": "{udh_hex}", "part": "{part}"})
    message = rig.long_message(2)
    first, second = made.requests(message)
    bodies = [json.loads(each.request.body) for each in (first, second)]
    reference = message.id[-2:]
    assert [body["udh"] for body in bodies] == [f"050003{reference}0201", f"050003{reference}0202"]
    assert [body["id"] for body in bodies] == [f"{message.id}-1", f"{message.id}-2"]
    assert "".join(body["text"] for body in bodies) == message.text


def test_braces_and_what_is_left_out():
    template = compile_tree(
        {"a": "{{{x}}}", "b": "{none}", "c": ["{none}"], "d": {"e": "{none}"}, "f": [], "g": 1}, ["x", "none"]
    )
    assert fill_tree(template, {"x": "1", "none": None}) == {"a": "{1}", "f": [], "g": 1}
    assert fill_tree(compile_tree(["{none}"], ["none"]), {"none": None}) is LEFT_OUT
    with pytest.raises(BadTemplate):
        compile_tree({"a": object()}, [])
    with pytest.raises(BadTemplate):
        compile_text("{}", [])


@pytest.mark.parametrize(
    ("place", "word"),
    [
        ("a.0.b-c", "1"), ("a.*.b-c", "1"), ("/a/1/b-c", "2"), ("/x~1y/z~0", "deep"), ("no | a.1.b-c", "2"), ("a", ""),
        ("a.7.b-c", ""), ("a.b", ""), ("n", "3.5"), ("t", "true"), ("header:X-Id", "h"), ("re:id=(\\w+)", "q1"), ("re:(z)", ""),
    ],
)  # fmt: skip
def test_a_place_leads_to_a_word_or_nowhere(place, word):
    document = {"a": [{"b-c": 1}, {"b-c": "2"}], "x/y": {"z~": "deep"}, "n": 3.5, "t": True}
    said = Said(document, "OK id=q1", {"x-id": "h"})
    assert compile_place(place).word(said) == word


def test_a_regular_expression_stands_alone():
    with pytest.raises(BadPlace):
        compile_place("a | re:(x)")


PAGE = Path(__file__).parents[3] / "docs" / "carriers-http.rst"


def test_the_page_tells_of_every_preset_option_and_field():
    page = PAGE.read_text()
    own = {name for preset in presets.names() for name in presets.tables(preset)["options"]}
    names = {
        *presets.names(),
        *own,
        *(field.name for field in attrs.fields(HttpOptions)),
        *(f"{{{name}}}" for name in FIELDS),
    }
    assert {name for name in names if f"``{name}``" not in page} == set()


def test_every_preset_is_listed():
    assert presets.names() == ["africastalking", "clickatell", "generic", "infobip", "kannel", "twilio", "vonage"]
