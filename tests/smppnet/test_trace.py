"""The trace of a link: every PDU that passes, both ways, in order, without texts, in bounded memory."""

import tracemalloc

import attrs
import pytest

from mobilesasa.smpp.pdus import (
    BindTransceiver,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnsuccessSme,
)
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.trace import KEPT, Line
from tests.smppnet.conftest import make_rig

CANARY = b"CANARY-5f3a"


def lines(link: Link) -> list[Line]:
    return link.trace.lines(lambda at_s: round(at_s * 1000))


def told(link: Link, last: int) -> list[tuple[str, str, int]]:
    """Direction, command and sequence of the last lines."""
    return [(line.direction, line.words.command, line.words.sequence) for line in lines(link)[-last:]]


def notes(link: Link) -> list[str]:
    return [line.note for line in lines(link) if line.note]


def submit(number: int = 1, **fields) -> SubmitSm:
    return SubmitSm(**{"sequence": number, "destination_addr": "254712345678", "short_message": CANARY, **fields})


def test_a_bind_and_its_answer_are_there_with_their_moment():
    rig = make_rig(Side.SMSC, bound=False)
    rig.pass_time(1.5)
    rig.far.say(BindTransceiver(system_id="esme", password="secret"))
    first, second = (line.shown for line in lines(rig.link))
    assert (first["at"], first["direction"], first["command"]) == ("1970-01-01T00:00:01.500Z", "in", "bind_transceiver")
    assert (first["fields"]["system_id"], first["fields"]["password"]) == ("esme", "6 octets")
    assert (second["direction"], second["command"], second["status"]) == ("out", "bind_transceiver_resp", "ESME_ROK")
    assert (first["note"], second["tlvs"]) == (None, {})


def test_requests_and_answers_of_both_sides_are_there_in_order(smsc):
    smsc.far.say(submit(5), submit(6))
    smsc.link.send([SubmitSmResp(sequence=5), SubmitSmResp(sequence=6)])
    smsc.link.request([DeliverSm()], ["a receipt"])
    smsc.far.say(DeliverSmResp(sequence=1))
    assert told(smsc.link, 6) == [
        ("in", "submit_sm", 5),
        ("in", "submit_sm", 6),
        ("out", "submit_sm_resp", 5),
        ("out", "submit_sm_resp", 6),
        ("out", "deliver_sm", 1),
        ("in", "deliver_sm_resp", 1),
    ]


def test_an_enquiry_that_the_session_answers_by_itself_is_there_with_its_answer(smsc):
    smsc.far.say(EnquireLink(sequence=9))
    assert told(smsc.link, 2) == [("in", "enquire_link", 9), ("out", "enquire_link_resp", 9)]


def test_an_enquiry_of_ours_and_its_answer_are_there(smsc):
    smsc.link.enquire()
    smsc.far.say(EnquireLinkResp(sequence=1))
    assert told(smsc.link, 2) == [("out", "enquire_link", 1), ("in", "enquire_link_resp", 1)]


def test_an_enquiry_that_is_due_is_there(smsc):
    smsc.pass_time(30)
    assert told(smsc.link, 1) == [("out", "enquire_link", 1)]


def test_an_unbind_of_the_peer_and_our_answer_are_there_in_their_order(smsc):
    smsc.far.say(EnquireLink(sequence=3), Unbind(sequence=4))
    assert told(smsc.link, 4) == [
        ("in", "enquire_link", 3),
        ("out", "enquire_link_resp", 3),
        ("in", "unbind", 4),
        ("out", "unbind_resp", 4),
    ]


def test_an_unbind_that_is_answered_after_the_last_submit_is_there_where_it_came(smsc):
    smsc.far.say(submit(7), EnquireLink(sequence=8), Unbind(sequence=9))
    smsc.link.send([SubmitSmResp(sequence=7)])
    assert told(smsc.link, 6) == [
        ("in", "submit_sm", 7),
        ("in", "enquire_link", 8),
        ("out", "enquire_link_resp", 8),
        ("in", "unbind", 9),
        ("out", "submit_sm_resp", 7),
        ("out", "unbind_resp", 9),
    ]


def test_an_unbind_of_ours_and_the_answer_are_there(smsc):
    smsc.link.unbind()
    smsc.link.dataReceived(bytes.fromhex("00000010 80000006 00000000 00000001"))
    assert told(smsc.link, 2) == [("out", "unbind", 1), ("in", "unbind_resp", 1)]


def test_what_is_not_sent_any_more_is_not_there(smsc):
    smsc.far.say(submit(1))
    smsc.far.say(Unbind(sequence=2))
    smsc.link.send([SubmitSmResp(sequence=1)])
    count = len(lines(smsc.link))
    smsc.link.send([SubmitSmResp(sequence=1)])
    assert len(lines(smsc.link)) == count


@pytest.mark.parametrize(
    ("octets", "command", "answered", "why"),
    [
        ("00000010 00000099 00000000 00000007", "0x00000099", "generic_nack", "refused: unknown command"),
        (
            "00000010 00000004 00000000 00000007",
            "submit_sm",
            "submit_sm_resp",
            "refused: body cannot be read (ESME_RINVCMDLEN)",
        ),
        (
            "00000010 00000005 00000000 00000007",
            "deliver_sm",
            "deliver_sm_resp",
            "refused: not allowed when bound as a transceiver",
        ),
    ],
)
def test_what_the_session_refuses_is_there_with_the_reason_and_the_answer(smsc, octets, command, answered, why):
    smsc.link.dataReceived(bytes.fromhex(octets))
    assert told(smsc.link, 2) == [("in", command, 7), ("out", answered, 7)]
    assert notes(smsc.link) == [why]
    assert lines(smsc.link)[-1].words.status != "ESME_ROK"


def test_a_length_that_cannot_be_is_there_with_what_it_leads_to(smsc):
    smsc.link.dataReceived(bytes.fromhex("ffffffff 00000004 00000000 00000007"))
    assert told(smsc.link, 1) == [("out", "generic_nack", 7)]
    assert notes(smsc.link) == ["the connection is dropped: command_length 4294967295 is not 16 to 65536"]


def test_an_answer_to_nothing_is_there_and_said_to_be_one(smsc):
    smsc.far.link.dataReceived(DeliverSmResp(sequence=99).encode())
    assert told(smsc.link, 1) == [("in", "deliver_sm_resp", 99)]
    assert notes(smsc.link) == ["answers nothing that was asked, or what was given up"]


def test_an_answer_that_cannot_be_read_is_there_with_the_reason(esme):
    esme.link.request([submit()], ["a message"])
    esme.link.dataReceived(bytes.fromhex("00000012 80000004 00000000 00000002 4141"))
    assert told(esme.link, 1) == [("in", "submit_sm_resp", 2)]
    (note,) = notes(esme.link)
    assert note.startswith("cannot be read: ")


def test_only_the_last_are_kept(smsc):
    for start in range(1, 1001, 50):
        smsc.far.say(*[submit(number) for number in range(start, start + 50)])
    kept = lines(smsc.link)
    assert len(kept) == KEPT
    assert [line.words.sequence for line in kept] == list(range(801, 1001))
    for number in range(KEPT):
        smsc.far.say(EnquireLink(sequence=2000 + number))
    assert len(lines(smsc.link)) == KEPT


def test_no_text_is_shown_wherever_it_was(smsc):
    smsc.far.say(submit(1), submit(2, short_message=b"", tlvs={Tag.MESSAGE_PAYLOAD: CANARY * 200}))
    smsc.far.say(SubmitMulti(sequence=3, dest_addresses=(SmeAddress(1, 1, "254712345678"),) * 20, short_message=CANARY))
    smsc.link.request([DeliverSm(short_message=CANARY, tlvs={Tag.MESSAGE_PAYLOAD: CANARY * 200})], ["a message"])
    smsc.link.dataReceived(submit(4).encode()[:-1] + b"\xff" * 20)
    shown = str([line.shown for line in lines(smsc.link)])
    assert CANARY.decode() not in shown
    assert CANARY.hex() not in shown
    assert "254712345678" not in shown
    assert "2200 octets" in shown


def heavy() -> list[SubmitSm | SubmitMulti]:
    payload = submit(tlvs={Tag.MESSAGE_PAYLOAD: CANARY * 5000})
    vendors = submit(tlvs=dict.fromkeys(range(0x1400, 0x1800), b""))
    many = SubmitMulti(sequence=1, dest_addresses=(SmeAddress(1, 1, "254712345678"),) * 254, short_message=CANARY)
    return [payload, vendors, many]


@pytest.mark.parametrize("pdu", heavy(), ids=["payload", "many parameters", "many destinations"])
def test_a_large_pdu_is_kept_in_words_alone(smsc, pdu):
    octets = pdu.encode()
    tracemalloc.start()
    for _ in range(20):
        smsc.link.dataReceived(octets)
        smsc.user.calls.clear()
    kept_octets, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_octets < 20 * 6000
    assert told(smsc.link, 1)[0][:2] == ("in", lines(smsc.link)[-1].words.command)


def test_large_answers_are_kept_in_words_alone(smsc):
    smsc.far.say(SubmitMulti(sequence=1, dest_addresses=(SmeAddress(),)), submit(2))
    unreached = (UnsuccessSme(destination_addr="254712345678"),) * 254
    smsc.link.send([SubmitMultiResp(sequence=1, unsuccess_smes=unreached), SubmitSmResp(sequence=2)])
    shown = lines(smsc.link)[-2].shown
    assert (shown["command"], shown["sequence"]) == ("submit_multi_resp", 1)
    assert shown["fields"]["unsuccess_smes"].endswith(" and 246 more")


def test_requests_of_ours_have_the_numbers_that_they_had_on_the_wire(esme):
    esme.link.request([submit(77), submit(77, tlvs={Tag.MESSAGE_PAYLOAD: CANARY * 200})], ["small", "large"])
    (small, large) = esme.far.heard_pdus(SubmitSm)
    assert small.sequence != large.sequence
    assert told(esme.link, 2) == [("out", "submit_sm", small.sequence), ("out", "submit_sm", large.sequence)]


def test_a_large_request_of_ours_is_kept_in_words_alone(esme):
    large = heavy()[0]
    tracemalloc.start()
    for _ in range(20):
        esme.link.request([attrs.evolve(large, tlvs={Tag.MESSAGE_PAYLOAD: bytes(50_000)})], ["large"])
        esme.far.heard()
    kept_octets, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_octets < 20 * 6000


def test_a_large_answer_to_nothing_is_kept_in_words_alone(smsc):
    octets = SubmitSmResp(sequence=5, tlvs={Tag.MESSAGE_PAYLOAD: CANARY * 1000}).encode()
    smsc.link.dataReceived(octets)
    assert lines(smsc.link)[-1].shown["tlvs"] == {"message_payload": "11000 octets"}
    assert notes(smsc.link) == ["answers nothing that was asked, or what was given up"]


def test_a_link_without_a_word_has_an_empty_trace():
    assert lines(make_rig(Side.SMSC, bound=False).link) == []
