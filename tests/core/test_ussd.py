"""The one inner event of USSD, and gateways before their calls are read."""

from ipaddress import ip_network

import attrs
import pytest

from mobilesasa.core.errors import BadValue
from mobilesasa.core.teams import token_digest
from mobilesasa.core.ussd import APOLOGY, Kind, UssdEvent, code_of, dialled_as, is_dialled, phone_of
from mobilesasa.core.ussd_gateways import DIALECTS, Gateway, GatewayOptions, UssdCall, gateway_options


def event(**fields) -> UssdEvent:
    given = {
        "gateway": "savanna", "carrier_session_id": "AT-1", "msisdn": "254712345678", "code": "384", "dialled": "*384#",
        "kind": Kind.INPUT, **fields,
    }  # fmt: skip
    return UssdEvent(**given)


def call(**fields) -> UssdCall:
    given = {
        "gateway": "savanna", "secret": "s3cret", "method": "GET", "path": "/ussd/savanna/s3cret", "query": b"",
        "body": b"", "peer": "196.201.214.7", **fields,
    }  # fmt: skip
    return UssdCall(**given)


GATEWAY = Gateway(name="savanna", dialect="africastalking", secret_digest=token_digest("s3cret"))


def test_a_session_is_named_by_gateway_id_and_phone():
    assert event().key == ("savanna", "AT-1", "254712345678")


@pytest.mark.parametrize(
    ("fields", "dialled"),
    [
        ({}, "*384#"),
        ({"text_all": ""}, "*384#"),
        ({"text_all": "7*2"}, "*384*7*2#"),
        ({"dialled": "*384*7#", "text_all": "2"}, "*384*7*2#"),
        ({"dialled": "", "text_all": "2"}, "*384*2#"),
        ({"dialled": "", "code": "", "text_all": "2"}, ""),
        ({"dialled": "*384*7#", "text_all": "*384*7#"}, "*384*7#"),
    ],
)
def test_what_was_dialled_has_the_shortcut_of_cumulative_text(fields, dialled):
    assert event(**fields).dialled_in_full == dialled


def test_an_end_an_abort_and_a_time_out_are_over():
    assert [kind for kind in Kind if kind.is_over] == [Kind.END, Kind.ABORT, Kind.TIMEOUT]


@pytest.mark.parametrize(
    ("dialled", "code"), [("*384*7#", "384"), ("384", "384"), ("*384", "384"), ("#150#", "150"), ("", ""), ("*#", "")]
)
def test_the_code_is_the_first_digits(dialled, code):
    assert code_of(dialled) == code


def test_a_code_is_dialled_between_a_star_and_a_hash():
    assert (dialled_as("384"), dialled_as("")) == ("*384#", "")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("*384#", True), ("*384*7*2#", True), ("#150#", True), ("384#", False), ("*1", False), ("", False)],
)
def test_a_dialled_code_is_told_from_an_answer(text, is_one):
    assert is_dialled(text) is is_one


@pytest.mark.parametrize(
    ("written", "country", "phone"),
    [
        ("0720000019", "KE", "254720000019"),
        ("+254720000019", "KE", "254720000019"),
        ("254720000019", "KE", "254720000019"),
        ("0772123456", "UG", "256772123456"),
        ("256772123456", "KE", "256772123456"),
        ("7f3a-x", "KE", "7f3a-x"),
        ("12", "KE", "12"),
        ("0999", "KE", ""),
        ("", "KE", ""),
    ],
)
def test_a_phone_has_one_number_however_it_is_written(written, country, phone):
    assert phone_of(written, country) == phone


def test_the_apology_is_the_end():
    assert APOLOGY.end


# Gateways


def test_a_dialect_is_named_once():
    assert len(DIALECTS) == len(set(DIALECTS)) >= 9


@pytest.mark.parametrize(
    ("changes", "fields", "owns"),
    [
        ({}, {}, True),
        ({"enabled": False}, {}, False),
        ({}, {"secret": "wrong"}, False),
        ({}, {"secret": ""}, False),
        ({"options": GatewayOptions(allow=(ip_network("196.201.214.0/24"),))}, {}, True),
        ({"options": GatewayOptions(allow=(ip_network("196.201.214.0/24"),))}, {"peer": "::ffff:196.201.214.7"}, True),
        ({"options": GatewayOptions(allow=(ip_network("196.201.214.0/24"),))}, {"peer": "192.0.2.1"}, False),
        ({"options": GatewayOptions(allow=(ip_network("196.201.214.0/24"),))}, {"peer": "2001:db8::1"}, False),
        ({"options": GatewayOptions(allow=(ip_network("196.201.214.0/24"),))}, {"peer": ""}, False),
    ],
)
def test_a_gateway_owns_the_calls_with_its_secret_from_its_networks(changes, fields, owns):
    assert attrs.evolve(GATEWAY, **changes).owns(call(**fields)) is owns


def test_options_are_read_as_they_are_written():
    given = {
        "allow": "196.201.214.0/24, 2001:db8::/32,",
        "code": "*384#",
        "network": " Safaricom ",
        "screen_septets": "160",
    }
    assert gateway_options(given) == GatewayOptions(
        allow=(ip_network("196.201.214.0/24"), ip_network("2001:db8::/32")),
        code="384",
        network="Safaricom",
        screen_septets=160,
    )
    assert gateway_options({"allow": ["192.0.2.0/24"], "code": None, "network": ""}).allow == (
        ip_network("192.0.2.0/24"),
    )
    assert gateway_options({}) == GatewayOptions()
    assert gateway_options({"country": " ug"}).country == "UG"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"allow": "example.com"}, "allow: "),
        ({"allow": 7}, "allow: must be networks"),
        ({"allow": [7]}, "allow: must be networks"),
        ({"allow": ["192.0.2.0/24"] * 51}, "allow: must be at most 50"),
        ({"code": "38A"}, "code: must be the digits"),
        ({"code": "1" * 13}, "code: must be the digits"),
        ({"network": "a\nb"}, "network: must be the name"),
        ({"network": 7}, "network: must be the name"),
        ({"country": "Kenya"}, "country: must be a country"),
        ({"network": "x" * 51}, "network: must be the name"),
        ({"screen_septets": 183}, "screen_septets: must be from 60 to 182"),
        ({"screen_septets": "many"}, "screen_septets: must be from 60 to 182"),
        ({"screen_septets": True}, "screen_septets: must be from 60 to 182"),
        ({"password": "x"}, "password: there is no such option"),
    ],
)
def test_options_that_cannot_be_are_named(given, words):
    with pytest.raises(BadValue, match=words):
        gateway_options(given)


def test_all_options_that_cannot_be_are_named_at_once():
    with pytest.raises(BadValue) as refused:
        gateway_options({"code": "x", "screen_septets": 1, "other": 1})
    assert all(name in str(refused.value) for name in ("code", "screen_septets", "other"))
