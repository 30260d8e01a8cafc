"""What the simulated SMSC has for those who are bound: receipts, and messages from phones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from mobilesasa.cli.simulated.receipts import RECEIPT
from mobilesasa.smpp.pdus import DataSm, DeliverSm, Pdu
from mobilesasa.smppnet.protocol import Link

TURN_MS: Final = 20  # what is due within it goes together
WINDOW: Final = 500  # unanswered deliveries a link
AGAIN_MS: Final = 1000  # until one that was refused is sent again


@attrs.frozen
class Owed:
    """A receipt, or a message from a phone, that is to be sent."""

    system_id: str
    pdu: DeliverSm | DataSm = attrs.field(repr=False)

    @property
    def is_receipt(self) -> bool:
        """Whether it is a receipt."""
        return bool(self.pdu.esm_class & RECEIPT)


@attrs.define(eq=False)
class _Account:
    """One system_id: its links that take deliveries, and what waits for them."""

    links: list[Link] = attrs.field(factory=list)
    waiting: deque[Owed] = attrs.field(factory=deque)


class Deliveries:
    """Brings each account what it is owed, when it is due, over the links that take it.

    Args:
        clock: for delays.
        now_ms: milliseconds since the epoch.
    """

    def __init__(self, clock: IReactorTime, now_ms: Callable[[], int]) -> None:
        self.receipts = self.receipts_acknowledged = self.receipts_refused = 0
        self.inbound = self.inbound_acknowledged = 0
        self._clock = clock
        self._now_ms = now_ms
        self._accounts: dict[str, _Account] = {}
        self._due: dict[int, list[Owed]] = {}  # by turn
        self._call: IDelayedCall | None = None

    @property
    def accounts(self) -> tuple[str, ...]:
        """Who was ever bound."""
        return tuple(self._accounts)

    @property
    def waiting(self) -> int:
        """How many are not sent, or are to be sent again."""
        return sum(len(each.waiting) for each in self._accounts.values()) + sum(map(len, self._due.values()))

    def add(self, system_id: str, link: Link | None) -> None:
        """Know an account, and a link that takes deliveries for it, if it is one."""
        account = self._accounts.setdefault(system_id, _Account())
        if link is not None:
            account.links.append(link)
            self.deliver(system_id)

    def remove(self, system_id: str, link: Link) -> None:
        """Give a link nothing more."""
        account = self._accounts.get(system_id)
        if account is not None and link in account.links:
            account.links.remove(link)

    def owe(self, owed: Owed, due_ms: int) -> None:
        """Bring this at that moment, since the epoch, or when the account is next bound."""
        self._due.setdefault(due_ms // TURN_MS, []).append(owed)
        if self._call is None:
            self._call = self._clock.callLater(TURN_MS / 1000, self._turn)

    def bring_now(self, owed: Owed) -> None:
        """Bring this before anything else is done."""
        self._accounts[owed.system_id].waiting.append(owed)
        self.deliver(owed.system_id)

    def answered(self, answers: list[tuple[Any, Pdu]]) -> None:
        """Count what was acknowledged; what was refused comes again."""
        for owed, response in answers:
            if response.status:
                self.receipts_refused += owed.is_receipt
                self.owe(owed, self._now_ms() + AGAIN_MS)
            elif owed.is_receipt:
                self.receipts_acknowledged += 1
            else:
                self.inbound_acknowledged += 1

    def unanswered(self, contexts: list[Any]) -> None:
        """Bring again what no answer came to."""
        for owed in contexts:
            self.owe(owed, self._now_ms() + AGAIN_MS)

    def deliver(self, system_id: str) -> None:
        """Send an account what waits, as far as the windows of its links allow."""
        account = self._accounts[system_id]
        for link in account.links:
            room = WINDOW - link.outstanding
            if not account.waiting or room <= 0 or not link.is_bound:
                continue
            batch = [account.waiting.popleft() for _ in range(min(room, len(account.waiting)))]
            link.request([owed.pdu for owed in batch], batch)
            receipts = sum(owed.is_receipt for owed in batch)
            self.receipts += receipts
            self.inbound += len(batch) - receipts

    def stop(self) -> None:
        """Bring nothing more by itself."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _turn(self) -> None:
        """Send what has become due; come back while anything is owed."""
        self._call = None
        now = self._now_ms() // TURN_MS
        touched: set[str] = set()
        for turn in [turn for turn in self._due if turn <= now]:
            for owed in self._due.pop(turn):
                self._accounts[owed.system_id].waiting.append(owed)
                touched.add(owed.system_id)
        for system_id in sorted(touched):
            self.deliver(system_id)
        if self._due:
            self._call = self._clock.callLater(TURN_MS / 1000, self._turn)
