"""A team's system that submits at a rate whatever happens to the nodes: `python -m bench.chaos.sessions --ports P,P,P …`.

A session that is lost is bound again, at the same port, until it is; what it had submitted without an answer is *unknown*, and is not
submitted again. It prints a line of JSON with its counts for each line that it reads, and ends with its input. With `enough` it submits
no more. With `write` FILE gets, as JSON, the `accepted` tokens with their ids, the `refused` ones, and the ids that had `receipts`.
"""

from __future__ import annotations

import argparse
import json
import select
import sys
import threading
import time
from collections import deque
from pathlib import Path

import attrs

from bench.load import bind
from bench.wire import DELIVER_SM, ENQUIRE_LINK, ENQUIRE_LINK_RESP, HEADER, SUBMIT_SM_RESP, WORD, Peer, submit_writer
from mobilesasa.smpp.pdus import DeliverSmResp, Unbind

AGAIN_S = 0.5  # between two tries to bind
LONGEST_WAIT_S = 0.05
_TAKEN = DeliverSmResp(sequence=1).encode()
_TAKEN_HEAD, _TAKEN_TAIL = _TAKEN[:12], _TAKEN[16:]


@attrs.define
class Counts:
    """What became of the messages so far."""

    submitted: int = 0
    accepted: int = 0
    refused: dict[str, int] = attrs.field(factory=dict)  # by command_status
    unknown: int = 0  # submitted on a session that was lost before the answer
    receipts: int = 0
    receipts_doubled: int = 0
    receipts_before_answer: int = 0  # brought by one node before another one's answer was read
    receipts_of_unknown: int = 0  # of messages whose answer has not come
    sessions_lost: int = 0
    binds_refused: int = 0


@attrs.define(eq=False)
class Place:
    """Where one session is, or will be again."""

    port: int
    peer: Peer | None = None
    out: dict[int, int] = attrs.field(factory=dict)  # tokens without an answer, by sequence number
    sequence: int = 1


class Steady:
    """The sessions and the messages.

    Args:
        asked: the command line.
    """

    def __init__(self, asked: argparse.Namespace) -> None:
        self.counts = Counts()
        self.accepted: dict[int, bytes] = {}  # message_id by token
        self.refused: list[int] = []
        self._receipted: set[bytes] = set()  # ids
        self._asked = asked
        self._places = [Place(int(port)) for port in asked.ports.split(",")]
        self._fresh: deque[tuple[Place, Peer]] = deque()
        self._tokens: dict[bytes, int] = {}  # by message_id
        self._write = submit_writer(asked.sender, 1)
        self._next_token = asked.first_token
        self._begun_s = time.monotonic()
        self._submitting = True
        self._ended = False
        for place in self._places:
            self._bind_aside(place)

    def run(self) -> None:
        """Go on until the input ends."""
        while not self._ended:
            while self._fresh:
                place, peer = self._fresh.popleft()
                place.peer = peer
            bound = [place for place in self._places if place.peer is not None]
            self._submit(bound)
            peers = [place.peer for place in bound if place.peer is not None]
            full = [peer for peer in peers if peer.full]
            readable, _, _ = select.select([sys.stdin, *peers], full, [], LONGEST_WAIT_S if peers else AGAIN_S / 5)
            if sys.stdin in readable:
                self._obey(sys.stdin.readline())
            for place in bound:
                self._serve(place, place.peer in readable)

    def _bind_aside(self, place: Place) -> None:
        """Bind on a thread, for a node that does not answer must hold nobody else up."""
        threading.Thread(target=self._bind, args=(place,), daemon=True).start()

    def _bind(self, place: Place) -> None:
        while not self._ended:
            try:
                session = bind(place.port, self._asked.system_id, self._asked.password)
            except (OSError, ValueError, AssertionError, IndexError) as error:
                self.counts.binds_refused += isinstance(error, ConnectionRefusedError) and "status" in str(error)
                time.sleep(AGAIN_S)
            except Exception:  # noqa: BLE001 - the header was cut: the node died while it answered
                time.sleep(AGAIN_S)
            else:
                self._fresh.append((place, session.peer))
                return

    def _obey(self, line: str) -> None:
        self._ended = not line
        self._submitting &= line.strip() != "enough"
        if line.strip() == "write":
            self.write()
        if line:
            waiting = len(self.accepted) - self.counts.receipts
            shown = {**attrs.asdict(self.counts), "bound": sum(each.peer is not None for each in self._places)}
            print(
                json.dumps({**shown, "unanswered": sum(len(p.out) for p in self._places), "without_receipt": waiting})
            )
            sys.stdout.flush()

    def _submit(self, bound: list[Place]) -> None:
        if not self._submitting or self.counts.submitted >= self._asked.most - self._asked.window * len(bound):
            return
        due = int((time.monotonic() - self._begun_s) * self._asked.rate) - self.counts.submitted
        for n, place in enumerate(bound):
            room = min(self._asked.window - len(place.out), due // (len(bound) - n))
            assert place.peer is not None
            for _ in range(max(0, room)):
                place.sequence += 1
                place.out[place.sequence] = self._next_token
                place.peer.out.append(self._write(place.sequence, self._next_token))
                self._next_token += 1
                self.counts.submitted += 1
                due -= 1
        if due > self._asked.rate:  # nobody could take it for a second: that load is not made up for
            self._begun_s += 1.0

    def _serve(self, place: Place, readable: bool) -> None:
        peer = place.peer
        assert peer is not None
        if readable:
            octets, pdus = peer.read()
            for start, end, command, status, sequence in pdus:
                if command == SUBMIT_SM_RESP:
                    self._take_answer(place.out.pop(sequence), status, octets[start + 16 : end - 1])
                elif command == DELIVER_SM:
                    self._take_receipt(octets, start, end)
                    peer.out.append(b"".join((_TAKEN_HEAD, WORD.pack(sequence), _TAKEN_TAIL)))
                elif command == ENQUIRE_LINK:
                    peer.out.append(HEADER.pack(16, ENQUIRE_LINK_RESP, 0, sequence))
        peer.flush()
        if peer.closed:
            peer.socket.close()
            self.counts.sessions_lost += 1
            self.counts.unknown += len(place.out)
            place.peer, place.out = None, {}
            self._bind_aside(place)

    def _take_answer(self, token: int, status: int, message_id: bytes) -> None:
        if status:
            name = f"0x{status:08X}"
            self.counts.refused[name] = self.counts.refused.get(name, 0) + 1
            self.refused.append(token)
            return
        self.counts.accepted += 1
        self.accepted[token] = message_id
        self._tokens[message_id] = token
        if message_id in self._receipted:
            self.counts.receipts += 1
            self.counts.receipts_before_answer += 1
            self.counts.receipts_of_unknown -= 1

    def _take_receipt(self, octets: bytes, start: int, end: int) -> None:
        at = octets.find(b"id:", start + HEADER.size, end) + 3
        message_id = octets[at : octets.find(b" ", at, end)]
        is_known = message_id in self._tokens
        if message_id in self._receipted:
            self.counts.receipts_doubled += 1
        elif is_known:
            self.counts.receipts += 1
        else:
            self.counts.receipts_of_unknown += 1
        self._receipted.add(message_id)

    def end(self) -> None:
        """Unbind."""
        for place in self._places:
            if place.peer is not None:
                place.peer.out.append(Unbind(sequence=0x7FFFFFFF).encode())
                place.peer.flush()

    def write(self) -> None:
        """Write down what became of the messages."""
        found = {
            "accepted": {str(token): message_id.decode() for token, message_id in self.accepted.items()},
            "refused": self.refused,
            "next_token": self._next_token,
            "receipts": [message_id.decode() for message_id in self._receipted],
        }
        Path(self._asked.file).write_text(json.dumps(found))


def main() -> None:
    """Run one load."""
    parser = argparse.ArgumentParser(description="A load that goes on whatever happens.")
    parser.add_argument("--ports", required=True, help="one for each session")
    parser.add_argument("--system-id", default="BENCH")
    parser.add_argument("--password", required=True)
    parser.add_argument("--sender", default="BENCH")
    parser.add_argument("--rate", type=float, default=1000.0, help="messages a second over all sessions")
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--first-token", type=int, default=0)
    parser.add_argument("--most", type=int, default=1_000_000, help="messages at most")
    parser.add_argument("--file", required=True)
    load = Steady(parser.parse_args())
    load.run()
    load.end()


if __name__ == "__main__":
    main()
