"""One SMPP connection: the Twisted protocol that feeds a `Session` and keeps time.

How to think about it: a *turn* is what one read of the socket brought. All requests of a turn go to the user in one
list, all answers in another, and everything that is sent while the user looks at them leaves in one write. What is
sent outside of a turn is written at once. Nothing is made for a single PDU: no Deferred, no delayed call.

Time is kept by `timers`: one delayed call a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from twisted.internet.interfaces import IConsumer, IPushProducer, IReactorTime, ITCPTransport
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from mobilesasa.smpp.errors import BadPdu, WrongState
from mobilesasa.smpp.pdus import PDUS, RESPONSE_BIT, EnquireLink, EnquireLinkResp, Pdu, Unbind
from mobilesasa.smpp.session import (
    LIMIT_OCTETS,
    LIMIT_REQUESTS,
    Event,
    Refusal,
    Reply,
    Session,
    Unasked,
    Unbound,
    Unreadable,
)
from mobilesasa.smpp.transitions import Side
from mobilesasa.smpp.window import Window, WindowFull
from mobilesasa.smppnet.peers import place, why
from mobilesasa.smppnet.timers import CLOSE_S, Alarm, Due, Timers, Watch


class LinkUser(Protocol):
    """Who acts on what a link brings. Every call but `made` and `lost` carries what one turn brought, in order."""

    def made(self, link: Link) -> None:
        """Learn that the connection is up; a client sends its bind now."""

    def received(self, link: Link, requests: list[Pdu]) -> None:
        """Take requests of the peer (binds among them); answer each with `link.send`, now or later."""

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        """Take answers to our requests, each with the context that went with the request; a generic_nack is one too."""

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        """Take the contexts of requests whose outcome nobody knows: timed out, or the connection is lost."""

    def unbound(self, link: Link) -> None:
        """Learn that the peer asked for the end or answered our unbind: no requests any more, answers still go out."""

    def lost(self, link: Link, reason: str) -> None:
        """Learn that the connection is gone, and why, in words. This is the last call."""


@implementer(IPushProducer)
class Link(TwistedProtocol):
    """One end of one SMPP connection.

    What the peer makes us write is bounded (I7): a server does not read from a client that does not read; a client,
    which must read on lest both ends wait for each other, cuts a server that has not read for the idle timeout.

    Attributes:
        session: The state of the connection; read it, send through the link.
        peer: `host:port` of the other end.
        pdus_in, pdus_out: How many PDUs came, and how many we sent, without what the session answers by itself.
        refused: How many PDUs of the peer the session refused by itself.
        late: How many answers came to nothing we asked, or to what we had given up.
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
        self.pdus_in = self.pdus_out = self.refused = self.late = 0
        self._user = user
        self._clock = clock
        self._timers = timers
        self._window: Window[Any] = Window(LIMIT_REQUESTS, timers.response_timeout_s or float("inf"))
        self._turn: list[bytes] | None = None  # what is to be written when the turn ends
        self._watch = Watch(timers, clock.seconds(), clock.seconds())
        self._alarm = Alarm(clock, self._woken)
        self._lost = self._closing = self._close_wanted = False
        self._held_by_user = self._held_by_peer = self._holds = False  # why we do not read; for either reason
        self._reading_since_s = 0.0
        self._reason = ""  # ours, when it is we who close

    @property
    def outstanding(self) -> int:
        """How many requests of ours are without an answer."""
        return len(self._window)

    @property
    def waited_s(self) -> float:
        """How long the oldest unanswered request has waited while we read: 0.0 when we do not, or nothing waits."""
        oldest_at_s = self._window.oldest_at_s
        is_waiting = oldest_at_s is not None and not self._holds
        return self._clock.seconds() - max(oldest_at_s or 0.0, self._reading_since_s) if is_waiting else 0.0

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
        self._write(self.session.send_all(pdus))
        self.pdus_out += len(pdus)
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
        if len(self._window) + len(pdus) > LIMIT_REQUESTS:
            raise WindowFull(f"{len(self._window)} requests are unanswered")
        if not pdus:
            return
        numbered = [_numbered(pdu, self.session.next_sequence()) for pdu in pdus]
        octets = self.session.send_all(numbered)
        now_s = self._clock.seconds()
        for pdu, context in zip(numbered, contexts, strict=True):
            self._window.put(pdu.sequence, context, now_s)
        self._write(octets)
        self.pdus_out += len(pdus)
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
        self._write(self.session.send(Unbind()))
        self._close_by(self._clock.seconds() + CLOSE_S)

    def abort(self, reason: str = "cut by us") -> None:
        """Cut the connection now; what was not written yet is lost."""
        if not self._lost:
            self._reason = self._reason or reason
            self._closing = True
            self.transport.abortConnection()

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
        self.peer = place(transport)
        self._watch.made_at_s = self._watch.heard_at_s = self._clock.seconds()
        self._user.made(self)
        self._rearm()

    def dataReceived(self, data: bytes) -> None:
        if self._closing:
            return
        self._watch.heard_at_s = self._clock.seconds()
        self._turn = []
        try:
            self._take_turn(data)
        finally:
            octets = b"".join(self._turn)
            self._turn = None
            if octets and not self._lost:
                self.transport.write(octets)
        self._close_if_over()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._lost = True
        self._alarm.cancel()
        if self.refused > 1:
            self.log.warn("{peer} sent {refused} PDUs that were refused", peer=self.peer, refused=self.refused)
        contexts = [context for _, context in self._window.drain()]
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

    def _take_turn(self, data: bytes) -> None:
        broken: BadPdu | None = None
        try:
            events = self.session.receive_data(data)
        except BadPdu as bad:
            broken, events = bad, list(bad.events)
        self.pdus_in += len(events)
        requests: list[Pdu] = []
        answers: list[tuple[Any, Pdu]] = []
        unbound = False
        for event in events:
            if not isinstance(event, Pdu):
                unbound |= self._take_oddity(event, answers)
            elif not event.command_id & RESPONSE_BIT:
                requests.append(event)
            elif type(event) is not EnquireLinkResp:
                self._take_answer(event, answers)
        self._watch.bound |= self.session.is_bound
        if answers:
            self._user.answered(self, answers)
        if requests:
            self._user.received(self, requests)
        if unbound:
            self._reason = self._reason or "unbound by the peer"
            self._user.unbound(self)
        if broken is not None:
            self.log.warn("dropping {peer}: {bad}", peer=self.peer, bad=str(broken))
            self._reason = str(broken)
            self._write(broken.reply)

    def _take_answer(self, response: Pdu, answers: list[tuple[Any, Pdu]]) -> None:
        context = self._window.take(response.sequence)
        if context is not None:
            answers.append((context, response))

    def _take_oddity(self, event: Event, answers: list[tuple[Any, Pdu]]) -> bool:
        """Take an event that is no plain PDU; return whether it is the end of the session."""
        if isinstance(event, Reply):
            self._write(event.octets)
            if isinstance(event, Refusal):
                self._note_refusal(event)
        elif isinstance(event, Unasked):
            self.late += 1
            if self.late == 1:
                self.log.warn("{peer} answers what was not asked or was given up", peer=self.peer)
        elif isinstance(event, Unreadable):
            # The status is known and only the body is not: an answer without its body.
            self.log.warn("an answer of {peer} cannot be read: {why}", peer=self.peer, why=event.reason)
            self._take_answer(PDUS[event.command_id](status=event.status, sequence=event.sequence), answers)
        return isinstance(event, Unbound)

    def _note_refusal(self, refusal: Refusal) -> None:
        self.refused += 1
        if self.refused == 1:
            self.log.warn(
                "refused command 0x{command_id:08X} of {peer} with {status}: {why}",
                command_id=refusal.command_id,
                peer=self.peer,
                status=refusal.status.name,
                why=refusal.reason,
            )

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
        held, self._holds = self._holds, self._held_by_user or self._held_by_peer
        if self._holds:
            self.transport.pauseProducing()
            return
        self._watch.heard_at_s = self._clock.seconds()  # we did not listen: that was not the peer's silence
        if held:  # nor were its answers late: they may lie in the socket
            self._reading_since_s = self._watch.heard_at_s
            self._rearm()
        self.transport.resumeProducing()

    # Time

    def _woken(self) -> None:
        try:
            self._act_on_the_overdue(self._clock.seconds())
        finally:
            self._rearm()

    def _act_on_the_overdue(self, now_s: float) -> None:
        self._watch.bound |= self.session.is_bound
        self._give_up_the_overdue(now_s)
        match self._watch.due(now_s):
            case Due.CUT:
                self.abort("the peer did not close in time")
            case Due.STUCK:
                self.abort(f"the peer read nothing for {self._timers.idle_timeout_s:g} s")
            case Due.BIND:
                self._reason = f"no bind was accepted within {self._timers.bind_timeout_s:g} s"
                self._close()
            case Due.SILENCE if not self._holds:
                self.unbind(f"nothing was heard for {self._timers.idle_timeout_s:g} s")
            case Due.ENQUIRY if not self._holds and self.session.may_send(EnquireLink):
                self._watch.enquired(now_s)
                self._write(self.session.send(EnquireLink()))
            case _:
                pass

    def _give_up_the_overdue(self, now_s: float) -> None:
        overdue = self._window.expired(now_s) if self.waited_s >= self._window.timeout_s else []
        for sequence, _ in overdue:
            self.session.forget(sequence)
        if overdue:
            self._user.unanswered(self, [context for _, context in overdue])

    def _rearm(self) -> None:
        if self._lost:
            return
        self._alarm.wake_by(self._watch.next_at_s(self._clock.seconds()))
        oldest_at_s = self._window.oldest_at_s
        if oldest_at_s is not None and self._timers.response_timeout_s and not self._holds:
            self._alarm.wake_by(max(oldest_at_s, self._reading_since_s) + self._timers.response_timeout_s)


def _numbered(pdu: Pdu, sequence: int) -> Pdu:
    """Return the PDU with this number. `attrs.evolve` takes ten times as long on a submit_sm."""
    copy: Pdu = object.__new__(type(pdu))
    fields = copy.__dict__
    fields.update(pdu.__dict__)
    fields["sequence"] = sequence
    return copy
