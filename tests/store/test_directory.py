"""The directory in one statement, and the demo team of an empty store."""

import secrets
import select
import threading
from contextlib import closing

import psycopg2
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import NewTeam, TeamChange
from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.routing import Facts, Live
from mobilesasa.core.teams import Directory, Sender
from mobilesasa.store import carriers, directory, logins, passwords, senders, teams, tokens, users
from mobilesasa.store.database import Txn, connect, in_transaction
from mobilesasa.store.directory import DemoOwner
from mobilesasa.store.users import NewUser


def way(known: Directory, number: str) -> tuple[int, ...]:
    return known.router.choose(Facts(1, "INFO", number, Lane.TRANSACTIONAL, Origin.API, Coding.GSM7, "id"), Live())


def raw() -> str:
    return tokens.make_raw_token(secrets.randbelow)


def test_an_empty_store_is_an_empty_directory(txn: Txn) -> None:
    found = directory.load(txn)
    assert (found.teams, found.senders, found.tokens, found.carriers, found.routes) == ({}, {}, {}, {}, ())


def test_a_team_is_found_with_all_that_is_set_for_it(txn: Txn) -> None:
    made = teams.create_team(txn, NODE, NewTeam("ACME", "Acme Ltd", 5, ("Acme",), "UG"), raw())
    teams.change_team(txn, NODE, "ACME", TeamChange(max_sessions=2, session_tps=7, suspended=True))
    team = directory.load(txn).team_by_code("acme")
    assert team is not None
    assert (team.id, team.uuid, team.name, team.country) == (made.team.id, made.team.uuid, "Acme Ltd", "UG")
    assert (team.max_sessions, team.session_tps, team.suspended) == (2, 7, True)
    assert team.default_sender_id == made.senders[0].id


def test_a_sender_is_found_by_name_and_uuid(txn: Txn) -> None:
    team = teams.create_team(txn, NODE, NewTeam("ACME"), raw()).team
    made = senders.add(txn, NODE, team.id, "Acme")
    found = directory.load(txn)
    expected = Sender(made.id, made.uuid, team.id, "Acme", "pending", {}, "transactional", [])
    assert found.sender_named(team.id, "Acme") == found.sender_meant(team.id, made.uuid) == expected


def test_a_token_is_found_by_its_text_with_its_scopes_and_its_end(txn: Txn) -> None:
    first, second = raw(), raw()
    team = teams.create_team(txn, NODE, NewTeam("ACME"), first).team
    end_ms = 4_102_444_800_123
    made = tokens.create(txn, NODE, team.id, "n", ["messages", "api_tokens"], end_ms, second)
    tokens.revoke(txn, NODE, made.uuid)
    found = directory.load(txn).token(second)
    assert found is not None
    assert (found.uuid, found.team_id, found.prefix) == (made.uuid, team.id, second[:8])
    assert (found.scopes, found.expires_at_ms, found.revoked) == ({"messages", "api_tokens"}, end_ms, True)
    usable = directory.load(txn).token(first)
    assert usable is not None
    assert usable.usable(end_ms)


def test_routes_prices_and_carriers_decide_as_they_stand(txn: Txn) -> None:
    one = carriers.add_carrier(txn, NODE, "one", "smpp", {"host": "h", "binds": 2})
    two = carriers.add_carrier(txn, NODE, "two", "sandbox", {})
    carriers.add_route(txn, NODE, "", "one")
    carriers.add_route(txn, NODE, "2547", "two", 5)
    txn.execute("INSERT INTO price VALUES ('', 2), ('44', 9)")
    found = directory.load(txn)
    assert (way(found, "254700000001"), way(found, "447")) == ((two.id,), (one.id,))
    assert (found.units_a_part("254700000001"), found.units_a_part("447")) == (2, 9)
    assert found.carriers[one.id] == one
    carriers.set_enabled(txn, NODE, "two", False)
    assert way(directory.load(txn), "254700000001") == (one.id,)


def test_more_rows_than_a_page_are_all_read(txn: Txn) -> None:
    team = teams.create_team(txn, NODE, NewTeam("ACME"), raw()).team
    txn.execute(
        "INSERT INTO token (team_id, name, digest, prefix, scopes)"
        " SELECT %s, 'n', sha256(n::text::bytea), 'mbs_0000', '{messages}' FROM generate_series(1, 2500) AS n",
        (team.id,),
    )
    assert len(directory.load(txn).tokens) == 2501


def loaded(dsn: str) -> Directory:
    with closing(connect(dsn, "test")) as opened:
        return in_transaction(opened, directory.load)


def test_the_demo_of_an_empty_store_can_send_at_once(database_dsn: str) -> None:
    token = raw()
    with closing(connect(database_dsn, "test")) as opened:
        made = in_transaction(opened, directory.ensure_demo, token)
    assert made is not None
    assert (made.created.team.code, made.created.team.balance_units, made.raw_token) == ("DEMO", 10_000, token)
    found = loaded(database_dsn)
    team = found.team_by_code("DEMO")
    assert team is not None
    assert found.senders[team.default_sender_id or 0].name == "TextBlast"
    assert [found.carriers[each].kind for each in way(found, "254700000001")] == ["sandbox"]
    assert found.token(token) is not None


def test_the_demo_has_an_owner_who_logs_in_with_the_password_that_is_shown(txn: Txn) -> None:
    owner = DemoOwner("a0000000-0000-4000-8000-000000000001", "a long enough one")
    made = directory.ensure_demo(txn, raw(), owner)
    assert made is not None
    assert made.password == owner.password
    found = logins.candidate(txn, directory.DEMO_EMAIL)
    assert found is not None
    assert passwords.fits(found.password_hash or "", owner.password)
    assert users.show(txn, directory.DEMO_EMAIL).teams == {"DEMO": "owner"}


def test_a_demo_owner_who_is_there_is_left_as_they_are(txn: Txn) -> None:
    users.create(txn, NODE, NewUser(uuid="a0000000-0000-4000-8000-000000000002", email=directory.DEMO_EMAIL))
    made = directory.ensure_demo(txn, raw(), DemoOwner("a0000000-0000-4000-8000-000000000001", "a long enough one"))
    assert made is not None
    assert made.password is None
    assert not users.show(txn, directory.DEMO_EMAIL).has_password


def test_a_store_with_a_team_gets_no_demo(txn: Txn) -> None:
    teams.create_team(txn, NODE, NewTeam("ACME"), raw())
    assert directory.ensure_demo(txn, raw()) is None
    assert [team.code for team in teams.list_teams(txn)] == ["ACME"]
    assert carriers.list_carriers(txn) == []


def test_the_demo_uses_the_default_route_that_is_there(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "mine", "sandbox", {})
    carriers.add_route(txn, NODE, "", "mine")
    assert directory.ensure_demo(txn, raw()) is not None
    assert [name for _, name in carriers.list_routes(txn)] == ["mine"]


def test_the_demo_uses_the_sandbox_that_is_there(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "sandbox", "sandbox", {})
    assert directory.ensure_demo(txn, raw()) is not None
    assert [name for _, name in carriers.list_routes(txn)] == ["sandbox"]


def test_of_nodes_that_start_at_once_one_makes_the_demo(database_dsn: str) -> None:
    made: list[directory.DemoTeam | None] = []

    def start() -> None:
        with closing(connect(database_dsn, "test")) as opened:
            made.append(in_transaction(opened, directory.ensure_demo, raw()))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one is not None for one in made) == [False, False, False, True]


@pytest.mark.parametrize("told", [True, False])
def test_nodes_are_told_of_every_change_but_the_balance(database_dsn: str, told: bool) -> None:
    with closing(connect(database_dsn, "test")) as opened, closing(psycopg2.connect(database_dsn)) as listening:
        in_transaction(opened, teams.create_team, NODE, NewTeam("ACME", units=5), raw())
        listening.autocommit = True
        with listening.cursor() as cursor:
            cursor.execute(f"LISTEN {directory.CHANNEL}")
        if told:
            in_transaction(opened, teams.change_team, NODE, "ACME", TeamChange(suspended=True))
        else:
            in_transaction(opened, teams.add_units, NODE, "ACME", -5, None)
            with listening.cursor() as cursor:
                cursor.execute(f"NOTIFY {directory.CHANNEL}, 'the end'")
        select.select([listening], [], [], 10)
        listening.poll()
        assert [one.payload for one in listening.notifies] == (["team"] if told else ["the end"])
