"""Forgetting a person: what goes at once, what goes later, and what stays."""

import attrs
import pytest

from mobilesasa.contacts.model import Details
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadValue, NotFound
from mobilesasa.core.ids import first_id_at
from mobilesasa.core.model import Later
from mobilesasa.store import contacts, groups, suppressions
from mobilesasa.store.erasures import Erasures, Request, begin, find, go_on
from tests.store.campaigning import give_campaign, give_recipients
from tests.store.campaigns import add_campaign, queued, row
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_team,
    balance,
    delivered,
    one,
    rows,
    sent,
    settled,
    told,
    wrong,
)
from tests.store.people import PHONE, Pool, give, give_group, run, uuid

pytestmark = pytest.mark.each_postgres

PSEUDONYM = "erased-0123456789ab"
LATER_MS = NOW_MS + 3_600_000
SOME_TIME_AGO = "UPDATE message SET done_at = done_at - interval '80 hours'"


@pytest.fixture
def team(txn):
    return add_team(txn, 100)


def forget(txn, team, contact, phone=PHONE, suppress=True, at_ms=LATER_MS):
    asked = Request(contact.uuid, phone, suppress, uuid(), PSEUDONYM, at_ms)
    begin(txn, NODE, team, asked)
    return asked.uuid


def all_of_it(txn, limit=100, receipt_h=24):
    rounds = 0
    while go_on(txn, receipt_h, limit):
        rounds += 1
    return rounds


def an_hour_later(txn):
    txn.execute("UPDATE erasure SET next_at = now() WHERE next_at IS NOT NULL")
    return all_of_it(txn)


def messages(txn, team):
    return rows(txn, "SELECT recipient, text FROM message WHERE team_id = %(team)s ORDER BY id", team=team)


def heard(txn, team, n, hours_ago=0, source=PHONE):
    message_id = first_id_at(NOW_MS + n)
    txn.execute(
        """INSERT INTO inbound (id, team_id, carrier_id, source, destination, text, coding, parts, received_at)
           VALUES (%s, %s, 1, %s, '22384', 'YES', 0, 1, now() - make_interval(hours => %s))""",
        (message_id, team, source, hours_ago),
    )
    return message_id


def test_the_contact_and_its_places_in_groups_are_gone_at_once(txn, team):
    contact = give(txn, team, details=Details("Jane", notes="Secret", attributes={"clan": "Abc"}))
    other = give(txn, team, "254722000111")
    group = give_group(txn, team, PHONE, other.phone)
    contacts.delete(txn, NODE, team, [contact.uuid])
    again = give(txn, team)
    forget(txn, team, again)
    assert groups.find(txn, team, group.uuid).members == 1
    assert rows(txn, "SELECT uuid FROM contact WHERE team_id = %(team)s", team=team) == [(other.uuid,)]
    assert rows(txn, "SELECT subject FROM trail WHERE action = 'contact.erase'") == [(again.uuid,)]
    assert PHONE not in str(rows(txn, "SELECT * FROM trail"))


def test_a_contact_that_was_deleted_can_be_forgotten_too(txn, team):
    contact = give(txn, team)
    contacts.delete(txn, NODE, team, [contact.uuid])
    forget(txn, team, contact)
    assert one(txn, "SELECT count(*) FROM contact WHERE team_id = %(team)s", team=team) == 0


def test_messages_that_ended_long_ago_lose_text_and_number_at_once_and_the_units_stay(txn, team):
    sent(txn, team, "a", recipient=PHONE)
    told(txn, delivered("a"))
    txn.execute(SOME_TIME_AGO)
    sent(txn, team, "b", recipient="254722000111")
    spent, before = balance(txn, team), wrong(txn)
    name = forget(txn, team, give(txn, team))
    assert all_of_it(txn) == 1
    assert messages(txn, team) == [(PSEUDONYM, None), ("254722000111", "Hi")]
    done = find(txn, team, name)
    assert (done.messages, done.inbound, done.finished_at_ms is not None) == (1, 0, True)
    assert balance(txn, team) == spent
    assert one(txn, "SELECT phone FROM erasure") is None
    assert wrong(txn) == before


def test_a_receipt_still_finds_a_message_whose_text_is_gone(txn, team):
    sent(txn, team, "a", recipient=PHONE)
    forget(txn, team, give(txn, team))
    all_of_it(txn)
    assert messages(txn, team) == [(PHONE, None)]
    (notice,) = told(txn, delivered("a"))
    assert notice is not None
    assert notice.recipient == PHONE
    an_hour_later(txn)
    assert messages(txn, team) == [(PHONE, None)]
    txn.execute(SOME_TIME_AGO)
    an_hour_later(txn)
    assert messages(txn, team) == [(PSEUDONYM, None)]


def test_a_message_of_which_nobody_knows_the_end_loses_its_number_after_its_validity(txn, team):
    sent(txn, team, "a", recipient=PHONE)
    txn.execute("UPDATE message SET expires_at = now() - interval '73 hours'")
    forget(txn, team, give(txn, team))
    all_of_it(txn)
    assert messages(txn, team) == [(PSEUDONYM, None)]


def test_where_receipts_are_kept_for_longer_numbers_are_too(txn, team):
    sent(txn, team, "a", recipient=PHONE)
    told(txn, delivered("a"))
    heard(txn, team, 1, hours_ago=80)
    txn.execute(SOME_TIME_AGO)
    forget(txn, team, give(txn, team))
    all_of_it(txn, receipt_h=100)
    assert messages(txn, team) == [(PHONE, None)]
    assert one(txn, "SELECT source FROM inbound") == PHONE


def test_a_message_that_waits_for_a_carrier_keeps_its_text_until_it_has_gone_out(txn, team):
    (waiting,) = accepted(txn, team, recipient=PHONE)
    forget(txn, team, give(txn, team))
    all_of_it(txn)
    assert messages(txn, team) == [(PHONE, "Hi")]
    settled(txn, (waiting, Later(60_000, "busy")))
    an_hour_later(txn)
    assert messages(txn, team) == [(PHONE, "Hi")]


def test_a_message_that_may_go_on_to_another_carrier_keeps_its_text(txn, team):
    message_id = sent(txn, team, "a", recipient=PHONE)
    txn.execute("INSERT INTO second_way VALUES (%s, %s, now() + interval '1 hour')", (message_id, [add_carrier(txn)]))
    forget(txn, team, give(txn, team))
    all_of_it(txn)
    assert messages(txn, team) == [(PHONE, "Hi")]


def test_messages_from_the_person_are_forgotten_too(txn, team):
    heard(txn, team, 1, hours_ago=80)
    heard(txn, team, 2)
    owed = heard(txn, team, 3)
    heard(txn, team, 4, source="254722000111")
    txn.execute("INSERT INTO spool (team_id, message_id, state, done_at) VALUES (%s, %s, 50, now())", (team, owed))
    name = forget(txn, team, give(txn, team))
    all_of_it(txn)
    shown = "SELECT source, text FROM inbound WHERE team_id = %(team)s ORDER BY id"
    assert rows(txn, shown, team=team) == [(PSEUDONYM, None), (PHONE, None), (PHONE, "YES"), ("254722000111", "YES")]
    txn.execute("DELETE FROM spool")
    txn.execute("UPDATE inbound SET received_at = received_at - interval '80 hours'")
    an_hour_later(txn)
    assert rows(txn, shown, team=team)[:3] == [(PSEUDONYM, None)] * 3
    done = find(txn, team, name)
    assert (done.inbound, done.finished_at_ms is not None) == (3, True)


def test_what_comes_after_the_request_is_left_alone(txn, team):
    sent(txn, team, "a", recipient=PHONE)
    heard(txn, team, 1)
    forget(txn, team, give(txn, team), at_ms=NOW_MS - 3_600_000)
    assert all_of_it(txn) == 1
    assert messages(txn, team) == [(PHONE, "Hi")]
    assert one(txn, "SELECT finished_at IS NOT NULL FROM erasure")


def test_another_team_s_messages_to_the_same_person_stay(txn, team):
    other = add_team(txn, 10)
    sent(txn, other, "a", recipient=PHONE)
    kept = give(txn, other)
    forget(txn, team, give(txn, team))
    all_of_it(txn)
    assert messages(txn, other) == [(PHONE, "Hi")]
    assert contacts.find(txn, other, kept.uuid) == kept


def test_many_messages_are_gone_through_in_pieces(txn, team):
    for n in range(5):
        sent(txn, team, f"r{n}", recipient=PHONE)
        told(txn, delivered(f"r{n}"))
    txn.execute(SOME_TIME_AGO)
    name = forget(txn, team, give(txn, team))
    assert all_of_it(txn, limit=2) == 3
    assert messages(txn, team) == [(PSEUDONYM, None)] * 5
    assert find(txn, team, name).messages == 5


def test_a_suppression_stays_with_its_number_and_one_is_made(txn, team):
    suppressions.add(txn, NODE, team, PHONE, "Acme", "stop")
    forget(txn, team, give(txn, team))
    assert rows(txn, "SELECT recipient, sender, reason FROM suppression ORDER BY id") == [
        (PHONE, "Acme", "stop"), (PHONE, "", "api"),
    ]  # fmt: skip
    assert give(txn, team).suppressed


def test_none_is_made_if_that_was_not_wanted(txn, team):
    forget(txn, team, give(txn, team), suppress=False)
    assert rows(txn, "SELECT FROM suppression") == []


def test_the_wrong_phone_forgets_nobody(txn, team):
    contact = give(txn, team)
    with pytest.raises(BadValue, match="nothing was erased"):
        forget(txn, team, contact, phone="254722000111")
    assert contacts.find(txn, team, contact.uuid) == contact
    assert rows(txn, "SELECT FROM erasure") == []


def test_another_team_s_contact_and_erasure_are_not_there(txn, team):
    contact, other = give(txn, team), add_team(txn)
    with pytest.raises(NotFound):
        forget(txn, other, contact)
    name = forget(txn, team, contact)
    for ask in (lambda: find(txn, other, name), lambda: find(txn, team, "no uuid")):
        with pytest.raises(NotFound):
            ask()


def test_who_may_no_longer_forgets_nobody(txn, team):
    contact = give(txn, team)
    with pytest.raises(AccessEnded):
        begin(txn, Actor(ActorKind.TOKEN, uuid()), team, Request(contact.uuid, PHONE, True, uuid(), PSEUDONYM, NOW_MS))


def test_the_api_s_calls_are_those_of_the_store(txn, team):
    api = Erasures(Pool(txn), uuid, lambda digits: "f" * digits, lambda: NOW_MS)
    contact = give(txn, team)
    begun = []

    async def calls():
        await api.begin(NODE, team, contact.uuid, PHONE, suppress=True, kept=begun.append)
        assert await api.find(team, begun[0].uuid) == begun[0]

    run(calls())
    assert one(txn, "SELECT pseudonym FROM erasure") == "erased-ffffffffffff"
    assert go_on(txn, 72, 10)


def test_who_is_a_recipient_of_a_campaign_is_one_without_a_number_and_gets_no_message_any_more(txn, team):
    contact = give(txn, team)
    people = (attrs.evolve(row(1, text="Hi Jane"), phone=PHONE), row(2), row(3))
    waits = add_campaign(txn, team, *people)
    under_way = add_campaign(txn, team, *people)
    queued(txn, under_way, 1, carrier_id=add_carrier(txn))
    foreign = add_campaign(txn, add_team(txn), *people)
    forget(txn, team, contact)
    shown = {
        name: rows(
            txn, "SELECT phone, campaign_recipient.text, campaign_recipient.skipped, message_id IS NOT NULL FROM campaign_recipient "
            "JOIN campaign ON id = campaign_id WHERE uuid = %(name)s AND n = 1", name=name,
        )[0]
        for name in (waits, under_way, foreign)
    }  # fmt: skip
    assert shown[waits] == (PSEUDONYM, None, "erased", False)
    assert shown[under_way] == (PSEUDONYM, None, None, True)
    assert shown[foreign] == (PHONE, "Hi Jane", None, False)
    assert wrong(txn, "configured") == []
    assert [message.recipient for message in queued(txn, waits).messages] == [row(2).phone, row(3).phone]
    assert wrong(txn, "configured") == []


def test_a_campaign_that_was_sent_after_the_demand_is_left_alone(txn, team):
    contact = give(txn, team)
    later = add_campaign(txn, team, attrs.evolve(row(1), phone=PHONE))
    forget(txn, team, contact, at_ms=NOW_MS - 3_600_000)
    assert (
        one(txn, "SELECT phone FROM campaign_recipient JOIN campaign ON id = campaign_id WHERE uuid = %(u)s", u=later)
        == PHONE
    )


def test_while_a_campaign_may_be_under_way_to_be_sent_the_person_is_looked_for_again(txn, team):
    contact = give(txn, team)
    made = give_campaign(txn, team)
    asked = forget(txn, team, contact, at_ms=NOW_MS + 1000)
    all_of_it(txn)
    assert find(txn, team, asked).finished_at_ms is None
    txn.execute("UPDATE campaign SET armed_at = to_timestamp(%s) WHERE id = %s", (NOW_MS / 1000, made.id))
    give_recipients(txn, made.id, (PHONE, None))
    an_hour_later(txn)
    assert rows(txn, "SELECT phone, skipped FROM campaign_recipient") == [(PSEUDONYM, "erased")]
    txn.execute("UPDATE erasure SET requested_at = requested_at - interval '2 hours'")
    an_hour_later(txn)
    assert find(txn, team, asked).finished_at_ms is not None
