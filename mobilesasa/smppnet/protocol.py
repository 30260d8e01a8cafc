"""One SMPP connection: the Twisted protocol that feeds a `Session` and keeps time.

How to think about it: a *turn* is what one read of the socket brought. All requests of a turn go to the user in one
list, all answers in another, and everything that is sent while the user looks at them leaves in one write. What is
sent outside of a turn is written at once. Nothing is made for a single PDU: no Deferred, no delayed call.

What a turn means is read by `reading`, time is kept by `timers` with one delayed call a link, what has passed by `trace`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.interfaces import IConsumer, IPushProducer, IReactorTime, ITCPTransport
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from mobilesasa.smpp.errors import WrongState
from mobilesasa.smpp.pdus import EnquireLink, Pdu, Unbind, UnbindResp
from mobilesasa.smpp.session import LIMIT_OCTETS, LIMIT_REQUESTS, Session
from mobilesasa.smpp.transitions import Side
from mobilesasa.smpp.window import WindowFull
from mobilesasa.smppnet.patience import PIECE_OCTETS, Patience
from mobilesasa.smppnet.peers import place, why
from mobilesasa.smppnet.reading import Reader, Turn
from mobilesasa.smppnet.requests import Requests
from mobilesasa.smppnet.timers import CLOSE_S, Alarm, Due, Timers, Watch
from mobilesasa.smppnet.trace import Trace, is_farewell
from mobilesasa.smppnet.users import LinkUser


@implementer(IPushProducer)
class Link(TwistedProtocol):
    """One end of one SMPP connection.

    What the peer makes us write is bounded (I7): a server does not read from a client that does not read; a client,
    which must read on lest both wait for each other, cuts a server that has not read for the idle timeout. And a server
    bears only so much that brings nothing (`patience`).

    Attributes:
        session: The state of the connection; read it, send through the link.
        peer: `host:port` of the other end.
        pdus_out: How many PDUs we sent, without what the session answers by itself.
        trace: What has passed of late.
        patience: What we bear of what brings nothing; a server's.
    """

    log = Logger()
    transport: Any  # TCP, or TLS over it

    def __init__(
        self,
        side: Side,
        user: LinkUser,
        clock: IReactorTime,
        timers: Timers,
        limit_octets: int = LIMIT_OCTETS,
    ) -> None:
        """Wait for a connection; `limit_octets` bounds one PDU, header and all."""
        self.session = Session(side, limit_octets=limit_octets)
        self.peer = "nowhere"
        self.pdus_out = 0
        self.trace = Trace()
        self.patience = Patience(clock.seconds())
        self._user, self._clock, self._timers = user, clock, timers
        self._unread = b""  # of a peer that is taken in pieces
        self._requests = Requests(self.session, timers.response_timeout_s)
        self._reader = Reader(self.session, self._requests, self.trace)
        self._turn: list[bytes] | None = None  # what is to be written when the turn ends
        self._watch = Watch(timers, clock.seconds(), clock.seconds())
        self._alarm = Alarm(clock, self._woken)
        self._lost = self._closing = self._close_wanted = False
        self._held_by_user = self._held_by_peer = self._holds = False  # why we do not read; for any reason
        self._reason = ""  # ours, when it is we who close

    @property
    def pdus_in(self) -> int:
        """How many PDUs came, without what the session answers by itself."""
        return self._reader.pdus_in

    @property
    def refused(self) -> int:
        """How many PDUs of the peer the session refused by itself."""
        return self._reader.refused

    @property
    def late(self) -> int:
        """How many answers came to nothing we asked, or to what we had given up."""
        return self._reader.late

    @property
    def heard_at_s(self) -> float:
        """When the peer last said anything, in seconds of the link's clock."""
        return self._watch.heard_at_s

    @property
    def outstanding(self) -> int:
        """How many requests of ours are without an answer."""
        return len(self._requests)

    @property
    def waited_s(self) -> float:
        """How long the oldest unanswered request has waited while we read: 0.0 when we do not, or nothing waits."""
        return 0.0 if self._holds else self._requests.waited_s(self._clock.seconds())

    @property
    def is_bound(self) -> bool:
        """Whether requests of ours can be sent: bound, connected, and not on the way out."""
        return self.session.is_bound and not self._lost and not self._closing

    # What the user calls

    def send(self, pdus: Sequence[Pdu]) -> None:
        """Send answers, or requests whose answer does not matter; dropped when the connection is gone.

        Raises:
            WrongState: We may not send such a PDU in this state.
            Unencodable: A value does not fit its field. Nothing is sent in either case.
        """
        if self._lost:
            return
        octets = self.session.send_all(pdus)
        self._write(octets)
        self.pdus_out += len(pdus)
        if octets:
            self._trace_sent(pdus, octets)
        self._close_if_over()

    def request(self, pdus: Sequence[Pdu], contexts: Sequence[Any]) -> None:
        """Send requests, each with a context (not None) that comes back exactly once: `answered` or `unanswered`.

        The session numbers them; a number that a PDU already has is not regarded.

        Raises:
            WrongState: The connection is gone, or we may not send such a PDU in this state.
            Unencodable: A value does not fit its field. Nothing is sent in either case.
            WindowFull: More than `LIMIT_REQUESTS` are unanswered; the user's window is far smaller.
        """
        if self._lost:
            raise WrongState("the connection is gone")
        if len(self._requests) + len(pdus) > LIMIT_REQUESTS:
            raise WindowFull(f"{len(self._requests)} requests are unanswered")
        if not pdus:
            return
        sequences = self.session.next_sequences(len(pdus))
        octets = self.session.send_all(pdus, sequences)
        now_s = self._clock.seconds()
        self._requests.put(sequences, contexts, now_s)
        self._write(octets)
        self.pdus_out += len(pdus)
        self.trace.went(now_s, pdus, len(octets), sequences)
        if self._timers.response_timeout_s:
            self._alarm.wake_by(now_s + self._timers.response_timeout_s)

    def unbind(self, reason: str = "unbound by us") -> None:
        """End politely: unbind, wait for the answer up to `CLOSE_S`, close. Unbound already: just close."""
        if self._lost or self._closing or self._watch.cut_at_s is not None:
            return
        self._reason = self._reason or reason
        if not self.session.may_send(Unbind):
            self._close()
            return
        self._ask(Unbind(sequence=self.session.next_sequence()))
        self._close_by(self._clock.seconds() + CLOSE_S)

    def enquire(self) -> None:
        """Ask whether the peer is there, if that may be asked now."""
        if not self._lost and self.session.may_send(EnquireLink):
            self._ask(EnquireLink(sequence=self.session.next_sequence()))

    def abort(self, reason: str = "cut by us") -> None:
        """Cut the connection now; what was not written yet is lost."""
        if not self._lost:
            self._reason = self._reason or reason
            self._closing = True
            self.transport.abortConnection()

    def keep_time(self, enquire_link_s: float, idle_timeout_s: float) -> None:
        """Wait for as much silence from now on, in seconds; 0 is for ever."""
        changed = attrs.evolve(self._timers, enquire_link_s=enquire_link_s, idle_timeout_s=idle_timeout_s)
        self._timers = self._watch.timers = changed
        self._rearm()

    def pause_reading(self) -> None:
        """Take nothing more from the peer until `resume_reading`."""
        self._held_by_user = True
        self._hold()

    def resume_reading(self) -> None:
        """Read again."""
        if self._held_by_user:
            self._held_by_user = False
            self._hold()

    # What Twisted calls

    def connectionMade(self) -> None:
        transport = self.transport
        if ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)  # with Nagle's algorithm a small write waits 40 ms for an acknowledgement
        if IConsumer.providedBy(transport):
            transport.registerProducer(self, True)
        self.peer = self._reader.peer = place(transport)
        self._watch.made_at_s = self._watch.heard_at_s = self._clock.seconds()
        self._user.made(self)
        self._rearm()

    def dataReceived(self, data: bytes) -> None:
        if self.session.side is Side.ESME or not self._is_tried():
            self._take(data)
            return
        self._unread += data
        self._take_in_pieces()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._lost = True
        self._alarm.cancel()
        if self.refused > 1:
            self.log.warn("{peer} sent {refused} PDUs that were refused", peer=self.peer, refused=self.refused)
        contexts = self._requests.drain()
        try:
            if contexts:
                self._user.unanswered(self, contexts)
        finally:
            self._user.lost(self, self._reason or why(reason))

    def pauseProducing(self) -> None:
        self._watch.stuck_since_s = self._clock.seconds()
        self._rearm()
        self._held_by_peer = self.session.side is Side.SMSC
        self._hold()

    def resumeProducing(self) -> None:
        self._watch.stuck_since_s = None
        self._held_by_peer = False
        self._hold()

    def stopProducing(self) -> None:
        """Nothing is to be stopped: the connection is gone, and `connectionLost` is told."""

    # A turn

    def _is_tried(self) -> bool:
        """Whether the peer is a stranger, or wastes our time of late: then a turn is a small one."""
        known = self._watch.bound or self.session.is_bound
        return not known or bool(self._unread) or self.patience.is_tried(self._clock.seconds())

    def _take_in_pieces(self) -> None:
        """Take what was read as far as patience goes; the rest waits here, and all that follows in the socket."""
        while self._unread and not self.patience.holds and not self._closing:
            piece, self._unread = self._unread[:PIECE_OCTETS], self._unread[PIECE_OCTETS:]
            self._take(piece)

    def _take(self, data: bytes) -> None:
        if self._closing:
            return
        now_s = self._clock.seconds()
        self._turn = []
        try:
            turn = self._reader.read(data, now_s)
            if turn.pdus:  # part of one is no sign of life: else an octet a minute would hold a session for ever
                self._watch.heard_at_s = now_s
            self._take_turn(turn)
        finally:
            octets, self._turn = b"".join(self._turn), None
            self._write(octets)
        self._close_if_over()
        if self.patience.wasted and self.session.side is Side.SMSC:
            self._lose_patience(now_s)

    def _take_turn(self, turn: Turn) -> None:
        self._write(b"".join(turn.replies))
        self.patience.waste(turn.wasted)
        self._watch.bound |= self.session.is_bound
        if turn.answers:
            self._user.answered(self, turn.answers)
        if turn.requests:
            self._user.received(self, turn.requests)
        if turn.unbound:
            self._reason = self._reason or "unbound by the peer"
            self._user.unbound(self)
        if turn.broken is not None:
            self.log.warn("dropping {peer}: {bad}", peer=self.peer, bad=turn.reason)
            self._reason = turn.reason
            self._write(turn.broken.reply)

    def _ask(self, request: Pdu) -> None:
        """Send a request whose answer the session takes by itself."""
        octets = self.session.send(request)
        self._write(octets)
        self._trace_sent([request], octets)

    def _trace_sent(self, pdus: Sequence[Pdu], octets: bytes) -> None:
        """Keep what was sent, and the unbind_resp that the session adds when everything else is answered."""
        now_s = self._clock.seconds()
        self.trace.went(now_s, pdus, len(octets))
        if self.session.is_closed and is_farewell(octets):
            self.trace.went(now_s, [UnbindResp.decode(octets[-16:])], 16)

    def _write(self, octets: bytes) -> None:
        if self._turn is not None:
            self._turn.append(octets)
        elif octets and not self._lost:
            self.transport.write(octets)

    # The end

    def _close_if_over(self) -> None:
        if (self.session.is_closed or self._close_wanted) and not self._closing:
            self._close()

    def _close(self) -> None:
        """Close when everything is written, which is after the turn, or in `CLOSE_S` all the same."""
        if self._turn is not None:
            self._close_wanted = True
            return
        self._closing = True
        if IConsumer.providedBy(self.transport):
            self.transport.unregisterProducer()  # a connection with a producer does not close
        self.transport.loseConnection()
        if not self._lost:
            self._close_by(self._clock.seconds() + CLOSE_S)

    def _close_by(self, at_s: float) -> None:
        self._watch.cut_at_s = at_s
        self._alarm.wake_by(at_s)

    def _hold(self) -> None:
        """Read or do not read, as user and peer will have it."""
        if self._lost or self._closing:
            return
        held, self._holds = self._holds, self._held_by_user or self._held_by_peer or self.patience.holds
        if self._holds:
            self.transport.pauseProducing()
            return
        self._watch.heard_at_s = self._clock.seconds()  # we did not listen: that was not the peer's silence
        if held:  # nor were its answers late: they may lie in the socket
            self._requests.read_again(self._watch.heard_at_s)
            self._rearm()
        self.transport.resumeProducing()

    def _lose_patience(self, now_s: float) -> None:
        """Drop a stranger that has sent too much that brings nothing; anybody else is not read for a while."""
        self._watch.bound |= self.session.is_bound
        self.patience.settle(now_s, self._watch.bound)
        if self.patience.is_at_its_end and not self._closing:
            self._reason = "it did not bind, and sent too many PDUs that bring nothing"
            self.log.warn("dropping {peer}: {why}", peer=self.peer, why=self._reason)
            self._close()
        elif self.patience.holds:
            self._alarm.wake_by(self.patience.holds_until_s)
            self._hold()

    # Time

    def _woken(self) -> None:
        try:
            self._act_on_the_overdue(self._clock.seconds())
        finally:
            self._rearm()

    def _act_on_the_overdue(self, now_s: float) -> None:
        self._watch.bound |= self.session.is_bound
        if self.patience.is_regained(now_s):
            self._take_in_pieces()
            self._hold()
        given_up = [] if self._holds else self._requests.give_up(now_s)
        if given_up:
            self._user.unanswered(self, given_up)
        match self._watch.due(now_s):
            case Due.CUT:
                self.abort("the peer did not close in time")
            case Due.STUCK:
                self.abort(f"the peer read nothing for {self._timers.idle_timeout_s:g} s")
            case Due.BIND:
                self._reason = f"no bind was accepted within {self._timers.bind_timeout_s:g} s"
                self._close()
            case Due.SILENCE if not self._holds:
                self._clock.callLater(0, self._unbind_if_silent)
            case Due.ENQUIRY if not self._holds and self.session.may_send(EnquireLink):
                self._watch.enquired(now_s)
                self.enquire()

    def _unbind_if_silent(self) -> None:
        """Take the peer for gone, now that its socket was read: in a process that had been stopped timers come first."""
        if not self._lost and not self._holds and self._watch.due(self._clock.seconds()) is Due.SILENCE:
            self.unbind(f"nothing was heard for {self._timers.idle_timeout_s:g} s")

    def _rearm(self) -> None:
        if self._lost:
            return
        self._alarm.wake_by(self._watch.next_at_s(self._clock.seconds()))
        self._alarm.wake_by(self.patience.holds_until_s)
        if not self._holds:
            self._alarm.wake_by(self._requests.due_at_s())
