"""SMPP passwords beside tokens, on a real PostgreSQL (decision 91)."""

import secrets
from contextlib import closing

import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import NewTeam, TeamChange
from mobilesasa.core.errors import BadValue, MissingScope, NotFound
from mobilesasa.core.scopes import SCOPES
from mobilesasa.core.teams import BASE58, may_be_smpp_password
from mobilesasa.store import directory, smpp_passwords, teams, tokens
from mobilesasa.store.database import Database, Txn, connect, in_transaction
from mobilesasa.store.smpp_passwords import (
    NewSmppPassword,
    SmppPasswordRecord,
    SmppPasswords,
    make_password,
    matching,
)
from mobilesasa.store.teams import CreatedTeam
from mobilesasa.store.tokens import make_raw_token
from tests.store.given import one, rows

HERE = ("192.0.2.0/24",)
HASHED = "$argon2id$"


@pytest.fixture(autouse=True)
def _quick_hash(monkeypatch):
    # what is kept must be a real hash; that it is slow is looked at once, below
    monkeypatch.setattr(smpp_passwords, "_hasher", smpp_passwords.PasswordHasher(1, 8, 1))


@pytest.fixture
def acme(txn: Txn) -> CreatedTeam:
    return teams.create_team(txn, NODE, NewTeam("ACME"), make_raw_token(secrets.randbelow))


def made(txn: Txn, team: CreatedTeam, text: str = "7Hq3vRkX", **changes: object) -> SmppPasswordRecord:
    new = NewSmppPassword(**{"team_id": team.team.id, "allowed": HERE, **changes})  # type: ignore[arg-type]
    return smpp_passwords.create(txn, NODE, new, text)


def test_a_password_has_8_characters_that_nobody_takes_for_each_other():
    drawn = make_password(secrets.randbelow)
    assert may_be_smpp_password(drawn)
    assert not set("0OIl_") & set(BASE58)
    assert len(set(BASE58)) == 58


def test_one_is_kept_beside_the_token_as_a_slow_salted_hash(txn: Txn, acme: CreatedTeam) -> None:
    kept = made(txn, acme)
    assert (kept.team_code, kept.token_uuid, kept.status) == ("ACME", acme.token.uuid, "active")
    assert (kept.allowed, kept.any_address, kept.failed) == (list(HERE), False, 0)
    assert (kept.last_used_at_ms, kept.locked_at_ms, kept.revoked_at_ms) == (None, None, None)
    hashed = one(txn, "SELECT hash FROM smpp_password")
    assert hashed.startswith(HASHED)
    assert "7Hq3vRkX" not in str(rows(txn, "SELECT * FROM smpp_password"))


def test_the_hash_that_fits_is_found_among_several():
    hashes = [smpp_passwords._hasher.hash(text) for text in ("aaaaaaaa", "bbbbbbbb", "cccccccc")]
    assert [matching(hashes, text) for text in ("cccccccc", "aaaaaaaa", "dddddddd")] == [2, 0, None]
    assert matching([], "aaaaaaaa") is None


def test_a_look_takes_memory_that_a_card_does_not_have_for_thousands_at_a_time():
    slow = smpp_passwords.PasswordHasher(time_cost=2, memory_cost=32_768, parallelism=1)
    assert "m=32768,t=2,p=1" in slow.hash("7Hq3vRkX")
    assert matching([slow.hash("7Hq3vRkX")], "7Hq3vRkX") == 0


def test_without_addresses_it_is_refused_in_words(txn: Txn, acme: CreatedTeam) -> None:
    with pytest.raises(BadValue, match=r"good from named addresses alone.*only the operator can waive"):
        made(txn, acme, allowed=())


def test_the_operator_waives_the_addresses_for_one_or_for_the_team(txn: Txn, acme: CreatedTeam) -> None:
    assert made(txn, acme, allowed=(), any_address=True).any_address
    teams.change_team(txn, NODE, "ACME", TeamChange(smpp_any_address=True))
    assert made(txn, acme, allowed=()).any_address
    assert not made(txn, acme).any_address


def test_addresses_are_kept_as_networks_each_once(txn: Txn, acme: CreatedTeam) -> None:
    given = ("192.0.2.7", " 192.0.2.7/32", "198.51.100.0/24", "2001:db8::1")
    assert made(txn, acme, allowed=given).allowed == ["192.0.2.7/32", "198.51.100.0/24", "2001:db8::1/128"]


def test_all_that_are_no_addresses_are_named_at_once(txn: Txn, acme: CreatedTeam) -> None:
    with pytest.raises(BadValue) as refused:
        made(txn, acme, allowed=("192.0.2.1/24", "host", "0.0.0.0/0", "2001::/16", "192.0.2.1"))
    said = str(refused.value)
    assert said == (
        "'192.0.2.1/24' is no address and no network such as 192.0.2.0/24; 'host' is no address and no network such as "
        "192.0.2.0/24; 0.0.0.0/0 is too wide: /16 is the widest; 2001::/16 is too wide: /32 is the widest"
    )
    with pytest.raises(BadValue, match="at most 50"):
        made(txn, acme, allowed=[f"192.0.2.{n}" for n in range(51)])


def test_it_stands_beside_the_oldest_token_that_can_bind_or_the_one_named(txn: Txn, acme: CreatedTeam) -> None:
    second = tokens.create(txn, NODE, acme.team.id, "second", ["messages"], None, make_raw_token(secrets.randbelow))
    assert made(txn, acme).token_uuid == acme.token.uuid
    assert made(txn, acme, token_uuid=second.uuid).token_uuid == second.uuid
    tokens.revoke(txn, NODE, acme.token.uuid)
    assert made(txn, acme).token_uuid == second.uuid
    tokens.revoke(txn, NODE, second.uuid)
    with pytest.raises(BadValue, match="no token in force with the scope messages"):
        made(txn, acme)


def test_a_token_that_cannot_bind_or_is_another_team_s_will_not_do(txn: Txn, acme: CreatedTeam) -> None:
    other = teams.create_team(txn, NODE, NewTeam("OTHER"), make_raw_token(secrets.randbelow))
    reports = tokens.create(txn, NODE, acme.team.id, "reports", ["reports"], None, make_raw_token(secrets.randbelow))
    for uuid in (other.token.uuid, reports.uuid, "nonsense"):
        with pytest.raises(BadValue, match="in force with the scope messages"):
            made(txn, acme, token_uuid=uuid)


def test_a_team_has_at_most_five_that_live(txn: Txn, acme: CreatedTeam) -> None:
    first, *_ = (made(txn, acme) for _ in range(5))
    with pytest.raises(BadValue, match="at most 5 SMPP passwords"):
        made(txn, acme)
    smpp_passwords.revoke(txn, NODE, first.uuid)
    made(txn, acme)


def test_the_tenth_wrong_one_in_a_row_locks_and_a_right_one_begins_anew(txn: Txn, acme: CreatedTeam) -> None:
    uuid = made(txn, acme).uuid
    for _ in range(9):
        assert smpp_passwords.failed(txn, [uuid]) == []
    assert smpp_passwords.passed(txn, uuid)
    for _ in range(9):
        assert smpp_passwords.failed(txn, [uuid]) == []
    assert smpp_passwords.failed(txn, [uuid]) == [uuid]
    assert smpp_passwords.failed(txn, [uuid]) == []
    assert not smpp_passwords.passed(txn, uuid)
    (shown,) = smpp_passwords.list_passwords(txn, acme.team.id)
    assert (shown.status, shown.failed) == ("locked", 10)
    assert shown.last_used_at_ms is not None


def test_the_operator_unlocks_one_or_all_of_a_team(txn: Txn, acme: CreatedTeam) -> None:
    first, second, third = (made(txn, acme).uuid for _ in range(3))
    for _ in range(10):
        smpp_passwords.failed(txn, [first, second])
    assert [each.uuid for each in smpp_passwords.unlock(txn, NODE, first)] == [first]
    assert smpp_passwords.passed(txn, first)
    assert [each.uuid for each in smpp_passwords.unlock(txn, NODE, team_id=acme.team.id)] == [second]
    assert smpp_passwords.unlock(txn, NODE, third) == []
    for uuid in ("nonsense", acme.token.uuid):
        with pytest.raises(NotFound):
            smpp_passwords.unlock(txn, NODE, uuid)


def test_one_is_revoked_once_and_by_its_own_team(txn: Txn, acme: CreatedTeam) -> None:
    kept = made(txn, acme)
    other = teams.create_team(txn, NODE, NewTeam("OTHER"), make_raw_token(secrets.randbelow))
    for uuid, team_id in ((kept.uuid, other.team.id), ("nonsense", None), (acme.token.uuid, None)):
        with pytest.raises(NotFound, match="no SMPP password"):
            smpp_passwords.revoke(txn, NODE, uuid, team_id)
    revoked = smpp_passwords.revoke(txn, NODE, kept.uuid, acme.team.id)
    assert (revoked.status, revoked.revoked_at_ms is not None) == ("revoked", True)
    assert smpp_passwords.revoke(txn, NODE, kept.uuid) == revoked
    assert not smpp_passwords.passed(txn, kept.uuid)
    assert smpp_passwords.failed(txn, [kept.uuid]) == []


def test_it_is_over_when_its_token_is(txn: Txn, acme: CreatedTeam) -> None:
    made(txn, acme)
    txn.execute("UPDATE token SET expires_at = now()")
    assert [each.status for each in smpp_passwords.list_passwords(txn, acme.team.id)] == ["expired"]
    tokens.revoke(txn, NODE, acme.token.uuid)
    assert [each.status for each in smpp_passwords.list_passwords(txn, acme.team.id)] == ["revoked"]


def test_the_directory_has_those_that_may_be_used(txn: Txn, acme: CreatedTeam) -> None:
    kept, revoked = made(txn, acme), made(txn, acme, allowed=(), any_address=True)
    (known, _) = directory.load(txn).smpp_passwords_of(acme.team.id)
    (token,) = directory.load(txn).tokens_of(acme.team.id)
    assert (known.uuid, known.token_digest, known.locked) == (kept.uuid, token.digest, False)
    assert matching([known.hash], "7Hq3vRkX") == 0
    assert (known.takes("192.0.2.9"), known.takes("192.0.3.9")) == (True, False)
    smpp_passwords.revoke(txn, NODE, revoked.uuid)
    for _ in range(10):
        smpp_passwords.failed(txn, [kept.uuid])
    assert [(each.uuid, each.locked) for each in directory.load(txn).smpp_passwords_of(acme.team.id)] == [
        (kept.uuid, True)
    ]
    tokens.revoke(txn, NODE, acme.token.uuid)
    assert directory.load(txn).smpp_passwords_of(acme.team.id) == ()


@pytest_twisted.ensureDeferred
async def test_sessions_and_the_api_ask_the_pool_and_nodes_are_told_of_the_lock_and_not_of_each_try(database_dsn):
    with closing(connect(database_dsn, "before")) as opened:
        acme = in_transaction(opened, teams.create_team, NODE, NewTeam("ACME"), make_raw_token(secrets.randbelow))
    team_id = acme.team.id
    database = Database(reactor, database_dsn)
    await database.start()
    with closing(connect(database_dsn, "listening")) as listening:
        try:
            kept = SmppPasswords(database, secrets.randbelow)
            made, text = await kept.create(NODE, frozenset(SCOPES), team_id, acme.token.uuid, HERE)
            assert may_be_smpp_password(text)
            assert await kept.of_team(team_id) == [made]
            listening.autocommit = True
            listening.cursor().execute(f"LISTEN {directory.CHANNEL}")
            assert await kept.passed(made.uuid)
            for _ in range(9):
                assert await kept.failed([made.uuid]) == []
            assert told(listening) == []
            assert await kept.failed([made.uuid]) == [made.uuid]
            assert told(listening) == ["smpp_password"]
            assert (await kept.revoke(NODE, team_id, made.uuid)).status == "revoked"
            assert told(listening) == ["smpp_password"]
        finally:
            await database.close()


def told(listening):
    """Return what has been told since the last look; a query has the server hand out what it has."""
    listening.cursor().execute("SELECT")
    listening.poll()
    heard = [notice.payload for notice in listening.notifies]
    listening.notifies.clear()
    return heard


def given_token(txn: Txn, team: CreatedTeam, *scopes: str) -> str:
    return tokens.create(txn, NODE, team.team.id, "a token", scopes, None, make_raw_token(secrets.randbelow)).uuid


def test_decision_19_nobody_makes_one_that_opens_more_than_they_may(txn: Txn, acme: CreatedTeam) -> None:
    narrow, wide = frozenset({"api_tokens"}), frozenset({"api_tokens", "messages", "contacts"})
    sends = given_token(txn, acme, "messages", "contacts:read")
    for token_uuid in (sends, None):
        with pytest.raises(MissingScope, match="you cannot give what you do not have: messages"):
            made(txn, acme, held=narrow, token_uuid=token_uuid)
    assert made(txn, acme, held=wide, token_uuid=sends).token_uuid == sends


def test_without_a_token_named_it_is_the_oldest_that_opens_no_more_than_its_maker_may(
    txn: Txn, acme: CreatedTeam
) -> None:
    given_token(txn, acme, "messages", "webhooks")
    sends = given_token(txn, acme, "messages")
    given_token(txn, acme, "messages")
    assert made(txn, acme, held=frozenset({"api_tokens", "messages"})).token_uuid == sends
    assert made(txn, acme).token_uuid == acme.token.uuid
