"""One connection of a team: it binds, submits, takes receipts, and leaves.

    connected ── bind ──▶ judged ──▶ bound ──▶ leaving ──▶ gone
                  ▲          │ refused
                  └──────────┘

What PDU may come in which state is the affair of `smpp.session`; here is what is done with those that may.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.teams import CurrentDirectory, Directory, Team, Token
from mobilesasa.core.terms import SmppTerms, agree
from mobilesasa.smpp.errors import Unencodable, WrongState
from mobilesasa.smpp.fields import INTERFACE_VERSION
from mobilesasa.smpp.pdus import Bind, BindTransmitter, DeliverSm, Pdu, answer
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS, Tag
from mobilesasa.smppnet.peers import host
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.entrance import Entrance, RefusedBind
from mobilesasa.smsc.figures import Counts, Figures
from mobilesasa.smsc.limits import Bucket, Limits
from mobilesasa.smsc.login import Login, Refusal, renewed
from mobilesasa.smsc.operations import Accepting, Operations
from mobilesasa.smsc.passwords import Passwords
from mobilesasa.smsc.places import LocalPlaces, Places
from mobilesasa.smsc.turns import Turns
from mobilesasa.smsc.ussd_sessions import UssdSessions

#: How many events of USSD may be unanswered on a session beside its window of receipts, which may be full.
USSD_WINDOW: Final = 50
SYSTEM_ID: Final = "mobilesasa"  # what we call ourselves in the answer to a bind


@attrs.define(eq=False)
class Smsc:
    """What all sessions of a node share.

    Attributes:
        gateway: takes messages.
        directory: teams, tokens and SMPP passwords.
        binds: the registry of sessions.
        clock: for rates and delays.
        now_ms: milliseconds since the epoch, for tokens and for times in PDUs.
        passwords: looks at SMPP passwords.
        limits: the bounds for all peers alike.
        terms: what the node grants where nothing was set for team or token.
        counts: of the sessions that are gone, and all binds; `SmppServer.counts` adds those that are there.
        open: whether binds are taken.
        operations: alters messages that were handed in; None: query_sm, cancel_sm and replace_sm are unknown commands.
        ussd: the sessions that teams answer; None: there are none.
        places: those of the teams' sessions; where none are given, this node is the only one.
        entrance: judges binds, and keeps those it refused.
    """

    gateway: Accepting
    directory: CurrentDirectory
    binds: Binds
    clock: IReactorTime
    now_ms: Callable[[], int]
    passwords: Passwords
    limits: Limits = attrs.field(factory=Limits)
    terms: SmppTerms = attrs.field(factory=SmppTerms)
    counts: Counts = attrs.field(factory=Counts)
    open: bool = True
    operations: Operations | None = None
    ussd: UssdSessions | None = None
    places: Places = attrs.field(default=attrs.Factory(lambda self: LocalPlaces(self.binds), takes_self=True))
    entrance: Entrance = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Open the entrance."""
        self.entrance = Entrance(self.directory, self.places, self.clock, self.now_ms, self.terms_of, self.passwords)

    @property
    def refusals(self) -> deque[RefusedBind]:
        """The last binds that were refused, oldest first."""
        return self.entrance.refusals

    def terms_of(self, team: Team, token: Token) -> SmppTerms:
        """Return the terms of a session of the team that binds by this token."""
        return agree(self.terms, *team.terms_set, token.smpp)


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
        self.terms = smsc.terms
        self.figures = Figures()
        self._smsc = smsc
        self._gone = gone
        self._link: Link | None = None
        self._login: Login | None = None
        self._turns: Turns | None = None
        self._bucket: Bucket | None = None
        self._receiving = False
        self._leaving = False
        self._refused_unheard = False
        self._offered_ussd = False
        self._asking = 0  # binds that are being judged

    # What the link tells

    def made(self, link: Link) -> None:
        self._link = link

    def received(self, link: Link, requests: list[Pdu]) -> None:
        if self._turns is not None:
            self._turns.take(requests)
            self.figures.turned(self._smsc.clock.seconds())
            return
        for bind in requests:  # until a bind is answered the session hands out nothing else
            if isinstance(bind, Bind):
                self._ask_in(link, bind)

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        if self._offered_ussd and self._smsc.ussd is not None:
            answers = self._smsc.ussd.taken(answers)
        listener = self._smsc.binds.listener
        if listener is not None and answers:
            listener.answered(self, answers)

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        if self._offered_ussd and self._smsc.ussd is not None:
            contexts = self._smsc.ussd.lost(contexts)
        listener = self._smsc.binds.listener
        if listener is not None and contexts:
            listener.unanswered(self, contexts)

    def unbound(self, link: Link) -> None:
        self._stop_receiving()

    def lost(self, link: Link, reason: str) -> None:
        self._link = None
        link.trace.forget()  # nobody can ask for it any more
        if self._login is not None:
            self._smsc.counts.add(self.figures.counts)
            self._smsc.binds.remove(self)
            self._smsc.places.leave(self.session_id)
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

    def _ask_in(self, link: Link, bind: Bind) -> None:
        """Have a bind judged; what comes of it is acted on in the same breath."""
        self._asking += 1
        judged = Deferred.fromCoroutine(self._judged(link, bind))
        judged.addBoth(self._has_judged)
        judged.addErrback(self._not_judged, link, bind)
        judged.addErrback(lambda failure: self.log.failure("refusing a bind", failure))

    async def _judged(self, link: Link, bind: Bind) -> None:
        smsc = self._smsc
        if not smsc.open or self._refused_unheard:
            self._refuse(link, bind, Refusal(Status.ESME_RBINDFAIL, "no binds are taken", unheard=True))
            return
        verdict = await smsc.entrance.admit(host(link.peer), bind, self.session_id)
        if self._link is None or link.session.is_closed:
            smsc.places.leave(self.session_id)  # it has gone while it waited
        elif isinstance(verdict, Refusal):
            self._refuse(link, bind, verdict)
        elif not self._smsc.open:
            smsc.places.leave(self.session_id)
            self._refuse(link, bind, Refusal(Status.ESME_RBINDFAIL, "the node stops"))
        else:
            self._welcome(link, bind, verdict)

    def _has_judged(self, result: Failure | None) -> Failure | None:
        self._asking -= 1
        return result

    def _not_judged(self, failure: Failure, link: Link, bind: Bind) -> None:
        """Answer a bind that a defect of ours keeps from being judged."""
        self.log.failure("{session_id} could not be bound", failure, session_id=self.session_id)
        if link.is_bound:
            return
        self._smsc.places.leave(self.session_id)
        if self._link is not None and not link.session.is_closed:
            self._refuse(link, bind, Refusal(Status.ESME_RSYSERR, "a defect of ours"))

    def _refuse(self, link: Link, bind: Bind, refusal: Refusal) -> None:
        """Refuse a bind; one that is refused unheard is not logged, and its connection is closed in a while."""
        smsc = self._smsc
        smsc.counts.binds_refused += 1
        link.send([answer(bind, refusal.status)])
        if not refusal.unheard:
            self.log.warn(
                "bind of {system_id!r} from {peer} refused with {status}: {why}",
                session_id=self.session_id,
                system_id=bind.system_id,
                peer=link.peer,
                status=refusal.status.name,
                why=refusal.why,
            )
        elif not self._refused_unheard:
            self._refused_unheard = True
            smsc.clock.callLater(smsc.limits.refusal_delay_s, link.unbind)

    def _welcome(self, link: Link, bind: Bind, login: Login) -> None:
        smsc = self._smsc
        self._login = login
        self.team_id = login.team.id
        self.terms = smsc.terms_of(login.team, login.token)
        self.takes_tlvs = bind.interface_version >= INTERFACE_VERSION
        self._receiving = not isinstance(bind, BindTransmitter)
        self._bucket = Bucket(self.terms.session_tps, smsc.clock.seconds())
        self._turns = self._turns_of(link, self._bucket)
        self._keep_time(link)
        smsc.binds.add(self)
        smsc.counts.binds += 1
        self.figures.begin(bind, smsc.now_ms())
        tlvs = {Tag.SC_INTERFACE_VERSION: INTERFACE_VERSION} if self.takes_tlvs else NO_TLVS
        link.send([answer(bind, system_id=SYSTEM_ID, tlvs=tlvs)])
        self.log.info(
            "{session_id}: {team} from {peer} is {state}, interface_version 0x{version:02X}",
            session_id=self.session_id,
            team_id=self.team_id,
            team=login.team.code,
            token_uuid=login.token.uuid,
            smpp_password_uuid=None if login.smpp_password is None else login.smpp_password.uuid,
            peer=link.peer,
            state=link.session.state.value,
            version=bind.interface_version,
        )
        if self.receives and smsc.binds.listener is not None:
            smsc.binds.listener.receiver_bound(self)

    def _turns_of(self, link: Link, bucket: Bucket) -> Turns:
        smsc = self._smsc
        return Turns(
            smsc.gateway,
            smsc.operations,
            link,
            self.team_id,
            self.takes_tlvs,
            bucket,
            self.terms,
            smsc.limits,
            smsc.clock,
            smsc.now_ms,
            self.figures.counts,
            smsc.binds.unanswered,
            self._all_answered,
            smsc.ussd,
        )

    # What the registry, the console and `notify` see

    @property
    def link(self) -> Link | None:
        """The connection while it is there."""
        return self._link

    @property
    def login(self) -> Login | None:
        """Whose session it is, once it is bound."""
        return self._login

    @property
    def is_stranger(self) -> bool:
        """Whether it has not bound, nor is about to."""
        return self._login is None and not self._asking

    @property
    def receives(self) -> bool:
        return self._receiving and self._link is not None and self._link.is_bound

    @property
    def pdus_in(self) -> int:
        return 0 if self._link is None else self._link.pdus_in

    @property
    def deaf(self) -> bool:
        held = self._link is not None and self._link.patience.holds
        return held or (self._turns is not None and self._turns.paused)

    def room(self) -> int:
        link = self._link
        if link is None or not self.receives:
            return 0
        return max(0, self.terms.receipt_window - link.outstanding)

    def deliver(self, pdus: Sequence[Pdu], contexts: Sequence[Any]) -> None:
        if self._link is not None:
            self._link.request(pdus, contexts)
            self.figures.receipts += len(pdus)

    def offer(self, pdu: DeliverSm, context: object) -> bool:
        link = self._link
        if link is None or not self.receives or not self.takes_tlvs:
            return False
        if link.outstanding >= self.terms.receipt_window + USSD_WINDOW:
            return False
        try:
            link.request([pdu], [context])
        except (Unencodable, WrongState):
            return False
        self._offered_ussd = True
        return True

    def objection(self, known: Directory) -> str | None:
        if self._login is None:
            return None
        verdict = renewed(known, self._login, self._smsc.now_ms())
        return verdict.why if isinstance(verdict, Refusal) else None

    def adopt(self, known: Directory) -> None:
        """Take over what has changed of the terms; the sessions there are stay, also when fewer are granted."""
        held = self._login
        if held is None or self._link is None or self._bucket is None or self._turns is None:
            return
        team, token = known.teams[self.team_id], known.tokens[held.token.digest]
        if team is held.team and token is held.token:
            return
        self._login = attrs.evolve(held, team=team, token=token)
        terms = self._smsc.terms_of(team, token)
        if terms == self.terms:
            return
        self.terms = self._turns.terms = terms
        self._bucket.set_rate(terms.session_tps)
        self._keep_time(self._link)

    def _keep_time(self, link: Link) -> None:
        link.keep_time(self.terms.enquire_link_s, self.terms.idle_timeout_s)
        link.patience.grant(self.terms.session_tps)

    def enquire(self) -> None:
        if self._link is not None:
            self._link.enquire()

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
        self._smsc.places.leave(self.session_id)
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
