"""Campaigns as drafts: made, changed, listed and removed."""

import uuid

import attrs
import pytest

from mobilesasa.campaigns.model import Campaign, Options, Phase, Repeat, Trigger, options_of
from mobilesasa.campaigns.views import Reach, Wanted
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadValue, CampaignBusy, InUse, NotDraft, NotFound, SenderNotApproved
from mobilesasa.store import campaign_people, campaigns, groups
from tests.store.campaigning import give_campaign, give_sender
from tests.store.given import NOW_MS, add_team, count, one, rows
from tests.store.sending import draft, group_of, known_as, phone, send

pytestmark = pytest.mark.each_postgres

REVOKED = Actor(ActorKind.TOKEN, "c0000000-0000-4000-8000-000000999998")
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def team(txn):
    return add_team(txn)


def change(txn, was: Campaign, **says):
    return campaigns.change(txn, NODE, was.team_id, was, attrs.evolve(was.draft, **says), (7, 9))


def test_a_draft_is_kept_as_it_was_made(txn, team):
    options = Options(
        rate_per_s=50,
        track_links=True,
        repeat=Repeat(every="week", at="09:00", weekdays=(1, 5)),
        stop_failures_percent=None,
    )
    group = group_of(txn, team)
    made = give_campaign(txn, team, group_uuids=(group.uuid,), scheduled_at_ms=NOW_MS + 1, options=options)
    found = campaigns.find(txn, team, made.uuid)
    assert found == made
    assert (found.group_uuids, found.scheduled_at_ms, found.phase) == ((group.uuid,), NOW_MS + 1, Phase.DRAFT)
    assert found.options.as_json() == options.as_json()
    assert (found.created_at_ms, found.updated_at_ms, found.sender) == (NOW_MS, NOW_MS, found.sender)


def test_options_are_kept_as_what_differs_from_the_default(txn, team):
    made = give_campaign(txn, team, options=Options(trigger=Trigger(on="joined_group", delay_minutes=5)))
    kept = one(txn, "SELECT options FROM campaign WHERE id = %(id)s", id=made.id)
    assert kept == {"trigger": {"on": "joined_group", "delay_minutes": 5}}
    assert options_of(kept) == made.options


def test_a_draft_changes_and_the_trail_says_what_without_the_text(txn, team):
    made = give_campaign(txn, team, message="Old words")
    changed = change(txn, made, name="June Promo", message="New words", options=Options(rate_per_s=5))
    assert (changed.name, changed.message, changed.options.rate_per_s) == ("June Promo", "New words", 5)
    assert (changed.estimated_recipients, changed.estimated_units) == (7, 9)
    ((before, after),) = rows(
        txn, "SELECT before, after FROM trail WHERE action = 'campaign.update' AND team_id = %(t)s", t=team
    )
    assert before == {"name": "May Promo", "rate_per_s": None}
    assert after == {"name": "June Promo", "rate_per_s": 5, "message": "changed"}


def test_of_two_who_change_a_draft_at_once_the_second_is_told(txn, team):
    made = give_campaign(txn, team)
    change(txn, made, name="Mine")
    with pytest.raises(CampaignBusy, match="changed by another call"):
        change(txn, made, message="Theirs")
    assert campaigns.find(txn, team, made.uuid).message == "Hello"


def test_decision_73_what_was_sent_is_neither_changed_nor_removed(txn, team):
    """decision 73: "PUT only in draft"."""
    made = draft(txn, team, group_of(txn, team, phone(1)))
    send(txn, made)
    for refused in (lambda: change(txn, made, name="x"), lambda: campaigns.delete(txn, NODE, team, made.uuid)):
        with pytest.raises(NotDraft):
            refused()


def test_a_draft_goes_and_is_in_the_trail(txn, team):
    made = give_campaign(txn, team)
    assert campaigns.delete(txn, NODE, team, made.uuid) == made
    assert count(txn, "campaign") == 0
    assert (
        one(txn, "SELECT before->>'name' FROM trail WHERE action = 'campaign.delete' AND subject = %(u)s", u=made.uuid)
        == "May Promo"
    )


@pytest.mark.parametrize("name", [NOBODY, "no uuid", "foreign"])
def test_unknown_and_foreign_are_the_same(txn, team, name):
    other = add_team(txn)
    foreign = give_campaign(txn, other)
    wanted = foreign.uuid if name == "foreign" else name
    for refused in (
        lambda: campaigns.find(txn, team, wanted),
        lambda: campaigns.lock(txn, team, wanted),
        lambda: campaigns.delete(txn, NODE, team, wanted),
        lambda: campaigns.change(txn, NODE, team, attrs.evolve(foreign, uuid=wanted), foreign.draft, (0, 0)),
    ):
        with pytest.raises(NotFound):
            refused()


def test_whose_token_was_revoked_makes_changes_and_removes_nothing(txn, team):
    made = give_campaign(txn, team)
    for refused in (
        lambda: campaigns.create(txn, REVOKED, team, str(uuid.uuid4()), made.draft, (0, 0), NOW_MS),
        lambda: campaigns.change(txn, REVOKED, team, made, attrs.evolve(made.draft, name="x"), (0, 0)),
        lambda: campaigns.delete(txn, REVOKED, team, made.uuid),
    ):
        with pytest.raises(AccessEnded):
            refused()
    assert campaigns.find(txn, team, made.uuid) == made


def test_a_sender_of_another_team_is_none(txn, team):
    made = give_campaign(txn, team)
    foreign = give_sender(txn, add_team(txn))
    with pytest.raises(SenderNotApproved):
        change(txn, made, sender_id=foreign)
    with pytest.raises(SenderNotApproved):
        campaigns.imagined(txn, team, attrs.evolve(made.draft, sender_id=foreign), (None, None), NOW_MS, NOBODY)


def test_an_imagined_campaign_is_the_draft_and_nothing_is_kept(txn, team):
    made = give_campaign(txn, team)
    imagined = campaigns.imagined(txn, team, made.draft, (1, 2), NOW_MS, NOBODY)
    assert imagined.draft == made.draft
    assert (imagined.sender, imagined.joined_from_ms, imagined.joined_to_ms) == (made.sender, 1, 2)
    assert (imagined.reserved_units, imagined.rows, imagined.series_id) == (0, 0, None)
    assert count(txn, "campaign") == 1


# Lists


def names(txn, team, limit=10, offset=0, after=None, **wanted):
    found, last = campaigns.page(txn, Wanted(team, **wanted), limit, offset, after)
    assert campaigns.count(txn, Wanted(team, **wanted)) == (len(found), False) or last is not None or after or offset
    return [each.name for each in found], last


def test_a_list_has_the_newest_first_and_goes_on_behind_a_key(txn, team):
    for name in ("A", "B", "C"):
        give_campaign(txn, team, name=name)
    give_campaign(txn, add_team(txn), name="Foreign")
    first, last = names(txn, team, limit=2)
    assert first == ["C", "B"]
    assert names(txn, team, limit=2, after=last) == (["A"], None)
    assert names(txn, team, offset=1) == (["B", "A"], None)
    with pytest.raises(BadValue):
        names(txn, team, after="x")


def test_a_list_is_narrowed_by_phase_status_name_group_and_series(txn, team):
    group = group_of(txn, team, phone(1))
    series = give_campaign(txn, team, name="Weekly", options=Options(repeat=Repeat(every="day", at="09:00")))
    campaigns.create(
        txn, NODE, team, str(uuid.uuid4()), attrs.evolve(series.draft, name="Weekly 1"), (0, 0), NOW_MS, series.id
    )
    armed = draft(txn, team, group, name="Armed sale", scheduled_at_ms=NOW_MS + 1)
    send(txn, armed)
    send(txn, draft(txn, team, group, name="Sale under way"))
    assert names(txn, team, phase=Phase.SCHEDULED)[0] == ["Armed sale"]
    assert names(txn, team, status="draft")[0] == ["Armed sale", "Weekly 1", "Weekly"]
    assert names(txn, team, status="sending")[0] == ["Sale under way"]
    assert names(txn, team, status="sending", phase=Phase.DRAFT)[0] == []
    assert names(txn, team, search="SALE")[0] == ["Sale under way", "Armed sale"]
    assert names(txn, team, group_uuid=group.uuid)[0] == ["Sale under way", "Armed sale"]
    assert names(txn, team, group_uuid="no uuid")[0] == []
    assert names(txn, team, series_uuid=series.uuid)[0] == ["Weekly 1"]
    assert names(txn, add_team(txn), series_uuid=series.uuid)[0] == []


# Groups


def test_decision_59_a_group_of_a_campaign_that_is_not_over_cannot_go(txn, team):
    """decision 59: "add PUT, DELETE (409 if used by a sending campaign)"."""
    group = group_of(txn, team, phone(1))
    made = draft(txn, team, group, name="Sale")
    send(txn, made)
    with pytest.raises(InUse, match="'Sale'"):
        groups.delete(txn, NODE, team, group.uuid, (campaigns.in_use,))
    txn.execute("UPDATE campaign SET phase = 'completed' WHERE id = %(id)s", {"id": made.id})
    assert groups.delete(txn, NODE, team, group.uuid, (campaigns.in_use,)).uuid == group.uuid


def test_a_group_of_a_draft_can_go(txn, team):
    group = group_of(txn, team, phone(1))
    draft(txn, team, group)
    groups.delete(txn, NODE, team, group.uuid, (campaigns.in_use,))


# What there is of groups and files


def test_the_fields_are_those_of_contacts_and_the_teams_own(txn, team):
    txn.execute("INSERT INTO contact_attribute (team_id, name) VALUES (%s, 'town')", (team,))
    known = {"first_name", "last_name", "email", "phone", "town"}
    assert campaign_people.reach(txn, team, (), None) == Reach(frozenset(known), (), None)
    assert campaign_people.known_fields(txn, add_team(txn), None) == known - {"town"}


def test_groups_that_are_not_the_teams_are_named_as_they_were_given(txn, team):
    mine, foreign = group_of(txn, team), group_of(txn, add_team(txn))
    given = [mine.uuid.upper(), foreign.uuid, "x", NOBODY]
    assert campaign_people.check_groups(txn, team, given) == (foreign.uuid, "x", NOBODY)


def audience(txn, team, status="completed"):
    return rows(
        txn, "INSERT INTO audience (uuid, team_id, filename, settings, fields, status) "
        "VALUES (gen_random_uuid(), %(team)s, 'a.csv', '{}', '{debt,first_name}', %(status)s) RETURNING id, uuid",
        team=team, status=status,
    )[0]  # fmt: skip


def test_the_fields_of_a_file_are_its_columns(txn, team):
    audience_id, name = audience(txn, team)
    assert campaign_people.reach(txn, team, (), name) == Reach(
        frozenset({"debt", "first_name", "phone"}), (), audience_id
    )
    with pytest.raises(NotFound):
        campaign_people.reach(txn, add_team(txn), (), name)
    with pytest.raises(BadValue):
        campaign_people.reach(txn, team, (), audience(txn, team, "processing")[1])


def test_the_fields_of_somebody_are_found_by_their_phone(txn, team):
    known_as(txn, team, phone(1), first_name="Jo", attributes={"town": "Kisumu"})
    found = campaign_people.fields_of(txn, team, phone(1), None)
    assert found == {"first_name": "Jo", "last_name": None, "email": None, "phone": phone(1), "town": "Kisumu"}
    assert campaign_people.fields_of(txn, team, phone(2), None) == {}
    assert campaign_people.fields_of(txn, add_team(txn), phone(1), None) == {}
    audience_id, _ = audience(txn, team)
    txn.execute("INSERT INTO audience_row VALUES (%s, 1, %s, '{\"debt\": 5}')", (audience_id, phone(1)))
    assert campaign_people.fields_of(txn, team, phone(1), audience_id) == {"debt": 5, "phone": phone(1)}
    assert campaign_people.fields_of(txn, team, phone(2), audience_id) == {}
    assert campaign_people.fields_of(txn, add_team(txn), phone(1), audience_id) == {}


# Whom a series writes to


def test_what_a_series_by_trigger_makes_is_for_those_who_joined_in_its_time_and_have_had_none(txn, team):
    group = group_of(txn, team, phone(1), phone(2), phone(3))
    for n, at in ((1, 100), (2, 200), (3, 300)):
        txn.execute(
            "UPDATE group_member SET added_at = to_timestamp(%s) WHERE contact_id = (SELECT id FROM contact WHERE phone = %s)",
            (at, phone(n)),
        )
    series = draft(txn, team, group, trigger=Trigger(on="joined_group"))
    said = attrs.evolve(series.draft, options=Options())

    def child(*joined_ms):
        return campaigns.create(txn, NODE, team, str(uuid.uuid4()), said, (0, 0), NOW_MS, series.id, joined_ms)

    def reached(campaign):
        return [
            person.phone
            for some in campaign_people.people(txn, campaign_people.aim_of(campaign, ()))
            for person in some
        ]

    first = child(100_000, 300_000)
    assert reached(first) == [phone(1), phone(2)]
    send(txn, first)
    assert reached(child(200_000, 300_001)) == [phone(3)]
    assert reached(give_campaign(txn, team, group_uuids=(group.uuid,))) == [phone(1), phone(2), phone(3)]


def test_people_come_in_lists_of_the_size_that_is_asked_for(txn, team):
    made = draft(txn, team, group_of(txn, team, *map(phone, range(5))))
    lists = list(campaign_people.people(txn, campaign_people.aim_of(made, {"first_name", "phone"}), at_once=2))
    assert [len(some) for some in lists] == [2, 2, 1]
    assert lists[0][0].fields == {"first_name": None, "phone": phone(0)}
