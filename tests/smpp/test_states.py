"""Every PDU in every state, either way: the rows of the session are those of the specification, and the rest is refused."""

import pytest

from mobilesasa.smpp import pdus
from mobilesasa.smpp.errors import WrongState
from mobilesasa.smpp.pdus import PDUS, RESPONSE_BIT, Pdu, response_class
from mobilesasa.smpp.session import Refusal, Reply, Session, Unasked, Unbound
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.transitions import BINDING, BOUND, TRANSITIONS, Side, State
from tests.smpp.sessions import REQUESTS, RESPONSES, TABLE_2_1, one, sample

EVERYWHERE = [(state, side) for state in State if state is not State.CLOSED for side in Side]
IDS = [f"{state.name}-{side.name}" for state, side in EVERYWHERE]


def refused_with(request: type[Pdu], state: State, side: Side) -> Status:
    """The status the specification has for a request that may not come now (§2.2, §5.1.3)."""
    if (state, side) == (State.UNBINDING, Side.ESME) and request in (pdus.DeliverSm, pdus.DataSm):
        return Status.ESME_RX_T_APPN  # or a carrier would take a receipt for refused that came too late
    again = issubclass(request, pdus.Bind) and state in (*BINDING, *BOUND)
    return Status.ESME_RALYBND if again else Status.ESME_RINVBNDSTS


def test_the_rows_for_requests_are_those_of_table_2_1():
    rows: dict[tuple[type[Pdu], Side], set[State]] = {}
    for row in TRANSITIONS:
        if not row.pdu.command_id & RESPONSE_BIT:
            rows.setdefault((row.pdu, row.sender), set()).add(row.state)
    assert rows == TABLE_2_1


def test_no_two_rows_are_about_the_same():
    keys = [(row.state, row.sender, row.pdu) for row in TRANSITIONS]
    assert len(set(keys)) == len(keys)


def test_whoever_may_ask_can_be_answered():
    rows = {(row.state, row.sender, row.pdu) for row in TRANSITIONS}
    for (request, sender), states in TABLE_2_1.items():
        if request not in (pdus.Outbind, pdus.AlertNotification, pdus.Unbind) and not issubclass(request, pdus.Bind):
            for state in states:
                assert (state, sender.other, response_class(request.command_id)) in rows


@pytest.mark.parametrize(("state", "side"), EVERYWHERE, ids=IDS)
@pytest.mark.parametrize("request_class", REQUESTS, ids=lambda cls: cls.__name__)
def test_a_request_is_taken_where_it_has_a_row_and_refused_elsewhere(
    state: State, side: Side, request_class: type[Pdu]
):
    session = one(side, state)
    request = sample(request_class, 42)
    events = session.receive_data(request.encode())
    if state in TABLE_2_1.get((request_class, side.other), set()):
        [row] = [r for r in TRANSITIONS if (r.state, r.sender, r.pdu) == (state, side.other, request_class)]
        automatic = isinstance(request, pdus.EnquireLink | pdus.Unbind)
        assert request in events or automatic
        assert not any(isinstance(event, Refusal) for event in events)
        assert session.state is row.to or isinstance(request, pdus.Unbind)
    else:
        status = refused_with(request_class, state, side)
        [refusal] = events
        assert isinstance(refusal, Refusal)
        answer = pdus.decode(refusal.octets)
        assert (answer.command_id, answer.status, answer.sequence) == (
            request_class.command_id | RESPONSE_BIT
            if request_class.command_id | RESPONSE_BIT in PDUS
            else pdus.GenericNack.command_id,
            status,
            42,
        )
        assert (refusal.command_id, refusal.sequence, refusal.status) == (request.command_id, 42, status)
        assert session.state is state


@pytest.mark.parametrize(("state", "side"), EVERYWHERE, ids=IDS)
@pytest.mark.parametrize("response_class", RESPONSES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("status", [0, 8])
def test_a_response_nobody_asked_for_is_reported_and_changes_nothing(
    state: State, side: Side, response_class: type[Pdu], status: int
):
    session = one(side, state)
    response = response_class(sequence=77, status=status)
    assert session.receive_data(response.encode()) == [Unasked(response)]
    assert session.state is state


@pytest.mark.parametrize(("state", "side"), EVERYWHERE, ids=IDS)
@pytest.mark.parametrize("cls", [*REQUESTS, *RESPONSES], ids=lambda cls: cls.__name__)
def test_only_what_has_a_row_is_sent(state: State, side: Side, cls: type[Pdu]):
    session = one(side, state)
    allowed = (state, side, cls) in {(row.state, row.sender, row.pdu) for row in TRANSITIONS}
    assert session.may_send(cls) is allowed
    if allowed:
        assert session.send(sample(cls, 7)).startswith(sample(cls, 7).encode())
    else:
        with pytest.raises(WrongState, match=f"{cls.__name__} may not be sent by the {side.value}"):
            session.send(sample(cls, 7))
        assert session.state is state


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("cls", [*REQUESTS, *RESPONSES], ids=lambda cls: cls.__name__)
def test_a_closed_session_hears_nothing_and_swallows_late_answers(side: Side, cls: type[Pdu]):
    session = one(side, State.CLOSED)
    assert session.is_closed
    assert session.receive_data(sample(cls, 5).encode()) == []
    if cls in RESPONSES:
        assert session.send(sample(cls, 5)) == b""
    else:
        with pytest.raises(WrongState):
            session.send(sample(cls, 5))


@pytest.mark.parametrize(
    "row",
    [row for row in TRANSITIONS if not row.pdu.command_id & RESPONSE_BIT and row.state is not State.UNBINDING],
    ids=str,
)
def test_both_ends_follow_the_same_row(row):
    sender, receiver = one(row.sender, row.state), one(row.sender.other, row.state)
    octets = sender.send(sample(row.pdu, 0))
    assert sender.state is row.to
    receiver.receive_data(octets)
    assert receiver.state is (State.CLOSED if row.pdu is pdus.Unbind else row.to)


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.pdu in REQUESTS], ids=str)
def test_a_response_to_what_was_asked_is_handed_out_once(row):
    answered = response_class(row.pdu.command_id)
    session = one(row.sender, row.state)
    session.send(sample(row.pdu, 500))
    response = answered(sequence=500, status=0)
    first = session.receive_data(response.encode())
    if answered is pdus.GenericNack:  # alert_notification and outbind have no answer
        assert first == [Unasked(response)]
    elif answered is pdus.UnbindResp:
        assert first == [Unbound(by_peer=False)]
        assert session.is_closed
    else:
        assert first == [response]
        assert session.receive_data(response.encode()) == [Unasked(response)]


@pytest.mark.parametrize("bind", [pdus.BindTransmitter, pdus.BindReceiver, pdus.BindTransceiver])
def test_a_refused_bind_leaves_the_line_open_for_another(bind: type[Pdu]):
    esme, smsc = Session(Side.ESME), Session(Side.SMSC)
    smsc.receive_data(esme.send(bind(sequence=3)))
    refusal = pdus.answer(bind(sequence=3), Status.ESME_RINVPASWD)
    assert esme.receive_data(smsc.send(refusal)) == [refusal]
    assert (esme.state, smsc.state) == (State.OPEN, State.OPEN)
    assert not esme.is_bound
    assert [type(event) for event in smsc.receive_data(esme.send(bind()))] == [bind]


def test_a_bind_that_is_answered_by_generic_nack_was_refused():
    esme = one(Side.ESME, State.BINDING_TRX)
    nack = pdus.GenericNack(sequence=1000, status=Status.ESME_RINVCMDID)
    assert esme.receive_data(nack.encode()) == [nack]
    assert esme.state is State.OPEN


def test_a_generic_nack_to_something_else_does_not_touch_the_bind():
    esme = one(Side.ESME, State.BINDING_TRX)
    esme.send(pdus.EnquireLink(sequence=5))
    nack = pdus.GenericNack(sequence=5, status=Status.ESME_RINVCMDID)
    assert esme.receive_data(nack.encode()) == [nack]
    assert esme.state is State.BINDING_TRX


def test_an_smsc_may_refuse_a_bind_with_generic_nack():
    smsc = one(Side.SMSC, State.BINDING_RX)
    smsc.send(pdus.GenericNack(sequence=1000, status=Status.ESME_RSYSERR))
    assert smsc.state is State.OPEN


def test_enquire_link_is_answered_at_once():
    session = one(Side.SMSC, State.BOUND_RX)
    assert session.receive_data(pdus.EnquireLink(sequence=9).encode()) == [
        Reply(pdus.EnquireLinkResp(sequence=9).encode())
    ]
    assert session.unanswered == 0
