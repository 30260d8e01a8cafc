"""An SMSC whose phones write as well: `python -m bench.soak.phones --inbound-rate N --inbound-to CODE`, else as `bench.sink`.

Each message from a phone has its number, and the moment at which it was sent on the monotonic clock, in its text, so that
whoever gets it knows how long it took. They begin when a report is first asked for: before that nobody may have the number.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bench.pace import Pace
from bench.sink import Sink
from mobilesasa.smpp.pdus import DeliverSm

OFTEN_S = 0.02
_MOMENT = b" at "


def words_of(number: int, now_s: float) -> bytes:
    """Return what the phone of a number writes at a moment."""
    return b"Soak %010d%b%.6f" % (number, _MOMENT, now_s)


def moment_in(words: bytes) -> float:
    """Return the moment in such a text."""
    return float(words.rpartition(_MOMENT)[2])


class Phones(Sink):
    """The SMSC.

    Args:
        delay_s: from a submit to its receipt.
        window: receipts of one bind without an answer.
        rate_per_s: of messages from phones.
        seconds: for how long phones write.
        code: to which they write.
    """

    def __init__(self, delay_s: float, window: int, rate_per_s: float, seconds: float, code: str) -> None:
        super().__init__(delay_s, window)
        self._rate_per_s = rate_per_s
        self._seconds = seconds
        self._code = code
        self._pace: Pace | None = None
        self._said = 0

    def turn(self) -> None:
        """Do what the SMSC does, then let phones write."""
        super().turn()
        bound = [client for client in self._clients if client.bound]
        if not bound or self._pace is None:
            return
        now_s = time.monotonic()
        for number in self._pace.due(len(bound), now_s):
            client = bound[number % len(bound)]
            client.sequence += 1
            client.out[client.sequence] = (b"", -1)  # its answer is waited for as that to a receipt
            words = words_of(number, now_s)
            client.peer.out.append(
                DeliverSm(
                    sequence=client.sequence,
                    source_addr_ton=1,
                    source_addr_npi=1,
                    source_addr=f"25470{number % 10_000_000:07}",
                    destination_addr=self._code,
                    short_message=words,
                ).encode()
            )
            self._said += 1
        for client in bound:
            client.peer.flush()

    def _wait_s(self) -> float:
        return min(super()._wait_s(), OFTEN_S)

    def report(self, first: int, count: int, file: Path) -> dict[str, float]:
        """Count as the SMSC does, and what phones wrote; let them begin."""
        if self._pace is None:
            most = int(self._rate_per_s * self._seconds)
            self._pace = Pace(time.monotonic(), self._seconds, self._rate_per_s, most)
        return {**super().report(first, count, file), "said": self._said}


def main() -> None:
    """Listen until standard input ends."""
    parser = argparse.ArgumentParser(description="An SMSC with phones.")
    parser.add_argument("--delay-ms", type=float, default=50.0, help="from a submit to its receipt")
    parser.add_argument("--window", type=int, default=500, help="receipts of one bind without an answer")
    parser.add_argument("--inbound-rate", type=float, default=20.0, help="messages from phones a second")
    parser.add_argument("--inbound-s", type=float, default=60.0, help="for how long phones write")
    parser.add_argument("--inbound-to", required=True, help="what they write to")
    asked = parser.parse_args()
    phones = Phones(asked.delay_ms / 1000, asked.window, asked.inbound_rate, asked.inbound_s, asked.inbound_to)
    print(json.dumps({"port": phones.listener.getsockname()[1]}), flush=True)
    while not phones.ended:
        phones.turn()


if __name__ == "__main__":
    main()
