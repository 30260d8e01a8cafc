"""A process of its own: the simulated SMSC with phones that answer what they are asked, as a plan says.

`python -m tests.whole.respondents PORT PLAN JOURNAL` listens; PLAN is a JSON list of people (`tests.whole.surveying`), and each message
that a phone gets and says becomes a line of JOURNAL.

A phone answers the question that it was asked last. The same question again is no reason to answer again, for a carrier may bring
it twice; being asked for a better answer is. What it said before it says again only when the question has been there for a while, as
people do.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

import attrs
from twisted.internet import task
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import IReactorTime

from mobilesasa.cli.simulated.misbehaviour import Behaviour
from mobilesasa.cli.simulated.phones import message_from
from mobilesasa.cli.simulated.smsc import SimulatedSmsc, SmscFactory
from mobilesasa.smpp.pdus import DeliverSm
from mobilesasa.sms.udh import read_udh
from tests.whole.surveying import CODE, KEYWORD, THANKS

READS_MS: Final = 2300  # until somebody says again what they have said before
AGAIN_MS: Final = 1200  # until somebody who is asked again answers
_QUESTION = re.compile(r"\bQ(\d): ")


@attrs.define(eq=False)
class Phone:
    """One phone, with what it has to say to each question, in bursts."""

    number: str
    says: dict[int, list[tuple[int, Sequence[str]]]]
    asked: int = 0  # the last question
    said: set[str] = attrs.field(factory=set)

    def next_burst(self, text: str) -> tuple[int, Sequence[str]] | None:
        """What it says to a message, and after how many milliseconds."""
        found = _QUESTION.search(text)
        if found is not None:
            number = int(found[1])
            if number <= self.asked:
                return None  # it has been there
            self.asked = number
        elif not self.said or text == THANKS:
            return None
        bursts = self.says.get(self.asked, [])
        if not bursts:
            return None
        delay_ms, texts = bursts.pop(0)
        if found is None:
            delay_ms = max(delay_ms, AGAIN_MS)
        if self.said & {_folded(each) for each in texts}:
            delay_ms = max(delay_ms, READS_MS)
        self.said.update(map(_folded, texts))
        return delay_ms, texts


class Phones:
    """All phones; stands in the place of the simulator's log."""

    def __init__(self, plan: Sequence[dict[str, Any]], clock: IReactorTime, journal: TextIO) -> None:
        self._clock, self._journal = clock, journal
        self._phones = {
            each["phone"]: Phone(each["phone"], {int(n): list(said) for n, said in each["says"].items()})
            for each in plan
        }
        self._parts: dict[tuple[str, int], dict[int, bytes]] = {}
        self.deliver: Callable[[Sequence[DeliverSm]], None]

    def write(self, lines: bytes) -> None:
        """Take the messages that the simulator has just taken, a line each."""
        for line in lines.decode().splitlines():
            _, _, number, esm_class, coding, octets, *_ = line.split("\t")
            text = self._whole(number, int(esm_class), int(coding), bytes.fromhex(octets))
            if text is not None and number in self._phones:
                self._got(self._phones[number], text)

    def begin(self, numbers: Sequence[str]) -> None:
        """Let these send the keyword."""
        for number in numbers:
            self._say(number, [KEYWORD.capitalize()])

    def _whole(self, number: str, esm_class: int, coding: int, octets: bytes) -> str | None:
        """The text of a message of one part, or of one whose last part this is."""
        codec = "utf-16-be" if coding == 8 else "latin-1"
        if not esm_class & 0x40:
            return octets.decode(codec)
        header, rest = read_udh(octets)
        assert header.concatenation is not None
        reference, total, place = header.concatenation.sar
        parts = self._parts.setdefault((number, reference), {})
        parts[place] = rest
        if len(parts) < total:
            return None
        del self._parts[number, reference]
        return b"".join(parts[n] for n in sorted(parts)).decode(codec)

    def _got(self, phone: Phone, text: str) -> None:
        self._note(phone.number, got=text)
        burst = phone.next_burst(text)
        if burst is not None:
            self._clock.callLater(burst[0] / 1000, self._say, phone.number, burst[1])

    def _say(self, number: str, texts: Sequence[str]) -> None:
        for text in texts:
            self._note(number, said=text)
        self.deliver([pdu for text in texts for pdu in message_from(number, CODE, text, 0)])

    def _note(self, number: str, **what: str) -> None:
        self._journal.write(json.dumps({"at": round(time.time(), 3), "phone": number, **what}) + "\n")
        self._journal.flush()


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def main(port: str, plan: str, journal: str) -> None:
    """Serve until the process is ended. A file beside JOURNAL that ends in `.begin` is a JSON list of phones that begin now."""
    people = json.loads(Path(plan).read_text())

    def run(reactor: Any) -> Deferred[None]:
        phones = Phones(people, reactor, Path(journal).open("a"))  # noqa: SIM115 - for as long as the process lives
        smsc = SimulatedSmsc(Behaviour(), reactor, lambda: time.time_ns() // 1_000_000, phones)  # type: ignore[arg-type]
        phones.deliver = smsc.bring
        begin = task.LoopingCall(_begin_when_told, smsc, phones, Path(journal).with_suffix(".begin"))
        begin.clock = reactor
        begin.start(0.1)
        TCP4ServerEndpoint(reactor, int(port), interface="127.0.0.1").listen(SmscFactory(smsc, reactor))
        return Deferred()

    task.react(run)


def _begin_when_told(smsc: SimulatedSmsc, phones: Phones, told: Path) -> None:
    """Let those begin who are named in a file, once it is there."""
    if smsc.deliveries.accounts and told.exists():
        numbers = json.loads(told.read_text())
        told.unlink()
        phones.begin(numbers)


if __name__ == "__main__":
    main(*sys.argv[1:])
