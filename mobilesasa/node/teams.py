"""The way back to the teams: their sessions, what they are owed, and, where there are other nodes, which node brings it."""

from __future__ import annotations

import attrs

from mobilesasa.node.base import Base, now_ms
from mobilesasa.notify.elsewhere import SharedDesks
from mobilesasa.notify.outbox import Outbox
from mobilesasa.notify.spool import Spool
from mobilesasa.queue.events import TeamEvents
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.places import LocalPlaces, SharedPlaces
from mobilesasa.smsc.ussd_sessions import UssdSessions
from mobilesasa.store.sessions import Here, StoredPlaces

RECEIPTS_IN_MEMORY = 5000  # of a team that is bound; the others are read from the spool in their turn


@attrs.frozen(eq=False)
class TowardsTeams:
    """What brings teams what they are owed.

    Attributes:
        binds: the sessions of this node.
        spool: what all teams are owed, in the store.
        outbox: brings it to the sessions here.
        events: tells other nodes of it.
        desks: which teams this node brings it to; None: all, for there is no other node.
        places: how many sessions a team may have.
        ussd: the USSD sessions that teams answer on their binds.
    """

    binds: Binds
    spool: Spool
    outbox: Outbox
    events: TeamEvents
    desks: SharedDesks | None
    places: LocalPlaces | SharedPlaces
    ussd: UssdSessions

    @property
    def notifier(self) -> Outbox | SharedDesks:
        """Whom to tell what teams are owed."""
        return self.outbox if self.desks is None else self.desks


def towards_teams(base: Base) -> TowardsTeams:
    """Build the way back over the ground; nothing of it runs yet."""
    reactor, journal, store = base.reactor, base.journal, base.store
    binds = Binds(reactor)
    spool = Spool(reactor, journal.owed, journal.forget, journal.cut)
    keep_h = base.settings.smpp.receipt_spool_h
    outbox = Outbox(spool, reactor, now_ms, RECEIPTS_IN_MEMORY, keep_h, binds.unanswered.ids)
    events = TeamEvents(reactor, outbox.look)
    shared = StoredPlaces(base.database, Here(store.run, base.settings.node)) if store.shared else None
    built = TowardsTeams(
        binds=binds,
        spool=spool,
        outbox=outbox,
        events=events,
        desks=SharedDesks(outbox, events) if store.shared else None,
        places=LocalPlaces(binds) if shared is None else SharedPlaces(shared, binds, reactor, store.run),
        ussd=UssdSessions(binds, reactor),
    )
    binds.tell(built.notifier)
    return built
