"""One connection of a team: it binds, submits, takes receipts, and leaves.

    connected ── bind ──▶ judged ──▶ bound ──▶ leaving ──▶ gone
                  ▲          │ refused
                  └──────────┘

What PDU may come in which state is the affair of `smpp.session`; here is what is done with those that may.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.teams import CurrentDirectory, Directory, Team
from mobilesasa.smpp.fields import INTERFACE_VERSION
from mobilesasa.smpp.pdus import Bind, BindTransmitter, EnquireLink, Pdu, answer
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS, Tag
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.limits import Attempts, Bucket, Limits
from mobilesasa.smsc.login import Login, Refusal, judge, still_good
from mobilesasa.smsc.turns import Accepting, Counts, Turns

SYSTEM_ID: Final = "mobilesasa"  # what we call ourselves in the answer to a bind


@attrs.define(eq=False)
class Smsc:
    """What all sessions of a node share.

    Attributes:
        gateway: takes messages.
        directory: teams and tokens.
        binds: the registry of sessions.
        clock: for rates and delays.
        now_ms: milliseconds since the epoch, for tokens and for times in PDUs.
        limits: the bounds.
        attempts: failed binds by address and by team.
        counts: for whoever shows them.
        open: whether binds are taken.
    """

    gateway: Accepting
    directory: CurrentDirectory
    binds: Binds
    clock: IReactorTime
    now_ms: Callable[[], int]
    limits: Limits = attrs.field(factory=Limits)
    attempts: Attempts = attrs.field(factory=Attempts)
    counts: Counts = attrs.field(factory=Counts)
    open: bool = True

    def sessions_of(self, team: Team) -> int:
        """Return how many sessions the team may have."""
        return self.limits.max_sessions if team.max_sessions is None else team.max_sessions

    def tps_of(self, team: Team) -> int:
        """Return how many messages a session of the team may submit a second; 0: as many as it likes."""
        return self.limits.session_tps if team.session_tps is None else team.session_tps


class TeamSession:
    """What acts on one link (`smppnet.LinkUser`), and what the registry and `notify` see of it.

    Args:
        smsc: what all sessions share.
        session_id: names the session in logs.
        gone: called once, when the connection is gone.
    """

    log = Logger()

    def __init__(self, smsc: Smsc, session_id: str, gone: Callable[[TeamSession], None]) -> None:
        """Wait for the connection."""
        self.session_id = session_id
        self.team_id = 0
        self.takes_tlvs = False
        self._smsc = smsc
        self._gone = gone
        self._link: Link | None = None
        self._login: Login | None = None
        self._turns: Turns | None = None
        self._bucket: Bucket | None = None
        self._receiving = False
        self._leaving = False
        self._refused_unheard = False

    # What the link tells

    def made(self, link: Link) -> None:
        self._link = link

    def received(self, link: Link, requests: list[Pdu]) -> None:
        if self._turns is not None:
            self._turns.take(requests)
            return
        for bind in requests:  # until a bind is answered the session hands out nothing else
            if isinstance(bind, Bind):
                self._judge(link, bind)

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        listener = self._smsc.binds.listener
        if listener is not None:
            listener.answered(self, answers)

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        listener = self._smsc.binds.listener
        if listener is not None:
            listener.unanswered(self, contexts)

    def unbound(self, link: Link) -> None:
        self._stop_receiving()

    def lost(self, link: Link, reason: str) -> None:
        self._link = None
        if self._login is not None:
            self._smsc.binds.remove(self)
            self._stop_receiving()
            self.log.info(
                "{session_id} of {team} at {peer} is gone: {reason}",
                session_id=self.session_id,
                team_id=self.team_id,
                team=self._login.team.code,
                peer=link.peer,
                reason=reason,
            )
        self._gone(self)

    # Binding

    def _judge(self, link: Link, bind: Bind) -> None:
        smsc, now_s = self._smsc, self._smsc.clock.seconds()
        address = link.peer.rpartition(":")[0]
        if not smsc.open or self._refused_unheard or smsc.attempts.blocked(address, now_s):
            self._refuse_unheard(link, bind)
            return
        verdict = judge(smsc.directory.now, bind, smsc.now_ms())
        team_id = verdict.team.id if isinstance(verdict, Login) else verdict.team_id
        # A stranger's guesses must not lock out the team itself: only who has failed shares in the team's block.
        if team_id is not None and smsc.attempts.count(address, now_s) and smsc.attempts.blocked(team_id, now_s):
            self._refuse_unheard(link, bind)
        elif isinstance(verdict, Refusal):
            if verdict.guess:
                self._count_guess(address, team_id, now_s)
            self._refuse(link, bind, verdict.status, verdict.why)
        elif smsc.binds.count(verdict.team.id) < smsc.sessions_of(verdict.team):
            self._welcome(link, bind, verdict)
        else:
            probed = smsc.binds.probe(verdict.team.id)
            probed.addCallback(lambda _: self._judge_again(link, bind))
            probed.addErrback(self._bind_failed)

    def _bind_failed(self, failure: Failure) -> None:
        self.log.failure("{session_id} could not be bound", failure, session_id=self.session_id)

    def _judge_again(self, link: Link, bind: Bind) -> None:
        """Take the place that a dead session has left, if one has and everything else still holds."""
        if self._link is None or link.session.is_closed:
            return
        smsc = self._smsc
        verdict = judge(smsc.directory.now, bind, smsc.now_ms())
        if isinstance(verdict, Refusal):
            self._refuse(link, bind, verdict.status, verdict.why)
        elif not smsc.open or smsc.binds.count(verdict.team.id) >= smsc.sessions_of(verdict.team):
            why = f"the team has its {smsc.sessions_of(verdict.team)} sessions"
            self._refuse(link, bind, Status.ESME_RBINDFAIL, why)
        else:
            self._welcome(link, bind, verdict)

    def _count_guess(self, address: str, team_id: int | None, now_s: float) -> None:
        attempts = self._smsc.attempts
        if attempts.failed(address, now_s) == attempts.limit:
            self.log.warn(
                "{address} has guessed {n} times; its binds are refused unheard", address=address, n=attempts.limit
            )
        if team_id is not None:
            attempts.failed(team_id, now_s)

    def _refuse(self, link: Link, bind: Bind, status: Status, why: str) -> None:
        self._smsc.counts.binds_refused += 1
        self.log.warn(
            "bind of {system_id!r} from {peer} refused with {status}: {why}",
            session_id=self.session_id,
            system_id=bind.system_id,
            peer=link.peer,
            status=status.name,
            why=why,
        )
        link.send([answer(bind, status)])

    def _refuse_unheard(self, link: Link, bind: Bind) -> None:
        """Refuse without a look at the password, and close in a while; the log has it once (`_count_guess`)."""
        self._smsc.counts.binds_refused += 1
        link.send([answer(bind, Status.ESME_RBINDFAIL)])
        if not self._refused_unheard:
            self._refused_unheard = True
            self._smsc.clock.callLater(self._smsc.limits.refusal_delay_s, link.unbind)

    def _welcome(self, link: Link, bind: Bind, login: Login) -> None:
        smsc = self._smsc
        self._login = login
        self.team_id = login.team.id
        self.takes_tlvs = bind.interface_version >= INTERFACE_VERSION
        self._receiving = not isinstance(bind, BindTransmitter)
        self._bucket = Bucket(smsc.tps_of(login.team), smsc.clock.seconds())
        self._turns = Turns(
            smsc.gateway,
            link,
            self.team_id,
            self.takes_tlvs,
            self._bucket,
            smsc.limits,
            smsc.clock,
            smsc.now_ms,
            smsc.counts,
            self._all_answered,
        )
        smsc.binds.add(self)
        smsc.counts.binds += 1
        tlvs = {Tag.SC_INTERFACE_VERSION: INTERFACE_VERSION} if self.takes_tlvs else NO_TLVS
        link.send([answer(bind, system_id=SYSTEM_ID, tlvs=tlvs)])
        self.log.info(
            "{session_id}: {team} from {peer} is {state}, interface_version 0x{version:02X}",
            session_id=self.session_id,
            team_id=self.team_id,
            team=login.team.code,
            token_uuid=login.token.uuid,
            peer=link.peer,
            state=link.session.state.value,
            version=bind.interface_version,
        )
        if self.receives and smsc.binds.listener is not None:
            smsc.binds.listener.receiver_bound(self)

    # What the registry and `notify` see

    @property
    def receives(self) -> bool:
        return self._receiving and self._link is not None and self._link.is_bound

    @property
    def pdus_in(self) -> int:
        return 0 if self._link is None else self._link.pdus_in

    @property
    def deaf(self) -> bool:
        return self._turns is not None and self._turns.paused

    def room(self) -> int:
        link = self._link
        if link is None or not self.receives:
            return 0
        return max(0, self._smsc.limits.receipt_window - link.outstanding)

    def deliver(self, pdus: Sequence[Pdu], contexts: Sequence[Any]) -> None:
        if self._link is not None:
            self._link.request(pdus, contexts)

    def objection(self, known: Directory) -> str | None:
        if self._login is None:
            return None
        return still_good(known, self.team_id, self._login.token.digest, self._smsc.now_ms())

    def adopt(self, known: Directory) -> None:
        team = known.teams.get(self.team_id)
        if team is not None and self._bucket is not None:
            self._bucket.set_rate(self._smsc.tps_of(team))

    def enquire(self) -> None:
        if self._link is not None and self._link.session.may_send(EnquireLink):
            self._link.send([EnquireLink()])

    def leave(self, why: str) -> None:
        """End politely: what was submitted is answered first, then comes the unbind."""
        if self._leaving or self._link is None:
            return
        self._leaving = True
        if self._login is not None:
            self.log.info(
                "{session_id} is asked to go: {why}", session_id=self.session_id, team_id=self.team_id, why=why
            )
        self._stop_receiving()
        if self._turns:
            self._link.pause_reading()
        else:
            self._link.unbind()

    def cut(self, why: str) -> None:
        if self._link is not None:
            self._link.abort(why)

    def _all_answered(self) -> None:
        if self._leaving and self._link is not None:
            self._link.resume_reading()
            self._link.unbind()

    def _stop_receiving(self) -> None:
        """Tell `notify`, once, that nothing can be delivered here any more."""
        if not self._receiving:
            return
        self._receiving = False
        listener = self._smsc.binds.listener
        if listener is not None:
            listener.receiver_gone(self)
