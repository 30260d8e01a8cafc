"""Two nodes over one database and one RabbitMQ, one of which dies or goes: nothing is lost, and nothing told twice that need not be."""

import itertools
import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg2
import pytest

from mobilesasa.core.ids import MessageIds
from mobilesasa.smpp.statuses import Status
from tests.postgres import Postgres, Servers
from tests.rabbitmq import RabbitMQ
from tests.store import given
from tests.store.processes import Process
from tests.whole.cluster import Cluster, Load, Member, attended, receive
from tests.whole.esme import Esme
from tests.whole.programs import BIN, Node, Smsc, eventually

DATABASES = {"wheel": 7, "debian": 1}  # as many as the tests here need
WINDOW = 40  # of the carrier: two binds of 20
TAKE_OVER_S = 8.0
STOP_S = 10.0
PHONES = ("--mo-every", "0.5", "--mo-to", "22384", "--mo-text", "Je, uko hapo?")


@pytest.fixture(scope="module")
def settled(postgres_servers: Servers) -> Iterator[dict[Postgres, list[str]]]:
    """Databases with a connection each: where none is 15 s old a node does not believe that another has died."""
    servers = {postgres_servers.get(name): count for name, count in DATABASES.items()}
    made = {each: [each.make(f"cluster_{n}", each.template) for n in range(count)] for each, count in servers.items()}
    connections = [psycopg2.connect(dsn) for several in made.values() for dsn in several]
    yield {each: list(several) for each, several in made.items()}
    for connection in connections:
        connection.close()
    for each, several in made.items():
        for dsn in several:
            each.drop(dsn)


@pytest.fixture
def cluster(
    folder: Path,
    settled: dict[Postgres, list[str]],
    postgres: Postgres,
    broker_url: str,
    request: pytest.FixtureRequest,
) -> Iterator[Cluster]:
    """Two nodes, not started yet."""
    dsn = settled[postgres].pop() if settled[postgres] else request.getfixturevalue("database_dsn")
    made = Cluster([Member.made(folder / name, name, dsn, broker_url) for name in ("a", "b")])
    yield made
    made.end()


def texts(run: str) -> Iterator[str]:
    return (f"{run}-{n}" for n in itertools.count())


def owed(*esmes: Esme) -> set[str]:
    """The messages of these sessions of which none of them has a receipt."""
    return {each for esme in esmes for each in list(esme.accepted)} - {
        each for esme in esmes for each in list(esme.receipts)
    }


def accepted(*esmes: Esme) -> set[str]:
    """The texts that were accepted from these."""
    return {text for esme in esmes for text in esme.accepted.values()}


def is_delivered(node: Node, token: str, path: str) -> bool:
    return bool(node.call(token, path)[1]["data"]["status"] == "delivered")


def is_without_queue(node: Node) -> bool:
    status, body = node.get("/readyz")
    return status == 503 and json.loads(body)["checks"] == {"store": True, "queue": False}


def a_campaign(node: Node, token: str) -> str:
    """Send a campaign to somebody; return its uuid."""
    group = node.call(token, "/groups", {"name": "Customers"})[1]["data"]["uuid"]
    node.call(token, "/contacts", {"phone": "+254712345678", "first_name": "Jane"})
    node.call(token, f"/groups/{group}/contacts", {"phones": ["+254712345678"]})
    asked = {"name": "Sale", "message": "Hi {first_name}", "sender_id": "TextBlast", "group_ids": [group]}
    uuid = str(node.call(token, "/campaigns", asked)[1]["data"]["uuid"])
    status, answer = node.call(token, f"/campaigns/{uuid}/send", {})
    assert status == 200, answer
    return uuid


@pytest.mark.parametrize("smsc", [PHONES], indirect=True)
def test_a_team_is_told_at_one_node_what_a_carrier_brings_to_another(cluster: Cluster, smsc: Smsc):
    cluster.start()
    token = cluster.furnish(smsc.port, "--sender", "22384")
    with_carrier, other = cluster.with_the_carrier()
    esme = other.bound("ACME", token)
    assert esme.run(itertools.islice(texts("here"), 50), lambda e: len(e.accepted) == 50 and not owed(e))
    body = {"to": "+254711000001", "message": "by REST", "sender_id": "TextBlast"}
    for member in (with_carrier, other):
        status, answer = member.call(token, "/messages", body)
        assert status == 200
        path = f"/messages/{answer['data']['uuid']}"
        eventually(partial(is_delivered, member, token, path), "it is delivered")
    assert esme.run(iter(()), lambda e: bool(e.inbound))
    assert esme.inbound[0].short_message == b"Je, uko hapo?"
    assert set(esme.receipts.values()) == {1}
    assert cluster.wrong() == []


def test_the_parts_of_a_node_run_as_two_processes(cluster: Cluster, smsc: Smsc):
    towards_teams, towards_carriers = cluster.members
    towards_teams.options, towards_carriers.options = ("--roles", "smsc,api"), ("--roles", "dispatch,jobs")
    cluster.start()
    token = cluster.furnish(smsc.port)
    assert cluster.with_the_carrier() == (towards_carriers, towards_teams)
    esme = towards_teams.bound("ACME", token)
    assert esme.run(itertools.islice(texts("split"), 50), lambda e: len(e.accepted) == 50 and not owed(e))
    assert sorted(smsc.texts()) == sorted(accepted(esme))

    campaign = a_campaign(towards_teams, token)  # which the other one sends
    eventually(lambda: "Hi Jane" in smsc.texts(), "the campaign goes out")
    assert towards_teams.call(token, f"/campaigns/{campaign}")[1]["data"]["status"] == "completed"

    for member in cluster.members:
        assert [member.get(path)[0] for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
    assert towards_teams.call(token, "/account")[0] == 200
    status, answer = towards_carriers.call(token, "/account")
    assert (status, answer["code"]) == (404, "no_such_route")
    assert towards_carriers.session("ACME", token).is_refused()
    assert cluster.wrong() == []


def test_parts_that_have_no_place_to_meet_are_refused_in_words(folder: Path):
    alone = Node(folder)
    arguments = [str(BIN / "twistd"), "-n", "--pidfile=", "mobilesasa", "--roles", "smsc,api"]
    done = subprocess.run(arguments, env=alone.environment, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert "roles: the parts of several processes meet in database_url and amqp_url, which must be set" in done.stdout
    assert "Traceback" not in done.stdout


def test_what_comes_in_while_rabbitmq_is_away_is_taken_and_arrives_once(
    cluster: Cluster, smsc: Smsc, rabbitmq: RabbitMQ
):
    cluster.start()
    token = cluster.furnish(smsc.port)
    with_carrier, other = cluster.with_the_carrier()
    esmes = [with_carrier.bound("ACME", token), other.bound("ACME", token)]
    loads = [Load(esme, texts(f"session-{n}")).start() for n, esme in enumerate(esmes)]
    for load in loads:
        load.grow(100)
    rabbitmq.kill()
    for member in cluster.members:
        eventually(partial(is_without_queue, member), "the node says that it is not ready")
        assert "RabbitMQ" in member.program.said
    for load in loads:
        load.grow(200)
        load.finish()
    rabbitmq.start()
    receive(esmes, lambda: not owed(*esmes), "each has its receipt")
    for member in cluster.members:
        member.await_ready()
    assert [set(esme.statuses) for esme in esmes] == [{0}] * 2
    assert Counter(smsc.texts()) == Counter(accepted(*esmes))
    assert cluster.wrong() == []


def test_a_rolling_restart_loses_nothing_and_sends_nothing_twice(cluster: Cluster, smsc: Smsc):
    cluster.start()
    token = cluster.furnish(smsc.port)
    restarted, other = cluster.with_the_carrier()
    leaving, staying = restarted.bound("ACME", token, window=5), other.bound("ACME", token, window=5)
    loads = [Load(leaving, texts("leaving")).start(), Load(staying, texts("staying")).start()]
    for load in loads:
        load.grow(100)
    at_s = time.monotonic()
    assert restarted.stop() == -signal.SIGTERM  # as twistd ends
    assert time.monotonic() - at_s < STOP_S
    loads[0].join()
    assert leaving.unbound
    assert "Traceback" not in restarted.program.said
    loads[1].grow(100)

    restarted.start()
    again = restarted.bound("ACME", token)
    loads[1].grow(50)
    loads[1].finish()
    assert again.run(itertools.islice(texts("again"), 50), lambda e: len(e.accepted) == 50)
    esmes = [leaving, staying, again]
    receive([staying, again], lambda: not owed(*esmes), "each has its receipt")
    assert Counter(smsc.texts()) == Counter(accepted(*esmes))
    assert cluster.wrong() == []


@pytest.mark.each_postgres
def test_a_team_has_five_sessions_over_both_nodes_and_those_of_a_killed_node_are_free(cluster: Cluster):
    cluster.start()
    first, second = cluster.members
    token = first.team("ACME", 10)
    dying = [first.bound("ACME", token) for _ in range(3)]
    living = [second.bound("ACME", token) for _ in range(2)]
    everyone = [*dying, *living]
    with attended(everyone):
        for member in cluster.members:
            assert member.session("ACME", token).bind() == Status.ESME_RBINDFAIL
        first.kill()
        third = eventually(lambda: second.binds("ACME", token), "the places of the dead are free")
        everyone += [third, second.bound("ACME", token), second.bound("ACME", token)]
        assert second.session("ACME", token).bind() == Status.ESME_RBINDFAIL
    assert [esme.lost for esme in everyone] == [esme in dying for esme in everyone]


@pytest.mark.timeout(120)  # alone it waits until a connection is old enough for the others to be believed dead
def test_what_a_killed_node_had_accepted_and_named_to_nobody_is_brought_by_another_as_soon_as_it_is_taken_for_dead(
    cluster: Cluster, smsc: Smsc
):
    """In less than the minute that a hint is waited for."""
    cluster.start()
    cluster.furnish(smsc.port)
    cluster.with_the_carrier()
    dying = Process(cluster.members[0].database_url)
    new_id = MessageIds(lambda: int(time.time() * 1000), random.getrandbits)

    def accept(txn):
        team = given.one(txn, "SELECT id FROM team WHERE code = 'ACME'")
        carrier = given.one(txn, "SELECT id FROM carrier WHERE name = 'upstream'")
        given.accepted(txn, team, id=new_id(), carrier_id=carrier, text="named to nobody")

    dying.do(accept)
    dying.kill()
    eventually(lambda: smsc.texts() == ["named to nobody"], "a node brings what nobody named")
    assert cluster.wrong() == []


def test_when_the_node_with_the_carrier_is_killed_under_load_the_other_brings_all_of_it(cluster: Cluster, smsc: Smsc):
    cluster.start()
    token = cluster.furnish(smsc.port)
    killed, other = cluster.with_the_carrier()
    dying, living = killed.bound("ACME", token), other.bound("ACME", token)
    loads = [Load(dying, texts("dying")).start(), Load(living, texts("living")).start()]
    for load in loads:
        load.grow(500)
    killed.kill()
    at_s = time.monotonic()
    loads[0].join()
    before = set(smsc.texts())
    eventually(lambda: set(smsc.texts()) - before, "the other node has the carrier's binds", TAKE_OVER_S)
    assert time.monotonic() - at_s < TAKE_OVER_S
    loads[1].grow(200)
    loads[1].finish()

    receive([living], lambda: not owed(dying, living), "each has its receipt at the node that lives")
    arrived = Counter(smsc.texts())
    assert accepted(dying, living) <= set(arrived)
    doubled = {words: times for words, times in arrived.items() if times > 1}
    assert len(doubled) <= WINDOW
    assert set(doubled.values()) <= {2}
    assert other.quickly("audit")["clean"]
