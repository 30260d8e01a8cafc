"""Parts of a team's own on their whole way: read from submit_sm, stored, claimed, written for a carrier, shown together."""

import random

import pytest

from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.smpp.parts import PartWriter
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.groups import WINDOW_MS, group_of
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Priced
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory, RouteRecord, Sender, Team
from mobilesasa.smpp.fields import DataCoding
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.sms.segments import PART_OCTETS
from mobilesasa.smsc.submit import read_submit
from mobilesasa.store import intake, messages
from mobilesasa.store.database import Txn
from tests.fakes.intake import FakeIntake, FakeQueue
from tests.store.given import NOW_MS, accepted, add_run, add_team, claimed, new_id

TEXT = "😀😀😀 " * 40
SENDER = Sender(1, "5e000000-0000-4000-8000-000000000001", 1, "TextBlast")


def judged(team_id: int, *pdus: SubmitSm) -> list[Priced]:
    team = Team(team_id, "uuid", "ACME", "Acme", default_sender_id=1)
    sender = Sender(1, SENDER.uuid, team_id, "TextBlast")
    directory = Directory([team], [sender], [], [CarrierRecord(1, "savanna", "smpp")], [RouteRecord("", 1)])
    ids = MessageIds(lambda: NOW_MS, random.Random(3).getrandbits)
    gateway = Gateway(CurrentDirectory(directory), FakeIntake(), FakeQueue(), lambda: NOW_MS, ids)
    return gateway.judge([read_submit(pdu, team_id, NOW_MS) for pdu in pdus])


def naive_parts(by: str) -> list[SubmitSm]:
    """What a client sends that cuts UTF-16 every 67 units, through whatever stands there."""
    octets = TEXT.encode("utf-16-be")
    pieces = [octets[start : start + 134] for start in range(0, len(octets), 134)]
    assert any(piece[-2] & 0xFC == 0xD8 for piece in pieces)
    made = []
    for number, piece in enumerate(pieces, 1):
        sar = {Tag.SAR_MSG_REF_NUM: 7, Tag.SAR_TOTAL_SEGMENTS: len(pieces), Tag.SAR_SEGMENT_SEQNUM: number}
        head, tlvs, esm = (bytes((5, 0, 3, 7, len(pieces), number)), {}, 0x40) if by == "header" else (b"", sar, 0)
        made.append(
            SubmitSm(
                destination_addr="254712345678", esm_class=esm, data_coding=8, short_message=head + piece, tlvs=tlvs
            )
        )
    return made


@pytest.mark.parametrize("by", ["header", "sar"])
def test_the_octets_of_a_naive_client_reach_the_carrier_as_they_are_and_make_the_text_again(txn: Txn, by: str):
    parts = judged(add_team(txn), *naive_parts(by))
    assert intake.accept(txn, parts) == [None] * len(parts)
    run = add_run(txn)
    writer = PartWriter(
        parse_options("smpp", {"host": "smsc.example", "system_id": "us"}), lambda: NOW_MS, CurrentDirectory()
    )
    sent = [writer.parts(message) for message in claimed(txn, run, *(part.id for part in parts))]
    assert [len(pdus) for pdus in sent] == [1] * len(parts)
    octets = b"".join(pdus[0].short_message[6:] for pdus in sent)
    assert octets.decode("utf-16-be") == TEXT
    for pdus in sent:
        assert (pdus[0].esm_class, pdus[0].data_coding) == (0x40, DataCoding.UCS2)
        assert len(pdus[0].short_message) <= PART_OCTETS


def test_the_parts_of_a_message_are_found_together_and_say_the_whole_text(txn: Txn):
    team = add_team(txn)
    parts = judged(team, *naive_parts("header"))
    assert intake.accept(txn, parts) == [None] * len(parts)
    for part in parts:
        story = messages.find(txn, team, part.id)
        assert story.message == part
        assert sorted(found.id for found, _ in story.neighbours) == [each.id for each in parts]
        group = group_of(story.message, [found for found, _ in story.neighbours], NOW_MS)
        assert (group.text, group.missing) == (TEXT, [])


def udh(number: int) -> bytes:
    return bytes((5, 0, 3, 7, 9, number))


def at(ms: int) -> str:
    return MessageIds(lambda: NOW_MS + ms, random.Random(ms).getrandbits)()


def test_only_parts_of_the_same_team_sender_and_number_within_five_minutes_are_about_one(txn: Txn):
    team, rival = add_team(txn), add_team(txn)
    (asked,) = accepted(txn, team, udh=udh(1), id=at(0))
    near = [accepted(txn, team, udh=udh(n), id=at(ms))[0] for n, ms in ((2, -WINDOW_MS), (3, WINDOW_MS), (4, 1))]
    for more in (
        {"id": at(-WINDOW_MS - 1)},
        {"id": at(WINDOW_MS + 1)},
        {"sender": "Other"},
        {"recipient": "254712345679"},
        {"udh": b""},
    ):
        accepted(txn, team, **{"udh": udh(5), "id": new_id(), **more})
    accepted(txn, rival, udh=udh(6))
    story = messages.find(txn, team, asked)
    assert {found.id for found, _ in story.neighbours} == {asked, *near}


def test_what_is_no_part_has_nobody_about_it(txn: Txn):
    team = add_team(txn)
    (asked,) = accepted(txn, team)
    accepted(txn, team, udh=udh(1))
    assert messages.find(txn, team, asked).neighbours == ()


def test_the_parts_about_one_are_bounded_and_the_nearest(txn: Txn, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(messages, "NEIGHBOURHOOD", 2)  # rather than to store a thousand
    team = add_team(txn)
    ids = [accepted(txn, team, udh=udh(n), id=at(n))[0] for n in range(1, 8)]
    story = messages.find(txn, team, ids[3])
    assert {found.id for found, _ in story.neighbours} == set(ids[2:6])


def test_the_parts_about_one_are_found_by_the_index_in_one_statement(txn: Txn):
    team = add_team(txn)
    accepted(txn, team, 200, recipient="254711111111")
    txn.execute("ANALYZE message")
    txn.execute("SET LOCAL enable_seqscan = off")
    (asked,) = accepted(txn, team, udh=udh(1))
    values = {"team_id": team, "recipient": "254712345678", "sender": "TextBlast", "id": asked, "first": at(-WINDOW_MS)}
    txn.execute("EXPLAIN " + messages.NEIGHBOURS, values | {"end": at(WINDOW_MS + 1), "limit": 10})
    plan = "\n".join(line for (line,) in txn.fetchall())
    assert "team_id_recipient_id_idx" in plan
    assert "Sort" not in plan
