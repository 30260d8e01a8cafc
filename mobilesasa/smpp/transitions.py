"""Which PDU may go which way in which state, and what state follows (SMPP 3.4 §2.2, table 2-1).

A row speaks of who *sends*, not of who we are, so both ends of a connection live by the same rows: what one may send
the other accepts.
"""

import enum
from collections.abc import Iterator
from typing import Final

import attrs

from mobilesasa.smpp import pdus
from mobilesasa.smpp.pdus import PDUS, Pdu
from mobilesasa.smpp.statuses import Status


class Side(enum.Enum):
    """The two ends of a connection."""

    ESME = "ESME"  # the client, which binds
    SMSC = "SMSC"  # the server

    @property
    def other(self) -> "Side":
        """The end across from this one."""
        return Side.SMSC if self is Side.ESME else Side.ESME


class State(enum.Enum):
    """What the two sides have agreed on so far."""

    OPEN = "open"
    OUTBOUND = "outbound"  # the SMSC asked for a bind
    BINDING_TX = "binding as a transmitter"
    BINDING_RX = "binding as a receiver"
    BINDING_TRX = "binding as a transceiver"
    BOUND_TX = "bound as a transmitter"
    BOUND_RX = "bound as a receiver"
    BOUND_TRX = "bound as a transceiver"
    UNBINDING = "unbinding"  # an unbind went one way or the other and waits for its answer
    CLOSED = "closed"


@attrs.frozen
class Row:
    """In `state` the side `sender` may send `pdu`; the state is `to` then, `to_if_refused` if its status is not 0."""

    state: State
    sender: Side
    pdu: type[Pdu]
    to: State
    to_if_refused: State


BINDING: Final = (State.BINDING_TX, State.BINDING_RX, State.BINDING_TRX)
BOUND: Final = (State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX)
_SENDING = (State.BOUND_TX, State.BOUND_TRX)
_RECEIVING = (State.BOUND_RX, State.BOUND_TRX)
_BOTH = (Side.ESME, Side.SMSC)

#: Requests that change nothing: who sends them, and in which states. Their answers go the other way in the same states,
#: and while unbinding, since what was asked before is still answered.
_EXCHANGES: Final[tuple[tuple[type[Pdu], tuple[Side, ...], tuple[State, ...]], ...]] = (
    (pdus.SubmitSm, (Side.ESME,), _SENDING),
    (pdus.SubmitMulti, (Side.ESME,), _SENDING),
    (pdus.QuerySm, (Side.ESME,), _SENDING),
    (pdus.CancelSm, (Side.ESME,), _SENDING),
    (pdus.ReplaceSm, (Side.ESME,), _SENDING),  # the table forgets the transceiver; §2.2.3 gives it all of both
    (pdus.DataSm, (Side.ESME,), _SENDING),
    (pdus.DataSm, (Side.SMSC,), _RECEIVING),
    (pdus.DeliverSm, (Side.SMSC,), _RECEIVING),
    (pdus.EnquireLink, _BOTH, (*BINDING, *BOUND, State.UNBINDING)),
)

#: The binds: the class, the states it may be sent in, the state while it waits, the state when it was accepted.
_BINDS: Final[tuple[tuple[type[Pdu], tuple[State, ...], State, State], ...]] = (
    (pdus.BindTransmitter, (State.OPEN,), State.BINDING_TX, State.BOUND_TX),
    (pdus.BindReceiver, (State.OPEN, State.OUTBOUND), State.BINDING_RX, State.BOUND_RX),
    (pdus.BindTransceiver, (State.OPEN, State.OUTBOUND), State.BINDING_TRX, State.BOUND_TRX),
)


def _same(state: State, sender: Side, pdu: type[Pdu]) -> Row:
    return Row(state, sender, pdu, state, state)


def _to(state: State, sender: Side, pdu: type[Pdu], to: State) -> Row:
    return Row(state, sender, pdu, to, to)


def _rows() -> Iterator[Row]:
    yield _to(State.OPEN, Side.SMSC, pdus.Outbind, State.OUTBOUND)
    for bind, states, binding, bound in _BINDS:
        for state in states:
            yield _to(state, Side.ESME, bind, binding)
        yield Row(binding, Side.SMSC, pdus.response_class(bind.command_id), bound, State.OPEN)
        yield _to(binding, Side.SMSC, pdus.GenericNack, State.OPEN)
    for request, senders, states in _EXCHANGES:
        for sender in senders:
            for state in states:
                yield _same(state, sender, request)
            for state in dict.fromkeys((*states, State.UNBINDING)):
                yield _same(state, sender.other, pdus.response_class(request.command_id))
    for state in _RECEIVING:
        yield _same(state, Side.SMSC, pdus.AlertNotification)
    for sender in _BOTH:
        for state in BOUND:
            yield _to(state, sender, pdus.Unbind, State.UNBINDING)
        yield _same(State.UNBINDING, sender, pdus.Unbind)  # both unbind at once
        yield _to(State.UNBINDING, sender, pdus.UnbindResp, State.CLOSED)
        for state in (*BOUND, State.UNBINDING):
            yield _same(state, sender, pdus.GenericNack)


#: Every row there is. What is not here is refused.
TRANSITIONS: Final[tuple[Row, ...]] = tuple(_rows())

_DELIVERIES: Final = frozenset({pdus.DeliverSm.command_id, pdus.DataSm.command_id})
#: Requests that nobody answers.
UNANSWERED: Final = frozenset({pdus.Outbind.command_id, pdus.AlertNotification.command_id})


def rows_of(state: State, sender: Side) -> dict[int, Row]:
    """Return what `sender` may send in `state`, by command_id."""
    return {row.pdu.command_id: row for row in TRANSITIONS if row.state is state and row.sender is sender}


def is_bind(command_id: int) -> bool:
    """Say whether a command is one of the three binds."""
    cls = PDUS.get(command_id)
    return cls is not None and issubclass(cls, pdus.Bind)


def refusal_of(command_id: int, state: State, side: Side) -> Status:
    """Return what `side` answers a request that it may not be sent in a state (§5.1.3).

    What a carrier had on its way while we unbind is not wrong: it is to come again on the next bind (ESME_RX_T_APPN).
    """
    if is_bind(command_id) and state in (*BINDING, *BOUND):
        return Status.ESME_RALYBND
    if side is Side.ESME and state is State.UNBINDING and command_id in _DELIVERIES:
        return Status.ESME_RX_T_APPN
    return Status.ESME_RINVBNDSTS
