"""A platform on which things go wrong: two nodes over one database and one RabbitMQ, and messages that are kept for two months."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import attrs
import pika

from mobilesasa.core.model import Lane
from mobilesasa.queue.topology import DELIVERY_LIMIT, LANES, lane_name
from mobilesasa.store.database import Connection, connect, in_transaction
from tests.browser.site import Site
from tests.first_state import state_folder
from tests.store import months
from tests.store.given import add_team
from tests.whole.cluster import Member
from tests.whole.programs import eventually

KEEP_MONTHS: Final = 2
HELD: Final = KEEP_MONTHS + 2  # months ago; its time has come
SWITCHED_OFF: Final = "switched-off"  # a carrier of whose lanes no node takes anything
LOST, STAYS = "vm-2", "vm-1"


class Keeping(Member):
    """A node that keeps messages for some months only."""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"MOBILESASA_MESSAGES_KEEP_MONTHS": str(KEEP_MONTHS)}


@attrs.define(eq=False)
class Troubled:
    """The platform; `site` is on the node that stays."""

    site: Site
    other: Keeping
    amqp_url: str
    _connection: Connection  # that is old, so that nodes believe the server when a lock is missing

    def begin(self) -> None:
        """Start both nodes, with who is on them."""
        self.site.node.start()
        self.site.seed()
        self.site.node.quickly("carrier", "add", SWITCHED_OFF, "--kind", "sandbox")
        self.site.node.quickly("carrier", "disable", SWITCHED_OFF)
        self.other.start()

    def hold_a_month_up(self) -> str:
        """Let two campaigns need the messages of an old month, which is returned."""

        def old(txn: Any) -> None:
            months.make_months(txn)
            team = add_team(txn)
            months.ended(txn, team, months.at(HELD), 3)
            for _ in range(2):
                months.campaign(txn, team, "paused", months.at(HELD))

        in_transaction(self._connection, old)
        return months.name(HELD)

    def lane(self) -> str:
        """Return the name of the lane of which no node takes anything."""

        def its_id(txn: Any) -> int:
            txn.execute("SELECT id FROM carrier WHERE name = %(name)s", {"name": SWITCHED_OFF})
            return int(txn.fetchall()[0][0])

        return lane_name(in_transaction(self._connection, its_id), Lane.BULK)

    def make_dead_letters(self, body: bytes) -> None:
        """Let a body be delivered in vain too often, and another be refused that is none of ours."""
        lane, parameters = self.lane(), pika.URLParameters(self.amqp_url)
        with closing(pika.BlockingConnection(parameters)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_qos(prefetch_count=1)
            for octets, requeue, times in ((body, True, DELIVERY_LIMIT + 1), (b"hello", False, 1)):
                channel.basic_publish(LANES, lane, octets, mandatory=True)
                for method, _, _ in islice(channel.consume(lane), times):
                    channel.basic_nack(method.delivery_tag, requeue=requeue)
                channel.cancel()

    def lose(self) -> None:
        """Kill a node, and wait until the other has said so."""
        self.other.kill()
        eventually(lambda: [each for each in self.nodes(LOST) if each["ended_at"]], "the other node has noticed it")

    def nodes(self, name: str) -> list[dict[str, Any]]:
        """Return what the API says of the processes of a node, the newest first."""
        return [each for each in self.site.api("platform", "GET", "/admin/nodes")["items"] if each["node"] == name]

    def end(self) -> list[str]:
        """Stop both nodes; return what they said."""
        members = [each for each in (self.site.node, self.other) if each.program is not None]
        for each in members:
            if each.program.process.poll() is None:
                each.stop()
        return [each.program.said for each in members]


@contextmanager
def troubled(dsn: str, amqp_url: str) -> Iterator[Troubled]:
    """Run the platform over an empty database with the schema, and a virtual host of its own."""
    folder: Path = state_folder("mbs-troubled-")
    stays, other = (Keeping.made(folder / name, name, dsn, amqp_url) for name in (STAYS, LOST))
    with closing(connect(dsn, "tests")) as connection:
        made = Troubled(Site(stays), other, amqp_url, connection)
        try:
            made.begin()
            yield made
        finally:
            said = made.end()
            shutil.rmtree(folder)
    assert not [each for each in said if "Traceback" in each], said
    assert all("stopped in good order" in each for each in said), said
