"""Who may bind: system_id is the team's code, the password a token with the scope `messages` (decisions 91, 92, 95).

Or it is a password of 8 characters that stands beside such a token, for clients that can send no more. Whether that is
right takes a slow hash to tell; here is said which passwords it may be.
"""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.core.teams import Directory, SmppPassword, Team, Token, may_be_smpp_password
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
    smpp_password: SmppPassword | None = None  # beside the token, when it was that which was sent


@attrs.frozen
class Asked:
    """A bind whose password may be one of these, all of which may be used from the peer's address."""

    team: Team
    passwords: tuple[SmppPassword, ...]


@attrs.frozen
class Refusal:
    """A bind that is refused: the status to answer, and why, in words for the log and the console.

    `team_id` is the team that was named, if there is one; `guess` says that credentials were wrong, so it counts as an
    attempt; `unheard` that nobody looked at them, and the connection is closed in a while; `ours` that it is our trouble,
    and counts against nobody.
    """

    status: Status
    why: str
    team_id: int | None = None
    guess: bool = False
    unheard: bool = False
    ours: bool = False


def judge(known: Directory, bind: Bind, address: str, now_ms: int) -> Login | Asked | Refusal:
    """Say whose bind it is, or why it is refused. Nothing but the password's owner learns more than "wrong"."""
    team = known.team_by_code(bind.system_id)
    if team is None:
        return Refusal(Status.ESME_RINVSYSID, f"there is no team {bind.system_id!r}", guess=True)
    token = known.token(bind.password)
    if token is not None and token.team_id == team.id:
        return entitled(known, team.id, token.digest, None, now_ms)
    if may_be_smpp_password(bind.password):
        return _among_smpp_passwords(known, team, address, now_ms)
    why = "the password is no token of the team"
    if _is_cut(known, team, bind.password):
        why = "your client cuts the password to 8 characters"
    return Refusal(Status.ESME_RINVPASWD, why, team.id, guess=True)


def renewed(known: Directory, login: Login, now_ms: int) -> Login | Refusal:
    """Return a login as it is by what is known now, or why it is none any more."""
    return entitled(known, login.team.id, login.token.digest, login.smpp_password, now_ms)


def entitled(
    known: Directory, team_id: int, token_digest: bytes, password: SmppPassword | None, now_ms: int
) -> Login | Refusal:
    """Return the login of a team's token, or of an SMPP password beside it, or why it opens nothing."""
    team, token = known.teams.get(team_id), known.tokens.get(token_digest)
    if token is None or not token.usable(now_ms):
        return Refusal(Status.ESME_RINVPASWD, "the token is revoked or expired", team_id, guess=True)
    if password is not None and all(other.uuid != password.uuid for other in known.smpp_passwords_of(team_id)):
        return Refusal(Status.ESME_RINVPASWD, "the SMPP password is revoked", team_id, guess=True)
    if SCOPE not in token.scopes:
        return Refusal(Status.ESME_RBINDFAIL, f"the token has no scope {SCOPE}", team_id)
    if team is None or team.suspended:
        return Refusal(Status.ESME_RBINDFAIL, "the team is suspended", team_id)
    return Login(team, token, password)


def _among_smpp_passwords(known: Directory, team: Team, address: str, now_ms: int) -> Asked | Refusal:
    """Return the SMPP passwords of the team that may be used from the address; without one nothing is hashed."""
    living = [
        p for p in known.smpp_passwords_of(team.id) if (t := known.tokens.get(p.token_digest)) and t.usable(now_ms)
    ]
    here = [password for password in living if password.takes(address)]
    unlocked = tuple(password for password in here if not password.locked)
    if unlocked:
        return Asked(team, unlocked)
    if here:
        why = "the SMPP password is locked after too many wrong ones in a row; the operator can unlock it"
        return Refusal(Status.ESME_RBINDFAIL, why, team.id)
    if living:
        why = f"no SMPP password of the team may be used from {address}"
        return Refusal(Status.ESME_RBINDFAIL, why, team.id)
    why = "the password is no token of the team, and the team has no SMPP password"
    return Refusal(Status.ESME_RINVPASWD, why, team.id, guess=True)


def _is_cut(known: Directory, team: Team, password: str) -> bool:
    """Say whether the password is what a client leaves of a token of the team."""
    if len(password) != CUT_OCTETS:
        return False
    return any(token.prefix[:CUT_OCTETS] == password for token in known.tokens_of(team.id))
