"""The entrance: each bind is judged here, and what was refused is remembered for whoever asks why.

Failed binds are counted by address and by team (decision 9): beyond a number of them in a minute they are refused
unheard, which costs next to nothing. A stranger's guesses must not lock out the team itself, so a team's count holds
only against those who have failed themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.attempts import Attempts, origin
from mobilesasa.core.errors import StoreAway
from mobilesasa.core.sessions import LiveSession
from mobilesasa.core.teams import CurrentDirectory, Team, Token
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import Bind
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.words import command_name
from mobilesasa.smsc.login import Asked, Login, Refusal, entitled, judge, renewed
from mobilesasa.smsc.passwords import Passwords
from mobilesasa.smsc.places import Places

REFUSALS_KEPT: Final = 200
_SHOWN_CHARACTERS = 16  # of a system_id, which has 15 (SMPP 3.4 §5.2.1)
_GUESSES = 10  # in a minute: wrong credentials
_FAILURES = 60  # in a minute: any refusals, for a client that comes again at once, for ever


@attrs.frozen
class RefusedBind:
    """A bind that was refused; `times` it was so since, the last of them at `at_ms`."""

    at_ms: int
    address: str
    system_id: str  # as it was sent, cut to 16 characters
    status: Status
    why: str
    team_id: int | None = None  # the team that was named, if there is one
    times: int = 1


@attrs.define(eq=False)
class Entrance:
    """Judges binds.

    Attributes:
        directory: teams, tokens and SMPP passwords.
        places: those of the teams' sessions.
        clock: for counting.
        now_ms: milliseconds since the epoch.
        terms_of: the terms of a team's session by one of its tokens.
        passwords: looks at SMPP passwords.
        attempts: wrong credentials, by address and by team.
        failures: all refusals, by address.
        refusals: the last of them, oldest first.
    """

    directory: CurrentDirectory
    places: Places
    clock: IReactorTime
    now_ms: Callable[[], int]
    terms_of: Callable[[Team, Token], SmppTerms]
    passwords: Passwords
    attempts: Attempts = attrs.field(factory=lambda: Attempts(_GUESSES))
    failures: Attempts = attrs.field(factory=lambda: Attempts(_FAILURES))
    refusals: deque[RefusedBind] = attrs.field(factory=lambda: deque(maxlen=REFUSALS_KEPT))

    log = Logger()

    async def admit(self, address: str, bind: Bind, session_id: str) -> Login | Refusal:
        """Say whose bind it is, or why it is refused.

        It takes a while when a password must be looked at, or a place must be found. Whoever is let in has a place, and
        must be counted in, or give it back, before anything else runs.

        Args:
            address: of the peer, without a port.
            bind: what it sent.
            session_id: names the session that it asks for.
        """
        verdict = await self._judged(address, bind, session_id)
        if isinstance(verdict, Refusal):
            self.note(address, bind, verdict)
        return verdict

    def note(self, address: str, bind: Bind, refusal: Refusal) -> None:
        """Count a refusal, and keep it; what comes again and again is kept once."""
        if not refusal.unheard and not refusal.ours:
            self._count(origin(address), refusal)
        system_id, at_ms = bind.system_id[:_SHOWN_CHARACTERS], self.now_ms()
        new = RefusedBind(at_ms, address, system_id, refusal.status, refusal.why, refusal.team_id)
        for place, kept in enumerate(self.refusals):
            if kept.address == address and kept.why == refusal.why and kept.system_id == system_id:
                del self.refusals[place]
                new = attrs.evolve(new, times=kept.times + 1)
                break
        self.refusals.append(new)

    async def _judged(self, address: str, bind: Bind, session_id: str) -> Login | Refusal:
        now_s, came_from = self.clock.seconds(), origin(address)
        for counted in (self.attempts, self.failures):
            if counted.blocked(came_from, now_s):
                return _unheard(f"{counted.limit} binds from this address have failed within a minute")
        verdict = judge(self.directory.now, bind, address, self.now_ms())
        team_id = verdict.team_id if isinstance(verdict, Refusal) else verdict.team.id
        if team_id is not None and self.attempts.count(came_from, now_s) and self.attempts.blocked(team_id, now_s):
            return _unheard(f"{self.attempts.limit} binds of this team have failed within a minute", team_id)
        if isinstance(verdict, Asked):
            verdict = await self._looked_at(verdict, bind.password)
        if isinstance(verdict, Refusal):
            return verdict
        kind = command_name(bind.command_id).removeprefix("bind_")
        shown = {"team": verdict.team.code, "address": address, "bind_type": kind}
        admitted = await self._with_a_place(verdict, LiveSession(session_id, verdict.team.id, shown))
        if not isinstance(admitted, Refusal):
            self.directory.uses.seen(admitted.token.uuid, self.now_ms(), address)
        return admitted

    async def _looked_at(self, asked: Asked, given: str) -> Login | Refusal:
        found = await self.passwords.find(asked, given)
        if isinstance(found, Refusal):
            return found
        return entitled(self.directory.now, asked.team.id, found.token_digest, found, self.now_ms())

    async def _with_a_place(self, login: Login, session: LiveSession) -> Login | Refusal:
        """Find a place among the team's sessions, if need be one that a dead session holds (decision 96)."""
        try:
            verdict = await self._let_in(login, session)
            if verdict is None:
                await self.places.probe(session.team_id)
                verdict = await self._let_in(login, session)
            if verdict is not None:
                return verdict
        except StoreAway:
            why = "the sessions of the team cannot be counted, for the store is away"
            return Refusal(Status.ESME_RSYSERR, why, session.team_id, ours=True)
        why = f"the team has its {self._most(login)} sessions"
        return Refusal(Status.ESME_RBINDFAIL, why, session.team_id)

    async def _let_in(self, login: Login, session: LiveSession) -> Login | Refusal | None:
        """Take a place; None when there is none. What has changed while it was asked for counts."""
        before = renewed(self.directory.now, login, self.now_ms())
        if isinstance(before, Refusal):
            return before
        if not await self.places.take(session, self._most(before)):
            return None
        verdict = renewed(self.directory.now, before, self.now_ms())
        if isinstance(verdict, Refusal):
            self.places.leave(session.session_id)
        return verdict

    def _most(self, login: Login) -> int:
        return self.terms_of(login.team, login.token).max_sessions

    def _count(self, came_from: str, refusal: Refusal) -> None:
        now_s = self.clock.seconds()
        self.failures.failed(came_from, now_s)
        if self.failures.count(came_from, now_s) == self.failures.limit:
            self.log.warn(
                "{n} binds from {address} have failed; they are refused unheard",
                address=came_from,
                n=self.failures.limit,
            )
        if not refusal.guess:
            return
        if self.attempts.failed(came_from, now_s) == self.attempts.limit:
            self.log.warn(
                "{address} has guessed {n} times; its binds are refused unheard",
                address=came_from,
                n=self.attempts.limit,
            )
        if refusal.team_id is not None:
            self.attempts.failed(refusal.team_id, now_s)


def _unheard(why: str, team_id: int | None = None) -> Refusal:
    return Refusal(Status.ESME_RBINDFAIL, why, team_id, unheard=True)
