"""Vendor TLVs: fixed at the carrier, the team or the sender, or passed on; and back in receipts."""

import pytest

from mobilesasa.carriers.options import BadOptions, unstructure
from mobilesasa.carriers.registry import parse_options
from mobilesasa.core.model import Never
from mobilesasa.core.teams import Directory, Sender, Team
from mobilesasa.smpp.pdus import DeliverSm
from mobilesasa.smpp.tlvs import NO_TLVS, Tag
from tests.carriers.rig import SmppRig

NEEDED = {"host": "smsc.example", "system_id": "us"}
ENTITY, TEMPLATE = 0x1400, 0x1401
#: India's registers: the entity's id is the team's, the template's the sender's or the message's.
DLT = [
    {"tag": "0x1400", "type": "text", "value": "1000", "from": "team"},
    {"tag": "0x1401", "type": "text", "from": "submit", "back": True},
]


def sent(rules, team=None, sender=None, submit=None, written=None, **more):
    """The TLVs of a message's PDUs."""
    rig = SmppRig(tlvs=rules, **more)
    rig.world.directory.now = Directory(
        teams=[Team(1, "u", "ACME", "Acme", tlvs=team or {})],
        senders=[Sender(1, "s", 1, "TextBlast", tlvs=sender or {})],
    )
    rig.start()
    given = {name: tlvs for name, tlvs in (("tlvs", submit), ("written_tlvs", written)) if tlvs}
    message = rig.message(options=given or None)
    rig.carrier.submit([message])
    return [pdu.tlvs for pdu in rig.submits()] or rig.listener.of(message)


@pytest.mark.parametrize(
    ("source", "value"),
    [("carrier", b"c\0"), ("team", b"t\0"), ("sender", b"s\0"), ("submit", b"own")],
)
def test_the_nearest_to_the_message_that_the_rule_allows_counts(source, value):
    rule = {"tag": "0x1400", "value": "c", "from": source}
    attributes = {"team": {"0x1400": "t"}, "sender": {"0x1400": "s"}, "submit": {"0x1400": b"own".hex()}}
    assert sent([rule], **attributes) == [{ENTITY: value}]


@pytest.mark.parametrize(
    ("source", "value"), [("carrier", b"\x01"), ("team", b"\x02"), ("sender", b"\x03"), ("submit", b"\x04")]
)
def test_what_a_message_of_rest_has_is_written_as_the_rule_says(source, value):
    rule = {"tag": "0x1400", "type": "int8", "value": 1, "from": source}
    assert sent([rule], {"0x1400": "2"}, {"0x1400": "3"}, written={"0x1400": "4"}) == [{ENTITY: value}]


def test_what_is_wrong_farther_away_does_not_matter():
    rule = {"tag": "0x1400", "type": "int8", "from": "submit"}
    assert sent([rule], {"0x1400": "many"}, {"0x1400": "few"}, written={"0x1400": "4"}) == [{ENTITY: b"\x04"}]


def test_a_value_of_a_message_that_is_not_of_the_rule_s_type_fails_it_in_words():
    (outcome,) = sent([{"tag": "0x1400", "type": "int8", "from": "submit"}], written={"0x1400": "many"})
    assert isinstance(outcome, Never)
    assert outcome.reason == "the TLV 0x1400 of the message must be a number of 1 octets, not 'many'"


@pytest.mark.parametrize("source", ["carrier", "team", "sender", "submit"])
def test_what_nobody_else_gives_is_the_carriers(source):
    assert sent([{"tag": 5120, "value": "c", "from": source}]) == [{ENTITY: b"c\0"}]


def test_what_nobody_gives_at_all_is_left_out():
    assert sent([{"tag": "0x1400", "from": "submit"}]) == [NO_TLVS]


def test_a_tag_without_a_rule_is_never_sent():
    assert sent([], team={"0x1400": "t"}, submit={"0x1400": "00"}) == [NO_TLVS]


def test_a_team_without_the_sender_s_row_is_served_all_the_same():
    rig = SmppRig(tlvs=[{"tag": "0x1400", "value": "c", "from": "sender"}])
    rig.start()
    rig.carrier.submit([rig.message()])
    assert rig.submits()[0].tlvs == {ENTITY: b"c\0"}


@pytest.mark.parametrize(
    ("kind", "written", "octets"),
    [("int8", "7", b"\7"), ("int16", "0x0102", b"\1\2"), ("int32", "1", b"\0\0\0\1"), ("octets", "00ff", b"\0\xff")],
)
def test_a_value_has_the_type_that_the_carrier_wants(kind, written, octets):
    rule = {"tag": "0x1400", "type": kind, "from": "team"}
    assert sent([rule], team={"0x1400": written}) == [{ENTITY: octets}]


def test_a_value_of_another_type_fails_the_message_in_words():
    (outcome,) = sent([{"tag": "0x1400", "type": "int8", "from": "team"}], team={"0x1400": "many"})
    assert isinstance(outcome, Never)
    assert outcome.reason == "the TLV 0x1400 of the team must be a number of 1 octets, not 'many'"


def test_the_ids_of_indias_registers_go_with_every_part():
    rig = SmppRig(tlvs=DLT, long_messages="sar")
    rig.world.directory.now = Directory(
        teams=[Team(1, "u", "ACME", "Acme", tlvs={"0x1400": "1101"})],
        senders=[Sender(1, "s", 1, "TextBlast", tlvs={"0x1401": "1107"})],
    )
    rig.start()
    rig.carrier.submit([rig.long_message()])
    pdus = rig.submits()
    assert [(pdu.tlvs[ENTITY], pdu.tlvs[TEMPLATE]) for pdu in pdus] == [(b"1101\0", b"1107\0")] * 3
    assert [pdu.tlvs[Tag.SAR_SEGMENT_SEQNUM] for pdu in pdus] == [1, 2, 3]


def heard(rules, tlvs):
    rig = SmppRig(tlvs=rules)
    rig.start()
    rig.ends[0].say(DeliverSm(esm_class=4, tlvs={Tag.RECEIPTED_MESSAGE_ID: "m1", Tag.MESSAGE_STATE: 2, **tlvs}))
    return rig.listener.reports[0].tlvs


def test_a_receipt_brings_back_what_a_rule_names():
    assert heard(DLT, {ENTITY: b"x", TEMPLATE: b"1107\0"}) == {"0x1401": "3131303700"}


def test_what_the_receipt_does_not_have_is_the_team_s_own():
    assert heard(DLT, {}) == {"0x1401": None}


def test_without_a_rule_nothing_comes_back():
    assert heard([], {TEMPLATE: b"1107\0"}) is None
    assert heard([{"tag": "0x1402", "back": True}], {TEMPLATE: b"1"}) == {"0x1402": None}


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ("{}", "must be a list"),
        ("x", "must be JSON"),
        ([1], "1 is no rule"),
        ([{"tag": "0x1000", "value": "1"}], "a tag is a number from 0x1400 to 0x3FFF"),
        ([{"tag": "0x1400"}], "0x1400 has neither a value nor a place that it comes from"),
        ([{"tag": "0x1400", "value": "1", "type": "float"}], "type must be one of int8"),
        ([{"tag": "0x1400", "value": "1", "from": "moon"}], "from must be one of carrier, team, sender, submit"),
        ([{"tag": "0x1400", "value": "x", "type": "int8"}], "must be a number of 1 octets"),
        ([{"tag": "0x1400", "value": "1", "back": "yes"}], "back must be true or false"),
        ([{"tag": "0x1400", "worth": "1"}], "not worth"),
        ([{"tag": "0x1400", "value": "1"}] * 2, "a tag has one rule alone"),
        ([{"tag": 0x1400 + n, "value": "1"} for n in range(33)], "a list of up to 32"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(rules, fault):
    with pytest.raises(BadOptions) as refused:
        parse_options("smpp", {**NEEDED, "tlvs": rules})
    assert fault in refused.value.faults["tlvs"]


def test_rules_become_json_and_come_back():
    options = parse_options("smpp", {**NEEDED, "tlvs": DLT})
    plain = unstructure(options)
    assert plain["tlvs"][0] == {"tag": "0x1400", "type": "text", "value": "1000", "from": "team", "back": False}
    assert parse_options("smpp", plain) == options
