"""Whose a call is, and that nothing which it says does harm."""

import base64
import hashlib
import hmac
import json

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.carriers.http.account import parse_account
from mobilesasa.core.callbacks import About, Callback
from mobilesasa.core.model import Coding, State
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.http.rig import SECRET
from tests.carriers.rig import CARRIER_ID, START_MS

RECORD = CarrierRecord(CARRIER_ID, "up", "http")
JSON = {"content-type": "application/json; charset=utf-8"}


def reader(**options):
    given = {"base_url": "https://api.test/", "callback_secret": SECRET}
    given |= {name.replace("__", "."): value for name, value in options.items()}
    return parse_account(given).reader(RECORD)


def call(body=b"", about=About.RECEIPTS, **more) -> Callback:
    known = {"carrier": "up", "secret": SECRET, "method": "POST", "path": f"/carriers/up/{about.value}/{SECRET}",
             "query": b"", "headers": JSON, "body": body, "peer": "192.0.2.7"}  # fmt: skip
    return Callback(about=about, **{**known, **more})


def test_the_secret_comes_in_the_path_or_in_a_header():
    made = reader()
    assert made.is_own(call())
    assert made.is_own(call(secret="", headers={"x-callback-secret": SECRET}))
    assert reader(callback_header="X-Mine").is_own(call(secret="", headers={"x-mine": SECRET}))


@pytest.mark.parametrize(
    "more",
    [{"secret": ""}, {"secret": "wrong"}, {"secret": SECRET + "x"}, {"secret": "\udcff"},
     {"secret": "wrong", "headers": {"x-callback-secret": SECRET}}],
)  # fmt: skip
def test_a_wrong_secret_is_nobodys(more):
    assert not reader().is_own(call(**more))


def test_without_a_secret_nothing_is_taken():
    assert not reader(callback_secret="").is_own(call(secret=""))


@pytest.mark.parametrize(
    ("peer", "own"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.9", True),
        ("2001:db8::1", True),
        ("nonsense", False),
        ("", False),
    ],
)
def test_only_listed_addresses_may_call(peer, own):
    assert reader(callback_networks="192.0.2.0/24, 2001:db8::/32").is_own(call(peer=peer)) is own


def signed(**more):
    return reader(
        signature__kind="hmac-sha256",
        signature__header="X-Sig",
        signature__secret="{secret.sign}",
        secret__sign="k",
        **more,
    )


def test_a_signature_must_be_there_once_it_is_asked_for():
    body = b'{"id": "a", "status": "delivered"}'
    digest = hmac.new(b"k", body, hashlib.sha256).digest()
    for made, value in (
        (signed(), digest.hex()),
        (signed(), base64.b64encode(digest).decode()),
        (signed(signature__prefix="sha256="), f"sha256={digest.hex()}"),
    ):
        assert made.is_own(call(body, headers=JSON | {"x-sig": value}))
        assert not made.is_own(call(body + b" ", headers=JSON | {"x-sig": value}))
        assert not made.is_own(call(body))


def test_a_signature_of_twilio_covers_the_address_with_its_query():
    made = parse_account(
        {
            "preset": "twilio",
            "account_sid": "AC",
            "auth_token": "12345",
            "callback_secret": SECRET,
            "public_url": "https://example.com",
        }
    ).reader(RECORD)
    body = b"To=%2B18005551212&CallSid=CA123&Digits=1234&From=%2B14158675309&Caller=%2B14158675309"
    url = f"https://example.com/carriers/up/receipts/{SECRET}?foo=1&bar=2"
    data = url + "CallSidCA123Caller+14158675309Digits1234From+14158675309To+18005551212"
    value = base64.b64encode(hmac.new(b"12345", data.encode(), hashlib.sha1).digest()).decode()
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": value}
    asked = call(body, headers=headers, query=b"foo=1&bar=2")
    assert made.is_own(asked)
    assert not made.is_own(attrs.evolve(asked, query=b"foo=1&bar=3"))
    assert not made.is_own(attrs.evolve(asked, body=body + b"&x=1"))


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"1", b"[" * 10_000, b'{"id": {}}', b'{"status": "delivered"}', b"\xff\xfe", b"id",
     b"[null, 1, [], {}]", b'{"id": ["a"], "status": ["b"]}', b"&".join([b"a=1"] * 500)],
)  # fmt: skip
def test_what_cannot_be_read_brings_nothing(body):
    heard = reader().read(call(body), START_MS)
    assert heard.reports == heard.parts == ()
    assert heard.key is None
    assert heard.reply.status == 200


NAMES = st.sampled_from(["id", "status", "at", "from", "to", "text", "error", "results"]) | st.text()
SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, st.sampled_from(list(About)))
def test_any_json_is_read_without_an_error(document, about):
    reader().read(call(json.dumps(document).encode(), about), START_MS)


def test_an_unknown_word_is_intermediate_and_is_kept():
    (report,) = reader().read(call(b'{"id": "a", "status": "thinking\\u0000"}'), START_MS).reports
    assert (report.state, report.error) == (State.SENT, "thinking")


def test_words_are_known_in_any_case():
    (report,) = reader().read(call(b'{"id": "a", "status": "Delivered"}'), START_MS).reports
    assert report.state is State.DELIVERED


@pytest.mark.parametrize(
    ("form", "written", "at_ms"),
    [
        ("iso", "2026-11-22T09:00:00+03:00", 1_795_327_200_000), ("iso", "soon", None), ("epoch", "1795338000.5", 1_795_338_000_500),
        ("epoch_ms", 1_795_338_000_000, 1_795_338_000_000), ("epoch", "1e999", None), ("%d.%m.%Y", "22.11.2026", 1_795_305_600_000),
        ("epoch", "nan", None), ("epoch", 1e200, None), ("epoch_ms", -5, None), ("iso", "0001-01-01T00:00:00+14:00", None),
    ],
)  # fmt: skip
def test_times_are_read_in_the_form_that_is_said(form, written, at_ms):
    body = json.dumps({"id": "a", "status": "delivered", "at": written}).encode()
    (report,) = reader(receipts__at_format=form).read(call(body), START_MS).reports
    assert report.done_at_ms == at_ms


def test_receipts_may_come_as_often_as_they_like():
    assert reader().read(call(b'{"id": "a", "status": "sent"}'), START_MS).key is None


def test_messages_from_phones_are_told_apart_by_their_ids_alone():
    made = reader()
    yes = {"from": "+254712345678", "to": "28901", "text": "YES"}

    def key(**more):
        return made.read(call(json.dumps(yes | more).encode(), About.INBOUND), START_MS).key

    assert key() is None
    assert key(id="1") == key(id="1", at="x") != key(id="2")


@pytest.mark.parametrize("lacking", ["from", "to"])
def test_a_message_from_nobody_or_to_nowhere_brings_nothing(lacking):
    body = {"id": "1", "from": "+254712345678", "to": "28901", "text": "YES", lacking: ""}
    assert reader().read(call(json.dumps(body).encode(), About.INBOUND), START_MS).parts == ()


def test_a_text_is_bounded_and_half_a_character_does_no_harm():
    body = b'{"from": "1", "to": "2", "text": "' + b"x" * 20_000 + b'"}'
    (part,) = reader().read(call(body, About.INBOUND), START_MS).parts
    assert (part.coding, len(part.octets)) == (Coding.GSM7, 10_000)


def test_what_a_carrier_does_not_do_is_nobodys():
    account = parse_account({"base_url": "https://api.test/", "callback_secret": SECRET})
    account = attrs.evolve(account, spec=attrs.evolve(account.spec, inbound=None))
    assert not account.reader(RECORD).is_own(call(about=About.INBOUND))
    assert account.reader(RECORD).read(call(about=About.INBOUND), START_MS).items == 0
