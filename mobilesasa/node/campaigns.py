"""Campaigns on this node: what the API asks for, and the machine that sends them."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence

import attrs

from mobilesasa.campaigns.links import new_code
from mobilesasa.campaigns.model import Campaign, Phase
from mobilesasa.campaigns.quoting import Quoter
from mobilesasa.campaigns.texts import BadTemplate, read_template
from mobilesasa.campaigns.views import Standing
from mobilesasa.core.errors import NoRoute, Refused
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Lane, Submission
from mobilesasa.jobs.campaigning import Machine
from mobilesasa.jobs.series import Series
from mobilesasa.node.base import Base, now_ms
from mobilesasa.node.stored import new_uuid
from mobilesasa.node.towards_carriers import TowardsCarriers
from mobilesasa.store import campaign_sums
from mobilesasa.store.aside import Aside
from mobilesasa.store.campaign_queueing import Queueing
from mobilesasa.store.campaign_sending import QuoterFor
from mobilesasa.store.campaign_service import Campaigns
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.series_service import StoredSeries

_MINUTE_MS = 60_000


@attrs.frozen(eq=False)
class Campaigning:
    """Campaigns, for who builds the node.

    Attributes:
        aside: runs what goes through all recipients of a campaign.
        service: what the API asks.
        machine: sends them.
        series: makes them, where they come again and again.
    """

    aside: Aside
    service: Campaigns
    machine: Machine
    series: Series

    async def stop(self) -> None:
        """Begin nothing more; returns when what is in hand is written down."""
        await self.machine.stop()
        await self.series.stop()


def make_campaigns(base: Base, carriers: TowardsCarriers, door: Gateway) -> Campaigning:
    """Build it; nothing of it runs yet.

    Args:
        base: what it stands on.
        carriers: the way to them.
        door: where messages go in.
    """
    settings = base.settings

    def beside(new_id: MessageIds) -> Gateway:
        return Gateway(base.directory, base.journal, carriers.queue, now_ms, new_id, door.limits, base.rules)

    name = f"mobilesasa {settings.node} aside"
    aside = Aside(base.reactor, base.store.dsn, application_name=name, answers=(Refused, BadTemplate))
    quoter_for = quoters(beside, settings.links.base_url or None)
    standings = Standings(base.database, door)
    service = Campaigns(
        base.database, aside, quoter_for, new_uuid, now_ms, standings.tell, tracks_links=bool(settings.links.base_url)
    )
    series = Series(StoredSeries(base.database, aside, quoter_for, new_uuid, now_ms))
    queueing = Queueing(base.database)
    machine = Machine(queueing, door, base.directory, series.make_due, base.reactor, now_ms, carriers.fleet.backlog)
    return Campaigning(aside, service, machine, series)


def quoters(gateway: Callable[[MessageIds], Gateway], link_base: str | None) -> QuoterFor:
    """Return what makes the quoters of campaigns: each has a gateway of its own, for it works on a thread.

    Args:
        gateway: makes one, of what makes its ids.
        link_base: what short links begin with; None: there are none.
    """

    def make(campaign: Campaign, known: frozenset[str]) -> Quoter:
        track = campaign.options.track_links and link_base is not None
        template = read_template(campaign.message or "", known, track=track)
        ids = MessageIds(now_ms, random.Random(secrets.randbits(256)).getrandbits)  # noqa: S311 - no message has them
        base = link_base if track else None
        return Quoter(template, _message(campaign), gateway(ids).judge, base, lambda: new_code(secrets.randbelow))

    return make


class Standings:
    """Says what became of the messages of campaigns, and what each waits for.

    Args:
        database: the pool.
        door: its rules say whether the hours of the next recipients are over, and whether a carrier takes messages to them.
    """

    def __init__(self, database: Database, door: Gateway) -> None:
        """Keep what is asked."""
        self._database = database
        self._door = door

    async def tell(self, campaigns: Sequence[Campaign]) -> Sequence[Standing]:
        """Return it for each, in order."""
        found, phones = await self._database.run("campaigns.standings", _found, campaigns)
        return [self._waiting(each, at, phones.get(each.id, ())) for each, at in zip(campaigns, found, strict=True)]

    def _waiting(self, campaign: Campaign, standing: Standing, phones: Sequence[str]) -> Standing:
        """Return a standing with what the campaign waits for, where nobody of its next recipients can get anything now."""
        if campaign.phase is Phase.SCHEDULED:
            until_ms = campaign.next_at_ms if campaign.options.is_series else campaign.scheduled_at_ms
            return attrs.evolve(standing, waits_until_ms=until_ms, waits_for="time")
        message = _message(campaign)
        asked = [attrs.evolve(message, recipient=f"+{phone}", text="?") for phone in phones if phone.isdigit()]
        verdicts = self._door.judge(asked)
        opens = [verdict.due_at_ms for verdict in verdicts if not isinstance(verdict, Refused)]
        later = [at_ms for at_ms in opens if at_ms is not None]
        if len(later) < len(opens):
            return standing
        if later:
            return attrs.evolve(standing, waits_until_ms=min(later), waits_for="hours")
        if verdicts and all(isinstance(verdict, NoRoute) for verdict in verdicts):
            return attrs.evolve(standing, waits_for="route")
        return standing


def _found(txn: Txn, campaigns: Sequence[Campaign]) -> tuple[list[Standing], dict[int, list[str]]]:
    return campaign_sums.standings(txn, campaigns), campaign_sums.next_phones(txn, campaigns)


def _message(campaign: Campaign) -> Submission:
    """Return a message of a campaign, of which recipient and text are to be filled in."""
    validity = campaign.options.validity_minutes
    return Submission(
        campaign.team_id,
        campaign.sender_uuid,
        "",
        "",
        lane=Lane.BULK,
        validity_ms=None if validity is None else validity * _MINUTE_MS,
        campaign_uuid=campaign.uuid,
    )
