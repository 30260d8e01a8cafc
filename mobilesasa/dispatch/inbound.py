"""Messages from phones: given to the team whose number they were sent to, written down, then acknowledged.

While the store is away they are not waited for, as receipts are: the carrier is told to bring them again, for it keeps
them better than a process that may end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.inbound import INCOMPLETE_AFTER_H, Arrival, InboundPart, Taken, text_of
from mobilesasa.core.model import MessageId
from mobilesasa.core.owners import opt_out_of, owner_of
from mobilesasa.core.ports import InboundJournal, Notifier
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.core.terms import SmppTerms, agree

Acknowledge = Callable[[Sequence[bool]], None]


class FromPhones:
    """Takes what the carriers bring from phones, for all of them.

    Args:
        journal: the store.
        notifier: brings it to the teams.
        directory: whose number is whose.
        new_id: makes ids of messages.
        terms: what is granted to teams for which nothing was set: in parts, or in one PDU.

    Attributes:
        received: messages that were kept whole.
        unmatched: of those, how many were to a number that no team has.
        repeated: parts that came again.
        incomplete: messages of which parts were missing.
        refused: what could not be kept, and is brought again.
        opt_outs: messages that said STOP or START, and no more than that.
        waiting: messages that waited for parts when it was last looked.
    """

    log = Logger()

    def __init__(
        self,
        journal: InboundJournal,
        notifier: Notifier,
        directory: CurrentDirectory,
        new_id: Callable[[], MessageId],
        terms: SmppTerms,
    ) -> None:
        """Start with nothing received."""
        self._journal = journal
        self._notifier = notifier
        self._directory = directory
        self._new_id = new_id
        self._terms = terms
        self.received = self.unmatched = self.repeated = self.incomplete = self.refused = self.waiting = (
            self.opt_outs
        ) = 0

    def take(self, parts: Sequence[InboundPart], acknowledge: Acknowledge) -> None:
        """Keep what came; `acknowledge` is called after the commit, or when it is clear that there is none."""
        work = Deferred.fromCoroutine(self._keep([self._arrival(part) for part in parts], acknowledge))
        work.addErrback(
            lambda failure: self.log.failure("taking {count} messages from phones", failure, count=len(parts))
        )

    def _arrival(self, part: InboundPart) -> Arrival:
        known = self._directory.now
        place = part.concatenation
        text = text_of(part) if place is None or place.number == 1 else ""  # the keyword is in the first part
        team_id = owner_of(known, part.destination, text)
        is_whole = place is None or place.total == 1
        opt_out = opt_out_of(known, part.destination, text, part.source) if is_whole else None
        if opt_out is not None:
            team_id = opt_out.scopes[0][0]
        set_ = {} if team_id is None else known.teams[team_id].smpp
        as_payload = agree(self._terms, set_).inbound_long == "payload"
        return Arrival(self._new_id(), part, team_id, as_payload, opt_out=opt_out)

    async def _keep(self, arrivals: Sequence[Arrival], acknowledge: Acknowledge) -> None:
        taken: Sequence[Taken | None] = [None] * len(arrivals)
        try:
            taken = await self._journal.take_in(arrivals)
        except StoreAway as error:
            self.log.warn("{count} messages from phones are refused for now: {error}", count=len(arrivals), error=error)
        except Exception:  # noqa: BLE001 - an edge: a defect of ours must not leave a carrier without an answer
            self.log.failure("{count} messages from phones could not be kept", count=len(arrivals))
        self.refused += sum([each is None for each in taken])
        self._follow([each for each in taken if each is not None])
        for arrival, each in zip(arrivals, taken, strict=True):
            if arrival.opt_out is not None and each is not None:
                self.opt_outs += 1
                self._directory.suppressing.update(team_id for team_id, _ in arrival.opt_out.scopes)
        acknowledge([each is not None for each in taken])

    async def sweep(self, limit: int) -> None:
        """Join what has waited for its parts for too long, and forget what is remembered no longer."""
        closed = await self._journal.close_incomplete(INCOMPLETE_AFTER_H, limit)
        self._follow(closed)
        if len(closed) > 0:
            self.log.warn("{count} long messages from phones have parts missing, which never came", count=len(closed))
        self.waiting = await self._journal.tidy_inbound(limit)

    def _follow(self, taken: Sequence[Taken]) -> None:
        for each in taken:
            self.repeated += each.repeated
            for inbound in each.inbounds:
                self.received += 1
                self.incomplete += inbound.missing > 0
                if inbound.team_id is None:
                    self.unmatched += 1
                    self.log.warn(
                        "{inbound_id}: a message from a phone to {destination} is kept, but no team has that number",
                        inbound_id=inbound.id,
                        carrier_id=inbound.carrier_id,
                        destination=inbound.destination,
                    )
        owed = [delivery for each in taken for delivery in each.deliveries]
        if owed:
            self._notifier.owe(owed)
