"""What the API needs of the SMPP sessions and passwords of teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.teams import Team
from mobilesasa.core.terms import SmppTerms


class SmppGrants(Protocol):
    """What teams need for a bind, and what their sessions may do."""

    def host(self) -> str | None:
        """Return the host by which teams reach SMPP; None: that of the API."""

    def ports(self) -> tuple[int | None, int | None]:
        """Return where teams bind, without TLS and with it; None: nowhere, or that is not known here."""

    def terms(self, team: Team) -> SmppTerms:
        """Return what a session of the team may do, unless something else was set for its token."""


class SmppSessions(Protocol):
    """The live SMPP sessions of a team on all nodes, as `api.resources.smpp` shows them; another team's are not there (I6)."""

    async def look(self, team_id: int) -> Mapping[str, object]:
        """Return the sessions that are bound, and the binds in the team's name that were refused of late, as a `SessionList`."""

    async def trace(self, session_id: str, team_id: int) -> Sequence[Mapping[str, object]] | None:
        """Return the last PDUs of a session, oldest first, each as a `TracedPdu`; None when there is no such session."""

    async def kick(self, by: Actor, session_id: str, team_id: int) -> str | None:
        """End a session politely, with an entry in the trail, and return its id; None when there is no such session.

        Args:
            by: who wants it.
            session_id: which.
            team_id: whose it must be.

        Raises:
            AccessEnded: they no longer may.
        """


class SmppPassword(Protocol):
    """What is known of an SMPP password."""

    @property
    def uuid(self) -> str: ...
    @property
    def token_uuid(self) -> str: ...
    @property
    def allowed(self) -> Sequence[str]: ...
    @property
    def any_address(self) -> bool: ...
    @property
    def created_at_ms(self) -> int: ...
    @property
    def last_used_at_ms(self) -> int | None: ...
    @property
    def revoked_at_ms(self) -> int | None: ...
    @property
    def status(self) -> str: ...  # active, locked, revoked, expired


class SmppPasswords(Protocol):
    """The SMPP passwords of a team; another team's are not there (I6)."""

    async def create(
        self, by: Actor, held: frozenset[str], team_id: int, token_uuid: str | None, allowed: Sequence[str]
    ) -> tuple[SmppPassword, str]:
        """Make one, and return it with its text, which nobody can learn again.

        Args:
            by: who makes it.
            held: the scopes of whoever makes it.
            team_id: whose.
            token_uuid: beside which token; None: the oldest that can bind and opens nothing beyond those scopes.
            allowed: addresses and networks from which it may be used.

        Raises:
            MissingScope: the token opens what whoever makes it may not do.
            BadValue: the addresses, their absence, no such token that can bind, or that there are too many passwords.
        """

    async def of_team(self, team_id: int) -> Sequence[SmppPassword]:
        """Return those of a team, with those that open nothing any more."""

    async def revoke(self, by: Actor, team_id: int, uuid: str) -> SmppPassword:
        """Revoke one; a second time changes nothing.

        Raises:
            NotFound: the team has none of that uuid.
        """
