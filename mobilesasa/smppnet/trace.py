"""The last PDUs of a link, both ways, kept so cheaply that they are always kept.

How to think about it: what passes is a frozen value already, so keeping it is keeping a reference. A turn adds its
PDUs and as many references to its one moment, both at the speed of C; the oldest fall out at the other end. All that is
costly, which is to put them into words, is done when somebody asks. Only a PDU that would keep much memory alive is put
into words at once, and they are kept in its place (I7).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, Final, Literal

import attrs

from mobilesasa.smpp.pdus import (
    EnquireLink,
    EnquireLinkResp,
    Pdu,
    SubmitMulti,
    SubmitMultiResp,
    Unbind,
    UnbindResp,
    decode,
)
from mobilesasa.smpp.session import Event, Refusal, Reply, Unasked, Unbound, Unreadable
from mobilesasa.smpp.tlvs import NO_TLVS, Tlvs
from mobilesasa.smpp.words import SHOWN_OF_A_LIST, Words, command_name, status_name, words_of

KEPT: Final = 200  # PDUs of a link, as support engineers want them
LIGHT_OCTETS: Final = 1024  # a PDU with more in its optional parameters is kept in words alone
_TLV_OCTETS: Final = 64  # what one of them takes beside its value
_FAREWELL: Final = b"\x00\x00\x00\x10\x80\x00\x00\x06"  # length and command_id of an unbind_resp

Direction = Literal["in", "out"]


@attrs.frozen
class Broken:
    """The end of a stream that cannot be read: why, and what was answered."""

    reason: str
    reply: bytes = attrs.field(repr=False)


@attrs.frozen
class Heavy:
    """What is kept of a large PDU."""

    words: Words
    note: str = ""


Passed = Event | Broken | Heavy  # what passes over a link, as it is kept
_Moment = tuple[float, Direction, int]  # and when, which way, and under which number where that is not its own


@attrs.frozen(kw_only=True)
class Line:
    """One PDU of a trace, in words.

    Attributes:
        at_ms: When it passed, milliseconds since the epoch.
        direction: `in` is from the peer.
        words: The PDU.
        note: What was odd about it, in words; empty when nothing was.
    """

    at_ms: int
    direction: Direction
    words: Words
    note: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """The line as JSON has it."""
        words = self.words
        return {
            "at": f"{datetime.fromtimestamp(self.at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{self.at_ms % 1000:03}Z",
            "direction": self.direction,
            "command": words.command,
            "status": words.status,
            "sequence": words.sequence,
            "fields": dict(words.fields),
            "tlvs": dict(words.tlvs),
            "note": self.note or None,
        }


class Trace:
    """What has passed over one link of late.

    Args:
        kept: how many PDUs are kept.
    """

    __slots__ = ("_kept", "_moments", "_passed")

    def __init__(self, kept: int = KEPT) -> None:
        """Begin with nothing."""
        self._kept = kept
        self._passed: deque[Passed] = deque(maxlen=kept)
        self._moments: deque[_Moment] = deque(maxlen=kept)  # of each that has passed

    def came(self, at_s: float, events: Sequence[Passed]) -> None:
        """Keep what a turn brought; large PDUs must have been through `lightened`."""
        self._passed.extend(events)
        self._moments.extend(repeat((at_s, "in", 0), len(events)))

    def went(self, at_s: float, pdus: Sequence[Pdu], octets: int, sequences: Sequence[int] = ()) -> None:
        """Keep what was sent in one write of so many octets; `sequences` are its numbers where they are not the PDUs' own."""
        if octets > LIGHT_OCTETS:  # one of them may be large
            self._passed.extend([Heavy(words_of(pdu)) if is_heavy(pdu) else pdu for pdu in pdus])
        else:
            self._passed.extend(pdus)
        self._moments.extend(zip(repeat(at_s), repeat("out"), sequences or repeat(0, len(pdus))))

    def forget(self) -> None:
        """Keep nothing any more of what has passed; for a link that is gone, which garbage collection may find much later."""
        self._passed.clear()
        self._moments.clear()

    def lines(self, at_ms: Callable[[float], int]) -> list[Line]:
        """Return what is kept, oldest first; `at_ms` turns seconds of the link's clock into the time of day."""
        found = [
            Line(at_ms=at_ms(at_s), direction=way, words=words, note=note)
            for passed, (at_s, direction, sequence) in self._in_order()
            for way, words, note in _told(_numbered(passed, sequence), direction)
        ]
        return found[-self._kept :]

    def _in_order(self) -> list[tuple[Passed, _Moment]]:
        """Return what is kept with its moments; the session tells of an unbind after its answer to it."""
        kept = list(zip(self._passed, self._moments, strict=True))
        for place in range(1, len(kept)):
            before = kept[place - 1][0]
            if isinstance(kept[place][0], Unbound) and isinstance(before, Reply) and is_farewell(before.octets):
                kept[place - 1 : place + 1] = [kept[place], kept[place - 1]]
        return kept


def is_farewell(octets: bytes) -> bool:
    """Say whether the last of these octets are an unbind_resp, which the session adds by itself."""
    return octets[-16:-8] == _FAREWELL


def is_heavy(pdu: Pdu) -> bool:
    """Say whether keeping a PDU would keep much memory alive."""
    if pdu.tlvs is not NO_TLVS and _weight(pdu.tlvs) > LIGHT_OCTETS:
        return True
    if isinstance(pdu, SubmitMulti):
        return len(pdu.dest_addresses) > SHOWN_OF_A_LIST
    return isinstance(pdu, SubmitMultiResp) and len(pdu.unsuccess_smes) > SHOWN_OF_A_LIST


def lightened(events: Sequence[Event]) -> list[Passed]:
    """Return the events with words in place of the large ones."""
    return [_light(event) for event in events]


def _light(event: Event) -> Passed:
    if isinstance(event, Pdu):
        return Heavy(words_of(event)) if is_heavy(event) else event
    return Heavy(words_of(event.pdu), _UNASKED) if isinstance(event, Unasked) and is_heavy(event.pdu) else event


def _weight(tlvs: Tlvs) -> int:
    weight = _TLV_OCTETS * len(tlvs)
    for value in tlvs.values():
        if not isinstance(value, int):
            weight += len(value)
    return weight


_UNASKED: Final = "answers nothing that was asked, or what was given up"
_Told = tuple[Direction, Words, str]


def _numbered(passed: Passed, sequence: int) -> Passed:
    """Return what was sent with the number that it had on the wire."""
    if sequence and isinstance(passed, Pdu):
        return attrs.evolve(passed, sequence=sequence)
    if sequence and isinstance(passed, Heavy):
        return attrs.evolve(passed, words=attrs.evolve(passed.words, sequence=sequence))
    return passed


def _told(passed: Passed, direction: Direction) -> Iterator[_Told]:
    """Say what passed: what the session took and answered by itself is two PDUs."""
    if isinstance(passed, Pdu):
        yield direction, words_of(passed), ""
    elif isinstance(passed, Heavy):
        yield direction, passed.words, passed.note
    elif isinstance(passed, Unasked):
        yield "in", words_of(passed.pdu), _UNASKED
    elif isinstance(passed, Refusal):
        words = Words(command=command_name(passed.command_id), status="ESME_ROK", sequence=passed.sequence)
        yield "in", words, f"refused: {passed.reason}"
        yield "out", words_of(decode(passed.octets)), ""
    elif isinstance(passed, Unreadable):
        name, status = command_name(passed.command_id), status_name(passed.status)
        yield "in", Words(command=name, status=status, sequence=passed.sequence), f"cannot be read: {passed.reason}"
    elif isinstance(passed, Broken):
        yield "out", words_of(decode(passed.reply)), f"the connection is dropped: {passed.reason}"
    elif isinstance(passed, Unbound):
        pdu = Unbind if passed.by_peer else UnbindResp
        yield "in", words_of(pdu(sequence=passed.sequence)), ""
    else:
        yield from _answered(decode(passed.octets))


def _answered(pdu: Pdu) -> Iterator[_Told]:
    """Say what the session answered by itself; an enquiry is not told of otherwise, an unbind is."""
    if isinstance(pdu, EnquireLinkResp):
        yield "in", words_of(EnquireLink(sequence=pdu.sequence)), ""
    yield "out", words_of(pdu), ""
