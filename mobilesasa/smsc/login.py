"""Who may bind: system_id is the team's code, the password a token with the scope `messages` (decisions 91, 92, 95)."""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.core.teams import Directory, Team, Token
from mobilesasa.smpp.pdus import Bind
from mobilesasa.smpp.statuses import Status

SCOPE: Final = "messages"
#: What clients that keep to the field of SMPP 3.4 send of a longer password (§5.2.2).
CUT_OCTETS: Final = 8


@attrs.frozen
class Login:
    """A bind whose credentials are right."""

    team: Team
    token: Token


@attrs.frozen
class Refusal:
    """A bind that is refused: the status to answer, and why, in words for the log.

    `team_id` is the team that was named, if there is one; `guess` says that credentials were wrong, so it counts as an
    attempt.
    """

    status: Status
    why: str
    team_id: int | None = None
    guess: bool = False


def judge(known: Directory, bind: Bind, now_ms: int) -> Login | Refusal:
    """Say whose bind it is, or why it is refused. Nothing but the password's owner learns more than "wrong"."""
    team = known.team_by_code(bind.system_id)
    if team is None:
        return Refusal(Status.ESME_RINVSYSID, f"there is no team {bind.system_id!r}", guess=True)
    token = known.token(bind.password)
    if token is None or token.team_id != team.id:
        why = "the password is no token of the team"
        if _is_cut(known, team, bind.password):
            why = "your client cuts the password to 8 characters"
        return Refusal(Status.ESME_RINVPASWD, why, team.id, guess=True)
    if not token.usable(now_ms):
        return Refusal(Status.ESME_RINVPASWD, "the token is revoked or expired", team.id, guess=True)
    if SCOPE not in token.scopes:
        return Refusal(Status.ESME_RBINDFAIL, f"the token has no scope {SCOPE}", team.id)
    if team.suspended:
        return Refusal(Status.ESME_RBINDFAIL, "the team is suspended", team.id)
    return Login(team, token)


def still_good(known: Directory, team_id: int, digest: bytes, now_ms: int) -> str | None:
    """Return why a session that is bound may not go on, in words, or None while it may."""
    team = known.teams.get(team_id)
    if team is None or team.suspended:
        return "the team is suspended"
    token = known.tokens.get(digest)
    if token is None or not token.usable(now_ms):
        return "the token is revoked or expired"
    return None if SCOPE in token.scopes else f"the token has no scope {SCOPE}"


def _is_cut(known: Directory, team: Team, password: str) -> bool:
    """Say whether the password is what a client leaves of a token of the team. Walks all tokens, on failure alone."""
    if len(password) != CUT_OCTETS:
        return False
    return any(token.team_id == team.id and token.prefix[:CUT_OCTETS] == password for token in known.tokens.values())
