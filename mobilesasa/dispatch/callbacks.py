"""What carriers tell by calling us: kept as it came, then written down, then answered.

How to think about it: a carrier calls again until it is answered well, so an answer is a promise. The way of a call:

    is it the carrier's own? ──no──▶ as if nothing were there
      │ yes
    kept as it came ──was done before──▶ answered
      │
    its receipts and messages, by the same ways as those of SMPP ──written down──▶ marked as done, and answered
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import attrs
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from mobilesasa.carriers.http.callbacks import CallbackReader, Heard
from mobilesasa.core.callbacks import Callback, CallbackReply, KeptCallback
from mobilesasa.core.errors import StoreAway
from mobilesasa.core.inbound import InboundPart
from mobilesasa.core.model import MessageId, Report
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory

RETRY_AFTER_S = 5
AWAY = CallbackReply(503, b"try again\n", retry_after_s=RETRY_AFTER_S)

TakeReports = Callable[[Sequence[Report], Callable[[], None]], None]
TakeParts = Callable[[Sequence[InboundPart], Callable[[Sequence[bool]], None]], None]


class KeptCallbacks(Protocol):
    """The store, as callbacks need it."""

    def keep(self, batch: Sequence[KeptCallback]) -> Awaitable[Sequence[tuple[MessageId, bool]]]:
        """Keep calls; of each the id under which it is kept, and whether what it brings is written down already."""

    def done(self, ids: Sequence[MessageId]) -> Awaitable[object]:
        """Note that what calls brought is written down."""


@attrs.define
class Figures:
    """What has been counted since the start."""

    taken: int = 0
    repeated: int = 0
    foreign: int = 0  # with a wrong secret, signature or address, or of no carrier
    unread: int = 0  # of which nothing could be read


class Callbacks:
    """Takes the calls of all carriers.

    Args:
        directory: which carriers there are; those that are disabled may still report.
        make_reader: what reads the calls of a carrier; None where it makes none. Raises ValueError for wrong options.
        store: keeps the calls.
        take_reports: writes receipts down, as a carrier's listener does.
        take_parts: the same for messages from phones.
        new_id: makes ids of calls, a UUIDv7.
        now_ms: milliseconds since the epoch.
    """

    log = Logger()

    def __init__(
        self,
        directory: CurrentDirectory,
        make_reader: Callable[[CarrierRecord], CallbackReader | None],
        store: KeptCallbacks,
        take_reports: TakeReports,
        take_parts: TakeParts,
        new_id: Callable[[], MessageId],
        now_ms: Callable[[], int],
    ) -> None:
        """Start with nothing taken."""
        self._directory = directory
        self._make_reader = make_reader
        self._store = store
        self._take_reports = take_reports
        self._take_parts = take_parts
        self._new_id = new_id
        self._now_ms = now_ms
        self._readers: dict[str, tuple[CarrierRecord, CallbackReader | None]] = {}
        self.figures = Figures()

    async def take(self, callback: Callback) -> CallbackReply | None:
        """Return what a call is answered, once what it brings is written down; None when it is nobody's."""
        record = next((each for each in self._directory.now.carriers.values() if each.name == callback.carrier), None)
        reader = None if record is None else self._reader(record)
        if record is None or reader is None or not reader.is_own(callback):
            self.figures.foreign += 1
            return None
        heard = reader.read(callback, self._now_ms())
        if not heard.reports and not heard.parts:
            self.figures.unread += 1
            self.log.warn(
                "{carrier}: nothing could be read in a call about {about}; it is kept as it came",
                carrier=callback.carrier,
                about=callback.about.value,
            )
        try:
            return await self._written(record, callback, heard)
        except StoreAway as error:
            self.log.warn("a call of {carrier} is to come again: {error}", carrier=callback.carrier, error=error)
            return AWAY

    def _reader(self, record: CarrierRecord) -> CallbackReader | None:
        known = self._readers.get(record.name)
        if known is not None and known[0] == record:
            return known[1]
        reader: CallbackReader | None = None
        try:
            reader = self._make_reader(record)
        except ValueError as bad:
            self.log.error("the calls of carrier {name} cannot be read: {bad}", name=record.name, bad=bad)
        self._readers[record.name] = (record, reader)
        return reader

    async def _written(self, record: CarrierRecord, callback: Callback, heard: Heard) -> CallbackReply:
        kept = KeptCallback(
            id=self._new_id(),
            carrier_id=record.id,
            about=callback.about,
            key=heard.key,
            peer=callback.peer,
            method=callback.method,
            query=callback.query,
            content_type=callback.content_type[:200],
            body=callback.body,
            items=heard.items,
        )
        ((kept_id, is_done),) = await self._store.keep([kept])
        if is_done:
            self.figures.repeated += 1
            return heard.reply
        if not await self._brought(heard):
            return AWAY
        if heard.key is not None:
            await self._store.done([kept_id])
        self.figures.taken += 1
        return heard.reply

    async def _brought(self, heard: Heard) -> bool:
        """Write down what a call brings; False when some of it could not be."""
        if heard.reports:
            written: Deferred[None] = Deferred()
            self._take_reports(heard.reports, lambda: written.callback(None))
            await written
        if heard.parts:
            kept: Deferred[Sequence[bool]] = Deferred()
            self._take_parts(heard.parts, kept.callback)
            return all(await kept)
        return True
