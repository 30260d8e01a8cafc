"""One SMPP 3.4 session, either side of it, without a socket and without a clock.

How to think about it: two peers live by one table, `transitions.TRANSITIONS`, whose rows say who may send which PDU
in which state and what the state is then. Octets from the peer go into `receive_data`, which gives back a list of
events in order; what we want to say goes through `send` or `send_all`, which give back octets to write. Both walk the
same rows.

    OPEN ── bind sent ──▶ BINDING_x ── accepted ──▶ BOUND_x ── unbind ──▶ UNBINDING ── unbind_resp ──▶ CLOSED
      ▲                       │ refused
      └───────────────────────┘

An event is a PDU that the application must look at, or one of the small classes of `events`. `Reply` (and `Refusal`, which
is one) holds octets that must be written: the session answers by itself what needs no application: enquire_link,
unbind, and every PDU that has no row, that is unknown or that cannot be read. The line stays up for all of these.
Only a command_length that cannot be (below 16 or above the limit) raises `BadPdu`, as soon as it is seen and before
anything of that PDU is kept; nothing else is ever raised for what a peer sends. Until an SMSC has accepted a bind the limit
is that of a bind: a stranger may make us keep no more.

An unbind by the peer is answered after the last request of the peer was: `send_all` appends the unbind_resp. So there
is one rule for the owner of the socket: when `is_closed` after a call, write what there is to write and close.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, Final

import attrs

from mobilesasa.smpp.codec import HEADER
from mobilesasa.smpp.errors import BadPdu, MalformedBody, WrongState
from mobilesasa.smpp.events import Event, Refusal, Reply, Unasked, Unbound, Unreadable
from mobilesasa.smpp.pdus import (
    PDUS,
    RESPONSE_BIT,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    Unbind,
    UnbindResp,
    response_class,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.transitions import BINDING, BOUND, UNANSWERED, Row, Side, State, is_bind, refusal_of, rows_of

__all__ = [
    "LIMIT_OCTETS",
    "LIMIT_REQUESTS",
    "LIMIT_STRANGER_OCTETS",
    "Event",
    "Refusal",
    "Reply",
    "Session",
    "Side",
    "State",
    "Unasked",
    "Unbound",
    "Unreadable",
]

#: The largest PDU that is taken, header and all, unless the session is told otherwise.
LIMIT_OCTETS: Final = 65536
#: The largest PDU that an SMSC takes before it has accepted a bind. A bind has at most 98 octets (§4.1.1); the rest is room
#: for a token in the place of its password, and for parameters of vendors.
LIMIT_STRANGER_OCTETS: Final = 1024
#: How many of our own requests are remembered to know their answers; the oldest is forgotten beyond it.
LIMIT_REQUESTS: Final = 65536
_LAST_SEQUENCE = 0x7FFFFFFF  # §3.2, table 3-1
_CLOSED: Final = State.CLOSED  # a name of the module is found sooner than a member of an enumeration
_HEADER_OCTETS = HEADER.size
_unpack_header = HEADER.unpack_from


# What is done with a PDU that has a row.
_REQUEST, _NOTICE, _ANSWER, _AUTOMATIC, _MOVE = range(5)
_Rules = dict[int, tuple[Callable[[bytes, int, int], Any], int, Row]]


def _action(row: Row) -> int:
    if row.to is not row.state or row.to_if_refused is not row.state:
        return _MOVE
    if row.pdu.command_id in UNANSWERED:
        return _NOTICE
    return _ANSWER if row.pdu.command_id & RESPONSE_BIT else _REQUEST


def _rules(state: State, sender: Side, special: dict[type[Pdu], int]) -> _Rules:
    """Return what is done with each PDU; `special` are those that go another way than their row suggests."""
    rows = rows_of(state, sender)
    return {key: (row.pdu._decode, special.get(row.pdu, _action(row)), row) for key, row in rows.items()}


# The states in which the peer of an SMSC is a stranger.
_STRANGE: Final = frozenset((State.OPEN, State.OUTBOUND, *BINDING))
_EVERYWHERE = [(state, side) for state in State for side in Side]
# By state and sender. A generic_nack that comes in may move the state, depending on what it answers; an
# enquire_link_resp that goes out answers none of the requests that were handed out.
_WHEN_RECEIVED: dict[type[Pdu], int] = {EnquireLink: _AUTOMATIC, Unbind: _AUTOMATIC, GenericNack: _MOVE}
_WHEN_SENT: dict[type[Pdu], int] = {EnquireLinkResp: _AUTOMATIC}
_RECEIVED = {(state, sender): _rules(state, sender, _WHEN_RECEIVED) for state, sender in _EVERYWHERE}
_SENT = {(state, sender): _rules(state, sender, _WHEN_SENT) for state, sender in _EVERYWHERE}


@attrs.define
class Session:
    """One end of one SMPP connection.

    Attributes:
        side: Which end we are.
        limit_octets: The largest PDU that is taken, header and all; of a stranger `LIMIT_STRANGER_OCTETS` at most.
        state: Where we are in `TRANSITIONS`; set by the session alone.
        unanswered: How many requests of the peer have been handed out and not been answered yet. An owner who stops
            reading the socket above some number bounds what the peer can make us keep.
    """

    side: Side
    limit_octets: int = attrs.field(default=LIMIT_OCTETS, kw_only=True)
    state: State = attrs.field(default=State.OPEN, init=False)
    unanswered: int = attrs.field(default=0, init=False)
    _accepts: _Rules = attrs.field(init=False, repr=False)
    _offers: _Rules = attrs.field(init=False, repr=False)
    _asked: dict[int, int] = attrs.field(factory=dict, init=False, repr=False)  # command_id by sequence
    _last_sequence: int = attrs.field(default=0, init=False, repr=False)
    _kept: bytearray = attrs.field(factory=bytearray, init=False, repr=False)  # the start of a PDU
    _wanted_octets: int = attrs.field(default=0, init=False, repr=False)  # how much of it must be there to go on
    _unbind_sequence: int | None = attrs.field(default=None, init=False, repr=False)  # the peer's, still unanswered

    def __attrs_post_init__(self) -> None:
        self._enter(State.OPEN)

    @property
    def is_bound(self) -> bool:
        """Whether a bind was accepted and nobody has unbound since."""
        return self.state in BOUND

    @property
    def is_closed(self) -> bool:
        """Whether the session is over: write what there is to write and close the connection."""
        return self.state is State.CLOSED

    def may_send(self, pdu: type[Pdu]) -> bool:
        """Say whether `send` would take a PDU of this class now."""
        return pdu.command_id in self._offers

    def next_sequence(self) -> int:
        """Return the next sequence number for a request of ours: 1 to 0x7FFFFFFF, then 1 again."""
        self._last_sequence = self._last_sequence % _LAST_SEQUENCE + 1
        return self._last_sequence

    def next_sequences(self, count: int) -> Sequence[int]:
        """Return the next sequence numbers for so many requests of ours, in order."""
        last = self._last_sequence + count
        if last > _LAST_SEQUENCE:
            return [self.next_sequence() for _ in range(count)]
        first, self._last_sequence = self._last_sequence + 1, last
        return range(first, last + 1)

    def forget(self, sequence: int) -> None:
        """Give up a request of ours: an answer that comes after this is an `Unasked`."""
        self._asked.pop(sequence, None)

    def receive_data(self, octets: bytes) -> list[Event]:
        """Take what came from the peer, cut anywhere, and return what it means.

        Raises:
            BadPdu: The stream is broken; `events` and `reply` of the error say what came before and what to write.
                The session is CLOSED then, and ignores whatever else comes.
        """
        if self.is_closed:
            return []
        if self._kept:
            self._kept += octets
            if len(self._kept) < self._wanted_octets:
                return []
            octets = bytes(self._kept)
            self._kept.clear()
        events: list[Event] = []
        limit_octets = self._limit_octets()
        at, size = 0, len(octets)
        while size - at >= _HEADER_OCTETS:
            length, command_id, status, sequence = _unpack_header(octets, at)
            end = at + length
            if not _HEADER_OCTETS <= length <= limit_octets:
                raise self._broken(length, sequence, limit_octets, events)
            if end > size:
                break
            self._receive_pdu(command_id, status, sequence, octets[at + _HEADER_OCTETS : end], events)
            if self.state is _CLOSED:
                return events
            at = end
        if at < size:
            self._keep(octets, at, limit_octets, events)
        return events

    def send(self, pdu: Pdu) -> bytes:
        """Return the octets of one PDU, as `send_all` does."""
        return self.send_all((pdu,))

    def send_all(self, pdus: Iterable[Pdu], sequences: Sequence[int] | None = None) -> bytes:
        """Return the octets of some PDUs in order, for one write.

        A request whose `sequence` is 0 gets the next number; `sequences` (`next_sequences`), one for each PDU, stand in
        the place of their own. Answers that come too late, when the session is CLOSED, are left out: nobody reads them.

        Raises:
            WrongState: We may not send such a PDU in this state.
            Unencodable: A value does not fit its field. Neither error has an effect, unless the batch also changes
                the state.
        """
        written: list[bytes] = []
        asked: dict[int, int] = {}
        answered = 0
        numbers = repeat(0) if sequences is None else sequences
        for pdu, number in zip(pdus, numbers, strict=sequences is not None):
            command_id = pdu.command_id
            rule = self._offers.get(command_id)
            if rule is None:
                if self.is_closed and command_id & RESPONSE_BIT:
                    continue
                raise WrongState(
                    f"{type(pdu).__name__} may not be sent by the {self.side.value} when {self.state.value}"
                )
            if command_id & RESPONSE_BIT:
                written.append(pdu.encode(number))
                answered += rule[1] == _ANSWER
            else:
                sequence = number or pdu.sequence or self.next_sequence()
                written.append(pdu.encode(sequence))
                if command_id not in UNANSWERED:
                    asked[sequence] = command_id
            if rule[1] == _MOVE:
                self._enter(rule[2].to_if_refused if pdu.status else rule[2].to)
        self._note(asked, answered)
        if self._unbind_sequence is not None and not self.unanswered:
            written.append(self._farewell())
        return b"".join(written)

    def _note(self, asked: dict[int, int], answered: int) -> None:
        self.unanswered = max(0, self.unanswered - answered)
        if asked:
            self._asked.update(asked)
            while len(self._asked) > LIMIT_REQUESTS:
                del self._asked[next(iter(self._asked))]

    def _enter(self, state: State) -> None:
        self.state = state
        self._accepts = _RECEIVED[state, self.side.other]
        self._offers = _SENT[state, self.side]

    def _receive_pdu(self, command_id: int, status: int, sequence: int, body: bytes, events: list[Event]) -> None:
        rule = self._accepts.get(command_id)
        if rule is None:
            self._without_row(command_id, status, sequence, body, events)
            return
        decode, action, row = rule
        try:
            pdu = decode(body, status, sequence)
        except MalformedBody as bad:
            self._unreadable(command_id, status, sequence, bad, events)
            return
        if action == _REQUEST:
            self.unanswered += 1
            events.append(pdu)
        elif action == _ANSWER:
            events.append(pdu if self._settle(pdu) else Unasked(pdu))
        elif action == _NOTICE:
            events.append(pdu)
        elif action == _AUTOMATIC:
            self._answer(pdu, events)
        else:
            self._move(pdu, row, events)

    def _answer(self, pdu: Pdu, events: list[Event]) -> None:
        """Answer an enquire_link now, an unbind as soon as nothing else is unanswered."""
        if isinstance(pdu, EnquireLink):
            events.append(Reply(EnquireLinkResp(sequence=pdu.sequence).encode()))
            return
        self._enter(State.UNBINDING)
        self._unbind_sequence = pdu.sequence
        if not self.unanswered:
            events.append(Reply(self._farewell()))
        events.append(Unbound(True, pdu.sequence))

    def _farewell(self) -> bytes:
        response = UnbindResp(sequence=self._unbind_sequence or 0)
        self._unbind_sequence = None
        self._enter(State.CLOSED)
        return response.encode()

    def _move(self, pdu: Pdu, row: Row, events: list[Event]) -> None:
        """Take a PDU that changes the state, or a generic_nack, which may."""
        if pdu.command_id & RESPONSE_BIT:
            asked = self._settle(pdu)
            if not asked:
                events.append(Unasked(pdu))
                return
            if row.pdu is GenericNack and not is_bind(asked):
                events.append(pdu)
                return
        self._enter(row.to_if_refused if pdu.status else row.to)
        events.append(Unbound(False, pdu.sequence) if isinstance(pdu, UnbindResp) else pdu)

    def _settle(self, response: Pdu) -> int:
        """Return the command_id of the request that a response answers and forget it; 0 when there is none."""
        asked = self._asked.get(response.sequence, 0)
        if asked and response.command_id in (asked | RESPONSE_BIT, RESPONSE_BIT):  # the bit alone is generic_nack
            del self._asked[response.sequence]
            return asked
        return 0

    def _without_row(self, command_id: int, status: int, sequence: int, body: bytes, events: list[Event]) -> None:
        """Refuse what the peer may not send now, and what no version of the protocol knows."""
        cls = PDUS.get(command_id)
        if cls is None:
            events.append(_refusal(command_id, sequence, Status.ESME_RINVCMDID, "unknown command"))
        elif command_id & RESPONSE_BIT:
            try:
                events.append(Unasked(cls._decode(body, status, sequence)))
            except MalformedBody as bad:
                self._unreadable(command_id, status, sequence, bad, events)
        else:
            refused_with = refusal_of(command_id, self.state, self.side)
            events.append(_refusal(command_id, sequence, refused_with, f"not allowed when {self.state.value}"))

    def _unreadable(self, command_id: int, status: int, sequence: int, bad: MalformedBody, events: list[Event]) -> None:
        if command_id & RESPONSE_BIT:
            self.forget(sequence)
            events.append(Unreadable(command_id=command_id, status=status, sequence=sequence, reason=str(bad)))
        else:
            events.append(_refusal(command_id, sequence, bad.status, str(bad)))

    def _limit_octets(self) -> int:
        """Return the length of the largest PDU that is taken now; no PDU of the peer makes it longer."""
        if self.side is Side.SMSC and self.state in _STRANGE:
            return min(self.limit_octets, LIMIT_STRANGER_OCTETS)
        return self.limit_octets

    def _keep(self, octets: bytes, at: int, limit_octets: int, events: list[Event]) -> None:
        """Keep the start of a PDU, once its length is known to be possible."""
        rest = octets[at:]
        if len(rest) < 4:
            self._wanted_octets = 4
        else:
            length = int.from_bytes(rest[:4], "big")
            if not _HEADER_OCTETS <= length <= limit_octets:
                raise self._broken(length, 0, limit_octets, events)
            self._wanted_octets = length
        self._kept += rest

    def _broken(self, length: int, sequence: int, limit_octets: int, events: list[Event]) -> BadPdu:
        self._enter(State.CLOSED)
        nack = GenericNack(status=Status.ESME_RINVCMDLEN, sequence=sequence)
        reason = f"command_length {length} is not {_HEADER_OCTETS} to {limit_octets}"
        return BadPdu(reason, nack.encode(), events, length)


def _refusal(command_id: int, sequence: int, status: Status, reason: str) -> Refusal:
    octets = response_class(command_id)(status=status, sequence=sequence).encode()
    return Refusal(octets, command_id=command_id, sequence=sequence, status=status, reason=reason)
