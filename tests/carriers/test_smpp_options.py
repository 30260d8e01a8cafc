"""What an operator sets for an SMPP carrier: read strictly, and done."""

import datetime as dt
from pathlib import Path

import attrs
import pytest
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel, globalLogPublisher

from mobilesasa.carriers.options import BadOptions, unstructure
from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import make, parse_options
from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.smppnet.certificates import self_signed
from mobilesasa.smppnet.tls_client import TlsClientEndpoint
from tests.carriers.rig import Rig

NEEDED = {"host": "smsc.example", "system_id": "us"}
EVERYTHING = {
    **NEEDED,
    "tls": True,
    "tls_verify": False,
    "interface_version": 0x33,
    "long_messages": "sar",
    "default_alphabet": "latin1",
    "destination_form": "national",
    "calling_code": "254",
    "national_prefix": "",
    "validity": "absolute",
    "errors": {"0x0000000B": "permanent"},
    "tlvs": [{"tag": "0x1400", "type": "int16", "value": 7, "from": "submit", "back": True}],
    "receipt_words": {"OK": "DELIVRD"},
    "receipt_pattern": r"(?P<id>\w+),(?P<stat>\w+)",
    "network_tlv": 0x1403,
}


def fault_of(**options):
    with pytest.raises(BadOptions) as refused:
        parse_options("smpp", {**NEEDED, **options})
    (fault,) = refused.value.faults.values()
    return fault


def test_all_of_it_becomes_json_and_comes_back():
    options = parse_options("smpp", EVERYTHING)
    assert unstructure(options) == EVERYTHING
    assert parse_options("smpp", unstructure(options)) == options


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"receipt_pattern": "("}, "is no regular expression"),
        ({"receipt_pattern": r"(?P<stat>\w+)"}, "must name a group `id`"),
        ({"receipt_pattern": r"(?P<id>\w+)(?P<price>\d+)"}, "must name a group `id`"),
        ({"receipt_pattern": "(?P<id>" + "x" * 1000 + ")"}, "must name a group `id`"),
        ({"receipt_words": "[]"}, "must be a table"),
        ({"receipt_words": {"OK": "FINE"}}, "FINE is no word of a receipt"),
        ({"calling_code": "+254"}, "must have 0 to 3 digits"),
        ({"calling_code": "2540"}, "must have 0 to 3 digits"),
        ({"long_messages": "split"}, "must be one of udh, udh16, sar, payload"),
        ({"source_form": "e164"}, "must be one of digits, plus, zeros, national"),
        ({"validity": "never"}, "must be one of relative, absolute, none"),
        ({"send_validity": False}, "there is no such option"),
    ],
)
def test_what_cannot_be_is_refused_in_words(options, fault):
    assert fault in fault_of(**options)


def test_every_option_is_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "carriers.rst").read_text()
    assert [field.name for field in attrs.fields(SmppOptions) if f"``{field.name}``" not in page] == []


# TLS


@pytest.fixture
def connected(tmp_path):
    """Makes a carrier of these options over TLS and starts it; gives what it connects with, and what was logged."""
    seen = []
    globalLogPublisher.addObserver(seen.append)

    def start(**options):
        world = World(MemoryReactorClock(), Rig().now_ms, Rig().world.random)
        carrier = make(CarrierRecord(1, "upstream", "smpp", options={**NEEDED, "tls": "true", **options}), world)
        (bind,) = carrier._binds
        errors = [event for event in seen if event.get("log_level") is LogLevel.error]
        return bind.client._endpoint, [event["log_format"].format(**event) for event in errors]

    yield start
    globalLogPublisher.removeObserver(seen.append)


def test_a_carrier_over_tls_is_verified_by_default(connected):
    endpoint, errors = connected()
    assert isinstance(endpoint, TlsClientEndpoint)
    assert errors == []


def test_a_carrier_that_is_not_verified_is_said_aloud(connected):
    _, (error,) = connected(tls_verify="false")
    assert error.startswith(
        "upstream: TLS without verification (tls_verify=false): whoever answers at smsc.example gets"
    )


def test_a_certificate_of_ours_is_shown(connected, tmp_path):
    ours = self_signed(tmp_path, "esme.example", dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
    endpoint, _ = connected(tls_certificate_file=str(ours.certificate_file), tls_key_file=str(ours.key_file))
    assert isinstance(endpoint, TlsClientEndpoint)


@pytest.mark.parametrize(
    ("options", "fault"),
    [({"tls_ca_file": "/none.pem"}, "/none.pem cannot be read"), ({"tls_key_file": "/none.pem"}, "go together")],
)
def test_files_that_cannot_be_used_are_said(connected, options, fault):
    with pytest.raises(BadOptions, match=fault):
        connected(**options)
