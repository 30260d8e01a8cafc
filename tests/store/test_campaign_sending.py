"""`/send`: who gets a campaign, what it costs, all of it or nothing, once."""

import threading
import uuid

import attrs
import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.model import Phase
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import (
    AccessEnded,
    BadValue,
    CampaignBusy,
    InsufficientUnits,
    InUse,
    NoRecipients,
    NoRoute,
    NotDraft,
    NotFound,
    SenderNotApproved,
    TeamSuspended,
    TextNotKept,
)
from mobilesasa.store import campaign_phases, campaign_sending, campaigns, groups, ledger
from mobilesasa.store.aside import Aside
from mobilesasa.store.database import connect, in_transaction
from tests.store.campaigning import give_sender
from tests.store.campaigns import queued
from tests.store.given import NOW_MS, add_team, balance, count, one, rows, undone, wrong
from tests.store.sending import crowd, draft, dump, group_of, known_as, phone, quoter_for, send, snapshot, stopped

pytestmark = pytest.mark.each_postgres

TABLES = ("campaign", "campaign_recipient", "campaign_link", "ledger", "team", "trail")
LONG = "x" * 161  # two parts


def test_decision_65_the_recipients_are_decided_at_send_and_not_at_create(txn):
    """decision 65: "estimate at create, **exact re-snapshot at /send**; both stored"."""
    team = add_team(txn)
    group = group_of(txn, team, phone(1))
    made = draft(txn, team, group, message="Hello")
    groups.add(txn, NODE, team, group.uuid, [phone(2)], [str(uuid.uuid4())])
    sent = send(txn, made)
    assert snapshot(txn, made) == [(phone(1), 1, 1, None, None), (phone(2), 1, 1, None, None)]
    assert (sent.recipients, sent.reserved_units) == (2, 2)
    assert (sent.estimated_recipients, sent.estimated_units) == (0, 0)
    assert wrong(txn) == []


def test_decision_65_the_units_reserved_are_the_sum_over_recipients_of_their_real_parts(txn):
    """decision 65: "units reserved = sum over recipients of real parts"."""
    team = add_team(txn)
    known_as(txn, team, phone(1), first_name="Jo")
    known_as(txn, team, phone(2), first_name="J" * 80)
    known_as(txn, team, phone(3), first_name="Łukasz")  # UCS-2
    known_as(txn, team, "255712345678", first_name="Asha")  # three units a part
    group = group_of(txn, team, phone(1), phone(2), phone(3), "255712345678")
    made = draft(txn, team, group, message="Dear {first_name}, " + "y" * 100)
    sent = send(txn, made)
    assert [(units, parts) for _, units, parts, _, _ in snapshot(txn, made)] == [(1, 1), (2, 2), (2, 2), (3, 1)]
    assert (sent.reserved_units, balance(txn, team)) == (8, 992)
    entry = ledger.page(txn, ledger.LedgerFilter(team_id=team, kind="reserve"), 1, 0)[0]
    assert (entry.units, entry.messages, entry.campaign_uuid, entry.balance_units) == (-8, 4, made.uuid, 992)
    assert wrong(txn) == []


def test_each_gets_a_text_of_their_own_whatever_is_in_it(txn):
    team = add_team(txn)
    name = "tab\there \\N\\\\ \r\nnew line \u2028 Łukasz"
    known_as(txn, team, phone(1), first_name="Jo")
    group = group_of(txn, team, phone(1), phone(2))
    made = draft(txn, team, group, message=f"Hi {{first_name:there}}! {name}")
    send(txn, made)
    assert [row[3] for row in snapshot(txn, made)] == [f"Hi Jo! {name}", f"Hi there! {name}"]


def test_a_text_that_is_the_same_for_all_is_kept_once_as_it_will_read(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1)), message="Write {{first_name}} in it")
    send(txn, made)
    assert one(txn, "SELECT text FROM campaign WHERE uuid = %(u)s", u=made.uuid) == "Write {first_name} in it"
    assert snapshot(txn, made)[0][3] is None


def test_decision_64_who_is_in_several_groups_gets_it_once(txn):
    """decision 64: "recipients deduped across groups by phone"."""
    team = add_team(txn)
    both = [group_of(txn, team, phone(1), phone(2), name="A"), group_of(txn, team, phone(2), phone(3), name="B")]
    made = draft(txn, team, *both)
    assert send(txn, made).recipients == 3
    assert [row[0] for row in snapshot(txn, made)] == [phone(1), phone(2), phone(3)]


def test_who_wants_nothing_of_the_sender_is_left_out_shown_and_costs_nothing(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, *map(phone, range(1, 5))))
    stopped(txn, team, phone(1))
    stopped(txn, team, phone(2), made.sender)
    stopped(txn, team, phone(3), "Other")
    stopped(txn, add_team(txn), phone(4))
    sent = send(txn, made)
    assert [(row[1], row[4]) for row in snapshot(txn, made)] == [
        (0, "suppressed"), (0, "suppressed"), (1, None), (1, None),
    ]  # fmt: skip
    assert (sent.rows, sent.recipients, sent.skipped, sent.reserved_units) == (4, 2, 2, 2)
    assert wrong(txn) == []


def test_whom_the_rules_refuse_is_left_out_with_the_code_of_the_refusal(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1), "4915112345678"))
    send(txn, made)
    assert [row[4] for row in snapshot(txn, made)] == [None, "no_route"]


def test_contacts_that_were_deleted_are_no_recipients(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1), phone(2)))
    txn.execute("UPDATE contact SET deleted_at = now() WHERE phone = %(phone)s", {"phone": phone(1)})
    send(txn, made)
    assert [row[0] for row in snapshot(txn, made)] == [phone(2)]


def test_a_file_of_people_has_them_in_its_order_with_its_fields(txn):
    team = add_team(txn)
    audience = one(
        txn, "INSERT INTO audience (uuid, team_id, filename, settings, fields, status) "
        "VALUES (gen_random_uuid(), %(team)s, 'a.csv', '{}', '{debt}', 'completed') RETURNING id", team=team,
    )  # fmt: skip
    for n, number in enumerate((phone(2), phone(1)), 1):
        txn.execute(
            "INSERT INTO audience_row (audience_id, n, phone, fields) VALUES (%s, %s, %s, jsonb_build_object('debt', %s))",
            (audience, n, number, n * 10),
        )
    made = draft(txn, team, message="You owe {debt} ({phone})", audience_id=audience)
    send(txn, made)
    assert [(row[0], row[3]) for row in snapshot(txn, made)] == [
        (phone(2), f"You owe 10 (+{phone(2)})"),
        (phone(1), f"You owe 20 (+{phone(1)})"),
    ]
    with pytest.raises(BadValue, match="first_name"):
        send(txn, draft(txn, team, message="Hi {first_name}", audience_id=audience))


def test_decision_68_without_enough_units_nothing_at_all_has_changed(database_dsn):
    """decision 68: "all or nothing, stays draft"."""
    with_store = connect(database_dsn, "test")
    team = in_transaction(with_store, add_team, 3)
    made = in_transaction(
        with_store,
        lambda txn: draft(txn, team, crowd(txn, team, 4), message="See https://a.example/x", track_links=True),
    )
    before = in_transaction(with_store, dump, *TABLES)
    with pytest.raises(InsufficientUnits) as refused:
        in_transaction(with_store, send, made)
    assert in_transaction(with_store, dump, *TABLES) == before
    assert refused.value.needed_units == 4
    assert "this campaign costs 4" in str(refused.value)
    with_store.close()


def test_all_the_units_of_a_team_are_enough_for_what_costs_as_much(txn):
    team = add_team(txn, 4)
    send(txn, draft(txn, team, crowd(txn, team, 4)))
    assert balance(txn, team) == 0
    assert ledger.standing(txn, team) == ledger.Standing(0, 4, None)


def test_decision_67_a_second_send_is_refused(txn):
    """decision 67: "second 409; row lock"."""
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1)))
    send(txn, made)
    with pytest.raises(NotDraft, match="sending"):
        send(txn, made)
    assert count(txn, "campaign_recipient") == 1


def test_decision_67_a_second_send_hears_that_it_was_sent_also_while_it_is_being_queued(database_dsn):
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    team = in_transaction(first, add_team)
    made = in_transaction(first, lambda txn: draft(txn, team, group_of(txn, team, phone(1))))
    in_transaction(first, send, made)
    with first.cursor() as txn:
        campaigns.lock(txn, team, made.uuid)  # as who queues it does
        with pytest.raises(NotDraft, match="sending"):
            in_transaction(second, send, made)
    first.close()
    second.close()


def test_decision_67_of_two_sends_at_once_one_is_refused_at_once(database_dsn):
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    team = in_transaction(first, add_team)
    made = in_transaction(first, lambda txn: draft(txn, team, group_of(txn, team, phone(1))))
    with first.cursor() as txn:
        send(txn, made)
        for refused in (send, lambda txn, made: campaigns.delete(txn, NODE, team, made.uuid)):
            with pytest.raises(CampaignBusy):
                in_transaction(second, refused, made)
        first.commit()
    with pytest.raises(NotDraft):
        in_transaction(second, send, made)
    assert in_transaction(second, balance, team) == 999
    first.close()
    second.close()


def test_a_connection_that_dies_in_the_middle_leaves_a_draft_and_nothing_reserved(database_dsn):
    opened, other = connect(database_dsn, "dies"), connect(database_dsn, "other")
    team = in_transaction(opened, add_team)
    made = in_transaction(opened, lambda txn: draft(txn, team, crowd(txn, team, 3)))
    before = in_transaction(other, dump, *TABLES)
    with opened.cursor() as txn:
        send(txn, made)
        assert in_transaction(other, one, "SELECT pg_terminate_backend(%(pid)s)", pid=opened.info.backend_pid)
        with pytest.raises(psycopg2.Error):
            opened.commit()
    assert in_transaction(other, dump, *TABLES) == before
    assert in_transaction(other, send, made).phase is Phase.SENDING
    other.close()


@pytest.mark.parametrize(("ahead_ms", "phase"), [(3_600_000, Phase.SCHEDULED), (-1, Phase.SENDING), (0, Phase.SENDING)])
def test_decision_69_one_with_a_time_ahead_is_armed_and_one_whose_time_is_past_goes_at_once(txn, ahead_ms, phase):
    """decision 69: "/send with future time → reserved now and *armed* […] Past at /send → goes at once"."""
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1)), scheduled_at_ms=NOW_MS + ahead_ms)
    sent = send(txn, made)
    assert (sent.phase, sent.armed_at_ms, sent.reserved_units) == (phase, NOW_MS, 1)
    assert sent.started_at_ms == (NOW_MS if phase is Phase.SENDING else None)
    assert sent.phase.status == ("draft" if phase is Phase.SCHEDULED else "sending")


def test_decision_64_a_campaign_for_nobody_is_not_sent(txn):
    """decision 64: "zero recipients → draft is allowed, /send → 400"."""
    team = add_team(txn)
    with pytest.raises(NoRecipients, match="nobody in its groups"):
        send(txn, draft(txn, team, group_of(txn, team)))
    stopped(txn, team, phone(1))
    with pytest.raises(NoRecipients, match="all 1 of its recipients are suppressed"):
        send(txn, draft(txn, team, group_of(txn, team, phone(1), name="Stopped")))
    with pytest.raises(NoRoute):
        send(txn, draft(txn, team, group_of(txn, team, "4915112345678", name="Abroad")))


def test_one_whose_sender_may_not_be_used_or_whose_team_is_suspended_is_not_sent(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1)))
    txn.execute("UPDATE sender SET status = 'suspended' WHERE id = %(id)s", {"id": made.sender_id})
    with pytest.raises(SenderNotApproved, match="not approved"):
        send(txn, made)
    txn.execute("UPDATE team SET suspended_at = now() WHERE id = %(id)s", {"id": team})
    with pytest.raises(TeamSuspended):
        send(txn, made)


def test_one_whose_text_is_kept_no_longer_is_not_sent(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1)))
    txn.execute("UPDATE campaign SET message = NULL WHERE id = %(id)s", {"id": made.id})
    with pytest.raises(TextNotKept):
        send(txn, made)


def test_another_teams_campaign_is_not_there(txn):
    made = draft(txn, add_team(txn))
    with pytest.raises(NotFound):
        send(txn, attrs.evolve(made, team_id=add_team(txn)))


def test_decision_64_a_group_that_is_gone_or_another_teams_is_refused_and_not_left_out_in_silence(txn):
    team = add_team(txn)
    foreign = group_of(txn, add_team(txn), phone(1))
    made = draft(txn, team)
    txn.execute("UPDATE campaign SET group_uuids = %(uuids)s::uuid[]", {"uuids": [foreign.uuid]})
    with pytest.raises(BadValue, match=f"do not have any more: {foreign.uuid}"):
        send(txn, made)
    for named in ("group_uuids", "exclude_group_uuids"):
        gone, stays = group_of(txn, team, phone(1), name=f"{named} gone"), group_of(txn, team, phone(2), name=named)
        made = draft(txn, team, **{"group_uuids": (stays.uuid,)} | {named: (stays.uuid, gone.uuid)})
        groups.delete(txn, NODE, team, gone.uuid)
        with pytest.raises(BadValue, match=f"do not have any more: {gone.uuid}"):
            send(txn, made)


def test_who_is_in_a_group_that_is_excluded_is_no_recipient_and_not_shown_as_skipped(txn):
    team = add_team(txn)
    everybody = group_of(txn, team, *map(phone, range(1, 5)), name="All")
    some = [group_of(txn, team, phone(1), name="A"), group_of(txn, team, phone(1), phone(3), name="B")]
    made = draft(txn, team, everybody, exclude_group_uuids=tuple(group.uuid for group in some))
    assert made.exclude_group_uuids == tuple(group.uuid for group in some)
    sent = send(txn, made)
    assert [row[0] for row in snapshot(txn, made)] == [phone(2), phone(4)]
    assert (sent.recipients, sent.skipped, sent.reserved_units) == (2, 0, 2)
    with pytest.raises(InUse, match="May Promo"):
        groups.delete(txn, NODE, team, some[0].uuid, (campaigns.in_use,))
    assert wrong(txn) == []


def test_who_of_a_file_is_in_a_group_that_is_excluded_is_no_recipient(txn):
    team = add_team(txn)
    group = group_of(txn, team, phone(1))
    audience = audience_of(txn, team, phone(1), phone(2))
    made = draft(txn, team, audience_id=audience, exclude_group_uuids=(group.uuid,))
    send(txn, made)
    assert [row[0] for row in snapshot(txn, made)] == [phone(2)]


def audience_of(txn, team, *phones):
    """A file of people; its id."""
    audience = one(
        txn, "INSERT INTO audience (uuid, team_id, filename, settings, fields, status) "
        "VALUES (gen_random_uuid(), %(team)s, 'a.csv', '{}', '{debt}', 'completed') RETURNING id", team=team,
    )  # fmt: skip
    for n, number in enumerate(phones, 1):
        txn.execute(
            "INSERT INTO audience_row (audience_id, n, phone, fields) VALUES (%s, %s, %s, '{}')", (audience, n, number)
        )
    return audience


def test_whose_token_was_revoked_meanwhile_sends_nothing(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1)))
    with pytest.raises(AccessEnded):
        send(txn, made, by=Actor(ActorKind.TOKEN, str(uuid.uuid4())))


def test_what_was_sent_is_in_the_trail_without_its_text(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1)), message="Secret words")
    send(txn, made)
    noted = rows(txn, "SELECT action, after::text FROM trail WHERE subject = %(uuid)s ORDER BY id", uuid=made.uuid)
    assert [action for action, _ in noted] == ["campaign.create", "campaign.send"]
    assert "Secret" not in "".join(after for _, after in noted)
    assert '"recipients": 1' in noted[1][1]


def test_links_are_kept_with_codes_of_their_own_for_each_recipient(txn):
    team = add_team(txn)
    stopped(txn, team, phone(3))
    group = group_of(txn, team, *map(phone, range(1, 4)))
    made = draft(txn, team, group, message="See https://a.example/x.", track_links=True, link_days=2)
    send(txn, made)
    codes = rows(txn, "SELECT code, text FROM campaign_recipient WHERE campaign_id = %(id)s ORDER BY n", id=made.id)
    assert codes[2] == (None, None)
    assert [text for _, text in codes[:2]] == [f"See https://go.example/{code}." for code, _ in codes[:2]]
    assert len({code for code, _ in codes[:2]}) == 2
    kept = rows(
        txn,
        "SELECT n, url, (extract(epoch FROM expires_at) * 1000)::bigint FROM campaign_link WHERE campaign_id = %(id)s",
        id=made.id,
    )
    assert kept == [(1, "https://a.example/x", NOW_MS + 2 * 86_400_000)]


def test_a_code_that_is_taken_makes_it_begin_anew(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1), phone(2)), message="https://a.example", track_links=True)

    def always_the_same(campaign, known):
        quoter = quoter_for(campaign, known)
        quoter._new_code = lambda: "c0000000"
        return quoter

    with pytest.raises(psycopg2.errors.SerializationFailure):
        send(txn, made, quoter_for=always_the_same)


def test_who_was_forgotten_while_the_recipients_were_read_gets_nothing(txn):
    team = add_team(txn)
    made = draft(txn, team, group_of(txn, team, phone(1), phone(2)), message="Hi {phone}")
    txn.execute(
        "INSERT INTO erasure (team_id, phone, pseudonym, upto, requested_at) "
        "VALUES (%s, %s, 'erased-1', gen_random_uuid(), to_timestamp(%s))",
        (team, phone(2), NOW_MS / 1000 + 1),
    )
    send(txn, made)
    assert [(row[0], row[3], row[4]) for row in snapshot(txn, made)] == [
        (phone(1), f"Hi +{phone(1)}", None),
        ("erased-1", None, "erased"),
    ]
    assert wrong(txn) == []


def test_an_estimate_says_what_send_will_reserve_and_changes_nothing(txn):
    team = add_team(txn)
    stopped(txn, team, phone(2))
    group = group_of(txn, team, phone(1), phone(2), phone(3), "4915112345678")
    made = draft(txn, team, group, message=LONG)
    before = dump(txn, *TABLES)
    tally = campaign_sending.estimate(
        txn, campaigns.imagined(txn, team, made.draft, (None, None), NOW_MS, made.uuid), quoter_for
    )
    assert dump(txn, *TABLES) == before
    assert (tally.recipients, tally.units, dict(tally.skipped)) == (2, 4, {"suppressed": 1, "no_route": 1})
    sent = send(txn, made)
    assert (sent.recipients, sent.reserved_units) == (tally.recipients, tally.units)


NUMBERS = st.sampled_from([phone(n) for n in range(1, 9)] + ["255712345678", "4915112345678"])
TEXTS = st.sampled_from(["Hello", LONG, "Hi {first_name}", "{first_name:Łukasz} " + "z" * 60, "Habari {phone}"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mix=st.lists(st.sets(NUMBERS, max_size=6), min_size=1, max_size=3),
    stops=st.sets(st.tuples(NUMBERS, st.sampled_from(["", "own", "Other"])), max_size=4),
    names=st.dictionaries(NUMBERS, st.sampled_from(["Jo", "Łukasz", "J" * 100]), max_size=4),
    text=TEXTS,
    chunks=st.lists(st.integers(1, 4), max_size=3),
    later=st.sets(NUMBERS, max_size=2),
    is_cancelled=st.booleans(),
)
def test_for_any_mix_of_groups_suppressions_and_texts_the_estimate_is_reserved_and_then_captured_or_released(
    txn, mix, stops, names, text, chunks, later, is_cancelled
):
    with undone(txn):
        team = add_team(txn, 1000)
        for number, name in names.items():
            known_as(txn, team, number, first_name=name)
        groups = [group_of(txn, team, *numbers, name=str(n)) for n, numbers in enumerate(mix)]
        made = draft(txn, team, *groups, message=text)
        for number, sender in stops:
            stopped(txn, team, number, made.sender if sender == "own" else sender)
        imagined = campaigns.imagined(txn, team, made.draft, (None, None), NOW_MS, made.uuid)
        tally = campaign_sending.estimate(txn, imagined, quoter_for)
        if not tally.recipients:
            return
        sent = send(txn, made)
        taken = [row for row in snapshot(txn, made) if row[4] is None]
        assert sent.reserved_units == tally.units == sum(units for _, units, *_ in taken) == 1000 - balance(txn, team)
        assert sent.recipients == tally.recipients == len(taken)
        assert {row[0] for row in snapshot(txn, made)} == set().union(*mix)
        assert wrong(txn) == []
        ended = to_its_end(txn, sent, chunks, later, is_cancelled)
        assert ended.phase.is_final
        assert ended.captured_units + ended.released_units == sent.reserved_units
        assert balance(txn, team) == 1000 - ended.captured_units
        assert wrong(txn, "configured") == []


def to_its_end(txn, sent, chunks, later, is_cancelled):
    """Queue a campaign in pieces, with people who say STOP behind the first, and cancel it or go on to its end."""
    for n, size in enumerate(chunks):
        if campaigns.find(txn, sent.team_id, sent.uuid).phase is Phase.SENDING:
            queued(txn, sent.uuid, size, sender=sent.sender, suppressible=True)
        for number in later if n == 0 else ():
            stopped(txn, sent.team_id, number)
    if campaigns.find(txn, sent.team_id, sent.uuid).phase is Phase.SENDING:
        if is_cancelled:
            campaign_phases.cancel(txn, NODE, sent.team_id, sent.uuid)
        else:
            queued(txn, sent.uuid, sent.rows, sender=sent.sender, suppressible=True)
    return campaigns.find(txn, sent.team_id, sent.uuid)


def test_what_runs_aside_has_as_long_as_it_takes(dsn):
    opened = Aside(None, dsn)._open()
    assert in_transaction(opened, one, "SHOW statement_timeout") == "0"
    assert in_transaction(opened, one, "SHOW application_name") == "mobilesasa aside"
    opened.close()


def test_sends_of_two_campaigns_of_a_team_go_on_beside_each_other(database_dsn):
    opened = [connect(database_dsn, f"send{n}") for n in range(2)]
    team = in_transaction(opened[0], add_team, 1000)
    made = in_transaction(opened[0], lambda txn: draft(txn, team, crowd(txn, team, 50)))
    again = in_transaction(opened[0], campaigns.create, NODE, team, str(uuid.uuid4()), made.draft, (0, 0), NOW_MS)
    done = []
    threads = [
        threading.Thread(target=lambda on=on, each=each: done.append(in_transaction(on, send, each)))
        for on, each in zip(opened, (made, again), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.recipients for each in done] == [50, 50]
    assert in_transaction(opened[0], balance, team) == 900
    assert in_transaction(opened[0], wrong) == []
    for each in opened:
        each.close()


def test_a_sender_of_another_team_makes_no_draft(txn):
    foreign = give_sender(txn, add_team(txn))
    with pytest.raises(SenderNotApproved):
        draft(txn, add_team(txn), sender_id=foreign)
