"""The console: what a support engineer asks about sessions, answered as JSON has it.

A team is shown its own sessions, the operator all of them. Texts and passwords are never shown, numbers of people are
masked; a peer's address and the system_id it sent are what an engineer looks for, and are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from mobilesasa.smpp.words import hide_numbers, printable
from mobilesasa.smppnet.peers import encryption
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smsc.entrance import RefusedBind
from mobilesasa.smsc.login import Login
from mobilesasa.smsc.server import SmppServer
from mobilesasa.smsc.session import TeamSession

Json = dict[str, Any]
_Bound = tuple[TeamSession, Link, Login]
_LONG_S: Final = 10  # over which the longer rate is told


class Console:
    """Shows the sessions of one node.

    Args:
        server: whose sessions; None, where SMPP is off, has none.
    """

    def __init__(self, server: SmppServer | None) -> None:
        """Look at nothing yet."""
        self._server = server
        # Once, so that a moment is told in the same way each time it is asked for.
        self._epoch_ms = 0 if server is None else server.smsc.now_ms() - round(server.smsc.clock.seconds() * 1000)

    def sessions(self, team_id: int | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the bound sessions of a team or of all, oldest first."""
        if self._server is None:
            return []
        found = sorted(self._bound(team_id), key=lambda each: _age(each[0]))
        now_s = self._server.smsc.clock.seconds()
        return [_session_shown(*each, now_s, self._at_ms) for each in found]

    def refused_binds(self, team_id: int | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the binds that were refused of late, newest first; of a team those that named it."""
        refusals = () if self._server is None else reversed(self._server.smsc.refusals)
        return [_refusal_shown(each) for each in refusals if team_id in (None, each.team_id)]

    def trace(self, session_id: str, team_id: int | None = None) -> Sequence[Mapping[str, Any]] | None:
        """Return the last PDUs of a session, oldest first; None when there is none, or it is another team's."""
        for session, link, _ in self._bound(team_id):
            if session.session_id == session_id:
                return [line.shown for line in link.trace.lines(self._at_ms)]
        return None

    def kick(self, session_id: str, who: str, team_id: int | None = None) -> str | None:
        """End a session politely and return its id; None when there is none, or it is another team's.

        Args:
            session_id: which.
            who: wants it, for the log.
            team_id: whose it must be; None: anybody's.
        """
        for session, _, _ in self._bound(team_id):
            if session.session_id == session_id:
                session.leave(f"{who} wants it to end")
                return session_id
        return None

    # What the operator's command asks, and other nodes for a team

    def tell_sessions(self, args: Mapping[str, Any]) -> Json:
        """Return sessions and refused binds of `team`, a code, of `team_id`, or of all."""
        code, team_id = args.get("team"), args.get("team_id")
        if code is not None and self._server is not None:
            team = self._server.smsc.directory.now.team_by_code(code)
            team_id = 0 if team is None else team.id  # no team has 0
        return {"sessions": self.sessions(team_id), "refused_binds": self.refused_binds(team_id)}

    def tell_trace(self, args: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
        """Return the trace of `session`, if it is `team_id`'s or nobody's in particular."""
        return self.trace(str(args.get("session")), args.get("team_id"))

    def tell_kick(self, args: Mapping[str, Any]) -> str | None:
        """End `session`, if it is `team_id`'s or nobody's in particular."""
        return self.kick(str(args.get("session")), args.get("who", "the operator"), args.get("team_id"))

    def _at_ms(self, at_s: float) -> int:
        """Return the time of day of a moment of the node's clock."""
        return self._epoch_ms + round(at_s * 1000)

    def _bound(self, team_id: int | None) -> list[_Bound]:
        sessions = () if self._server is None else self._server.sessions
        return [
            (each, each.link, each.login)
            for each in sessions
            if each.link is not None and each.login is not None and team_id in (None, each.team_id)
        ]


def _age(session: TeamSession) -> tuple[int, int, str]:
    """Return what sessions are sorted by: the moment of the bind, then the number at the end of the name."""
    return session.figures.bound_at_ms, len(session.session_id), session.session_id


def _session_shown(session: TeamSession, link: Link, login: Login, now_s: float, at_ms: Callable[[float], int]) -> Json:
    figures, terms = session.figures, session.terms
    counts, setback, tls = figures.counts, figures.counts.setback, encryption(link.transport)
    return {
        "id": session.session_id,
        "team": login.team.code,
        "team_uuid": login.team.uuid,
        "token_uuid": login.token.uuid,
        "address": link.peer,
        "bind_type": figures.bind_type,
        "port": "plain" if tls is None else "tls",
        "tls": None if tls is None else {"version": tls[0], "cipher": tls[1]},
        "interface_version": f"0x{figures.interface_version:02X}",
        "bound_since": _instant(figures.bound_at_ms),
        "last_pdu_at": _instant(at_ms(link.heard_at_s)),
        "submits_per_s": figures.pace.a_second(now_s, 1),
        "submits_per_s_10": figures.pace.a_second(now_s, _LONG_S),
        "submits_per_s_limit": terms.session_tps or None,
        "window_in": link.session.unanswered,
        "window_in_limit": terms.window,
        "window_out": link.outstanding,
        "window_out_limit": terms.receipt_window,
        "counts": {
            "submits": counts.submits,
            "accepted": counts.accepted,
            "refused": counts.refused,
            "throttled": counts.throttled,
            "failed": counts.failed,
            "receipts": figures.receipts,
        },
        "last_error": None
        if setback is None
        else {
            "at": _instant(at_ms(setback.at_s)),
            "status": setback.status.name,
            "reason": hide_numbers(setback.reason),
        },
    }


def _refusal_shown(refused: RefusedBind) -> Json:
    return {
        "at": _instant(refused.at_ms),
        "address": refused.address,
        "system_id": printable(refused.system_id),
        "status": refused.status.name,
        "reason": hide_numbers(refused.why),
        "times": refused.times,
    }


def _instant(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
