"""The session: numbers, answers, the end, and whatever a broken or hostile peer sends."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp import pdus
from mobilesasa.smpp import session as session_module
from mobilesasa.smpp.codec import HEADER
from mobilesasa.smpp.errors import BadPdu, Unencodable, WrongState
from mobilesasa.smpp.pdus import PDUS, Pdu
from mobilesasa.smpp.session import (
    LIMIT_OCTETS,
    LIMIT_STRANGER_OCTETS,
    Refusal,
    Reply,
    Session,
    Unasked,
    Unbound,
    Unreadable,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smpp.transitions import Side, State
from tests.smpp.sessions import PATHS, one, pair, sample
from tests.smpp.strategies import CLASSES, pdus_of


def submits(count: int) -> list[Pdu]:
    return [pdus.SubmitSm(sequence=n, short_message=b"text %d" % n) for n in range(1, count + 1)]


class TestStream:
    TALK: bytes = (
        pdus.BindTransceiver(sequence=1, system_id="ACME").encode()
        + pdus.EnquireLink(sequence=2).encode()
        + pdus.SubmitSm(sequence=3, short_message=b"x" * 254).encode()
        + HEADER.pack(20, 0x999, 0, 4)
        + b"what"
        + pdus.SubmitSmResp(sequence=5).encode()
    )

    def test_a_stream_cut_at_every_octet_means_the_same(self):
        expected = Session(Side.SMSC).receive_data(self.TALK)
        assert len(expected) == 5
        for at in range(len(self.TALK) + 1):
            session = Session(Side.SMSC)
            assert session.receive_data(self.TALK[:at]) + session.receive_data(self.TALK[at:]) == expected

    def test_a_state_in_which_nothing_may_come_is_not_the_end(self):
        session = one(Side.ESME, State.OUTBOUND)  # the server waits for our bind
        events = session.receive_data(pdus.DeliverSm(sequence=1).encode() + pdus.Unbind(sequence=2).encode())
        assert [event.sequence for event in events if isinstance(event, Refusal)] == [1, 2]

    def test_a_stream_of_single_octets_means_the_same(self):
        session = Session(Side.SMSC)
        events = [event for at in range(len(self.TALK)) for event in session.receive_data(self.TALK[at : at + 1])]
        assert events == Session(Side.SMSC).receive_data(self.TALK)

    def test_nothing_is_nothing(self):
        assert Session(Side.SMSC).receive_data(b"") == []

    @pytest.mark.parametrize("length", [0, 1, 15, LIMIT_OCTETS + 1, 0x7FFFFFFF, 2**32 - 1])
    @pytest.mark.parametrize("shown_octets", [4, 8, 15, 16, 40])
    @pytest.mark.parametrize("before", [b"", pdus.BindTransmitter(sequence=8).encode()])
    def test_an_impossible_length_is_the_end_as_soon_as_it_is_seen(self, length: int, shown_octets: int, before: bytes):
        session = Session(Side.SMSC)
        octets = (length.to_bytes(4, "big") + pdus.SubmitSm(sequence=9).encode()[4:] + b"x" * 40)[:shown_octets]
        with pytest.raises(BadPdu, match=f"command_length {length} ") as caught:
            session.receive_data(before + octets)
        nack = pdus.decode(caught.value.reply)
        assert nack == pdus.GenericNack(status=Status.ESME_RINVCMDLEN, sequence=9 if shown_octets >= 16 else 0)
        assert caught.value.events == ([pdus.BindTransmitter(sequence=8)] if before else [])
        assert session.is_closed
        assert session.receive_data(b"more") == []

    def test_an_impossible_length_is_seen_in_pieces_too(self):
        session = Session(Side.SMSC)
        assert session.receive_data(b"\xff\xff\xff") == []
        with pytest.raises(BadPdu):
            session.receive_data(b"\xff")

    def test_a_pdu_as_large_as_the_limit_is_taken_and_one_octet_more_is_not(self):
        payload = pdus.DataSm(sequence=1, tlvs={Tag.MESSAGE_PAYLOAD: b"x" * 60})
        octets = payload.encode()
        bound = one(Side.SMSC, State.BOUND_TX)
        bound.limit_octets = len(octets)
        assert bound.receive_data(octets) == [payload]
        bound.limit_octets -= 1
        with pytest.raises(BadPdu):
            bound.receive_data(octets)

    @pytest.mark.parametrize(
        "state", [State.OPEN, State.OUTBOUND, State.BINDING_TX, State.BINDING_RX, State.BINDING_TRX]
    )
    @pytest.mark.parametrize("shown_octets", [4, 16, 900])
    def test_until_it_is_bound_a_peer_may_send_no_more_than_a_bind_has(self, state: State, shown_octets: int):
        longest = pdus.BindTransceiver(sequence=9, tlvs={0x1400: b"x" * (LIMIT_STRANGER_OCTETS - 27)}).encode()
        assert len(longest) == LIMIT_STRANGER_OCTETS
        (taken,) = one(Side.SMSC, state).receive_data(longest)
        assert taken.sequence == 9
        octets = (LIMIT_STRANGER_OCTETS + 1).to_bytes(4, "big") + longest[4:]
        with pytest.raises(BadPdu, match="command_length 1025 is not 16 to 1024") as caught:
            one(Side.SMSC, state).receive_data(octets[:shown_octets])
        nack = pdus.decode(caught.value.reply)
        assert nack == pdus.GenericNack(status=Status.ESME_RINVCMDLEN, sequence=9 if shown_octets >= 16 else 0)

    @pytest.mark.parametrize("state", [State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX, State.UNBINDING])
    def test_once_it_has_bound_it_may_send_as_much_as_the_limit(self, state: State):
        assert one(Side.SMSC, state).receive_data(HEADER.pack(LIMIT_OCTETS, 4, 0, 1)) == []
        with pytest.raises(BadPdu):
            one(Side.SMSC, state).receive_data(HEADER.pack(LIMIT_OCTETS + 1, 4, 0, 1))

    @pytest.mark.parametrize("state", [State.OPEN, State.BINDING_TRX])
    def test_whom_we_bind_to_is_no_stranger(self, state: State):
        assert one(Side.ESME, state).receive_data(HEADER.pack(LIMIT_OCTETS, 4, 0, 1)) == []

    def test_a_lower_limit_holds_before_a_bind_too(self):
        with pytest.raises(BadPdu, match="is not 16 to 100"):
            Session(Side.SMSC, limit_octets=100).receive_data(HEADER.pack(101, 9, 0, 1))

    def test_the_length_is_not_waited_for_before_it_is_judged(self):
        session = Session(Side.SMSC, limit_octets=100)
        assert session.receive_data(HEADER.pack(100, 4, 0, 1)) == []
        with pytest.raises(BadPdu):
            Session(Side.SMSC, limit_octets=100).receive_data(HEADER.pack(101, 4, 0, 1)[:4])


class TestGarbage:
    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(sorted(PATHS, key=str)), st.sampled_from(Side), st.lists(st.binary(max_size=80), max_size=5))
    def test_random_octets_raise_nothing_but_bad_pdu(self, state: State, side: Side, pieces: list[bytes]):
        session = one(side, state)
        for piece in pieces:
            with contextlib.suppress(BadPdu):
                session.receive_data(piece)

    @settings(max_examples=200, deadline=None)
    @given(
        st.sampled_from(sorted(PATHS, key=str)),
        st.sampled_from(Side),
        st.sampled_from([*PDUS, 0x999, 0x80000999]),
        st.integers(0, 2**32 - 1),
        st.binary(max_size=80),
    )
    def test_a_good_header_with_a_random_body_leaves_the_line_up(
        self, state: State, side: Side, command_id: int, status: int, body: bytes
    ):
        session = one(side, state)
        events = session.receive_data(HEADER.pack(16 + len(body), command_id, status, 5) + body)
        for event in events:
            if isinstance(event, Reply):
                assert pdus.decode(event.octets).sequence == 5

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(CLASSES).flatmap(pdus_of), st.data())
    def test_a_real_pdu_with_one_octet_changed_raises_nothing_but_bad_pdu(self, pdu: Pdu, data: st.DataObject):
        octets = bytearray(pdu.encode())
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
        session = one(Side.SMSC, State.BOUND_TRX)
        with contextlib.suppress(BadPdu):
            session.receive_data(bytes(octets))

    @pytest.mark.parametrize("command_id", [0, 0x999, 0x10204, 0x80000999, 0xFFFFFFFF])
    @pytest.mark.parametrize("state", [State.OPEN, State.BOUND_TRX, State.UNBINDING])
    def test_an_unknown_command_gets_generic_nack_and_the_line_stays(self, command_id: int, state: State):
        session = one(Side.SMSC, state)
        [refusal] = session.receive_data(HEADER.pack(16, command_id, 0, 6))
        assert isinstance(refusal, Refusal)
        assert pdus.decode(refusal.octets) == pdus.GenericNack(status=Status.ESME_RINVCMDID, sequence=6)
        assert session.state is state


@pytest.mark.parametrize(
    ("request_class", "body", "status"),
    [
        (pdus.SubmitSm, b"toolong\0", Status.ESME_RINVSERTYP),
        (pdus.SubmitSm, b"\0\0\0" + b"1" * 21 + b"\0", Status.ESME_RINVSRCADR),
        (pdus.SubmitSm, b"\0\0\0\0\0\0" + b"1" * 21 + b"\0", Status.ESME_RINVDSTADR),
        (pdus.SubmitSm, b"\0\0\0\0\0\0\0\0\0\0" + b"1" * 17 + b"\0", Status.ESME_RINVSCHED),
        (pdus.SubmitSm, b"\0\0\0\0\0\0\0\0\0\0\0" + b"1" * 17 + b"\0", Status.ESME_RINVEXPIRY),
        (pdus.SubmitSm, b"\0" * 16 + b"\xff" + b"x" * 255, Status.ESME_RINVMSGLEN),
        (pdus.SubmitSm, b"\0" * 16 + b"\x05abc", Status.ESME_RINVMSGLEN),
        (pdus.SubmitSm, b"\0" * 5, Status.ESME_RINVCMDLEN),
        (pdus.SubmitSm, b"\0" * 17 + b"\x02\x04\0\x05\0", Status.ESME_RINVOPTPARSTREAM),
        (pdus.QuerySm, b"1" * 65 + b"\0", Status.ESME_RINVMSGID),
        (pdus.SubmitMulti, b"\0\0\0\0\0", Status.ESME_RINVNUMDESTS),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_by_its_own_response(
    request_class: type[Pdu], body: bytes, status: Status
):
    session = one(Side.SMSC, State.BOUND_TRX)
    [refusal] = session.receive_data(HEADER.pack(16 + len(body), request_class.command_id, 0, 6) + body)
    assert isinstance(refusal, Refusal)
    assert pdus.decode(refusal.octets) == pdus.answer(request_class(sequence=6), status)
    assert refusal.status is status
    assert session.unanswered == 0
    assert session.is_bound


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("system_id", Status.ESME_RINVSYSID),
        ("password", Status.ESME_RINVPASWD),
        ("system_type", Status.ESME_RINVSYSTYP),
    ],
)
def test_a_bind_that_cannot_be_read_leaves_the_session_open(field: str, status: Status):
    whole = pdus.BindTransceiver(sequence=4, **{field: "xyz"}).encode()  # type: ignore[arg-type]
    octets = whole[16:].replace(b"xyz", b"x" * 70)
    session = Session(Side.SMSC)
    [refusal] = session.receive_data(HEADER.pack(16 + len(octets), 9, 0, 4) + octets)
    assert isinstance(refusal, Refusal)
    assert pdus.decode(refusal.octets) == pdus.BindTransceiverResp(status=status, sequence=4)
    assert session.state is State.OPEN


class TestResponses:
    BROKEN = HEADER.pack(86, 0x80000004, 0, 7) + b"x" * 70

    def test_one_that_cannot_be_read_is_reported_and_its_request_is_done_with(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        esme.send(pdus.SubmitSm(sequence=7))
        [event] = esme.receive_data(self.BROKEN)
        assert isinstance(event, Unreadable)
        assert (event.command_id, event.status, event.sequence) == (0x80000004, 0, 7)
        assert "message_id" in event.reason
        late = pdus.SubmitSmResp(sequence=7)
        assert esme.receive_data(late.encode()) == [Unasked(late)]

    def test_one_that_may_not_come_and_cannot_be_read_is_reported_the_same(self):
        [event] = Session(Side.ESME).receive_data(self.BROKEN)
        assert isinstance(event, Unreadable)

    def test_one_of_another_kind_than_the_request_answers_nothing(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        esme.send(pdus.SubmitSm(sequence=7))
        wrong = pdus.QuerySmResp(sequence=7)
        assert esme.receive_data(wrong.encode()) == [Unasked(wrong)]
        right = pdus.SubmitSmResp(sequence=7)
        assert esme.receive_data(right.encode()) == [right]

    def test_generic_nack_answers_any_request(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        esme.send(pdus.SubmitSm(sequence=7))
        nack = pdus.GenericNack(sequence=7, status=Status.ESME_RINVCMDLEN)
        assert esme.receive_data(nack.encode()) == [nack]
        assert esme.receive_data(nack.encode()) == [Unasked(nack)]
        assert esme.is_bound

    def test_one_to_a_request_that_was_given_up_is_unasked_and_still_readable(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        esme.send(pdus.SubmitSm(sequence=7))
        esme.forget(7)
        late = pdus.SubmitSmResp(sequence=7, message_id="M")
        assert esme.receive_data(late.encode()) == [Unasked(late)]

    def test_only_so_many_requests_are_remembered(self, monkeypatch: pytest.MonkeyPatch):
        # The limit is far above what a test should send.
        monkeypatch.setattr(session_module, "LIMIT_REQUESTS", 3)
        esme = one(Side.ESME, State.BOUND_TRX)
        esme.send_all(submits(5))
        answers = [pdus.SubmitSmResp(sequence=n) for n in range(1, 6)]
        events = esme.receive_data(b"".join(answer.encode() for answer in answers))
        assert events == [Unasked(answers[0]), Unasked(answers[1]), *answers[2:]]


class TestNumbers:
    def test_a_request_without_a_number_gets_the_next(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        octets = esme.send_all([pdus.SubmitSm(), pdus.EnquireLink()])
        last = pdus.decode(octets[-16:]).sequence
        assert pdus.decode(octets[:-16]).sequence == last - 1
        assert esme.next_sequence() == last + 1

    def test_a_number_that_was_given_is_kept(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        assert pdus.decode(esme.send(pdus.SubmitSm(sequence=77))).sequence == 77

    def test_numbers_go_to_0x7fffffff_and_begin_again_with_1(self):
        session = Session(Side.ESME)
        assert session.next_sequence() == 1
        session._last_sequence = 0x7FFFFFFE
        assert [session.next_sequence(), session.next_sequence()] == [0x7FFFFFFF, 1]

    def test_many_numbers_are_those_that_would_have_come_one_by_one(self):
        session = Session(Side.ESME)
        assert list(session.next_sequences(3)) == [1, 2, 3]
        session._last_sequence = 0x7FFFFFFD
        assert list(session.next_sequences(2)) == [0x7FFFFFFE, 0x7FFFFFFF]
        assert list(session.next_sequences(2)) == [1, 2]
        session._last_sequence = 0x7FFFFFFE
        assert list(session.next_sequences(3)) == [0x7FFFFFFF, 1, 2]

    def test_numbers_that_are_given_with_requests_stand_in_the_place_of_their_own(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        octets = esme.send_all([pdus.SubmitSm(sequence=77), pdus.SubmitSm()], [8, 9])
        assert octets == pdus.SubmitSm(sequence=8).encode() + pdus.SubmitSm(sequence=9).encode()
        answer = pdus.SubmitSmResp(sequence=8)
        assert esme.receive_data(answer.encode() + pdus.SubmitSmResp(sequence=77).encode()) == [
            answer,
            Unasked(pdus.SubmitSmResp(sequence=77)),
        ]

    def test_there_is_a_number_for_each_request_or_for_none(self):
        esme = one(Side.ESME, State.BOUND_TRX)
        with pytest.raises(ValueError, match="zip"):
            esme.send_all(submits(2), [8])

    def test_a_response_keeps_the_number_of_its_request_even_0(self):
        smsc = one(Side.SMSC, State.BOUND_TRX)
        [request] = smsc.receive_data(pdus.SubmitSm(sequence=0).encode())
        assert isinstance(request, pdus.SubmitSm)
        assert pdus.decode(smsc.send(pdus.answer(request))).sequence == 0

    def test_the_answer_to_a_bind_keeps_the_number_0_too(self):
        smsc = Session(Side.SMSC)
        smsc.receive_data(pdus.BindTransceiver(sequence=0).encode())
        assert pdus.decode(smsc.send(pdus.BindTransceiverResp(sequence=0))).sequence == 0


class TestSending:
    def test_a_batch_is_one_write_in_order(self):
        smsc = one(Side.SMSC, State.BOUND_TRX)
        smsc.receive_data(b"".join(pdu.encode() for pdu in submits(3)))
        assert smsc.unanswered == 3
        answers = [pdus.SubmitSmResp(sequence=n, message_id=str(n)) for n in (2, 1, 3)]
        assert smsc.send_all(answers) == b"".join(answer.encode() for answer in answers)
        assert smsc.unanswered == 0

    def test_more_answers_than_requests_do_no_harm(self):
        smsc = one(Side.SMSC, State.BOUND_TRX)
        smsc.send_all([pdus.SubmitSmResp(sequence=1)])
        assert smsc.unanswered == 0

    def test_an_enquire_link_resp_of_our_own_answers_no_message(self):
        smsc = one(Side.SMSC, State.BOUND_TRX)
        smsc.receive_data(pdus.SubmitSm(sequence=1).encode())
        smsc.send(pdus.EnquireLinkResp(sequence=9))
        assert smsc.unanswered == 1

    def test_notices_are_handed_out_and_need_no_answer(self):
        esme, smsc = pair(State.BOUND_RX)
        notice = pdus.AlertNotification(sequence=4, source_addr="254712345678")
        assert esme.receive_data(smsc.send(notice)) == [notice]
        assert esme.unanswered == 0

    def test_a_value_that_does_not_fit_leaves_the_session_as_it_was(self):
        smsc = one(Side.SMSC, State.BOUND_TRX)
        smsc.receive_data(b"".join(pdu.encode() for pdu in submits(2)))
        with pytest.raises(Unencodable):
            smsc.send_all(
                [pdus.SubmitSmResp(sequence=1), pdus.DeliverSm(sequence=5), pdus.SubmitSmResp(message_id="x" * 65)]
            )
        assert smsc.unanswered == 2
        answer = pdus.DeliverSmResp(sequence=5)
        assert smsc.receive_data(answer.encode()) == [Unasked(answer)]


class TestUnbinding:
    def test_it_is_answered_at_once_when_nothing_is_open(self):
        esme, smsc = pair(State.BOUND_TRX)
        [reply, unbound] = smsc.receive_data(esme.send(pdus.Unbind(sequence=5)))
        assert unbound == Unbound(by_peer=True)
        assert isinstance(reply, Reply)
        assert pdus.decode(reply.octets) == pdus.UnbindResp(sequence=5)
        assert smsc.is_closed
        assert not esme.is_closed
        assert esme.receive_data(reply.octets) == [Unbound(by_peer=False)]
        assert esme.is_closed

    def test_it_is_answered_after_the_last_message_was(self):
        esme, smsc = pair(State.BOUND_TRX)
        events = smsc.receive_data(esme.send_all([*submits(2), pdus.Unbind(sequence=5)]))
        assert events == [*submits(2), Unbound(by_peer=True)]
        first, second = pdus.SubmitSmResp(sequence=1), pdus.SubmitSmResp(sequence=2)
        assert smsc.send(first) == first.encode()
        assert smsc.state is State.UNBINDING
        assert smsc.send(second) == second.encode() + pdus.UnbindResp(sequence=5).encode()
        assert smsc.is_closed

    def test_nothing_new_is_taken_or_sent_meanwhile(self):
        smsc = one(Side.SMSC, State.UNBINDING)
        [refusal] = smsc.receive_data(pdus.SubmitSm(sequence=8).encode())
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.ESME_RINVBNDSTS
        with pytest.raises(WrongState):
            smsc.send(pdus.DeliverSm())

    def test_answers_to_what_was_asked_before_are_still_taken(self):
        esme, _ = pair(State.UNBINDING)
        response = pdus.SubmitSmResp(sequence=999)
        assert esme.receive_data(response.encode()) == [response]

    def test_both_sides_may_ask_at_once(self):
        esme, smsc = pair(State.BOUND_TRX)
        from_esme, from_smsc = esme.send(pdus.Unbind()), smsc.send(pdus.Unbind())
        for session, octets in ((esme, from_smsc), (smsc, from_esme)):
            [reply, unbound] = session.receive_data(octets)
            assert isinstance(reply, Reply)
            assert unbound == Unbound(by_peer=True)
            assert session.is_closed

    def test_what_follows_the_end_in_the_same_octets_is_ignored(self):
        smsc = one(Side.SMSC, State.BOUND_TRX)
        events = smsc.receive_data(pdus.Unbind(sequence=5).encode() + pdus.SubmitSm(sequence=6).encode() + b"\xff" * 9)
        assert [type(event) for event in events] == [Reply, Unbound]


def test_the_texts_of_refusals_show_nothing_the_peer_sent():
    session = one(Side.SMSC, State.BOUND_TRX)
    octets = HEADER.pack(16 + 60, 4, 0, 6) + b"secret" * 10
    [refusal] = session.receive_data(octets)
    assert "secret" not in repr(refusal)


def test_every_class_can_be_drawn_for_these_tests():
    assert {type(sample(cls, 1)) for cls in CLASSES} == set(PDUS.values())
