"""Sender names in the store: asked for, decided, taken back, made the default (decision 36)."""

import uuid as uuids

import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import (
    AccessEnded,
    AlreadyExists,
    BadValue,
    InUse,
    NotFound,
    SenderDecided,
    SenderNotApproved,
)
from mobilesasa.core.idempotency import Kept, Mark, Repeated
from mobilesasa.core.sender_names import NewSender
from mobilesasa.core.senders import SenderClass, SenderStatus
from mobilesasa.store import directory, senders
from mobilesasa.store.database import Database
from mobilesasa.store.sender_requests import Senders
from tests.store.campaigning import give_campaign
from tests.store.given import NOW_MS, add_team, one, rows

APPROVED, PENDING = SenderStatus.APPROVED, SenderStatus.PENDING
REJECTED, SUSPENDED = SenderStatus.REJECTED, SenderStatus.SUSPENDED


def asked(txn, team, name="MYAPP", **more):
    uuid = str(uuids.uuid4())
    senders.request(txn, NODE, team, NewSender(name=name, **more), uuid)
    return senders.find_by_uuid(txn, uuid, team)


def trail_of(txn, team):
    return rows(txn, "SELECT action, before, after FROM trail WHERE team_id = %(team)s ORDER BY id", team=team)


def test_a_request_waits_with_what_was_said_of_it(txn, team):
    made = asked(txn, team, sender_class=SenderClass.OTP, countries=["ke"], networks=["Airtel"], note=" shop ")
    assert (made.status, made.sender_class, made.note) == (PENDING, SenderClass.OTP, "shop")
    assert (made.countries, made.asked_networks, made.networks) == (["KE"], ["Airtel"], [])
    assert (made.reason, made.document_uuid, made.is_default, made.decided_at_ms) == ("", None, False, None)
    assert senders.find(txn, team, "MYAPP") == made
    assert senders.list_senders(txn, team) == [made]


def test_a_name_is_asked_for_once(txn, team):
    asked(txn, team)
    with pytest.raises(AlreadyExists, match="MYAPP"):
        asked(txn, team)
    asked(txn, add_team(txn))


def test_only_so_many_requests_of_a_team_wait_at_once(txn, team):
    for n in range(senders.WAITING_MAX):
        asked(txn, team, f"App {n}")
    with pytest.raises(BadValue, match="50 requests wait for a decision"):
        asked(txn, team)
    senders.decide(txn, NODE, senders.find(txn, team, "App 0").uuid, APPROVED)
    asked(txn, team)


def test_a_document_is_a_file_of_the_team(txn, team):
    file = str(uuids.uuid4())
    with pytest.raises(BadValue, match="the team has no file"):
        asked(txn, team, document_uuid=file)
    txn.execute(
        "INSERT INTO file (uuid, team_id, name, content_type, octets) VALUES (%s, %s, 'a.pdf', 'application/pdf', 1)",
        (file, team),
    )
    with pytest.raises(BadValue, match="the team has no file"):
        asked(txn, add_team(txn), document_uuid=file)
    assert asked(txn, team, document_uuid=file).document_uuid == file


def test_decision_36_a_request_is_approved_rejected_with_a_reason_and_suspended(txn, team):
    made = asked(txn, team, networks=["Airtel"])
    approved = senders.decide(txn, NODE, made.uuid, APPROVED)
    assert (approved.status, approved.networks) == (APPROVED, ["Airtel"])
    assert approved.decided_at_ms is not None
    with pytest.raises(BadValue, match="a rejection needs a reason"):
        senders.decide(txn, NODE, made.uuid, REJECTED, " ")
    assert senders.decide(txn, NODE, made.uuid, REJECTED, " not yours ").reason == "not yours"
    suspended = senders.decide(txn, NODE, made.uuid, SUSPENDED)
    assert (suspended.status, suspended.reason, suspended.networks) == (SUSPENDED, "", ["Airtel"])
    assert [action for action, _, _ in trail_of(txn, team)] == [
        "sender.request",
        "sender.approve",
        "sender.reject",
        "sender.suspend",
    ]
    assert trail_of(txn, team)[2][1:] == (
        {"status": "approved", "reason": ""},
        {"name": "MYAPP", "status": "rejected", "reason": "not yours"},
    )


def test_the_operator_may_approve_for_other_networks_and_as_another_class(txn, team):
    made = asked(txn, team, networks=["Airtel"])
    decided = senders.decide(txn, NODE, made.uuid, APPROVED, "", [" 63902 "], SenderClass.PROMOTIONAL)
    assert (decided.networks, decided.sender_class) == (["63902"], SenderClass.PROMOTIONAL)
    assert senders.decide(txn, NODE, made.uuid, APPROVED, networks=[]).networks == []
    found = directory.load(txn).sender_meant(team, made.uuid)
    assert found is not None
    assert (found.status, found.sender_class, found.networks) == ("approved", "promotional", [])


def test_a_sender_that_is_not_there_is_not_decided(txn):
    for uuid in ("x", str(uuids.uuid4())):
        with pytest.raises(NotFound):
            senders.decide(txn, NODE, uuid, APPROVED)


@pytest.mark.parametrize("status", [PENDING, REJECTED])
def test_a_request_is_taken_back_and_can_be_made_again(txn, team, status):
    made = asked(txn, team)
    txn.execute("UPDATE team SET default_sender_id = %s WHERE id = %s", (made.id, team))
    if status is REJECTED:
        made = senders.decide(txn, NODE, made.uuid, REJECTED, "no")
    assert senders.withdraw(txn, NODE, team, made.uuid).status == status
    assert senders.list_senders(txn, team) == []
    assert one(txn, "SELECT default_sender_id FROM team WHERE id = %(team)s", team=team) is None
    asked(txn, team)


@pytest.mark.parametrize("status", [APPROVED, SUSPENDED])
def test_what_was_decided_stays(txn, team, status):
    made = asked(txn, team)
    senders.decide(txn, NODE, made.uuid, status)
    with pytest.raises(SenderDecided, match=f"is {status}"):
        senders.withdraw(txn, NODE, team, made.uuid)


def test_another_team_s_request_is_not_there_to_be_taken_back(txn, team):
    made = asked(txn, team)
    with pytest.raises(NotFound):
        senders.withdraw(txn, NODE, add_team(txn), made.uuid)


def test_the_default_is_an_approved_sender_or_none(txn, team):
    made = asked(txn, team)
    for name in ("MYAPP", made.uuid, "nobody", str(uuids.uuid4())):
        with pytest.raises(SenderNotApproved):
            senders.set_default(txn, NODE, team, name)
    senders.decide(txn, NODE, made.uuid, APPROVED)
    for name in ("MYAPP", made.uuid.upper()):
        chosen = senders.set_default(txn, NODE, team, name)
        assert chosen is not None
        assert chosen.is_default
    with pytest.raises(SenderNotApproved):
        senders.set_default(txn, NODE, add_team(txn), made.uuid)
    assert senders.set_default(txn, NODE, team, None) is None
    assert not senders.find(txn, team, "MYAPP").is_default


def test_senders_are_listed_of_a_team_or_of_all_by_status(txn, team):
    first, second = asked(txn, team), senders.add(txn, NODE, add_team(txn), "Other", APPROVED)
    assert senders.page(txn, None, None, 10, 0)[:2] == [second, first]
    assert senders.page(txn, team, None, 10, 0) == [first]
    assert senders.page(txn, None, PENDING, 10, 0)[0] == first
    assert senders.page(txn, team, None, 10, 1) == []
    assert senders.count(txn, team, PENDING) == (1, False)
    assert senders.count(txn, team, APPROVED) == (0, False)


def test_whoever_no_longer_may_changes_no_sender(txn, team):
    gone = Actor(ActorKind.TOKEN, str(uuids.uuid4()))
    with pytest.raises(AccessEnded):
        senders.request(txn, gone, team, NewSender(name="MYAPP"), str(uuids.uuid4()))


@pytest_twisted.ensureDeferred
async def test_the_api_asks_the_pool_and_a_request_under_a_key_is_kept_once(database_dsn):
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        team = await database.run("given", add_team)
        kept = Senders(database, lambda: str(uuids.uuid4()), lambda: NOW_MS)
        mark = Mark(team, "POST /sender-ids", "k", b"h" * 32)
        replies = []

        def keep(made):
            replies.append(made)
            return Kept(mark, made.uuid.encode())

        new = NewSender(name="MYAPP", networks=["Airtel"])
        made = await kept.request(NODE, team, new, keep)
        with pytest.raises(Repeated) as again:
            await kept.request(NODE, team, new, keep)
        assert again.value.kept.reply == made.uuid.encode()
        found = await kept.find(made.uuid, team)
        assert (found.name, found.asked_networks, found.status) == (made.name, made.asked_networks, made.status)
        assert await kept.page(team, None, limit=10, offset=0) == [found]
        assert await kept.count(team, PENDING) == (1, False)
        assert (await kept.decide(NODE, made.uuid, APPROVED)).networks == ["Airtel"]
        assert (await kept.set_default(NODE, team, "MYAPP")).is_default
        await kept.decide(NODE, made.uuid, REJECTED, "no")
        assert (await kept.withdraw(NODE, team, made.uuid)).is_default
    finally:
        await database.close()


def test_a_request_that_a_campaign_is_from_cannot_be_taken_back(txn):
    team = add_team(txn)
    made = give_campaign(txn, team)
    txn.execute("UPDATE sender SET status = 'rejected' WHERE id = %(id)s", {"id": made.sender_id})
    with pytest.raises(InUse, match="a campaign is from the sender"):
        senders.withdraw(txn, NODE, team, made.sender_uuid)
