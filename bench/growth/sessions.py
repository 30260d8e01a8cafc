"""A load over very many sessions, of several teams: `python -m bench.growth.sessions --accounts FILE …`, else as `bench.load`.

The rate is shared: each message goes to the next session in turn. A turn of the loop costs by what happens in it and not by
how many sessions there are, so that what grows is the node.
"""

from __future__ import annotations

import argparse
import json
import select
import time
from pathlib import Path

from bench.growth import accounts
from bench.load import LONGEST_WAIT_S, Load, Session, arguments, bind
from bench.pace import Pace
from mobilesasa.smpp.pdus import Unbind

SESSIONS_OF_A_TEAM = 5
FULL_S = 0.01  # until a session is looked at again whose socket was full


class SharedLoad(Load):
    """The load; its sessions take turns."""

    def __init__(self, sessions: list[Session], pace: Pace, asked: argparse.Namespace) -> None:
        super().__init__(sessions, pace, asked)
        self._next = 0
        self._full: set[int] = set()  # descriptors

    def run(self, settle_s: float) -> None:
        """Submit until the pace is over, then wait at most `settle_s` for what is missing."""
        by_file = {session.peer.fileno(): session for session in self._sessions}
        until_s = float("inf")
        with select.epoll() as poll:
            for file in by_file:
                poll.register(file, select.EPOLLIN)
            while not self.counts.closed_sessions:
                now_s = time.monotonic()
                if self._pace.over(now_s):
                    until_s = min(until_s, now_s + settle_s)
                    if self.complete or now_s > until_s:
                        return
                self._submit(now_s)
                wait_s = self._pace.wait_s(now_s, FULL_S if self._full else LONGEST_WAIT_S)
                ready = poll.poll(wait_s)
                now_s = time.monotonic()
                for file, _ in ready:
                    self._read(by_file[file], now_s)
                    self._flush(by_file[file])
                for file in list(self._full):
                    self._flush(by_file[file])

    def _submit(self, now_s: float) -> None:
        room = len(self._sessions) * self._window
        for place in self._pace.due(room, now_s):
            session = self._session_with_room()
            session.unanswered += 1
            session.peer.out.append(self._write(place + 1, self._first + place))
            self.due.append(self._pace.intended_s(place, now_s))
            self.sent.append(now_s)
            self.answered.append(0.0)
            self.receipted.append(0.0)
            self._flush(session)

    def _session_with_room(self) -> Session:
        """Return the next session in turn; one whose window is full is passed over while there is another."""
        for _ in self._sessions:
            self._next = (self._next + 1) % len(self._sessions)
            if self._sessions[self._next].unanswered < self._window:
                break
        return self._sessions[self._next]

    def _flush(self, session: Session) -> None:
        peer = session.peer
        peer.flush()
        self.counts.closed_sessions += peer.closed
        (self._full.add if peer.full else self._full.discard)(peer.fileno())


def bound(port: int, teams: list[accounts.Account], count: int) -> list[Session]:
    """Bind so many sessions, at most five of a team."""
    return [bind(port, each.code, each.token) for each in (teams[n // SESSIONS_OF_A_TEAM] for n in range(count))]


def unbind(sessions: list[Session]) -> None:
    """End them."""
    for session in sessions:
        session.peer.out.append(Unbind(sequence=0x7FFFFFFF).encode())
        session.peer.flush()
        session.peer.socket.close()


def main() -> None:
    """Run one load and print its figures."""
    parser = arguments()
    parser.add_argument("--accounts", type=Path, required=True)
    asked = parser.parse_args()
    sessions = bound(asked.port, accounts.read(asked.accounts), asked.sessions)
    load = SharedLoad(sessions, Pace(time.monotonic(), asked.seconds, asked.rate, asked.most), asked)
    load.run(asked.settle_s)
    unbind(sessions)
    if asked.times is not None:
        asked.times.write_bytes(load.due.tobytes() + load.answered.tobytes())
    print(json.dumps(load.figures()))


if __name__ == "__main__":
    main()
