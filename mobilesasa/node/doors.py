"""Where teams hand in messages, and alter what they handed in: what stands behind the REST API, and the SMPP server."""

from __future__ import annotations

import attrs

from mobilesasa.core import gateway
from mobilesasa.core.gateway import Gateway
from mobilesasa.dispatch.pacing import PacedIntake
from mobilesasa.node.base import Base, now_ms
from mobilesasa.node.cluster import Cluster
from mobilesasa.node.smpp import SmppParts, put_smpp_together
from mobilesasa.node.teams import TowardsTeams
from mobilesasa.node.towards_carriers import TowardsCarriers
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.settings import Settings
from mobilesasa.smsc.console import Console
from mobilesasa.smsc.operations import Operations
from mobilesasa.store.alterations import StoredAlterations

HOUR_MS = 3_600_000


@attrs.frozen(eq=False)
class Doors:
    """What takes in what teams want.

    Attributes:
        gateway: the one door for messages, behind all others.
        operations: alters messages that were handed in before.
        smpp: where teams bind; None: on no port, or at other nodes.
        console: the sessions, for who looks after them.
    """

    gateway: Gateway
    operations: Operations
    smpp: SmppParts | None
    console: Console

    def smpp_connections(self) -> int:
        """Return how many connections the SMPP server has."""
        return 0 if self.smpp is None else self.smpp.server.connections


def make_doors(base: Base, teams: TowardsTeams, carriers: TowardsCarriers, cluster: Cluster | None) -> Doors:
    """Build the doors over the ways behind them; nothing is open yet.

    Raises:
        BadCertificate: what is to be shown on the port of SMPP over TLS cannot be.
    """
    accepting = _gateway(base, carriers)
    operations = _operations(base, teams, carriers, accepting, cluster)
    smpp = put_smpp_together(base, teams, accepting, operations)
    return Doors(accepting, operations, smpp, Console(None if smpp is None else smpp.server))


def _gateway(base: Base, carriers: TowardsCarriers) -> Gateway:
    queue, backlog = carriers.queue, carriers.fleet.backlog
    paced = PacedIntake(base.journal, backlog, lambda: isinstance(queue, RabbitQueue) and queue.full, base.reactor)
    limits = message_limits(base.settings)
    return Gateway(base.directory, paced, queue, now_ms, base.new_id, limits, base.rules)


def _operations(
    base: Base, teams: TowardsTeams, carriers: TowardsCarriers, accepting: Gateway, cluster: Cluster | None
) -> Operations:
    stored = StoredAlterations(base.database, None if cluster is None else base.store.run)
    elsewhere = None if cluster is None else cluster.withdrawing
    return Operations(
        stored, carriers.queue, teams.notifier, base.directory, accepting.times, carriers.fleet, elsewhere
    )


def message_limits(settings: Settings) -> gateway.Limits:
    """Return the bounds of one message."""
    return gateway.Limits(
        max_parts=settings.messages.max_parts,
        max_validity_ms=settings.smpp.max_validity_h * HOUR_MS,
        default_validity_ms=settings.messages.default_validity_h * HOUR_MS,
    )
