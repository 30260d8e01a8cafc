"""About how many people a campaign goes to, which says whose turn it is; and the service that asks for it."""

import pytest
import pytest_twisted

from mobilesasa.campaigns.model import Options, Phase, Repeat
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import TooManyJobs
from mobilesasa.store import campaign_people
from mobilesasa.store.aside import FEW_PEOPLE
from mobilesasa.store.campaign_people import size, size_of
from mobilesasa.store.turns import LONG_WAITING
from tests.store.given import NOW_MS, add_team, one
from tests.store.people import uuid
from tests.store.sending import draft, group_of, phone, send
from tests.store.test_campaign_service import rig  # noqa: F401 - a fixture


def test_of_groups_it_is_all_their_members_and_of_another_team_none(txn):
    team = add_team(txn)
    both = [group_of(txn, team, phone(1), phone(2), name="A"), group_of(txn, team, phone(2), name="B")]
    uuids = [group.uuid for group in both]
    assert size(txn, team, uuids, None) == 3
    assert size(txn, add_team(txn), uuids, None) == 0
    assert size(txn, team, [], None) == 0


def test_of_a_file_it_is_its_people(txn):
    team = add_team(txn)
    audience = one(
        txn, "INSERT INTO audience (uuid, team_id, filename, settings, fields, status, people) "
        "VALUES (gen_random_uuid(), %(team)s, 'a.csv', '{}', '{debt}', 'completed', 7) RETURNING id", team=team,
    )  # fmt: skip
    assert size(txn, team, [], audience) == 7
    assert size(txn, add_team(txn), [], audience) == 0


def test_of_those_who_joined_it_is_those_of_that_time(txn):
    team = add_team(txn)
    group = group_of(txn, team, phone(1), phone(2))
    now_ms = int(one(txn, "SELECT extract(epoch FROM now()) * 1000"))
    assert size(txn, team, [group.uuid], None, (now_ms - 1000, now_ms + 1000)) == 2
    assert size(txn, team, [group.uuid], None, (now_ms + 1000, now_ms + 2000)) == 0


def test_what_is_no_draft_a_series_or_not_there_goes_to_nobody(txn):
    team = add_team(txn)
    group = group_of(txn, team, phone(1))
    made = draft(txn, team, group)
    assert size_of(txn, team, made.uuid) == 1
    assert size_of(txn, add_team(txn), made.uuid) == size_of(txn, team, uuid()) == 0
    send(txn, made)
    series = draft(txn, team, group, repeat=Repeat(every="day", at="14:00"))
    assert isinstance(series.options, Options)
    assert size_of(txn, team, made.uuid) == size_of(txn, team, series.uuid) == 0


@pytest_twisted.ensureDeferred
async def test_a_team_that_asks_for_too_much_at_once_is_refused_and_nothing_is_changed(rig, monkeypatch):  # noqa: F811
    made = rig.draft()
    monkeypatch.setattr(campaign_people, "size_of", lambda *_: FEW_PEOPLE + 1)  # a million people take too long to make
    aside = rig.service._aside
    kept = [aside._turns.ask(rig.team, True) for _ in range(LONG_WAITING)]
    with pytest.raises(TooManyJobs):
        await rig.send(made)
    for turn in kept:
        aside._turns.leave(turn)
    await rig.send(made)
    assert (await rig.service.find(rig.team, made.uuid)).phase is Phase.SENDING


@pytest_twisted.ensureDeferred
async def test_what_waits_for_its_time_becomes_a_draft_again_by_the_service(rig):  # noqa: F811
    made = rig.draft(scheduled_at_ms=NOW_MS + 3_600_000)
    await rig.send(made)
    back = await rig.service.unschedule(NODE, rig.team, made.uuid)
    assert back.phase is Phase.DRAFT
