"""A character of the GSM extension table that a client has cut in two, as smpplib does (decision 121)."""

import pytest

from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.smpp.parts import PartWriter
from mobilesasa.core.groups import group_of
from mobilesasa.core.model import Coding, Outbound, Priced
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.smpp.fields import EsmClass
from mobilesasa.smpp.pdus import SubmitSm
from tests.smsc.rig import NOW_MS

FIRST, LAST = bytes.fromhex("050003070201"), bytes.fromhex("050003070202")


def submitted(rig, udh: bytes, septets: bytes) -> Priced:
    response = rig.bound().submit(
        esm_class=int(EsmClass.UDHI), short_message=udh + septets, destination_addr="254712345678"
    )
    assert response.status == 0
    return rig.intake.stored[-1]


def outbound(stored: Priced) -> Outbound:
    kept = {
        name: getattr(stored, name) for name in ("id", "team_id", "carrier_id", "lane", "sender", "recipient", "text")
    }
    rest = {name: getattr(stored, name) for name in ("body", "udh", "coding", "parts", "expires_at_ms", "options")}
    return Outbound(**kept, **rest, attempt=1)


def written(stored: Priced, **options: object) -> SubmitSm:
    given = parse_options("smpp", {"host": "smsc.example", "system_id": "us", **options})
    (pdu,) = PartWriter(given, lambda: NOW_MS, CurrentDirectory()).parts(outbound(stored))
    return pdu


def test_both_parts_reach_the_carrier_octet_by_octet(rig):
    first = submitted(rig, FIRST, b"a" * 152 + b"\x1b")
    last = submitted(rig, LAST, b"\x65" + b"b" * 20)
    assert [(part.coding, part.parts, part.price_units) for part in (first, last)] == [(Coding.GSM7, 1, 1)] * 2
    assert (written(first).data_coding, written(first).short_message) == (0, FIRST + b"a" * 152 + b"\x1b")
    assert written(last).short_message == LAST + b"\x65" + b"b" * 20


def test_they_are_shown_as_the_text_that_was_meant(rig):
    first = submitted(rig, FIRST, b"to pay: \x1b")
    last = submitted(rig, LAST, b"\x65" + b"5")
    group = group_of(first, [last], NOW_MS)
    assert group is not None
    assert group.text == "to pay: €5"
    assert first.text == "to pay: "


def test_an_escape_at_the_very_end_is_a_blank_as_ever(rig):
    assert submitted(rig, LAST, b"that is all\x1b").text == "that is all "


def test_a_header_that_is_no_concatenation_cuts_nothing(rig):
    assert submitted(rig, bytes.fromhex("0605040b8423f0"), b"ring\x1b").body is None


@pytest.mark.parametrize("alphabet", ["latin1", "ascii"])
def test_a_carrier_of_another_alphabet_gets_the_text_without_the_escape(rig, alphabet):
    first = submitted(rig, FIRST, b"to pay: \x1b")
    assert written(first, default_alphabet=alphabet).short_message == FIRST + b"to pay: "
