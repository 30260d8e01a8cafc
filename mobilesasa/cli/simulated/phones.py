"""Phones for `mobilesasa simulate-smsc`: one of them sends a message every so often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from mobilesasa.smpp.fields import EsmClass, Npi, Ton
from mobilesasa.smpp.pdus import DeliverSm
from mobilesasa.sms.segments import Alphabet, split

_SHORT_CODE_DIGITS: Final = 8
_PHONES: Final = 1000  # take turns


@attrs.frozen(kw_only=True)
class Chatter:
    """What the phones send."""

    every_s: float  # 0: nothing
    to: str = ""
    text: str = attrs.field(default="", repr=False)


class SimulatedPhones:
    """Sends messages, long ones in parts, from 254711000000 on.

    Args:
        chatter: what, where to, and how often.
        clock: keeps time.
        deliver: has deliver_sm brought to whoever is bound.
    """

    def __init__(self, chatter: Chatter, clock: IReactorTime, deliver: Callable[[Sequence[DeliverSm]], object]) -> None:
        self.messages = 0
        self._chatter = chatter
        self._clock = clock
        self._deliver = deliver
        self._call: IDelayedCall | None = None

    def start(self) -> None:
        """Send the first message when the first span is over."""
        if self._chatter.every_s:
            self._call = self._clock.callLater(self._chatter.every_s, self._send)

    def stop(self) -> None:
        """Send no more."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _send(self) -> None:
        self._call = self._clock.callLater(self._chatter.every_s, self._send)
        source = f"254711{self.messages % _PHONES:06}"
        self.messages += 1
        self._deliver(message_from(source, self._chatter.to, self._chatter.text, self.messages))


def message_from(source: str, to: str, text: str, reference: int) -> list[DeliverSm]:
    """Return a message from a phone as an SMSC hands it over: one deliver_sm, or one a part."""
    segments = split(text, max_parts=255)
    is_short_code = len(to) <= _SHORT_CODE_DIGITS
    return [
        DeliverSm(
            source_addr_ton=Ton.INTERNATIONAL,
            source_addr_npi=Npi.ISDN,
            source_addr=source,
            dest_addr_ton=Ton.NETWORK_SPECIFIC if is_short_code else Ton.INTERNATIONAL,
            dest_addr_npi=Npi.UNKNOWN if is_short_code else Npi.ISDN,
            destination_addr=to,
            esm_class=EsmClass.UDHI if segments.has_udh else 0,
            data_coding=8 if segments.alphabet is Alphabet.UCS2 else 0,
            short_message=payload,
        )
        for payload in segments.payloads(reference)
    ]
