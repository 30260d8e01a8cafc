"""The sessions that are bound, by team: how many there are, which can receive, and which must go.

A team may have so many sessions over all types of binds. When it has them and one more asks, those it has are asked
first whether they are still there (`probe`): a peer that died without a word must not lock out its own reconnect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, Protocol

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.model import MessageId
from mobilesasa.core.teams import Directory
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import DeliverSm, Pdu

_LOOK_S: Final = 0.1  # how often a probe looks who has answered


class Receiver(Protocol):
    """A session that takes deliver_sm, as `notify` sees it."""

    session_id: str
    team_id: int
    terms: SmppTerms  # they may change while it is bound

    @property
    def takes_tlvs(self) -> bool:
        """Whether the peer speaks SMPP 3.4 (decision 94)."""

    def room(self) -> int:
        """Return how many more PDUs may be delivered now; 0 when none can be."""

    def deliver(self, pdus: Sequence[Pdu], contexts: Sequence[Any]) -> None:
        """Send deliver_sm, no more than there is room for; each context comes back to the listener once."""


class ReceiverListener(Protocol):
    """Who has something for receivers."""

    def receiver_bound(self, receiver: Receiver) -> None:
        """Learn that a session of the team can receive."""

    def answered(self, receiver: Receiver, answers: Sequence[tuple[Any, Pdu]]) -> None:
        """Take the answers of one socket turn, each with the context that went with its request."""

    def unanswered(self, receiver: Receiver, contexts: Sequence[Any]) -> None:
        """Take the contexts of requests whose outcome nobody knows."""

    def receiver_gone(self, receiver: Receiver) -> None:
        """Learn that the session does not receive any more; what it has not answered comes as `unanswered`."""

    def submits_answered(self, team_id: int, message_ids: Collection[MessageId]) -> None:
        """Learn that submits are answered, so that receipts of their messages may go out."""


class Unanswered:
    """The messages that are stored while their submits wait for others of their sessions to be answered (decision 114).

    That is seldom: as a rule a submit is answered in the very turn in which its commit is known.

    Attributes:
        ids: theirs; of these no receipt may go out yet.
    """

    def __init__(self, answered: Callable[[int, Collection[MessageId]], None]) -> None:
        """`answered` is told, with their team's id, of those whose answers have been written."""
        self.ids: set[MessageId] = set()
        self._answered = answered

    def hold(self, message_ids: Collection[MessageId]) -> None:
        """Take messages whose answers have to wait."""
        self.ids.update(message_ids)

    def let_go(self, team_id: int, message_ids: Collection[MessageId]) -> None:
        """Learn that the answers have been written."""
        self.ids.difference_update(message_ids)
        self._answered(team_id, message_ids)


class Bound(Receiver, Protocol):
    """A bound session as the registry sees it."""

    @property
    def receives(self) -> bool:
        """Whether it is bound as a receiver or a transceiver and not on its way out."""

    @property
    def pdus_in(self) -> int:
        """How many PDUs came from the peer."""

    @property
    def deaf(self) -> bool:
        """Whether it is we who do not read, so that silence says nothing."""

    def offer(self, pdu: DeliverSm, context: object) -> bool:
        """Send an event of USSD, before all that waits; False when it cannot be sent now."""

    def objection(self, known: Directory) -> str | None:
        """Return why the session may not go on, in words."""

    def adopt(self, known: Directory) -> None:
        """Take over limits that may have changed."""

    def enquire(self) -> None:
        """Ask the peer whether it is there."""

    def leave(self, why: str) -> None:
        """End the session politely."""

    def cut(self, why: str) -> None:
        """End the session at once."""


@attrs.define(eq=False)
class _Probe:
    """The sessions of a team that were asked, with how many PDUs had come from each, and the binds that wait."""

    heard: dict[Bound, int]
    until_s: float
    waiting: list[Deferred[None]] = attrs.field(factory=list)


class Binds:
    """The registry of this node's sessions.

    Args:
        clock: for probes.
        probe_s: how long a session has to give a sign of life when its place is wanted.
    """

    log = Logger()

    def __init__(self, clock: IReactorTime, probe_s: float = 2.0) -> None:
        """Start with nobody bound."""
        self._clock = clock
        self._probe_s = probe_s
        self._by_team: dict[int, list[Bound]] = {}
        self._probes: dict[int, _Probe] = {}
        self._listener: ReceiverListener | None = None
        self.unanswered = Unanswered(self._submits_answered)

    def tell(self, listener: ReceiverListener) -> None:
        """Name the one who has something for receivers."""
        self._listener = listener

    @property
    def listener(self) -> ReceiverListener | None:
        """The one who has something for receivers."""
        return self._listener

    def _submits_answered(self, team_id: int, message_ids: Collection[MessageId]) -> None:
        if self._listener is not None:
            self._listener.submits_answered(team_id, message_ids)

    def count(self, team_id: int) -> int:
        """Return how many sessions a team has, over all types of binds."""
        return len(self._by_team.get(team_id, ()))

    def __len__(self) -> int:
        return sum(map(len, self._by_team.values()))

    def __iter__(self) -> Iterator[Bound]:
        for sessions in list(self._by_team.values()):
            yield from list(sessions)

    def receivers(self, team_id: int) -> list[Receiver]:
        """Return the sessions of a team that can receive, in the order in which they bound."""
        return [session for session in self._by_team.get(team_id, ()) if session.receives]

    def offerable(self, team_id: int) -> list[Bound]:
        """Return the same sessions, for events of USSD."""
        return [session for session in self._by_team.get(team_id, ()) if session.receives]

    def add(self, session: Bound) -> None:
        """Count a session in. The limit is the caller's to look at, in the same breath."""
        self._by_team.setdefault(session.team_id, []).append(session)

    def remove(self, session: Bound) -> None:
        """Count a session out; nothing happens when it is not in."""
        sessions = self._by_team.get(session.team_id, [])
        if session in sessions:
            sessions.remove(session)
            if not sessions:
                del self._by_team[session.team_id]

    def check(self, known: Directory) -> None:
        """End the sessions of tokens and teams that are no longer good; call it when the directory has changed."""
        for session in self:
            why = session.objection(known)
            if why is None:
                session.adopt(known)
            else:
                session.leave(why)

    def probe(self, team_id: int) -> Deferred[None]:
        """Ask the sessions of a team for a sign of life and cut those that give none; fires when that is known."""
        probe = self._probes.get(team_id)
        if probe is None:
            asked = list(self._by_team.get(team_id, ()))
            heard = {session: session.pdus_in for session in asked}
            probe = self._probes[team_id] = _Probe(heard, self._clock.seconds() + self._probe_s)
            for session in asked:
                session.enquire()
            self._clock.callLater(_LOOK_S, self._look, team_id, probe)
        done: Deferred[None] = Deferred()
        probe.waiting.append(done)
        return done

    def _look(self, team_id: int, probe: _Probe) -> None:
        here = self._by_team.get(team_id, ())
        silent = [s for s, heard in probe.heard.items() if s in here and not s.deaf and s.pdus_in == heard]
        gone = any(session not in here for session in probe.heard)
        if silent and not gone and self._clock.seconds() < probe.until_s:
            self._clock.callLater(_LOOK_S, self._look, team_id, probe)
            return
        del self._probes[team_id]
        if not gone:
            for session in silent:
                session.cut("it gave no sign of life when its place was wanted")
                self.remove(session)
        for done in probe.waiting:
            done.callback(None)
