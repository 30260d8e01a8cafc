"""A team's sessions that come and go, at a rate: `python -m bench.soak.submits --port P --password T --rate N …`.

Every `--turnover-s` the oldest session stops submitting, unbinds when it has all its answers, and another is bound. What was
measured since it was last asked is printed as a line of JSON for each line that is read: `report`, or `enough`, from which
on nothing is submitted. It ends with its input. What it keeps is bounded: a message is forgotten with its receipt.
"""

from __future__ import annotations

import argparse
import json
import resource
import select
import sys
import time
from collections import deque

import attrs

from bench.figures import spread_ms
from bench.load import bind
from bench.pace import Pace
from bench.soak.phones import moment_in
from bench.wire import DELIVER_SM, ENQUIRE_LINK, ENQUIRE_LINK_RESP, HEADER, SUBMIT_SM_RESP, WORD, Peer, submit_writer
from mobilesasa.smpp.fields import EsmClass
from mobilesasa.smpp.pdus import DeliverSm, DeliverSmResp, Unbind, decode

LONGEST_WAIT_S = 0.2
REMEMBERED = 100_000  # receipts, to tell those that come twice
ENDLESS_S = 1e9
_UNBIND_RESP = 0x80000006
_RECEIPT = int(EsmClass.DELIVERY_RECEIPT)
_TAKEN = DeliverSmResp(sequence=1).encode()
_TAKEN_HEAD, _TAKEN_TAIL = _TAKEN[:12], _TAKEN[16:]


@attrs.define(eq=False)
class Session:
    """One session.

    Attributes:
        peer: its connection.
        number: counts sessions.
        out: when those without an answer were due, by sequence number.
        leaving: it submits no more.
        unbound: it has asked to go.
    """

    peer: Peer
    number: int
    out: dict[int, float] = attrs.field(factory=dict)
    leaving: bool = False
    unbound: bool = False


@attrs.define
class Counts:
    """What became of the messages so far."""

    submitted: int = 0
    accepted: int = 0
    refused: int = 0
    receipts: int = 0
    receipts_doubled: int = 0
    inbound: int = 0
    sessions: int = 0
    sessions_lost: int = 0  # closed by the node


class Submits:
    """The sessions and the messages.

    Args:
        asked: the command line.
    """

    def __init__(self, asked: argparse.Namespace) -> None:
        self.counts = Counts()
        self._asked = asked
        self._write = submit_writer(asked.sender, 1)
        self._sessions: deque[Session] = deque()
        self._due_s: dict[bytes, float] = {}  # of those without a receipt, by message_id
        self._early: dict[bytes, float] = {}  # receipts before the answer: when
        self._done: dict[bytes, None] = {}  # the latest
        self._spans: dict[str, list[float]] = {"answer": [], "receipt": [], "inbound": []}
        self._turn = 0
        self._ended = False
        for _ in range(asked.sessions):
            self._begin()
        self._pace = Pace(time.monotonic(), ENDLESS_S, asked.rate, sys.maxsize)
        self._next_turnover_s = self._pace.begin_s + asked.turnover_s

    def run(self) -> None:
        """Go on until the input ends."""
        while not self._ended:
            now_s = time.monotonic()
            self._turn_over(now_s)
            self._submit(now_s)
            peers = [session.peer for session in self._sessions]
            full = [peer for peer in peers if peer.full]
            readable, _, _ = select.select([sys.stdin, *peers], full, [], self._pace.wait_s(now_s, LONGEST_WAIT_S))
            now_s = time.monotonic()
            if sys.stdin in readable:
                self._obey(sys.stdin.readline())
            for session in list(self._sessions):
                if session.peer in readable:
                    self._read(session, now_s)
                session.peer.flush()
                if session.peer.closed:
                    self._lose(session)

    def _begin(self) -> None:
        peer = bind(self._asked.port, self._asked.system_id, self._asked.password).peer
        self.counts.sessions += 1
        self._sessions.append(Session(peer, self.counts.sessions))

    def _turn_over(self, now_s: float) -> None:
        """Let the oldest session go, from time to time."""
        for session in self._sessions:
            if session.leaving and not session.unbound and not session.out:
                session.unbound = True
                session.peer.out.append(Unbind(sequence=0x7FFFFFFF).encode())
                session.peer.flush()
        if now_s >= self._next_turnover_s:
            self._next_turnover_s = now_s + self._asked.turnover_s
            min(self._sessions, key=lambda each: each.number).leaving = True

    def _lose(self, session: Session) -> None:
        """Put another in the place of one that has gone."""
        session.peer.socket.close()
        self._sessions.remove(session)
        self.counts.sessions_lost += not session.unbound
        self._begin()

    def _submit(self, now_s: float) -> None:
        self._sessions.rotate(1)  # another is the first in each turn
        for session in self._sessions:
            room = 0 if session.leaving else self._asked.window - len(session.out)
            for token in self._pace.due(max(0, room), now_s):
                self._turn = self._turn % 0x7FFFFFF0 + 1
                session.out[self._turn] = self._pace.intended_s(token, now_s)
                session.peer.out.append(self._write(self._turn, token))
                self.counts.submitted += 1
            session.peer.flush()

    def _read(self, session: Session, now_s: float) -> None:
        octets, pdus = session.peer.read()
        for start, end, command, status, sequence in pdus:
            if command == SUBMIT_SM_RESP:
                self._answered(session.out.pop(sequence), status, octets[start + 16 : end - 1], now_s)
            elif command == DELIVER_SM and not session.unbound:
                self._delivered(octets, start, end, now_s)
                session.peer.out.append(b"".join((_TAKEN_HEAD, WORD.pack(sequence), _TAKEN_TAIL)))
            elif command == ENQUIRE_LINK:
                session.peer.out.append(HEADER.pack(16, ENQUIRE_LINK_RESP, 0, sequence))
            elif command == _UNBIND_RESP:
                session.peer.closed = True

    def _answered(self, due_s: float, status: int, message_id: bytes, now_s: float) -> None:
        self._spans["answer"].append(now_s - due_s)
        if status:
            self.counts.refused += 1
            return
        self.counts.accepted += 1
        if message_id in self._early:
            self._receipted(message_id, self._early.pop(message_id) - due_s)
        else:
            self._due_s[message_id] = due_s

    def _delivered(self, octets: bytes, start: int, end: int, now_s: float) -> None:
        at = octets.find(b"id:", start + HEADER.size, end) + 3
        if at < 3:
            pdu = decode(octets[start:end])
            assert isinstance(pdu, DeliverSm)
            assert not pdu.esm_class & _RECEIPT, "a receipt without an id"
            self.counts.inbound += 1
            self._spans["inbound"].append(now_s - moment_in(pdu.short_message))
            return
        message_id = octets[at : octets.find(b" ", at, end)]
        due_s = self._due_s.pop(message_id, None)
        if due_s is not None:
            self._receipted(message_id, now_s - due_s)
        elif message_id in self._done or message_id in self._early:
            self.counts.receipts_doubled += 1
        else:
            self._early[message_id] = now_s

    def _receipted(self, message_id: bytes, took_s: float) -> None:
        self.counts.receipts += 1
        self._spans["receipt"].append(max(0.0, took_s))
        self._done[message_id] = None
        if len(self._done) > REMEMBERED:
            del self._done[next(iter(self._done))]

    def _obey(self, line: str) -> None:
        self._ended = not line
        if line.strip() == "enough":
            self._pace.most = self._pace.given
        if line:
            print(json.dumps(self.report()), flush=True)

    def report(self) -> dict[str, object]:
        """Return the counts so far, and the percentiles since the last report."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        spreads = {f"{name}_ms": spread_ms(taken) for name, taken in self._spans.items()}
        for taken in self._spans.values():
            taken.clear()
        return {
            **attrs.asdict(self.counts),
            **spreads,
            "bound": len(self._sessions),
            "unanswered": sum(len(session.out) for session in self._sessions),
            "without_receipt": len(self._due_s),
            "receipts_unknown": len(self._early),
            "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        }


def main() -> None:
    """Submit until the input ends."""
    parser = argparse.ArgumentParser(description="Sessions that come and go.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--system-id", default="BENCH")
    parser.add_argument("--password", required=True)
    parser.add_argument("--sender", default="BENCH")
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--window", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2000.0)
    parser.add_argument("--turnover-s", type=float, default=5.0, help="between two sessions that go")
    Submits(parser.parse_args()).run()


if __name__ == "__main__":
    main()
