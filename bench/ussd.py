"""A load of USSD sessions over a gateway's HTTP door, in Africa's Talking's form: `python -m bench.ussd --port P --path /ussd/…`.

Sessions begin at a rate, whether or not the node keeps up (open loop). Each is a phone that dials, reads and types, some
tenths of a second a screen, until its menu ends: four steps. A step's answer counts from the moment when its request was due;
one that waits for a free connection waits in the figure, too. It prints one JSON object when every session has ended.
"""

from __future__ import annotations

import argparse
import heapq
import json
import resource
import select
import time
from typing import Any, Final

import attrs

from bench.asker import Asker
from bench.figures import spread_ms
from bench.node import TEAM, Node
from bench.processes import Broken
from bench.rest import LONGEST_WAIT_S, Connection, connect

CODE: Final = "384"
EXTENSION: Final = "7"
READY_S: Final = 10.0  # for the node to hear of what was configured
NOBODY: Final = 90_000_000  # from here on are the phones that try whether it has
THINK_S: Final = 0.5  # between an answer and what is typed then
#: All that was typed at each step, as the gateway joins it; and how the answer begins.
STEPS: Final = ((b"", b"CON"), (b"1", b"CON"), (b"1*150", b"CON"), (b"1*150*1", b"END"))
MENU: Final[dict[str, Any]] = {
    "name": "Bench",
    "language": "en",
    "start": "main",
    "screens": {
        "main": {
            "kind": "choices",
            "text": "Welcome to Bench",
            "choices": [
                {"key": "1", "label": "Buy airtime", "next": "amount"},
                {"key": "2", "label": "My balance", "next": "balance"},
                {"key": "3", "label": "Help", "next": "help"},
            ],
        },
        "amount": {
            "kind": "input",
            "text": "How much?",
            "input": {"variable": "amount", "type": "amount", "min": 10, "max": 10000},
            "next": "sure",
        },
        "sure": {
            "kind": "choices",
            "text": "Buy airtime of {amount} for {msisdn}?",
            "choices": [{"key": "1", "label": "Yes", "next": "done"}, {"key": "2", "label": "No", "next": "main"}],
        },
        "done": {"kind": "end", "text": "Done. Your airtime of {amount} is on its way."},
        "balance": {"kind": "end", "text": "Your balance is 120."},
        "help": {"kind": "end", "text": "Call 100 for help."},
    },
}


def prepare(node: Node) -> str:
    """Give the team an extension with a menu, and a gateway to call; return the path that the gateway calls.

    Raises:
        Broken: nobody answers there.
    """
    asker = Asker(node.http_port, node.token)
    node.command("ussd", "code", "add", CODE, "--type", "shared")
    menu = asker.ask("/ussd/menus", json.dumps(MENU).encode())["uuid"]
    asker.ask(f"/ussd/menus/{menu}/publish", b"{}")
    asked = {"code": CODE, "extension": EXTENSION, "menu": menu}
    asker.ask("/ussd/extensions", json.dumps(asked).encode())
    node.command("ussd", "extension", "approve", f"*{CODE}*{EXTENSION}#", "--team", TEAM)
    path = str(node.command("ussd", "gateway", "add", "bench", "--dialect", "africastalking")["path"])
    connection, phone = connect(node.http_port), Phone(NOBODY)
    until_s = time.monotonic() + READY_S
    while time.monotonic() < until_s:  # the node hears of it a moment later
        connection.socket.sendall(request(head_of(path), phone))
        while not connection.take():
            pass
        if connection.begins.startswith(STEPS[0][1]):
            connection.socket.close()
            return path
        phone.number += 1
    raise Broken(f"nobody answers *{CODE}*{EXTENSION}#: {connection.begins!r}")


def faults(figures: dict[str, Any]) -> list[str]:
    """Return what was not as it must be."""
    wrong = {
        "sessions that did not come to their end": figures["sessions"] - figures["ended"],
        "answers that were not the screen that was due": figures["wrong"],
    }
    return [f"{name}: {count}" for name, count in wrong.items() if count]


@attrs.define(eq=False)
class Phone:
    """One session."""

    number: int
    step: int = 0
    due_s: float = 0.0


class Load:
    """The sessions.

    Args:
        connections: kept alive.
        path: of the door, with the secret.
        rate_per_s: of sessions that begin.
        seconds: how long they do.
        think_s: how long a person reads and types.
    """

    def __init__(
        self, connections: list[Connection], path: str, rate_per_s: float, seconds: float, think_s: float = THINK_S
    ) -> None:
        self.answers_s: list[float] = []
        self.wrong = self.ended = self.begun = 0
        self._free = connections
        self._busy: dict[Connection, Phone] = {}
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n".encode()
        )
        self._rate_per_s = rate_per_s
        self._most = int(rate_per_s * seconds)
        self._think_s = think_s
        self._due: list[tuple[float, int, Phone]] = []

    def run(self, settle_s: float) -> None:
        """Begin sessions for as long as was said, and wait at most `settle_s` for the last of them."""
        begin_s = time.monotonic()
        until_s = begin_s + self._most / self._rate_per_s + settle_s
        while self.ended + self.wrong < self._most and time.monotonic() < until_s:
            now_s = time.monotonic()
            self._begin(begin_s, now_s)
            self._send(now_s)
            for connection in select.select(list(self._busy), [], [], self._wait_s(begin_s, now_s))[0]:
                self._take(connection)

    def _begin(self, begin_s: float, now_s: float) -> None:
        while self.begun < min(self._most, int((now_s - begin_s) * self._rate_per_s) + 1):
            due_s = begin_s + self.begun / self._rate_per_s
            heapq.heappush(self._due, (due_s, self.begun, Phone(self.begun, due_s=due_s)))
            self.begun += 1

    def _send(self, now_s: float) -> None:
        while self._free and self._due and self._due[0][0] <= now_s:
            _, _, phone = heapq.heappop(self._due)
            connection = self._free.pop()
            self._busy[connection] = phone
            connection.socket.sendall(request(self._head, phone))

    def _take(self, connection: Connection) -> None:
        phone = self._busy[connection]
        status = connection.take()
        if connection.closed:
            raise ConnectionError("the node has closed a connection")
        if not status:
            return
        del self._busy[connection]
        self._free.append(connection)
        now_s, mark = time.monotonic(), connection.begins[:3]
        self.answers_s.append(now_s - phone.due_s)
        if status != 200 or mark != STEPS[phone.step][1]:
            self.wrong += 1
            return
        phone.step += 1
        if phone.step == len(STEPS):
            self.ended += 1
            return
        phone.due_s = now_s + self._think_s
        heapq.heappush(self._due, (phone.due_s, phone.number, phone))

    def _wait_s(self, begin_s: float, now_s: float) -> float:
        due_s = [self._due[0][0]] if self._due and self._free else []
        if self.begun < self._most:
            due_s.append(begin_s + self.begun / self._rate_per_s)
        return min(max(0.0, min(due_s, default=now_s + LONGEST_WAIT_S) - now_s), LONGEST_WAIT_S)

    def figures(self, whole_s: float) -> dict[str, Any]:
        """Return all figures, times in milliseconds and rates a second."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        steps = len(self.answers_s)
        return {
            "sessions": self.begun,
            "ended": self.ended,
            "wrong": self.wrong,
            "steps": steps,
            "steps_per_s": round(steps / whole_s, 1) if whole_s > 0 else 0.0,
            "answer_ms": spread_ms(self.answers_s),
            "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        }


def head_of(path: str) -> bytes:
    """Return how each request begins, up to its length."""
    return f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n".encode()


def request(head: bytes, phone: Phone) -> bytes:
    """Return the request of a phone's next step."""
    typed = STEPS[phone.step][0].replace(b"*", b"%2A")
    body = b"sessionId=AT%09d&phoneNumber=%%2B2547%08d&networkCode=63902&serviceCode=%%2A%b%%2A%b%%23&text=%b" % (
        phone.number, phone.number, CODE.encode(), EXTENSION.encode(), typed,
    )  # fmt: skip
    return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(description="A load of USSD sessions.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True, help="of the gateway's door, with its secret")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=500.0, help="sessions a second (open loop)")
    parser.add_argument("--think-s", type=float, default=THINK_S, help="between an answer and what is typed then")
    parser.add_argument("--settle-s", type=float, default=30.0, help="how long to wait for the last answers")
    return parser


def main() -> None:
    """Run one load and print its figures."""
    asked = arguments().parse_args()
    load = Load(
        [connect(asked.port) for _ in range(asked.connections)], asked.path, asked.rate, asked.seconds, asked.think_s
    )
    begun_s = time.monotonic()
    load.run(asked.settle_s)
    print(json.dumps(load.figures(time.monotonic() - begun_s)))


if __name__ == "__main__":
    main()
