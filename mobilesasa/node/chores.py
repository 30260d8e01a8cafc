"""What a node does unasked: it sweeps, does the jobs, and tells webhooks; some of it one node does for all."""

from __future__ import annotations

import attrs

from mobilesasa.core.ports import Notifier
from mobilesasa.dispatch.closing import KEEP_BACK_INTERVAL_S, MOVE_INTERVAL_S
from mobilesasa.dispatch.sweeper import Sweeper
from mobilesasa.dispatch.unwanted import INTERVAL_S as UNWANTED_INTERVAL_S
from mobilesasa.dispatch.unwanted import Unwanted
from mobilesasa.jobs.counting import Counting, plans_reader
from mobilesasa.jobs.runner import Runner
from mobilesasa.node.base import Base
from mobilesasa.node.campaigns import Campaigning
from mobilesasa.node.closing import make_closing
from mobilesasa.node.hooks import Hooks, make_hooks
from mobilesasa.node.jobs import make_runner
from mobilesasa.node.knowledge import LOOK_S, NetworksSeen
from mobilesasa.node.links import WRITE_INTERVAL_S
from mobilesasa.node.surveys import Surveying
from mobilesasa.node.towards_carriers import TowardsCarriers
from mobilesasa.node.ussd import UssdParts
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store.books import BALANCES_INTERVAL_S, MARKS_INTERVAL_S, USES_INTERVAL_S, Books
from mobilesasa.store.lingering import Lingering
from mobilesasa.store.retention import INTERVAL_S as RETENTION_INTERVAL_S
from mobilesasa.store.retention import Retention
from mobilesasa.store.rollups import Rollups
from mobilesasa.store.unwanted import Unwanted as UnwantedMessages


@attrs.frozen(eq=False)
class Chores:
    """The work that nobody waits for.

    Attributes:
        sweeper: frees, ends and counts what is due.
        runner: does jobs.
        hooks: tells webhooks what happened.
        campaigns: sends campaigns.
        surveys: conducts surveys.
        retention: removes months of messages, in a round of the sweeper.
    """

    sweeper: Sweeper
    runner: Runner
    hooks: Hooks
    campaigns: Campaigning
    surveys: Surveying
    retention: Retention

    def do(self, held: frozenset[int]) -> None:
        """Do what one node does for all when this one holds that, or leave it to another."""
        self.sweeper.do_chores(bool(held))
        self.runner.do_jobs(bool(held))
        self.campaigns.machine.do_jobs(bool(held))
        self.surveys.machine.do_jobs(bool(held))

    def start(self) -> None:
        """Begin with what is this node's."""
        self.sweeper.start()
        self.runner.start()
        self.hooks.sender.start()
        self.campaigns.machine.start()
        self.surveys.machine.start()

    async def stop(self) -> None:
        """Begin nothing more, and return when what was begun is finished or left to others."""
        await self.campaigns.stop()
        await self.surveys.stop()
        await self.runner.stop()
        await self.hooks.stop()
        self.retention.stop()
        await self.sweeper.stop()


def make_chores(
    base: Base,
    notifier: Notifier,
    carriers: TowardsCarriers,
    campaigns: Campaigning,
    surveys: Surveying,
    ussd: UssdParts,
) -> Chores:
    """Build it; nothing of it runs yet."""
    retention = Retention(base.database, base.settings.messages.keep_months)
    sweeper = _sweeper(base, notifier, carriers, retention, ussd)
    return Chores(sweeper, make_runner(base), make_hooks(base), campaigns, surveys, retention)


def _sweeper(
    base: Base, notifier: Notifier, carriers: TowardsCarriers, retention: Retention, ussd: UssdParts
) -> Sweeper:
    settings, books = base.settings, Books(base.database, base.directory.uses)
    closing = make_closing(base, carriers.queue, carriers.fleet)
    return Sweeper(
        base.journal,
        carriers.queue,
        notifier,
        base.reactor,
        interval_s=settings.dispatch.sweep_interval_s,
        lease_s=settings.dispatch.lease_s,
        receipt_h=settings.smpp.receipt_spool_h,
        text_days=settings.messages.text_days,
        end_expired=carriers.fleet.end_expired,
        sweep_inbound=carriers.from_phones.sweep,
        look_at_lingering=Lingering(base.database, id_forms, settings.store.statement_timeout_s).look,
        count_up=Counting(Rollups(base.database), base.reactor, plans_reader(base.reactor)).once,
        own=[
            ("uses of tokens", books.write_uses, USES_INTERVAL_S),
            ("clicks of short links", base.links.write, WRITE_INTERVAL_S),
            ("closed in hand", closing.keep_back, KEEP_BACK_INTERVAL_S),
            ("networks that others saw", NetworksSeen(base.database, base.directory).look, LOOK_S),
            *ussd.own_rounds(),
        ],
        for_all=[
            ("balances", books.look_at_balances, BALANCES_INTERVAL_S),
            ("closed hours", closing.move, MOVE_INTERVAL_S),
            ("unwanted", Unwanted(UnwantedMessages(base.database), notifier).look, UNWANTED_INTERVAL_S),
            ("marks of ledgers", books.mark_ledgers, MARKS_INTERVAL_S),
            ("months", retention.once, RETENTION_INTERVAL_S),
            *ussd.rounds_for_all(),
        ],
    )
