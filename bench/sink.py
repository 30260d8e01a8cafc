"""An SMSC that costs next to nothing: `python -m bench.sink [--delay-ms N] [--window N]`.

It takes any bind, answers each submit_sm at once and gives the receipt (DELIVRD, by TLVs and in its text) N ms later.
It prints one line of JSON when it listens, `{"port": …}`, and one for each line that it reads on standard input:

    report FIRST COUNT FILE    counts of the tokens FIRST to FIRST + COUNT - 1; when each came first goes to FILE, as
                               doubles in seconds of the monotonic clock, 0 for never

It ends when its standard input does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import socket
import sys
import time
from array import array
from collections import deque
from collections.abc import Callable
from pathlib import Path

import attrs

from bench.wire import (
    DELIVER_SM_RESP,
    SUBMIT_SM,
    Peer,
    receipt_writer,
    response_writer,
    this_minute,
    token_in,
)
from mobilesasa.smpp.pdus import Bind, EnquireLink, Unbind, answer, decode
from mobilesasa.smpp.statuses import Status

LONGEST_WAIT_S = 0.5
AGAIN_S = 1.0  # until a receipt is given again that was refused for now
MORE_TOKENS = array("d", bytes(8 * 65_536))


@attrs.define(eq=False)
class Client:
    """One bind of the gateway."""

    peer: Peer
    due: deque[tuple[float, bytes, int]] = attrs.field(factory=deque)  # receipts: when, message_id, token
    out: dict[int, tuple[bytes, int]] = attrs.field(factory=dict)  # receipts without an answer, by sequence number
    sequence: int = 0
    bound: bool = False


class Sink:
    """The SMSC: its clients, and what has come.

    Args:
        delay_s: from a submit to its receipt.
        window: receipts of one bind without an answer.
    """

    def __init__(self, delay_s: float, window: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listener.setblocking(False)
        self.ended = False
        self._delay_s = delay_s
        self._window = window
        self._clients: list[Client] = []
        self._arrived = array("d")
        self._again: dict[int, int] = {}
        self._taken = self._receipts = self._refused = self._strange = 0
        self._respond = response_writer()
        self._minute = this_minute()
        self._receipt: Callable[[int, bytes, int], bytes] = receipt_writer(self._minute)
        self._asked = b""
        self._kept: list[tuple[bytes, int]] = []  # receipts: message_id and token

    def turn(self) -> None:
        """Wait for something to do, and do it."""
        readers = [self.listener, sys.stdin, *(client.peer for client in self._clients)]
        writers = [client.peer for client in self._clients if client.peer.full]
        readable, _, _ = select.select(readers, writers, [], self._wait_s())
        if self.listener in readable:
            self._clients.append(Client(Peer(self.listener.accept()[0])))
        if sys.stdin in readable:
            self._listen_to_orders()
        now_s = time.monotonic()
        for client in self._clients:
            if client.peer in readable:
                self._read(client, now_s)
            self._give_receipts(client, now_s)
            client.peer.flush()
        self._let_go_of_the_lost()

    def _let_go_of_the_lost(self) -> None:
        """Give the receipts of clients that are gone to another one, or keep them until there is one."""
        gone = [client for client in self._clients if client.peer.closed]
        if gone:
            self._clients = [client for client in self._clients if not client.peer.closed]
            for client in gone:
                self._kept += [(message_id, token) for message_id, token in client.out.values()]
                self._kept += [(message_id, token) for _, message_id, token in client.due]
        there = next((client for client in self._clients if client.bound), None)
        if self._kept and there is not None:
            now_s = time.monotonic()
            there.due.extendleft((now_s, message_id, token) for message_id, token in self._kept)
            self._kept = []

    def _wait_s(self) -> float:
        firsts = [each.due[0][0] for each in self._clients if each.due and len(each.out) < self._window]
        return min(max(0.0, min(firsts) - time.monotonic()), LONGEST_WAIT_S) if firsts else LONGEST_WAIT_S

    def _read(self, client: Client, now_s: float) -> None:
        octets, pdus = client.peer.read()
        out, due, respond = client.peer.out, client.due, self._respond
        due_s = now_s + self._delay_s
        for start, end, command, status, sequence in pdus:
            if command == SUBMIT_SM:
                token = token_in(octets, start, end)
                self._note(token, now_s)
                message_id = b"%010x" % self._taken
                out.append(respond(sequence, message_id))
                due.append((due_s, message_id, token))
            elif command == DELIVER_SM_RESP:
                self._take_word(client, sequence, status, now_s)
            else:
                self._answer(client, octets[start:end])

    def _take_word(self, client: Client, sequence: int, status: int, now_s: float) -> None:
        """Take the answer to a receipt; one that is refused for now is given again."""
        given = client.out.pop(sequence, None)
        self._refused += status != 0
        if status == Status.ESME_RX_T_APPN and given is not None:
            client.due.append((now_s + max(self._delay_s, AGAIN_S), *given))

    def _note(self, token: int, now_s: float) -> None:
        self._taken += 1
        if token < 0:
            self._strange += 1
            return
        while token >= len(self._arrived):
            self._arrived.extend(MORE_TOKENS)
        if self._arrived[token]:
            self._again[token] = self._again.get(token, 0) + 1
        else:
            self._arrived[token] = now_s

    def _answer(self, client: Client, octets: bytes) -> None:
        """Answer what comes seldom."""
        pdu = decode(octets)
        client.bound |= isinstance(pdu, Bind)
        if isinstance(pdu, Bind | Unbind | EnquireLink):
            client.peer.out.append(answer(pdu).encode())

    def _give_receipts(self, client: Client, now_s: float) -> None:
        due = client.due
        if not due or due[0][0] > now_s:
            return
        if (minute := this_minute()) != self._minute:
            self._minute, self._receipt = minute, receipt_writer(minute)
        out, write = client.peer.out, self._receipt
        while due and due[0][0] <= now_s and len(client.out) < self._window:
            _, message_id, token = due.popleft()
            client.sequence += 1
            client.out[client.sequence] = (message_id, token)
            out.append(write(client.sequence, message_id, token))
            self._receipts += 1

    def _listen_to_orders(self) -> None:
        fresh = os.read(sys.stdin.fileno(), 4096)
        self.ended = not fresh
        *lines, self._asked = (self._asked + fresh).split(b"\n")
        for line in lines:
            _, first, count, file = line.decode().split(" ", 3)
            print(json.dumps(self.report(int(first), int(count), Path(file))), flush=True)

    def report(self, first: int, count: int, file: Path) -> dict[str, float]:
        """Count what has come of some tokens, and write down when."""
        arrived = self._arrived[first : first + count]
        arrived.extend(array("d", bytes(8 * (count - len(arrived)))))
        file.write_bytes(arrived.tobytes())
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "lost": arrived.count(0.0),
            "doubled": sum(again for token, again in self._again.items() if first <= token < first + count),
            "strange": self._strange,
            "taken": self._taken,
            "receipts": self._receipts,
            "receipts_refused": self._refused,
            "receipts_waiting": sum(len(client.due) + len(client.out) for client in self._clients),
            "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        }


def main() -> None:
    """Listen until standard input ends."""
    parser = argparse.ArgumentParser(description="An SMSC for benchmarks.")
    parser.add_argument("--delay-ms", type=float, default=50.0, help="from a submit to its receipt")
    parser.add_argument("--window", type=int, default=500, help="receipts of one bind without an answer")
    asked = parser.parse_args()
    sink = Sink(asked.delay_ms / 1000, asked.window)
    print(json.dumps({"port": sink.listener.getsockname()[1]}), flush=True)
    while not sink.ended:
        sink.turn()


if __name__ == "__main__":
    main()
