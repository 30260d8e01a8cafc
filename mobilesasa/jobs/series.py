"""Makes the campaigns of series when they are due, and sends them as `/send` does; on the one node that has the chores.

What is made is committed before it is sent, and is sent once, for a campaign that was sent is no draft any more. Sending takes
as long as there are people, and goes on beside the rounds of the machine that calls here.
"""

from __future__ import annotations

from typing import Final, Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from mobilesasa.campaigns.series import Due, Waiting
from mobilesasa.campaigns.texts import BadTemplate
from mobilesasa.core.errors import CampaignBusy, NoRecipients, NotDraft, NotFound, Refused, StoreAway

AGAIN_S: Final = 300.0  # until what could not be sent by a defect of ours is tried again


class Store(Protocol):
    """The series, and what they have made: `store.series.StoredSeries`."""

    async def due(self) -> Due:
        """Return what there is to do."""

    async def make(self, uuid: str) -> str | None:
        """Make the campaign of a series; return its uuid, None where nothing was made."""

    async def send(self, waiting: Waiting) -> None:
        """Send what a series has made."""

    async def forget(self, waiting: Waiting) -> None:
        """Let what has been sent otherwise wait no more."""

    async def put_off(self, waiting: Waiting, wait_s: float) -> None:
        """Send it after some seconds."""

    async def leave(self, waiting: Waiting, reason: str) -> bool:
        """Leave it a draft, and tell the team why; False: it waits no more."""

    async def drop(self, waiting: Waiting) -> None:
        """Remove it."""


class Series:
    """Does what is due.

    Args:
        store: the series.
    """

    log = Logger()

    def __init__(self, store: Store) -> None:
        """Do nothing yet."""
        self._store = store
        self._sending: Deferred[None] | None = None
        self._stopping = False

    async def make_due(self) -> None:
        """Make the campaigns that are due, and begin to send them unless that is under way.

        Raises:
            StoreAway: what was not made is made the next time.
        """
        due = await self._store.due()
        made = [await self._make(uuid) for uuid in due.series]
        if (due.waiting or any(made)) and self._sending is None and not self._stopping:
            self._sending = Deferred()
            Deferred.fromCoroutine(self._send_all()).addBoth(self._sent, self._sending)

    async def stop(self) -> None:
        """Begin nothing more; returns when what is being sent is sent, or not."""
        self._stopping = True
        if self._sending is not None:
            await self._sending

    def _sent(self, _: object, done: Deferred[None]) -> None:
        self._sending = None
        done.callback(None)

    async def _make(self, uuid: str) -> bool:
        """Make the campaign of one series; one that is broken does not hold up the others."""
        try:
            made = await self._store.make(uuid)
        except StoreAway:
            raise
        except Exception:  # noqa: BLE001 - an edge: each series is its own
            self.log.failure("series {series} made nothing", series=uuid)
            return False
        if made is not None:
            self.log.info("series {series} has made campaign {campaign}", series=uuid, campaign=made)
        return made is not None

    async def _send_all(self) -> None:
        """Send what waits to be sent, one after the other."""
        try:
            for waiting in (await self._store.due()).waiting:
                if self._stopping:
                    return
                await self._send_guarded(waiting)
        except StoreAway as away:
            self.log.warn("what series have made waits for the store: {away}", away=away)
        except Exception:  # noqa: BLE001 - an edge: it goes on the next time
            self.log.failure("what series have made was not sent")

    async def _send_guarded(self, waiting: Waiting) -> None:
        try:
            await self._send(waiting)
        except StoreAway:
            raise
        except Exception:  # noqa: BLE001 - an edge: each campaign is its own
            self.log.failure("campaign {campaign} of a series was not sent", campaign=waiting.uuid)
            await self._store.put_off(waiting, AGAIN_S)

    async def _send(self, waiting: Waiting) -> None:
        """Send a campaign that a series has made, or say why it cannot be sent."""
        try:
            await self._store.send(waiting)
        except CampaignBusy:
            return  # somebody has it in hand; the next round sees what became of it
        except (NotDraft, NotFound):
            await self._store.forget(waiting)
        except NoRecipients as nobody:
            if waiting.greets:
                await self._store.drop(waiting)
            else:
                await self._leave(waiting, str(nobody))
        except (Refused, BadTemplate) as refused:
            await self._leave(waiting, str(refused))
        else:
            self.log.info("campaign {campaign} of a series is sent", campaign=waiting.uuid)

    async def _leave(self, waiting: Waiting, why: str) -> None:
        if await self._store.leave(waiting, why):
            named = {"campaign": waiting.uuid, "team_id": waiting.team_id, "why": why}
            self.log.warn("campaign {campaign} of a series of team {team_id} stays a draft: {why}", **named)
