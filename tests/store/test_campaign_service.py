"""The campaigns of teams as the API asks for them: on the pool and aside, and each call done once."""

import itertools
import uuid

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.campaigns.model import Options, Phase, Repeat
from mobilesasa.campaigns.views import Standing, Wanted, WantedRecipients
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import (
    BadSchedule,
    InsufficientUnits,
    NotDraft,
    NotSending,
    SenderNotApproved,
    TeamSuspended,
)
from mobilesasa.core.idempotency import Mark, Repeated, Reply
from mobilesasa.store.aside import Aside
from mobilesasa.store.campaign_service import Campaigns
from mobilesasa.store.database import Database, connect, in_transaction
from tests.store.campaigning import give_sender
from tests.store.campaigns import queued
from tests.store.given import NOW_MS, add_team, balance, count, one, rows, wrong
from tests.store.sending import crowd, draft, phone, quoter_for

_uuids = (f"c1000000-0000-4000-8000-{n:012}" for n in itertools.count(1))


def told(campaign):
    return f"{campaign.uuid} {campaign.phase.value}".encode()


@attrs.define
class Rig:
    """The service over a store of the test's own, and a connection beside it."""

    service: Campaigns
    opened: object
    team: int

    def do(self, function, *args):
        return in_transaction(self.opened, function, *args)

    def draft(self, count=3, **says):
        return self.do(lambda txn: draft(txn, self.team, crowd(txn, self.team, count), **says))

    def mark(self, key="k"):
        return Mark(self.team, "POST /campaigns", key, b"h" * 32)

    async def send(self, made, mark=None):
        return await self.service.send(NODE, self.team, made.uuid, NOW_MS, Reply(mark, told))


@pytest_twisted.async_yield_fixture
async def rig(database_dsn):
    database, aside = Database(reactor, database_dsn), Aside(reactor, database_dsn)
    await database.start()
    await aside.start()

    async def standings(campaigns):
        return [Standing(waiting=each.queued) for each in campaigns]

    service = Campaigns(database, aside, quoter_for, lambda: next(_uuids), lambda: NOW_MS, standings, tracks_links=True)
    opened = connect(database_dsn, "test")
    yield Rig(service, opened, in_transaction(opened, add_team, 10))
    opened.close()
    await aside.close()
    await database.close()


@pytest_twisted.ensureDeferred
async def test_a_call_that_comes_twice_with_one_key_sends_once_and_is_answered_the_same(rig):
    made = rig.draft()
    reply = await rig.send(made, rig.mark())
    assert reply == f"{made.uuid} sending".encode()
    with pytest.raises(Repeated) as again:
        await rig.send(made, rig.mark())
    assert again.value.kept.reply == reply
    with pytest.raises(NotDraft):
        await rig.send(made)
    assert rig.do(balance, rig.team) == 7
    assert rig.do(wrong) == []


@pytest_twisted.ensureDeferred
async def test_a_key_whose_call_was_refused_can_be_used_again(rig):
    made = rig.draft(11)
    with pytest.raises(InsufficientUnits):
        await rig.send(made, rig.mark())
    rig.do(lambda txn: txn.execute("UPDATE team SET balance = balance + 1"))
    await rig.send(made, rig.mark())


@pytest_twisted.ensureDeferred
async def test_a_campaign_from_the_draft_to_its_end(rig):
    group = rig.do(crowd, rig.team, 4)
    reach = await rig.service.reach(rig.team, [group.uuid], None)
    assert (reach.missing_groups, "first_name" in reach.fields) == ((), True)
    said = rig.do(lambda txn: draft(txn, rig.team, group, message="Hi {first_name}").draft)
    tally = await rig.service.estimate(rig.team, said)
    assert (tally.recipients, tally.units) == (4, 4)
    name = str(uuid.uuid4())
    reply = Reply(rig.mark("create"), told)
    assert await rig.service.create(NODE, rig.team, name, said, (4, 4), NOW_MS, reply) == f"{name} draft".encode()
    made = await rig.service.find(rig.team, name)
    assert (made.estimated_recipients, made.estimated_units) == (4, 4)
    changed = await rig.service.change(NODE, rig.team, made, attrs.evolve(said, name="Other"), (4, 4))
    found, _ = await rig.service.page(Wanted(rig.team, search="other"), limit=5, offset=0, after=None)
    assert (found, await rig.service.count(Wanted(rig.team, search="other"))) == ([changed], (1, False))
    await rig.send(changed)
    people, _ = await rig.service.recipients(made, WantedRecipients(), limit=2, offset=0, after=None)
    assert [person.text for person in people] == ["Hi Name 1", "Hi Name 2"]
    sent = await rig.service.find(rig.team, name)
    assert await rig.service.count_recipients(sent, WantedRecipients()) == (4, False)
    assert await rig.service.standings([sent]) == [Standing()]
    assert (await rig.service.pause(NODE, rig.team, name)).phase is Phase.PAUSED
    assert (await rig.service.resume(NODE, rig.team, name)).phase is Phase.SENDING
    assert (await rig.service.cancel(NODE, rig.team, name)).released_units == 4
    assert rig.do(wrong) == []
    assert await rig.service.fields_of(rig.team, phone(1), None) != {}


@pytest_twisted.ensureDeferred
async def test_a_draft_is_removed(rig):
    made = rig.draft()
    assert (await rig.service.delete(NODE, rig.team, made.uuid)).uuid == made.uuid
    assert rig.do(rows, "SELECT FROM campaign") == []


@pytest_twisted.ensureDeferred
async def test_a_series_is_armed_by_send_and_reserves_nothing_itself(rig):
    made = rig.draft(repeat=Repeat(every="day", at="09:00"))
    assert await rig.send(made) == f"{made.uuid} scheduled".encode()
    armed = await rig.service.find(rig.team, made.uuid)
    assert armed.next_at_ms is not None
    assert (armed.reserved_units, rig.do(balance, rig.team)) == (0, 10)
    assert rig.do(one, "SELECT count(*) FROM trail WHERE action = 'campaign.send'") == 1
    assert (await rig.service.pause(NODE, rig.team, made.uuid)).phase is Phase.PAUSED
    going = await rig.service.resume(NODE, rig.team, made.uuid)
    assert (going.phase, going.next_at_ms) == (Phase.SCHEDULED, armed.next_at_ms)
    assert (await rig.service.cancel(NODE, rig.team, made.uuid)).next_at_ms is None
    assert rig.do(wrong) == []


@pytest.mark.parametrize("repeat", [None, Repeat(every="day", at="09:00")])
@pytest_twisted.ensureDeferred
async def test_a_campaign_does_not_go_on_while_its_sender_or_team_may_not_send(rig, repeat):
    sender = rig.do(give_sender, rig.team)
    made = rig.draft(sender_id=sender, repeat=repeat)
    await rig.send(made)
    await rig.service.pause(NODE, rig.team, made.uuid)
    for statement, refusal in (
        ("UPDATE sender SET status = 'suspended'", SenderNotApproved),
        ("UPDATE team SET suspended_at = now()", TeamSuspended),
    ):
        rig.do(lambda txn, statement=statement: txn.execute(statement))
        with pytest.raises(refusal):
            await rig.service.resume(NODE, rig.team, made.uuid)
    assert (await rig.service.find(rig.team, made.uuid)).phase is Phase.PAUSED
    rig.do(lambda txn: txn.execute("UPDATE team SET suspended_at = NULL"))
    rig.do(lambda txn: txn.execute("UPDATE sender SET status = 'approved'"))
    assert (await rig.service.resume(NODE, rig.team, made.uuid)).phase is not Phase.PAUSED


@pytest_twisted.ensureDeferred
async def test_what_waits_of_a_completed_campaign_is_taken_back_at_once(rig):
    made = rig.draft()
    await rig.send(made)
    rig.do(lambda txn: queued(txn, made.uuid))
    ended = await rig.service.cancel(NODE, rig.team, made.uuid)
    assert (ended.phase, rig.do(balance, rig.team), rig.do(count, "pending")) == (Phase.COMPLETED, 10, 0)
    assert await rig.service.cancel(NODE, rig.team, made.uuid) == ended
    with pytest.raises(NotSending):
        await rig.service.resume(NODE, rig.team, made.uuid)


@pytest_twisted.ensureDeferred
async def test_a_series_that_would_never_send_or_whose_sender_may_not_be_used_is_not_armed(rig):
    with pytest.raises(BadSchedule):
        await rig.send(rig.draft(repeat=Repeat(every="day", at="09:00", until="2020-01-01")))
    sender = rig.do(give_sender, rig.team)
    made = rig.do(lambda txn: draft(txn, rig.team, sender_id=sender, repeat=Repeat(every="day", at="09:00")))
    rig.do(lambda txn: txn.execute("UPDATE sender SET status = 'rejected'"))
    with pytest.raises(SenderNotApproved):
        await rig.send(made)
    assert Options(repeat=Repeat(every="day", at="09:00")).is_series


@pytest_twisted.ensureDeferred
async def test_a_retry_that_comes_twice_with_one_key_makes_one_draft(rig):
    made = rig.draft()
    await rig.send(made)

    def all_fail(txn):
        for message in queued(txn, made.uuid).messages:
            txn.execute("UPDATE message SET state = 40, failure = 'expired' WHERE id = %s", (message.id,))

    rig.do(all_fail)
    asked = (NODE, rig.team, made.uuid, "KE", NOW_MS, Reply(rig.mark("again"), told))
    reply = await rig.service.retry(*asked)
    with pytest.raises(Repeated) as twice:
        await rig.service.retry(*asked)
    assert twice.value.kept.reply == reply
    (found,) = (await rig.service.page(Wanted(rig.team, phase=Phase.DRAFT), limit=10, offset=0, after=None))[0]
    assert (reply, found.retry_of_uuid) == (f"{found.uuid} draft".encode(), made.uuid)
    assert (found.estimated_recipients, rig.do(count, "audience")) == (3, 1)
