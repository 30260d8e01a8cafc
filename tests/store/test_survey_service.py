"""The surveys of teams as the API asks for them: on the pool and aside, and each call done once."""

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import NotFound, NotPublished, SenderNotApproved, TeamSuspended
from mobilesasa.core.idempotency import Mark, Repeated, Reply
from mobilesasa.core.teams import Directory, Sender, Team
from mobilesasa.store.aside import Aside
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.survey_service import Surveys
from mobilesasa.surveys.model import SurveyStatus
from mobilesasa.surveys.views import Invited, People, Standing, Wanted, WantedResponses
from tests.store.given import NOW_MS, count
from tests.store.surveying import CODE, FARM, OTHER, PHONE, Rig, uuid

LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@attrs.define
class Served:
    """The service over a store of the test's own, and a connection beside it."""

    service: Surveys
    opened: object
    rig: Rig

    def do(self, work):
        """Do something beside it with what tests of rounds have."""

        def with_txn(txn):
            self.rig.txn = txn
            return work(self.rig)

        return in_transaction(self.opened, with_txn)

    def mark(self, key="k"):
        return Mark(self.rig.team, "POST /surveys", key, b"h" * 32)

    async def published(self):
        name = uuid()
        await self.service.create(NODE, self.rig.team, name, FARM, NOW_MS, Reply(None, told))
        made = await self.service.find(self.rig.team, name)
        return await self.service.publish(NODE, made, NOW_MS)

    async def send(self, made, *phones, mark=None):
        people = People((), phones)
        return await self.service.send(NODE, self.rig.team, made.uuid, people, NOW_MS, Reply(mark, told))


def told(what):
    return repr(what).encode()


@pytest_twisted.async_yield_fixture
async def served(database_dsn):
    database, aside = Database(reactor, database_dsn), Aside(reactor, database_dsn)
    await database.start()
    await aside.start()
    opened = connect(database_dsn, "test")
    rig = in_transaction(opened, Rig)
    service = Surveys(database, aside, rig.directory, lambda: rig.judge, lambda: NOW_MS)
    yield Served(service, opened, rig)
    opened.close()
    await aside.close()
    await database.close()


@pytest_twisted.ensureDeferred
async def test_a_draft_is_made_once_however_often_the_call_comes(served):
    name = uuid()
    reply = Reply(served.mark(), told)
    await served.service.create(NODE, served.rig.team, name, FARM, NOW_MS, reply)
    with pytest.raises(Repeated):
        await served.service.create(NODE, served.rig.team, uuid(), FARM, NOW_MS, reply)
    wanted = Wanted(served.rig.team)
    assert [each.uuid for each in await served.service.page(wanted, limit=10, offset=0)] == [name]
    assert await served.service.count(wanted) == (1, False)


@pytest_twisted.ensureDeferred
async def test_people_are_invited_once_however_often_the_call_comes(served):
    made = await served.published()
    assert await served.send(made, PHONE, mark=served.mark()) == told(Invited(1))
    with pytest.raises(Repeated):
        await served.send(made, PHONE, mark=served.mark())
    assert await served.send(made, PHONE, OTHER) == told(Invited(1, {"invited": 1}))
    assert await served.service.standings([made]) == [Standing(waiting=2)]


@pytest_twisted.ensureDeferred
async def test_an_estimate_invites_nobody(served):
    made = await served.published()
    found = await served.service.estimate(made, People((), (PHONE, OTHER)))
    assert (found.invited, found.units) == (Invited(2), 2)
    with pytest.raises(NotFound):
        await served.service.estimate(made, People(("no group",)))
    assert served.do(lambda rig: count(rig.txn, "survey_invitation")) == 0


@pytest_twisted.ensureDeferred
async def test_who_could_ask_nobody_now_invites_nobody(served):
    name = uuid()
    await served.service.create(NODE, served.rig.team, name, FARM, NOW_MS, Reply(None, told))
    draft = await served.service.find(served.rig.team, name)
    with pytest.raises(NotPublished):
        await served.send(draft, PHONE)
    made = await served.service.publish(NODE, draft, NOW_MS)
    team = served.rig.team
    for teams, senders, refusal in (
        ([], [], TeamSuspended),
        ([Team(team, "t", "ACME", "A team", suspended=True)], [], TeamSuspended),
        ([Team(team, "t", "ACME", "A team")], [], SenderNotApproved),
        ([Team(team, "t", "ACME", "A team")], [Sender(1, "s", team, CODE, "suspended")], SenderNotApproved),
        ([Team(team, "t", "ACME", "A team")], [Sender(1, "s", team + 1, CODE)], SenderNotApproved),
    ):
        served.rig.directory.replace(Directory(teams, senders))
        with pytest.raises(refusal):
            await served.send(made, PHONE)
        with pytest.raises(refusal):
            await served.service.estimate(made, People((), (PHONE,)))
        with pytest.raises(refusal):
            await served.service.estimate(draft, People((), (PHONE,)))


@pytest_twisted.ensureDeferred
async def test_a_survey_is_changed_paused_resumed_closed_and_removed(served):
    service, team = served.service, served.rig.team
    made = await served.published()
    changed = await service.change(NODE, made, attrs.evolve(FARM, thanks="Bye"), NOW_MS)
    assert (changed.is_changed, (await service.publish(NODE, changed, NOW_MS)).version) == (True, 2)
    assert [each.version for each in await service.versions(changed, limit=10, offset=0)] == [2, 1]
    assert (await service.version(changed, 1)).definition == FARM
    steps = [await step(NODE, team, made.uuid) for step in (service.pause, service.resume, service.close)]
    assert [each.status for each in steps] == [SurveyStatus.PAUSED, SurveyStatus.LIVE, SurveyStatus.CLOSED]
    await service.delete(NODE, team, made.uuid)
    with pytest.raises(NotFound):
        await service.find(team, made.uuid)


@pytest_twisted.ensureDeferred
async def test_responses_are_listed_counted_and_added_up(served):
    made = await served.published()
    served.do(lambda rig: [rig.hear(text) for text in ("farm", "4", "good")])
    service, wanted = served.service, WantedResponses(phone=PHONE)
    found, key = await service.responses(made, wanted, limit=10, offset=0, after=None)
    assert ([each.phone for each in found], key, await service.count_responses(made, wanted)) == (
        [PHONE],
        None,
        (1, False),
    )
    assert await service.response(made, found[0].uuid) == found[0]
    outcome = await service.results(made, None)
    assert (outcome.responses.completed, [each.answered for each in outcome.questions]) == (1, [1, 1])
    assert await service.responses_of(served.rig.team, PHONE, LAST, 10) == found
