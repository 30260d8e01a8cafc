"""Sessions brought into any state by what the two sides say, and what may be said there according to the specification."""

from mobilesasa.smpp import pdus
from mobilesasa.smpp.pdus import PDUS, RESPONSE_BIT, Pdu
from mobilesasa.smpp.session import Session
from mobilesasa.smpp.transitions import Side, State

REQUESTS = [cls for command_id, cls in sorted(PDUS.items()) if not command_id & RESPONSE_BIT]
RESPONSES = [cls for command_id, cls in sorted(PDUS.items()) if command_id & RESPONSE_BIT]

_BINDS: list[tuple[str, type[Pdu], type[Pdu]]] = [
    ("TX", pdus.BindTransmitter, pdus.BindTransmitterResp),
    ("RX", pdus.BindReceiver, pdus.BindReceiverResp),
    ("TRX", pdus.BindTransceiver, pdus.BindTransceiverResp),
]
# What brings both ends into a state: who says what.
PATHS: dict[State, list[tuple[Side, Pdu]]] = {State.OPEN: [], State.OUTBOUND: [(Side.SMSC, pdus.Outbind())]}
for _name, _bind, _resp in _BINDS:
    PATHS[State["BINDING_" + _name]] = [(Side.ESME, _bind(sequence=1000))]
    PATHS[State["BOUND_" + _name]] = [(Side.ESME, _bind(sequence=1000)), (Side.SMSC, _resp(sequence=1000))]
PATHS[State.UNBINDING] = [*PATHS[State.BOUND_TRX], (Side.ESME, pdus.Unbind(sequence=1001))]
PATHS[State.CLOSED] = [*PATHS[State.UNBINDING], (Side.SMSC, pdus.UnbindResp(sequence=1001))]


def pair(state: State) -> tuple[Session, Session]:
    """Return an ESME and an SMSC that are in `state`; an SMSC with a request still unanswered while unbinding."""
    sides = {side: Session(side) for side in Side}
    for sender, pdu in PATHS[state]:
        if isinstance(pdu, pdus.Unbind):
            sides[Side.SMSC].receive_data(sides[Side.ESME].send(pdus.SubmitSm(sequence=999)))
        if isinstance(pdu, pdus.UnbindResp):
            sides[Side.ESME].receive_data(sides[Side.SMSC].send(pdus.SubmitSmResp(sequence=999)))  # brings the other
        else:
            sides[sender.other].receive_data(sides[sender].send(pdu))
    assert {session.state for session in sides.values()} == {state}
    return sides[Side.ESME], sides[Side.SMSC]


def one(side: Side, state: State) -> Session:
    """Return one end in `state`."""
    esme, smsc = pair(state)
    return esme if side is Side.ESME else smsc


# SMPP 3.4, table 2-1: requests, who may send them, and in which states. Ours to write down twice: once as the rows of
# the session, and once as the specification prints it.
_TX, _RX, _TRX = State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX
_LIVING = {_TX, _RX, _TRX}
_MAYBE = {State.BINDING_TX, State.BINDING_RX, State.BINDING_TRX, State.UNBINDING}
TABLE_2_1: dict[tuple[type[Pdu], Side], set[State]] = {
    (pdus.BindTransmitter, Side.ESME): {State.OPEN},
    (pdus.BindReceiver, Side.ESME): {State.OPEN, State.OUTBOUND},
    (pdus.BindTransceiver, Side.ESME): {State.OPEN, State.OUTBOUND},
    (pdus.Outbind, Side.SMSC): {State.OPEN},
    (pdus.Unbind, Side.ESME): _LIVING | {State.UNBINDING},
    (pdus.Unbind, Side.SMSC): _LIVING | {State.UNBINDING},
    (pdus.SubmitSm, Side.ESME): {_TX, _TRX},
    (pdus.SubmitMulti, Side.ESME): {_TX, _TRX},
    (pdus.DataSm, Side.ESME): {_TX, _TRX},
    (pdus.DataSm, Side.SMSC): {_RX, _TRX},
    (pdus.DeliverSm, Side.SMSC): {_RX, _TRX},
    (pdus.QuerySm, Side.ESME): {_TX, _TRX},
    (pdus.CancelSm, Side.ESME): {_TX, _TRX},
    (pdus.ReplaceSm, Side.ESME): {_TX, _TRX},
    (pdus.EnquireLink, Side.ESME): _LIVING | _MAYBE,
    (pdus.EnquireLink, Side.SMSC): _LIVING | _MAYBE,
    (pdus.AlertNotification, Side.SMSC): {_RX, _TRX},
}


def sample(cls: type[Pdu], sequence: int) -> Pdu:
    """Return a PDU of a class that can be read."""
    if cls is pdus.SubmitMulti:
        return pdus.SubmitMulti(sequence=sequence, dest_addresses=(pdus.SmeAddress(1, 1, "254712345678"),))
    return cls(sequence=sequence)
