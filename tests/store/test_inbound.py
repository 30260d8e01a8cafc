"""Messages from phones in the store: kept, joined, spooled for their team, and forgotten in time."""

import random

import pytest

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import Arrival, Delivery, InboundPart
from mobilesasa.core.model import Coding
from mobilesasa.sms.segments import split
from mobilesasa.sms.udh import Concatenation, read_udh
from mobilesasa.store import inbound, spool
from mobilesasa.store.inbound import close_incomplete, cut, let_go, read, take_in, tidy
from mobilesasa.store.spool import Acknowledgement, acknowledge, owed
from tests.store.given import NOW_MS, add_carrier, add_team, count, delivered, one, rows, sent, told, wrong

pytestmark = pytest.mark.each_postgres

DAY_MS = 86_400_000
_bits = random.Random(11)
new_id = MessageIds(lambda: NOW_MS, _bits.getrandbits)
LONG = "x" * 400


@pytest.fixture
def carrier(txn):
    return add_carrier(txn)


def arrival(team, carrier, octets=b"YES", concatenation=None, **changes):
    as_payload, age_ms = changes.pop("as_payload", False), changes.pop("age_ms", 0)
    fields = {
        "carrier_id": carrier, "source": "254711000001", "destination": "22384", "coding": Coding.GSM7, "octets": octets,
        "received_at_ms": NOW_MS - age_ms, "concatenation": concatenation, **changes,
    }  # fmt: skip
    make_id = MessageIds(lambda: NOW_MS - age_ms, _bits.getrandbits) if age_ms else new_id
    return Arrival(make_id(), InboundPart(**fields), team, as_payload)


def parts_of(team, carrier, text=LONG, reference=9, **changes):
    segments = split(text, max_parts=255).parts
    return [
        arrival(team, carrier, each.octets, Concatenation(reference, len(segments), number), **changes)
        for number, each in enumerate(segments, 1)
    ]


def again(arrivals):
    """What the carrier brings once more."""
    return [Arrival(new_id(), each.part, each.team_id, each.as_payload) for each in arrivals]


def texts(txn):
    return [text for (text,) in rows(txn, "SELECT text FROM inbound ORDER BY id")]


def test_a_message_is_kept_and_its_team_is_owed_it(txn, carrier):
    team = add_team(txn)
    came = arrival(team, carrier)
    (taken,) = take_in(txn, [came])
    (message,) = taken.inbounds
    assert read(txn, [came.id]) == {came.id: message}
    assert (message.text, message.team_id, message.parts, message.missing) == ("YES", team, 1, 0)
    assert owed(txn, team, 0, 10) == list(taken.deliveries)
    assert taken.deliveries[0].piece.octets == b"YES"
    assert wrong(txn) == []


def test_what_is_nobody_s_is_kept_and_owed_to_nobody(txn, carrier):
    came = arrival(None, carrier)
    (taken,) = take_in(txn, [came])
    assert taken.deliveries == ()
    assert texts(txn) == ["YES"]
    assert count(txn, "spool") == 0
    assert wrong(txn) == []


def test_what_is_owed_is_read_and_acknowledged_beside_receipts_in_its_order(txn, carrier):
    team = add_team(txn)
    sent(txn, team, "a", carrier_id=carrier)
    take_in(txn, [arrival(team, carrier, b"1")])
    told(txn, delivered("a"))
    take_in(txn, [arrival(team, carrier, b"2")])
    found = owed(txn, team, 0, 10)
    assert [isinstance(each, Delivery) for each in found] == [True, False, True]
    assert owed(txn, team, found[0].spool_id, 1) == [found[1]]
    acknowledge(txn, [Acknowledgement(team, found[0].spool_id)])
    assert owed(txn, team, 0, 10) == found[1:]
    assert wrong(txn, "configured") == []  # the message went to no carrier that is there


@pytest.mark.parametrize("batches", [[[0, 1, 2]], [[2], [0], [1]], [[2, 0], [1]], [[0], [0, 2], [1, 2]]])
def test_a_long_message_is_whole_when_its_last_part_has_come(txn, carrier, batches):
    team = add_team(txn)
    parts = parts_of(team, carrier)
    results = [take_in(txn, [parts[n] for n in batch]) for batch in batches]
    wholes = [message for result in results for taken in result for message in taken.inbounds]
    assert [(message.text, message.parts, message.missing) for message in wholes] == [(LONG, 3, 0)]
    assert texts(txn) == [LONG]
    found = owed(txn, team, 0, 10)
    assert [read_udh(each.piece.udh)[0].concatenation.number for each in found] == [1, 2, 3]
    assert b"".join(each.piece.octets for each in found) == LONG.encode()
    assert one(txn, "SELECT count(*) FROM inbound_part WHERE inbound_id IS NULL") == 0
    assert wrong(txn) == []


def test_as_they_were_told_so_they_are_read(txn, carrier):
    team = add_team(txn)
    *_, last = take_in(txn, parts_of(team, carrier, coding=Coding.GSM7))
    assert list(last.deliveries) == owed(txn, team, 0, 10)


def test_a_team_that_wants_it_whole_is_owed_one_pdu(txn, carrier):
    team = add_team(txn)
    *_, last = take_in(txn, parts_of(team, carrier, as_payload=True))
    (delivery,) = last.deliveries
    assert delivery.piece.octets == LONG.encode()
    assert owed(txn, team, 0, 10) == [delivery]


def test_until_then_nothing_is_owed(txn, carrier):
    team = add_team(txn)
    first, second, _ = parts_of(team, carrier)
    assert [taken.inbounds for taken in take_in(txn, [first, second])] == [(), ()]
    assert (count(txn, "inbound"), count(txn, "spool"), count(txn, "inbound_part")) == (0, 0, 2)
    assert tidy(txn, 1, 30, 100) == 1
    assert wrong(txn) == []


def test_a_part_that_comes_again_is_a_repetition(txn, carrier):
    team = add_team(txn)
    first, second, third = parts_of(team, carrier)
    take_in(txn, [first])
    assert [taken.repeated for taken in take_in(txn, again([first, second]))] == [True, False]
    (taken,) = take_in(txn, [third])
    assert len(taken.inbounds) == 1
    assert take_in(txn, [second])[0].inbounds == ()


def test_a_whole_message_that_comes_again_is_not_delivered_again(txn, carrier):
    team = add_team(txn)
    parts = parts_of(team, carrier)
    take_in(txn, parts)
    results = take_in(txn, again(parts))
    assert [taken.inbounds for taken in results] == [()] * 3
    assert results[-1].repeated
    assert texts(txn) == [LONG]
    assert one(txn, "SELECT count(*) FROM inbound_part WHERE inbound_id IS NULL") == 0


def test_two_answers_in_one_word_are_two_messages(txn, carrier):
    team = add_team(txn)
    take_in(txn, [arrival(team, carrier), arrival(team, carrier)])
    take_in(txn, [arrival(team, carrier)])
    assert texts(txn) == ["YES"] * 3


def test_a_batch_that_is_written_twice_counts_once(txn, carrier):
    team = add_team(txn)
    batch = [arrival(team, carrier), *parts_of(team, carrier), parts_of(team, carrier, reference=10)[0]]
    take_in(txn, batch)
    before = (count(txn, "inbound"), count(txn, "spool"), count(txn, "inbound_part"))
    assert not any(taken.deliveries for taken in take_in(txn, batch))
    assert (count(txn, "inbound"), count(txn, "spool"), count(txn, "inbound_part")) == before
    assert wrong(txn) == []


def test_a_reference_that_is_used_again_brings_what_there_was_of_the_message_before(txn, carrier):
    team = add_team(txn)
    take_in(txn, parts_of(team, carrier)[:2])
    results = take_in(txn, parts_of(team, carrier, "y" * 400))
    assert [m.missing for taken in results for m in taken.inbounds] == [1, 0]
    assert sorted(texts(txn)) == ["x" * 306, "y" * 400]
    assert len(owed(txn, team, 0, 10)) == 5
    assert wrong(txn) == []


def test_in_one_batch_too_a_reference_may_be_used_again(txn, carrier):
    team = add_team(txn)
    take_in(txn, [parts_of(team, carrier)[0], *parts_of(team, carrier, "y" * 400)])
    assert sorted(texts(txn)) == ["x" * 153, "y" * 400]


def test_another_message_under_the_same_reference_may_begin_in_the_same_way(txn, carrier):
    team = add_team(txn)
    take_in(txn, parts_of(team, carrier, "x" * 200))
    take_in(txn, parts_of(team, carrier, "x" * 153 + "and so on"))
    assert sorted(texts(txn)) == ["x" * 153 + "and so on", "x" * 200]
    assert wrong(txn) == []


def test_octets_headers_and_alphabets_are_kept(txn, carrier):
    team = add_team(txn)
    header = b"\x06\x05\x04\x0b\x84\x23\xf0"
    came = [
        arrival(team, carrier, b"\xff\x00", coding=Coding.BINARY, udh=header),
        arrival(team, carrier, "жа\0".encode("utf-16-be"), coding=Coding.UCS2),
    ]
    binary, ucs2 = (taken.deliveries for taken in take_in(txn, came))
    assert owed(txn, team, 0, 10) == [*binary, *ucs2]
    assert (binary[0].piece.udh, binary[0].piece.octets, binary[0].coding) == (header, b"\xff\x00", Coding.BINARY)
    assert (ucs2[0].piece.octets, ucs2[0].coding) == ("жа".encode("utf-16-be"), Coding.UCS2)


# In time


def test_what_has_waited_for_hours_is_brought_with_what_is_there(txn, carrier):
    team = add_team(txn)
    old = parts_of(team, carrier, age_ms=DAY_MS + 1000)
    take_in(txn, [old[2]])
    take_in(txn, [old[0]])
    take_in(txn, parts_of(team, carrier, reference=10)[:2])
    (taken,) = close_incomplete(txn, 24, 100)
    (message,) = taken.inbounds
    assert (message.text, message.parts, message.missing) == ("x" * 247, 2, 1)
    assert owed(txn, team, 0, 10) == list(taken.deliveries)
    assert close_incomplete(txn, 24, 100) == []
    assert one(txn, "SELECT count(*) FROM inbound_part WHERE inbound_id IS NULL") == 2
    assert wrong(txn) == []


def test_echoes_that_nothing_follows_are_dropped(txn, carrier):
    team = add_team(txn)
    parts = parts_of(team, carrier, age_ms=DAY_MS + 1000)
    take_in(txn, parts)
    take_in(txn, again(parts[:1]))
    assert close_incomplete(txn, 24, 100) == []
    assert one(txn, "SELECT count(*) FROM inbound_part WHERE inbound_id IS NULL") == 0
    assert texts(txn) == [LONG]


def test_parts_that_were_joined_are_forgotten_after_a_while(txn, carrier):
    team = add_team(txn)
    take_in(txn, parts_of(team, carrier, age_ms=3_700_000))
    take_in(txn, parts_of(team, carrier, reference=10))
    assert tidy(txn, 1, 30, 100) == 0
    assert count(txn, "inbound_part") == 3


def test_what_is_nobody_s_is_forgotten_after_a_month(txn, carrier):
    team = add_team(txn)
    for owner in (None, team):
        take_in(txn, [arrival(owner, carrier, age_ms=31 * DAY_MS), arrival(owner, carrier)])
    tidy(txn, 1, 30, 100)
    assert one(txn, "SELECT count(*) FROM inbound WHERE team_id IS NULL") == 1
    assert count(txn, "inbound") == 3


def test_texts_go_when_they_were_kept_long_enough_for_their_team(txn, carrier):
    team, other, brief = add_team(txn), add_team(txn), add_team(txn)
    txn.execute("UPDATE team SET text_days = 0 WHERE id = %(id)s", {"id": other})
    txn.execute("UPDATE team SET text_days = 1 WHERE id = %(id)s", {"id": brief})
    for each in (team, other, brief):
        take_in(txn, [arrival(each, carrier, age_ms=11 * DAY_MS), arrival(each, carrier, age_ms=2 * DAY_MS)])
    assert let_go(txn, 10, 100) == 0  # what the teams are still owed
    txn.execute("DELETE FROM spool")
    assert let_go(txn, 10, 100) == 3
    assert rows(txn, "SELECT team_id, count(*), count(text) FROM inbound GROUP BY team_id ORDER BY team_id") == [
        (team, 2, 1), (other, 2, 2), (brief, 2, 0),
    ]  # fmt: skip
    assert let_go(txn, 0, 100) == 0


def test_what_nobody_fetched_is_dropped_with_the_receipts(txn, carrier):
    team = add_team(txn)
    take_in(txn, [arrival(team, carrier)])
    txn.execute("UPDATE spool SET at = now() - interval '73 hours'")
    assert spool.forget(txn, 72) == 1
    assert texts(txn) == ["YES"]


# Cutting


def test_a_whole_may_be_cut_for_a_peer_that_takes_only_parts(txn, carrier):
    team = add_team(txn)
    *_, last = take_in(txn, parts_of(team, carrier, as_payload=True))
    (whole,) = last.deliveries
    assert cut(txn, team, whole.spool_id) == 3
    found = owed(txn, team, 0, 10)
    assert b"".join(each.piece.octets for each in found) == LONG.encode()
    assert [read_udh(each.piece.udh)[0].concatenation.number for each in found] == [1, 2, 3]
    assert cut(txn, team, whole.spool_id) == 0
    assert cut(txn, team, found[0].spool_id) == 0
    assert wrong(txn) == []


def test_what_is_owed_of_a_message_that_is_gone_is_passed_over(txn, carrier):
    team = add_team(txn)
    *_, last = take_in(txn, parts_of(team, carrier))
    message_id = last.inbounds[0].id
    txn.execute("UPDATE inbound SET text = 'short' WHERE id = %(id)s", {"id": message_id})
    assert [each.piece.octets for each in owed(txn, team, 0, 10)] == [b"short"]
    txn.execute("DELETE FROM inbound")
    assert owed(txn, team, 0, 10) == []
    assert [found.name for found in wrong(txn)] == ["spool_inbound", "inbound_parts"]


def test_what_the_store_can_keep_in_no_way_is_refused_alone():
    assert inbound.TAKING_IN.spoiled is not None
    assert inbound.TAKING_IN.spoiled(arrival(1, 1)) is None
