"""Teams, their senders, tokens and units, on a real PostgreSQL."""

import secrets
import threading
from contextlib import closing

import pytest

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.administration import NewTeam, TeamChange, TeamRecord
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.scopes import PLATFORM, WHOLE
from mobilesasa.core.sender_names import checked_name
from mobilesasa.core.senders import SenderStatus
from mobilesasa.core.teams import token_digest
from mobilesasa.store import senders, teams, tokens
from mobilesasa.store.database import Txn, connect, in_transaction
from mobilesasa.store.tokens import BASE62, make_raw_token

HOUR_MS = 3_600_000


def raw() -> str:
    return make_raw_token(secrets.randbelow)


def ask(txn: Txn, statement: str, *values: object) -> list[tuple[object, ...]]:
    txn.execute(statement, values)
    return txn.fetchall()


def now_ms(txn: Txn) -> int:
    return int(str(ask(txn, "SELECT (extract(epoch FROM now()) * 1000)::bigint")[0][0]))


@pytest.fixture
def acme(txn: Txn) -> TeamRecord:
    return teams.create_team(txn, NODE, NewTeam("ACME", units=100, senders=("Acme", "20880")), raw()).team


def test_a_team_is_made_with_units_senders_and_a_token(txn: Txn) -> None:
    token = raw()
    made = teams.create_team(txn, NODE, NewTeam("acme1", "Acme Ltd", 50, ("Acme", "Other", "Acme"), "tz"), token)
    team = made.team
    assert (team.code, team.name, team.country, team.balance_units) == ("ACME1", "Acme Ltd", "TZ", 50)
    assert [(sender.name, sender.status) for sender in made.senders] == [("Acme", "approved"), ("Other", "approved")]
    assert team.default_sender == "Acme"
    assert made.token.scopes == list(WHOLE)
    assert ask(txn, "SELECT kind, units, note FROM ledger WHERE team_id = %s", team.id) == [
        ("topup", 50, "opening balance")
    ]


def test_only_the_digest_and_the_prefix_of_a_token_are_kept(txn: Txn) -> None:
    token = raw()
    teams.create_team(txn, NODE, NewTeam("ACME"), token)
    ((digest, prefix),) = ask(
        txn, "SELECT digest, prefix FROM token JOIN team ON team.id = team_id WHERE code = 'ACME'"
    )
    assert (bytes(digest), prefix) == (token_digest(token), token[:8])  # type: ignore[arg-type]


def test_a_team_without_anything_has_its_code_as_its_name(txn: Txn) -> None:
    made = teams.create_team(txn, NODE, NewTeam("ACME"), raw())
    assert (made.team.name, made.team.balance_units, made.team.default_sender, made.senders) == ("ACME", 0, None, ())
    assert ask(txn, "SELECT 1 FROM ledger WHERE team_id = %s", made.team.id) == []


@pytest.mark.parametrize("code", ["", "A" * 16, "AC ME", "ACME-1", "ÄCME", "ACME\n", "١٢"])
def test_a_code_that_is_no_system_id_is_refused(txn: Txn, code: str) -> None:
    with pytest.raises(BadValue, match="1 to 15 characters"):
        teams.create_team(txn, NODE, NewTeam(code), raw())


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (NewTeam("A", country="XX"), "country"),
        (NewTeam("A", country="Kenya"), "country"),
        (NewTeam("A", name="  "), "name"),
        (NewTeam("A", name="n" * 101), "name"),
        (NewTeam("A", units=-1), "units"),
        (NewTeam("A", units=teams.ENTRY_UNITS_MAX + 1), "units"),
        (NewTeam("A", senders=("much too long",)), "sender"),
        (NewTeam("A", scopes=()), "scope"),
    ],
)
def test_what_a_team_cannot_be_made_with_is_refused(txn: Txn, new: NewTeam, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        teams.create_team(txn, NODE, new, raw())


def test_a_code_is_taken_once_in_whatever_case(txn: Txn, acme: TeamRecord) -> None:
    with pytest.raises(AlreadyExists, match="ACME"):
        teams.create_team(txn, NODE, NewTeam("acme"), raw())


def test_nothing_is_kept_of_a_team_that_was_refused(database_dsn: str) -> None:
    with closing(connect(database_dsn, "test")) as opened:
        with pytest.raises(BadValue):
            in_transaction(opened, teams.create_team, NODE, NewTeam("ACME", senders=("Good", "much too long")), raw())
        assert in_transaction(opened, teams.list_teams) == []


def test_teams_are_listed_by_code(txn: Txn, acme: TeamRecord) -> None:
    teams.create_team(txn, NODE, NewTeam("AAA"), raw())
    codes = [team.code for team in teams.list_teams(txn)]
    assert (codes, teams.show_team(txn, "acme")) == (["AAA", "ACME"], acme)


def test_a_change_leaves_alone_what_it_does_not_name(txn: Txn, acme: TeamRecord) -> None:
    changed = teams.change_team(txn, NODE, "acme", TeamChange(max_sessions=3, session_tps=0))
    assert (changed.max_sessions, changed.session_tps) == (3, 0)
    changed = teams.change_team(
        txn, NODE, "ACME", TeamChange(name="Acme Ltd", country="ug", default_sender="20880", suspended=True)
    )
    assert (changed.name, changed.country, changed.default_sender, changed.suspended) == (
        "Acme Ltd",
        "UG",
        "20880",
        True,
    )
    assert (changed.max_sessions, changed.session_tps, changed.balance_units) == (3, 0, 100)


def test_a_limit_goes_back_to_the_nodes_setting(txn: Txn, acme: TeamRecord) -> None:
    teams.change_team(txn, NODE, "ACME", TeamChange(max_sessions=3, session_tps=9))
    assert teams.change_team(txn, NODE, "ACME", TeamChange(max_sessions=None, session_tps=None)) == acme


def test_a_suspended_team_can_go_on(txn: Txn, acme: TeamRecord) -> None:
    teams.change_team(txn, NODE, "ACME", TeamChange(suspended=True))
    assert teams.change_team(txn, NODE, "ACME", TeamChange(suspended=False)) == acme


def test_a_negative_limit_is_refused(txn: Txn, acme: TeamRecord) -> None:
    with pytest.raises(BadValue, match="max_sessions"):
        teams.change_team(txn, NODE, "ACME", TeamChange(max_sessions=-1))


def test_the_default_sender_must_be_the_teams_own(txn: Txn, acme: TeamRecord) -> None:
    teams.create_team(txn, NODE, NewTeam("OTHER", senders=("Theirs",)), raw())
    with pytest.raises(NotFound, match="Theirs"):
        teams.change_team(txn, NODE, "ACME", TeamChange(default_sender="Theirs"))


def test_an_unknown_team_is_not_found(txn: Txn) -> None:
    for attempt in (teams.show_team, teams.find_team_id):
        with pytest.raises(NotFound, match="NOBODY"):
            attempt(txn, "nobody")
    with pytest.raises(NotFound):
        teams.change_team(txn, NODE, "NOBODY", TeamChange())
    with pytest.raises(NotFound):
        teams.add_units(txn, NODE, "NOBODY", 5, None)


def test_units_stand_in_the_balance_and_in_the_ledger(txn: Txn, acme: TeamRecord) -> None:
    assert teams.add_units(txn, NODE, "acme", 50, "invoice 7") == 150
    assert teams.add_units(txn, NODE, "ACME", -150, "a mistake") == 0
    assert ask(txn, "SELECT kind, units, note FROM ledger WHERE team_id = %s ORDER BY id", acme.id) == [
        ("topup", 100, "opening balance"),
        ("topup", 50, "invoice 7"),
        ("adjustment", -150, "a mistake"),
    ]


def test_no_more_units_can_be_taken_than_there_are(txn: Txn, acme: TeamRecord) -> None:
    with pytest.raises(BadValue, match="has 100 units; 101 cannot be taken"):
        teams.add_units(txn, NODE, "ACME", -101, None)
    assert teams.show_team(txn, "ACME").balance_units == 100
    assert len(ask(txn, "SELECT 1 FROM ledger WHERE team_id = %s", acme.id)) == 1


@pytest.mark.parametrize("number", [0, teams.ENTRY_UNITS_MAX + 1, -teams.ENTRY_UNITS_MAX - 1])
def test_no_units_or_absurdly_many_are_refused(txn: Txn, acme: TeamRecord, number: int) -> None:
    with pytest.raises(BadValue, match="units are a whole number"):
        teams.add_units(txn, NODE, "ACME", number, None)


def test_units_taken_at_once_never_leave_less_than_nothing(database_dsn: str) -> None:
    with closing(connect(database_dsn, "test")) as opened:
        in_transaction(opened, teams.create_team, NODE, NewTeam("ACME", units=10), raw())
    refused: list[BadValue] = []

    def take() -> None:
        with closing(connect(database_dsn, "test")) as opened:
            for _ in range(5):
                try:
                    in_transaction(opened, teams.add_units, NODE, "ACME", -1, None)
                except BadValue as refusal:
                    refused.append(refusal)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(connect(database_dsn, "test")) as opened:
        assert (in_transaction(opened, teams.show_team, "ACME").balance_units, len(refused)) == (0, 10)


@pytest.mark.parametrize("name", ["A", "MyApp", "TextBlast", "A.B-C_D&E F", "1stBank", "0", "123456789012345"])
def test_a_name_that_phones_can_show_may_be_a_sender(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", " A", "A ", "ABCDEFGHIJKL", "1234567890123456", "+254700", "A@B", "Ünit", "A\tB", "A\n", "1 2", "٣"],
)
def test_a_name_that_phones_cannot_show_is_refused(name: str) -> None:
    with pytest.raises(BadValue, match="a sender is"):
        checked_name(name)


def test_a_sender_waits_until_it_is_approved(txn: Txn, acme: TeamRecord) -> None:
    added = senders.add(txn, NODE, acme.id, "New")
    assert added.status == "pending"
    assert senders.decide(txn, NODE, added.uuid, SenderStatus.APPROVED).status == "approved"
    assert senders.decide(txn, NODE, added.uuid, SenderStatus.SUSPENDED).status == "suspended"
    assert [sender.name for sender in senders.list_senders(txn, acme.id)] == ["20880", "Acme", "New"]


def test_a_sender_is_of_one_team_and_unique_in_it(txn: Txn, acme: TeamRecord) -> None:
    other = teams.create_team(txn, NODE, NewTeam("OTHER", senders=("Acme",)), raw()).team
    with pytest.raises(AlreadyExists, match="Acme"):
        senders.add(txn, NODE, acme.id, "Acme")
    with pytest.raises(NotFound, match="20880"):
        senders.find(txn, other.id, "20880")
    with pytest.raises(NotFound, match="capitals"):
        senders.find(txn, acme.id, "ACME")


def test_a_raw_token_is_a_mark_26_random_characters_and_their_checksum() -> None:
    for number, last in ((0, "mbs_" + "0" * 26 + tokens.checksum("0" * 26)), (61, None)):
        token = make_raw_token(lambda below, number=number: number)  # type: ignore[misc]
        assert last in (None, token)
        assert len(token) == 36
        assert set(token[4:]) <= set(BASE62)
        assert token[-6:] == tokens.checksum(token[4:-6])


def test_the_checksum_is_the_crc_32_in_base62() -> None:
    assert tokens.checksum("123456789") == "3jZRME"  # 0xCBF43926, the check value of CRC-32
    assert tokens.checksum("") == "000000"


def test_a_token_gets_its_scopes_once_each_in_their_order(txn: Txn, acme: TeamRecord) -> None:
    end_ms = now_ms(txn) + HOUR_MS
    made = tokens.create(txn, NODE, acme.id, " shop ", ["reports", "messages", "reports"], end_ms, raw())
    assert (made.name, made.scopes, made.expires_at_ms, made.status) == (
        "shop",
        ["reports", "messages"],
        end_ms,
        "active",
    )
    assert (made.team_code, made.revoked_at_ms) == ("ACME", None)


@pytest.mark.parametrize(
    ("name", "scopes", "said"),
    [("n", [], "needs a scope"), ("n", ["messages", "sms"], "'sms' is no scope"), (" ", ["messages"], "name")],
)
def test_a_token_without_name_or_scope_is_refused(
    txn: Txn, acme: TeamRecord, name: str, scopes: list[str], said: str
) -> None:
    with pytest.raises(BadValue, match=said):
        tokens.create(txn, NODE, acme.id, name, scopes, None, raw())


def test_the_scope_platform_is_the_operator_s_to_give_and_no_team_s_to_take(txn: Txn, acme: TeamRecord) -> None:
    made = tokens.create(txn, NODE, acme.id, "n", [PLATFORM], None, raw())
    assert made.scopes == ["platform"]
    with pytest.raises(BadValue, match="the scope platform is the operator's to give, by the command"):
        tokens.create(txn, Actor(ActorKind.TOKEN, made.uuid), acme.id, "n", ["messages", PLATFORM], None, raw())
    with pytest.raises(BadValue, match=r"'sms' is no scope; there are messages, .*, api_tokens, .*platform"):
        tokens.create(txn, NODE, acme.id, "n", ["sms"], None, raw())


def test_the_first_token_of_a_team_is_no_operator_s(txn: Txn, acme: TeamRecord) -> None:
    made = teams.create_team(txn, NODE, NewTeam("NEXT"), raw())
    assert PLATFORM not in made.token.scopes


def test_a_token_that_has_ended_already_is_refused(txn: Txn, acme: TeamRecord) -> None:
    for end_ms in (now_ms(txn) - HOUR_MS, now_ms(txn) - 1):
        with pytest.raises(BadValue, match="expired already"):
            tokens.create(txn, NODE, acme.id, "n", ["messages"], end_ms, raw())


def test_a_second_revocation_keeps_the_time_of_the_first(database_dsn: str) -> None:
    with closing(connect(database_dsn, "test")) as opened:
        made = in_transaction(opened, teams.create_team, NODE, NewTeam("ACME"), raw())
        first = in_transaction(opened, tokens.revoke, NODE, made.token.uuid.upper())
        second = in_transaction(opened, tokens.revoke, NODE, made.token.uuid)
    assert first.status == "revoked"
    assert first.revoked_at_ms is not None
    assert second == first


def test_an_unknown_token_cannot_be_revoked(txn: Txn) -> None:
    for uuid in ("018f6f2a-0000-7000-8000-000000000000", "no uuid"):
        with pytest.raises(NotFound):
            tokens.revoke(txn, NODE, uuid)


def test_tokens_are_listed_with_what_became_of_them(txn: Txn, acme: TeamRecord) -> None:
    other = teams.create_team(txn, NODE, NewTeam("OTHER"), raw()).team
    tokens.revoke(txn, NODE, tokens.create(txn, NODE, acme.id, "old", ["messages"], None, raw()).uuid)
    tokens.create(txn, NODE, acme.id, "over", ["messages"], now_ms(txn) + HOUR_MS, raw())
    txn.execute("UPDATE token SET expires_at = now() - interval '1 s' WHERE name = 'over'")
    assert [(token.name, token.status) for token in tokens.list_tokens(txn, acme.id)] == [
        ("first token", "active"),
        ("old", "revoked"),
        ("over", "expired"),
    ]
    assert len(tokens.list_tokens(txn)) == 4
    assert [token.team_code for token in tokens.list_tokens(txn, other.id)] == ["OTHER"]


def test_a_team_can_begin_without_a_token(txn: Txn) -> None:
    made = teams.create_team(txn, NODE, NewTeam("BARE"), None)
    assert made.token is None
    assert tokens.list_tokens(txn, made.team.id) == []


def test_teams_are_found_by_uuid_and_searched_by_code_and_name(txn: Txn, acme: TeamRecord) -> None:
    other = teams.create_team(txn, NODE, NewTeam("ZETA", "Über 100% Ltd"), None).team
    assert teams.find_team(txn, acme.uuid.upper()) == acme
    for uuid in ("x", "ad000000-0000-4000-8000-999999999999"):
        with pytest.raises(NotFound):
            teams.find_team(txn, uuid)
    assert [each.code for each in teams.page(txn, None, None, 10, 0)] == ["ZETA", "ACME"]
    assert teams.page(txn, "über 100%", None, 10, 0) == teams.page(txn, "zet", False, 10, 0) == [other]
    assert teams.page(txn, None, True, 10, 0) == []
    assert (teams.count(txn, None, None), teams.count(txn, "acm", None)) == ((2, False), (1, False))


def test_a_team_s_days_are_those_of_a_zone(txn: Txn, acme: TeamRecord) -> None:
    assert acme.zone is None
    assert teams.change_team(txn, NODE, "ACME", TeamChange(zone="Africa/Lagos")).zone == "Africa/Lagos"
    assert teams.change_team(txn, NODE, "ACME", TeamChange(name="Acme")).zone == "Africa/Lagos"
    assert teams.change_team(txn, NODE, "ACME", TeamChange(zone=None)).zone is None
    with pytest.raises(BadValue, match="is no time zone"):
        teams.change_team(txn, NODE, "ACME", TeamChange(zone="Nowhere/Land"))
