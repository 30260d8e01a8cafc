"""Who gets no messages of a team, in the store: kept once, looked at before a message is taken."""

import random

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue, NotFound, Suppressed
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import Arrival, InboundPart
from mobilesasa.core.model import Coding, Failure, Later, Never, Sent
from mobilesasa.core.optouts import OptOut
from mobilesasa.store import inbound, intake, messages, suppressions
from mobilesasa.store.suppressions import Wanted, add, count, find, follow, page, take_away
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_team,
    balance,
    delivered,
    failed,
    one,
    priced,
    rows,
    sent,
    settled,
    told,
    wrong,
)

PHONE = "254712345678"
new_id = MessageIds(lambda: NOW_MS, random.Random(29).getrandbits)


def suppressed(txn):
    return rows(txn, "SELECT team_id, recipient, sender, reason FROM suppression ORDER BY id")


def marked(txn, team):
    return one(txn, "SELECT suppresses FROM team WHERE id = %(team)s", team=team)


def stop(*scopes, stops=True):
    return OptOut(stops, PHONE, scopes)


# Kept


def test_somebody_is_suppressed_once_for_each_sender(txn):
    team = add_team(txn)
    first, second = add(txn, NODE, team, PHONE, "Acme", "api"), add(txn, NODE, team, PHONE, "", "api")
    assert add(txn, NODE, team, PHONE, "Acme", "stop") == first
    assert suppressed(txn) == [(team, PHONE, "Acme", "api"), (team, PHONE, "", "api")]
    assert find(txn, team, PHONE, "") == second
    assert find(txn, team, PHONE, "Other") is None
    assert marked(txn, team)
    assert wrong(txn) == []


def test_the_operator_s_reason_outlives_all_others(txn):
    team = add_team(txn)
    for reason in ("stop", "operator", "api"):
        add(txn, NODE, team, PHONE, "", reason)
    assert suppressed(txn) == [(team, PHONE, "", "operator")]


def test_the_nodes_are_told_of_the_first_one_of_a_team_alone(txn):
    txn.execute(
        "CREATE TEMPORARY TABLE told (about text);"
        "CREATE OR REPLACE FUNCTION directory_changed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO told VALUES (TG_TABLE_NAME); RETURN NULL; END $$"
    )
    team = add_team(txn)
    txn.execute("DELETE FROM told")
    add(txn, NODE, team, PHONE, "", "api")
    add(txn, NODE, team, "254711000001", "", "api")
    assert rows(txn, "SELECT about FROM told") == [("team",)]


def test_one_is_taken_away_by_its_team_unless_it_is_the_operator_s(txn):
    team, other = add_team(txn), add_team(txn)
    mine, operators = add(txn, NODE, team, PHONE, "", "stop"), add(txn, NODE, team, PHONE, "Acme", "operator")
    with pytest.raises(NotFound):
        take_away(txn, NODE, other, mine.uuid)
    with pytest.raises(NotFound):
        take_away(txn, NODE, team, "x")
    with pytest.raises(BadValue):
        take_away(txn, NODE, team, operators.uuid)
    assert take_away(txn, NODE, team, mine.uuid.upper()) == mine
    with pytest.raises(NotFound):
        take_away(txn, NODE, team, mine.uuid)
    assert take_away(txn, NODE, team, operators.uuid, by_operator=True) == operators
    assert suppressed(txn) == []


def test_they_are_listed_newest_first(txn):
    team, other = add_team(txn), add_team(txn)
    made = [add(txn, NODE, team, f"25471234567{n}", ("", "Acme")[n % 2], "api") for n in range(5)]
    add(txn, NODE, other, PHONE, "", "api")
    assert page(txn, Wanted(team), 2, 1) == [made[3], made[2]]
    assert page(txn, Wanted(team, sender="Acme"), 9, 0) == [made[3], made[1]]
    assert page(txn, Wanted(team, sender=""), 9, 0) == [made[4], made[2], made[0]]
    assert page(txn, Wanted(team, made[3].recipient, "Acme"), 9, 0) == [made[3]]
    assert count(txn, Wanted(team)) == (5, False)
    assert count(txn, Wanted(team, "254712345670")) == (1, False)


def test_of_many_the_total_is_an_estimate_and_a_list_reads_an_index(txn):
    team = add_team(txn)
    txn.execute(
        "INSERT INTO suppression (team_id, recipient, sender, reason) "
        "SELECT %(team)s, (254700000000 + n)::text, '', 'api' FROM generate_series(1, 5000) AS n", {"team": team}
    )  # fmt: skip
    txn.execute("ANALYZE suppression")
    total, estimated = count(txn, Wanted(team), counted=1000)
    assert (estimated, total >= 1000) == (True, True)
    txn.execute("EXPLAIN " + suppressions.PAGE, {**attrs.asdict(Wanted(team)), "limit": 20, "offset": 0})
    assert "Index Scan Backward using suppression_pkey" in " ".join(line for (line,) in txn.fetchall())


# STOP and START


def test_a_stop_is_followed_for_every_sender_that_it_means(txn):
    team, other = add_team(txn), add_team(txn)
    for _ in range(2):
        follow(txn, stop((team, ""), (other, "22384")), new_id())
    assert suppressed(txn) == [(team, PHONE, "", "stop"), (other, PHONE, "22384", "stop")]
    assert marked(txn, other)


def test_a_start_takes_away_what_was_stopped_for_that_sender_and_for_all(txn):
    team = add_team(txn)
    for sender, reason in (("22384", "stop"), ("", "api"), ("Acme", "blacklisted"), ("Other", "operator")):
        add(txn, NODE, team, PHONE, sender, reason)
    follow(txn, stop((team, "22384"), stops=False), new_id())
    assert [sender for _, _, sender, _ in suppressed(txn)] == ["Acme", "Other"]
    follow(txn, stop((team, ""), stops=False), new_id())
    assert [sender for _, _, sender, _ in suppressed(txn)] == ["Other"]


def test_a_message_that_says_stop_is_kept_spooled_and_followed_in_one_go(txn):
    team, carrier = add_team(txn), add_carrier(txn)
    part = InboundPart(carrier, PHONE, "22384", Coding.GSM7, b"STOP", NOW_MS)
    came = Arrival(new_id(), part, team, opt_out=stop((team, "22384")))
    for _ in range(2):
        inbound.take_in(txn, [came])
    assert suppressed(txn) == [(team, PHONE, "22384", "stop")]
    assert one(txn, "SELECT source_id FROM suppression") == came.id
    assert inbound.read(txn, [came.id])[came.id].opt_out == "stop"
    assert one(txn, "SELECT count(*) FROM spool") == 1
    assert wrong(txn) == []


def test_of_a_stop_and_a_start_in_one_batch_the_last_counts(txn):
    team, carrier = add_team(txn), add_carrier(txn)
    part = InboundPart(carrier, PHONE, "22384", Coding.GSM7, b"", NOW_MS)
    said = [Arrival(new_id(), part, team, opt_out=stop((team, ""), stops=each)) for each in (True, False, True, False)]
    inbound.take_in(txn, said)
    assert suppressed(txn) == []


# Before a message is taken


def accept(txn, team, *changes):
    batch = [priced(team, **{"suppressible": True, **each}) for each in changes]
    return [None if each is None else type(each) for each in intake.accept(txn, batch)]


def test_a_message_to_somebody_who_is_suppressed_is_neither_stored_nor_charged(txn):
    team = add_team(txn, units=5)
    add(txn, NODE, team, PHONE, "Acme", "stop")
    add(txn, NODE, team, "254711000001", "", "api")
    verdicts = accept(
        txn, team, {"sender": "Acme"}, {"sender": "Other"}, {"recipient": "254711000001"}, {"recipient": "254711000002"}
    )
    assert verdicts == [Suppressed, None, Suppressed, None]
    assert balance(txn, team) == 3
    assert one(txn, "SELECT count(*) FROM message") == 2
    assert wrong(txn, "configured") == []


def test_the_refusal_says_why(txn):
    team = add_team(txn)
    add(txn, NODE, team, PHONE, "TextBlast", "blacklisted")
    (verdict,) = intake.accept(txn, [priced(team, suppressible=True)])
    assert "blacklist" in verdict.message


def test_another_team_s_suppressions_count_for_nothing(txn):
    team, other = add_team(txn), add_team(txn)
    add(txn, NODE, other, PHONE, "", "stop")
    assert accept(txn, team, {}) == [None]


def test_teams_that_suppress_nobody_are_not_looked_at(txn):
    team = add_team(txn)
    add(txn, NODE, team, PHONE, "", "stop")
    assert accept(txn, team, {"suppressible": False}) == [None]


def test_a_batch_in_which_all_are_suppressed_is_refused(txn):
    team = add_team(txn)
    add(txn, NODE, team, PHONE, "", "stop")
    assert accept(txn, team, {}, {}) == [Suppressed, Suppressed]


def test_a_resend_is_looked_at_too(txn):
    team = add_team(txn)
    old = sent(txn, team, "r1")
    told(txn, failed("r1"))
    add(txn, NODE, team, PHONE, "", "stop")
    with pytest.raises(Suppressed):
        messages.resend(txn, team, old, priced(team, resent_from=old, suppressible=True))


def test_a_million_of_others_are_passed_by_index(txn):
    team = add_team(txn)
    add(txn, NODE, team, PHONE, "", "stop")
    txn.execute("EXPLAIN " + suppressions.REFUSED, {"asked": "[]"})
    assert "suppression_team_id_recipient_sender_key" in " ".join(line for (line,) in txn.fetchall())


# What carriers say


def test_a_receipt_that_names_a_blacklist_suppresses_for_that_sender(txn):
    team = add_team(txn)
    message_id = sent(txn, team, "r1", "r2", sender="Acme")
    told(txn, *(failed(ref, Failure.REJECTED, blacklisted=True) for ref in ("r1", "r2", "unknown")))
    assert suppressed(txn) == [(team, PHONE, "Acme", "blacklisted")]
    assert one(txn, "SELECT source_id FROM suppression") == message_id
    assert marked(txn, team)
    told(txn, failed("r1", Failure.REJECTED, blacklisted=True))
    assert len(suppressed(txn)) == 1


def test_other_receipts_suppress_nobody(txn):
    team = add_team(txn)
    sent(txn, team, "r1")
    sent(txn, team, "r2")
    told(txn, failed("r1"), delivered("r2"))
    assert suppressed(txn) == []
    assert not marked(txn, team)


def test_a_receipt_that_came_too_early_suppresses_when_its_message_is_known(txn):
    team = add_team(txn)
    told(txn, failed("r1", blacklisted=True))
    assert suppressed(txn) == []
    sent(txn, team, "r1")
    assert suppressed(txn) == [(team, PHONE, "TextBlast", "blacklisted")]


def test_a_carrier_that_refuses_for_its_blacklist_suppresses_too(txn):
    team = add_team(txn)
    ids = accepted(txn, team, 4)
    outcomes = [
        Never(Failure.REFUSED, "UserInBlacklist", "406"),
        Never(Failure.REFUSED, "no credit"),
        Later(1, "wait"),
        Sent(("a",)),
    ]
    settled(txn, *zip(ids, outcomes, strict=True))
    assert suppressed(txn) == [(team, PHONE, "TextBlast", "blacklisted")]
    assert one(txn, "SELECT source_id FROM suppression") == ids[0]


# For the API


def test_a_team_that_is_told_a_uuid_finds_it_even_when_two_calls_meet(txn):
    team = add_team(txn)
    there = add(txn, NODE, team, PHONE, "", "stop")
    with pytest.raises(suppressions.OtherUuid):
        suppressions._add_as(txn, NODE, attrs.evolve(there, uuid="6f1c1bb0-5c00-4d21-9a3b-000000000001"))
    suppressions._add_as(txn, NODE, there)


def test_the_audit_finds_a_suppression_of_a_team_that_is_not_looked_at(txn):
    team = add_team(txn)
    add(txn, NODE, team, PHONE, "", "stop")
    txn.execute("UPDATE team SET suppresses = false")
    assert [finding.name for finding in wrong(txn)] == ["suppressed"]


def test_the_audit_finds_a_stop_to_nobody(txn):
    carrier = add_carrier(txn)
    inbound.take_in(txn, [Arrival(new_id(), InboundPart(carrier, PHONE, "9", Coding.GSM7, b"STOP", NOW_MS), None)])
    assert wrong(txn) == []
    txn.execute("UPDATE inbound SET opt_out = 'stop'")
    assert [finding.name for finding in wrong(txn)] == ["opt_outs"]
