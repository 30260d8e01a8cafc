"""A team's system that submits as fast as it is let, or at a rate: `python -m bench.load --port P --times FILE …`.

It prints one JSON object when every message has its answer and its receipt, or when it has waited long enough. FILE
gets two columns of doubles, seconds of the monotonic clock: when each message was due, and when it was answered.
"""

from __future__ import annotations

import argparse
import json
import resource
import select
import socket
import time
from array import array
from pathlib import Path

import attrs

from bench.figures import between, spread_ms
from bench.pace import Pace
from bench.wire import DELIVER_SM, ENQUIRE_LINK, ENQUIRE_LINK_RESP, HEADER, SUBMIT_SM_RESP, WORD, Peer, submit_writer
from mobilesasa.smpp.pdus import BindTransceiver, DeliverSmResp, Unbind

LONGEST_WAIT_S = 0.2
BIND_TIMEOUT_S = 10.0
_TAKEN = DeliverSmResp(sequence=1).encode()
_TAKEN_HEAD, _TAKEN_TAIL = _TAKEN[:12], _TAKEN[16:]


@attrs.define(eq=False)
class Session:
    """One bound transceiver."""

    peer: Peer
    unanswered: int = 0


@attrs.define
class Counts:
    """What became of the messages."""

    accepted: int = 0
    refused: dict[str, int] = attrs.field(factory=dict)  # by command_status
    answers_doubled: int = 0
    receipts: int = 0
    receipts_doubled: int = 0
    receipts_unknown: int = 0  # a foreign id, or before the response
    not_delivered: int = 0  # receipts of another state
    closed_sessions: int = 0  # by the other side, before the end


class Load:
    """The sessions and the messages.

    Args:
        sessions: the bound sessions.
        pace: when messages are due.
        asked: the command line.
    """

    def __init__(self, sessions: list[Session], pace: Pace, asked: argparse.Namespace) -> None:
        self.counts = Counts()
        self.due = array("d")
        self.sent = array("d")
        self.answered = array("d")
        self.receipted = array("d")
        self._sessions = sessions
        self._pace = pace
        self._window = asked.window
        self._first = asked.first_token
        self._most_out = asked.most_out
        self._receipts = bool(asked.registered_delivery)
        self._write = submit_writer(asked.sender, asked.registered_delivery)
        self._places: dict[bytes, int] = {}  # by message_id
        self._first_session = 0

    @property
    def complete(self) -> bool:
        """Whether every message has its answer, and its receipt if one was asked for."""
        counts = self.counts
        answers = counts.accepted + sum(counts.refused.values())
        return answers >= len(self.due) and (not self._receipts or counts.receipts >= counts.accepted)

    def run(self, settle_s: float) -> None:
        """Submit until the pace is over, then wait at most `settle_s` for what is missing."""
        pace, until_s = self._pace, float("inf")
        while True:
            now_s = time.monotonic()
            if pace.over(now_s):
                until_s = min(until_s, now_s + settle_s)
                if self.complete or now_s > until_s:
                    return
            self._submit(now_s)
            peers = [each.peer for each in self._sessions]
            full = [peer for peer in peers if peer.full]
            readable, _, _ = select.select(peers, full, [], pace.wait_s(now_s, LONGEST_WAIT_S))
            now_s = time.monotonic()
            for session in self._sessions:
                if session.peer in readable:
                    self._read(session, now_s)
            self.counts.closed_sessions = sum(session.peer.closed for session in self._sessions)
            if self.counts.closed_sessions:
                return

    def _submit(self, now_s: float) -> None:
        """Submit what is due, as far as the windows allow, beginning with another session each turn."""
        sessions, pace = self._sessions, self._pace
        self._first_session = (self._first_session + 1) % len(sessions)
        for session in sessions[self._first_session :] + sessions[: self._first_session]:
            room = self._window - session.unanswered
            if self._most_out:
                room = min(room, self._most_out - (len(self.due) - self.counts.receipts))
            places = pace.due(max(0, room), now_s)
            out, write, first = session.peer.out, self._write, self._first
            for place in places:
                out.append(write(place + 1, first + place))
                self.due.append(pace.intended_s(place, now_s))
            count = len(places)
            if count:
                session.unanswered += count
                self.sent.extend([now_s] * count)
                self.answered.extend([0.0] * count)
                self.receipted.extend([0.0] * count)
            session.peer.flush()

    def _read(self, session: Session, now_s: float) -> None:
        octets, pdus = session.peer.read()
        out, pack = session.peer.out, WORD.pack
        for start, end, command, status, sequence in pdus:
            if command == SUBMIT_SM_RESP:
                session.unanswered -= 1
                self._take_answer(sequence - 1, status, octets[start + 16 : end - 1], now_s)
            elif command == DELIVER_SM:
                self._take_receipt(octets, start, end, now_s)
                out.append(b"".join((_TAKEN_HEAD, pack(sequence), _TAKEN_TAIL)))
            elif command == ENQUIRE_LINK:
                out.append(HEADER.pack(16, ENQUIRE_LINK_RESP, 0, sequence))

    def _take_answer(self, place: int, status: int, message_id: bytes, now_s: float) -> None:
        if self.answered[place]:
            self.counts.answers_doubled += 1
            return
        self.answered[place] = now_s
        if status:
            name = f"0x{status:08X}"
            self.counts.refused[name] = self.counts.refused.get(name, 0) + 1
        else:
            self.counts.accepted += 1
            self._places[message_id] = place

    def _take_receipt(self, octets: bytes, start: int, end: int, now_s: float) -> None:
        at = octets.find(b"id:", start + HEADER.size, end) + 3
        place = self._places.get(octets[at : octets.find(b" ", at, end)], -1)
        if place < 0:
            self.counts.receipts_unknown += 1
        elif self.receipted[place]:
            self.counts.receipts_doubled += 1
        else:
            self.receipted[place] = now_s
            self.counts.receipts += 1
            self.counts.not_delivered += octets.find(b"stat:DELIVRD", at, end) < 0

    def figures(self) -> dict[str, object]:
        """Return all figures, times in milliseconds and rates a second."""
        begun_s = min(self.sent, default=0.0)
        answered_s = max(self.answered, default=0.0) - begun_s
        whole_s = max([answered_s, *(end - begun_s for end in self.receipted if end)]) if self.sent else 0.0
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "messages": len(self.due),
            **attrs.asdict(self.counts),
            "seconds": round(whole_s, 3),
            "accepted_per_s": round(self.counts.accepted / answered_s, 1) if answered_s > 0 else 0.0,
            "per_s": round(self.counts.accepted / whole_s, 1) if whole_s > 0 else 0.0,
            "late_ms": spread_ms(between(self.due, self.sent)),
            "response_ms": spread_ms(between(self.due, self.answered)),
            "receipt_ms": spread_ms(between(self.due, self.receipted)),
            "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        }


def bind(port: int, system_id: str, password: str) -> Session:
    """Bind one transceiver.

    Raises:
        ConnectionRefusedError: the other side refused the bind.
    """
    connection = socket.create_connection(("127.0.0.1", port), BIND_TIMEOUT_S)
    connection.sendall(BindTransceiver(sequence=1, system_id=system_id, password=password).encode())
    head = connection.recv(HEADER.size, socket.MSG_WAITALL)
    length, _, status, _ = HEADER.unpack(head)
    connection.recv(length - HEADER.size, socket.MSG_WAITALL)
    if status:
        raise ConnectionRefusedError(f"the bind of {system_id} was refused with status 0x{status:08X}")
    return Session(Peer(connection))


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(description="A load of submit_sm.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--system-id", default="BENCH")
    parser.add_argument("--password", default="")
    parser.add_argument("--sender", default="BENCH")
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--window", type=int, default=100, help="submits of one session without an answer")
    parser.add_argument("--most-out", type=int, default=0, help="messages without a receipt at most; 0: no limit")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second (open loop); 0: as fast as it goes")
    parser.add_argument("--most", type=int, default=2_000_000, help="messages at most")
    parser.add_argument("--registered-delivery", type=int, choices=(0, 1), default=1)
    parser.add_argument("--first-token", type=int, default=0)
    parser.add_argument("--settle-s", type=float, default=30.0, help="how long to wait for the last receipts")
    parser.add_argument("--times", type=Path, help="file for the moments of each message")
    return parser


def main() -> None:
    """Run one load and print its figures."""
    asked = arguments().parse_args()
    sessions = [bind(asked.port, asked.system_id, asked.password) for _ in range(asked.sessions)]
    load = Load(sessions, Pace(time.monotonic(), asked.seconds, asked.rate, asked.most), asked)
    load.run(asked.settle_s)
    for session in sessions:
        session.peer.out.append(Unbind(sequence=0x7FFFFFFF).encode())
        session.peer.flush()
    if asked.times is not None:
        asked.times.write_bytes(load.due.tobytes() + load.answered.tobytes())
    print(json.dumps(load.figures()))


if __name__ == "__main__":
    main()
