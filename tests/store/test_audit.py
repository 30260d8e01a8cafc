"""The audit: a store that has been through everything is clean, and each planted fault is found by the rule for it."""

import itertools
from collections.abc import Callable, Sequence
from contextlib import closing

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import NewTeam
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import Arrival, InboundPart
from mobilesasa.core.model import (
    Coding,
    Failure,
    Lane,
    Later,
    MessageId,
    Never,
    Origin,
    Outcome,
    Priced,
    Report,
    Sent,
    Settlement,
    State,
    Wish,
)
from mobilesasa.core.optouts import OptOut
from mobilesasa.sms.udh import Concatenation
from mobilesasa.store import (
    audit,
    audit_campaigns,
    audit_surveys,
    carriers,
    claims,
    inbound,
    intake,
    outcomes,
    reports,
    teams,
)
from mobilesasa.store.claims import Claim
from mobilesasa.store.database import Txn, connect, in_transaction, one_row
from tests.store.belongings import give_belongings

HOUR_MS = 3_600_000


@attrs.frozen
class Stored:
    """A store with a message in every situation."""

    txn: Txn
    team_id: int
    carrier_id: int
    run: int
    ids: dict[str, MessageId]

    def plant(self, statement: str) -> None:
        """Run statements that name messages as {delivered}, or our team, carrier and run."""
        names = {name: f"'{message_id}'" for name, message_id in self.ids.items()}
        self.txn.execute(statement.format(team=self.team_id, carrier=self.carrier_id, run=self.run, **names))

    def wrong(self) -> set[str]:
        """The names of the rules that do not hold."""
        return {finding.name for finding in audit.findings(self.txn) if not finding.clean}


SITUATIONS = (
    "queued", "claimed", "part_sent", "sent", "long_sent", "delivered", "undelivered", "half_failed", "refused",
    "part_refused", "expired", "given_up", "spooled", "may_leave", "left",
)  # fmt: skip
LONG = {"part_sent", "long_sent", "half_failed", "part_refused"}
OF_FEATURES = {name for name, _, _ in (*audit_campaigns.CHECKS, *audit_surveys.CHECKS)}  # are in modules of their own
SECOND_TEAM = 3  # units that the other team begins with


def priced(ids: Callable[[], MessageId], now_ms: int, team_id: int, carrier_id: int, name: str) -> Priced:
    parts = 2 if name in LONG else 1
    return Priced(
        id=ids(),
        team_id=team_id,
        carrier_id=carrier_id,
        lane=Lane.TRANSACTIONAL,
        origin=Origin.SMPP,
        wish=Wish.ALL if name == "spooled" else Wish.NONE,
        sender="Acme",
        recipient="254700000001",
        text="hello",
        body=None,
        udh=b"",
        coding=Coding.GSM7,
        parts=parts,
        price_units=parts,
        expires_at_ms=now_ms - HOUR_MS if name == "expired" else now_ms + HOUR_MS,
        due_at_ms=None,
    )


@pytest.fixture
def stored(txn: Txn) -> Stored:
    team = teams.create_team(txn, NODE, NewTeam("ACME", units=100, senders=("Acme",)), "mbs_acme").team
    teams.create_team(txn, NODE, NewTeam("OTHER", units=SECOND_TEAM, senders=("Other",)), "mbs_other")
    carrier_id = carriers.add_carrier(txn, NODE, "sandbox", "sandbox", {}).id
    txn.execute("SELECT (extract(epoch FROM now()) * 1000)::bigint")
    now_ms = one_row(txn)[0]
    new_id = MessageIds(lambda: now_ms, lambda bits: 0)
    batch = {name: priced(new_id, now_ms, team.id, carrier_id, name) for name in SITUATIONS}
    half = len(SITUATIONS) // 2
    for some in (list(batch.values())[:half], list(batch.values())[half:]):
        assert intake.accept(txn, some) == [None] * len(some)
    ids = {name: message.id for name, message in batch.items()}
    run, _ = claims.begin_run(txn, "node")
    next_id = carriers.add_carrier(txn, NODE, "next", "sandbox", {}).id
    txn.execute("UPDATE pending SET fallbacks = ARRAY[%(next)s] WHERE message_id = ANY(%(ids)s::uuid[])",
                {"next": next_id, "ids": [ids["may_leave"], ids["left"]]})  # fmt: skip
    expected_taken = [name for name in SITUATIONS if name not in ("queued", "expired")]
    taken = claims.claim(txn, [Claim(ids[name], run) for name in expected_taken])
    assert None not in taken
    live_through(txn, carrier_id, ids, now_ms)
    hear_from_phones(txn, team.id, carrier_id, new_id, now_ms)
    give_belongings(txn, team.id)
    return Stored(txn, team.id, carrier_id, run, ids)


def live_through(txn: Txn, carrier_id: int, ids: dict[str, MessageId], now_ms: int) -> None:
    """Bring the messages to where their names say that they are."""
    refused = Never(Failure.REFUSED, "no")
    answers: Sequence[tuple[str, Outcome]] = [
        ("part_sent", Later(60, "throttled", "88", ("p1", None))),
        ("part_refused", Never(Failure.REFUSED, "no", "", ("r1", None))),
        ("refused", refused),
        *((name, Sent((name,))) for name in ("sent", "delivered", "undelivered", "given_up", "spooled")),
        *((name, Sent((f"{name}1", f"{name}2"))) for name in ("long_sent", "half_failed")),
    ]
    old_ms = now_ms - 100 * HOUR_MS
    outcomes.settle(
        txn,
        [
            Settlement(ids[name], carrier_id, 1, old_ms if name == "given_up" else now_ms, outcome)
            for name, outcome in answers
        ]
        + [
            Settlement(ids[name], carrier_id, 1, now_ms, Sent((name,)), second_way_s=60)
            for name in ("may_leave", "left")
        ],
    )
    left = Report(carrier_id, "left", State.FAILED, Failure.UNDELIVERED, second_way=True)
    assert reports.report(txn, [left]) == [None]
    assert outcomes.expire_some(txn, 10)[0] == 1
    said = [
        ("delivered", State.DELIVERED),
        ("spooled", State.DELIVERED),
        ("undelivered", State.FAILED),
        ("half_failed1", State.FAILED),
        ("long_sent2", State.DELIVERED),
        ("half_failed2", State.DELIVERED),
        ("delivered", State.DELIVERED),
        ("nobody", State.DELIVERED),
    ]
    for ref, state in said:
        failure = Failure.UNDELIVERED if state is State.FAILED else None
        reports.report(txn, [Report(carrier_id, ref, state, failure, "000", now_ms)])
    assert reports.give_up(txn, 72, 10)[0] == 1


def hear_from_phones(txn: Txn, team_id: int, carrier_id: int, new_id: Callable[[], MessageId], now_ms: int) -> None:
    """Bring a message that its team is owed, one that is nobody's, a long one, and a part that waits for others."""

    def came(team: int | None, reference: int = 0, number: int = 1) -> Arrival:
        concatenation = Concatenation(reference, 2, number) if reference else None
        part = InboundPart(carrier_id, "254711000001", "22384", Coding.GSM7, b"YES", now_ms, concatenation)
        stop = OptOut(True, "254711000001", ((team_id, ""),)) if team == team_id and not reference else None
        return Arrival(new_id(), part, team, opt_out=stop)

    inbound.take_in(txn, [came(team_id), came(None), came(team_id, 1, 2), came(team_id, 1, 1), came(team_id, 2)])


def test_a_store_that_has_been_through_everything_is_clean(stored: Stored) -> None:
    assert [finding for finding in audit.findings(stored.txn) if not finding.clean] == []


def test_an_empty_store_is_clean(txn: Txn) -> None:
    found = audit.findings(txn)
    assert [finding.name for finding in found] == [name for name, _, _ in audit.CHECKS]
    assert all(finding.clean for finding in found)


def test_every_rule_looks_at_something(stored: Stored) -> None:
    stored.plant(
        "INSERT INTO message SELECT gen_random_uuid(), team_id, charge_id, carrier_id, price_units, 40, lane, origin, wish, coding,"
        " parts, 0, 1, 0, expires_at, NULL, now(), now(), sender, recipient, text, NULL, NULL, 'x', 'refused', '', '', id"
        " FROM message WHERE id = {refused}"
    )
    looked = {finding.name: finding.checked for finding in audit.findings(stored.txn)}
    assert [name for name, checked in looked.items() if checked == 0 and name not in OF_FEATURES] == []


# Which rules see what went wrong; the first is the one that is for it.
FAULTS = [
    ("UPDATE team SET balance = balance + 1 WHERE id = {team}", {"balance"}),
    ("INSERT INTO ledger (team_id, kind, units) VALUES ({team}, 'topup', 1)", {"balance"}),
    (
        (
            "ALTER TABLE team DROP CONSTRAINT team_balance_check; UPDATE team SET balance = -1 WHERE id = {team};"
            "INSERT INTO ledger (team_id, kind, units) SELECT {team}, 'adjustment', -1 - sum(units) FROM ledger WHERE team_id = {team}"
        ),
        {"not_negative"},
    ),
    ("UPDATE message SET price_units = price_units + 1 WHERE id = {delivered}", {"charges"}),
    ("DELETE FROM message WHERE id = {delivered}", {"charges"}),
    (
        "UPDATE message SET team_id = (SELECT id FROM team WHERE code = 'OTHER') WHERE id = {delivered}",
        {"charged", "charges"},
    ),
    ("UPDATE message SET charge_id = 0 WHERE id = {sent}", {"charged", "charges"}),
    (
        (
            "DROP INDEX ledger_refunds_once; UPDATE team SET balance = balance + 1 WHERE id = {team};"
            "INSERT INTO ledger (team_id, kind, units, messages, message_id) VALUES ({team}, 'refund', 1, 1, {refused})"
        ),
        {"refund_once"},
    ),
    (
        (
            "UPDATE team SET balance = balance + 2 WHERE id = {team};"
            "INSERT INTO ledger (team_id, kind, units, messages, message_id) VALUES ({team}, 'refund', 2, 1, {undelivered})"
        ),
        {"refund_fits"},
    ),
    (
        (
            "UPDATE team SET balance = balance + 1 WHERE id = {team};"
            "INSERT INTO ledger (team_id, kind, units, messages, message_id) VALUES ({team}, 'refund', 1, 1, {delivered})"
        ),
        {"refund_fits"},
    ),
    (
        (
            "UPDATE team SET balance = balance + 1 WHERE id = {team};"
            "INSERT INTO ledger (team_id, kind, units, messages) VALUES ({team}, 'refund', 1, 1)"
        ),
        {"refund_fits"},
    ),
    (
        (
            "UPDATE team SET balance = balance + 1 WHERE code = 'OTHER'; INSERT INTO ledger (team_id, kind, units, messages, message_id)"
            " SELECT id, 'refund', 1, 1, {undelivered} FROM team WHERE code = 'OTHER'"
        ),
        {"refund_fits"},
    ),
    (
        "UPDATE message SET sent_at = NULL, refs = NULL WHERE id = {undelivered}; DELETE FROM awaiting WHERE message_id = {undelivered}",
        {"refunded"},
    ),
    ("DELETE FROM pending WHERE message_id = {queued}", {"queued_waits"}),
    ("UPDATE message SET state = 20, sent_at = now() WHERE id = {queued}", {"waits_queued"}),
    (
        (
            "INSERT INTO pending (message_id, team_id, carrier_id, lane, price_units, expires_at)"
            " VALUES (gen_random_uuid(), {team}, {carrier}, 0, 1, now())"
        ),
        {"waits_queued"},
    ),
    ("DELETE FROM message_event WHERE message_id = {left}", {"waits_queued"}),
    (
        "UPDATE message SET state = 40, failure = 'refused', done_at = now(), open_parts = 0, failed_parts = 1 WHERE id = {left}",
        {"waits_queued"},
    ),
    ("DELETE FROM message_failed WHERE message_id = {refused}", {"failed_listed"}),
    ("UPDATE message_failed SET sender = 'Other' WHERE message_id = {refused}", {"failed_listed"}),
    ("UPDATE message_failed SET team_id = 0 WHERE message_id = {refused}", {"failed_listed"}),
    ("INSERT INTO message_failed VALUES ({team}, {delivered}, 'Acme')", {"failed_listed"}),
    ("INSERT INTO message_failed VALUES ({team}, '00000000-0000-7000-8000-000000000000', 'Acme')", set()),
    ("INSERT INTO second_way VALUES ({delivered}, '{{1}}', now() + interval '1 hour')", {"second_ways"}),
    ("INSERT INTO second_way VALUES ({left}, '{{1}}', now() + interval '1 hour')", {"second_ways"}),
    ("INSERT INTO second_way VALUES (gen_random_uuid(), '{{1}}', now())", {"second_ways"}),
    ("INSERT INTO second_way VALUES ({delivered}, '{{1}}', now() - interval '1 hour')", set()),
    ("UPDATE left_behind SET message_id = gen_random_uuid()", {"left_behind"}),
    ("UPDATE left_behind SET part = 2", {"left_behind"}),
    ("INSERT INTO left_behind VALUES ({carrier}, 'sent', {sent}, 1, false, now())", {"left_behind"}),
    ("INSERT INTO left_behind VALUES ({carrier}, 'sent', {delivered}, 1, false, now())", set()),
    ("UPDATE pending SET price_units = 9 WHERE message_id = {queued}", {"waits_agree"}),
    ("UPDATE pending SET lane = 1 WHERE message_id = {queued}", {"waits_agree"}),
    ("UPDATE pending SET sent_parts = 4 WHERE message_id = {part_sent}", {"waits_agree"}),
    ("UPDATE pending SET claimed_by = 0 WHERE message_id = {queued}", {"claims"}),
    ("UPDATE node_run SET ended_at = now() WHERE id = {run}", {"claims"}),
    ("UPDATE message SET open_parts = -1 WHERE id = {refused}", {"parts"}),
    ("UPDATE message SET open_parts = 1 WHERE id = {refused}", {"parts"}),
    ("UPDATE message SET failed_parts = -1 WHERE id = {queued}", {"parts"}),
    ("UPDATE message SET failure = 'rejected' WHERE id = {delivered}", {"final"}),
    ("UPDATE message SET open_parts = 1 WHERE id = {delivered}", {"final"}),
    ("UPDATE message SET failed_parts = 1 WHERE id = {delivered}", {"final"}),
    ("UPDATE message SET done_at = NULL WHERE id = {delivered}", {"final"}),
    ("UPDATE message SET failure = NULL WHERE id = {refused}", {"final"}),
    ("UPDATE message SET done_at = NULL WHERE id = {refused}", {"final"}),
    ("UPDATE message SET state = 99 WHERE id = {given_up}", {"final"}),
    ("INSERT INTO awaiting VALUES ({carrier}, 'stray', gen_random_uuid(), 1, false, now())", {"awaiting_known"}),
    ("UPDATE awaiting SET part = 3 WHERE message_id = {long_sent}", {"awaiting_known"}),
    ("UPDATE pending SET sent_parts = 0 WHERE message_id = {part_sent}", {"awaiting_known"}),
    (
        "INSERT INTO awaiting VALUES ({carrier}, 'again', {delivered}, 1, false, now())",
        {"awaiting_known", "awaiting_fits"},
    ),
    ("INSERT INTO awaiting VALUES ({carrier}, 'again', {sent}, 1, false, now())", {"awaiting_fits"}),
    ("INSERT INTO awaiting VALUES ({carrier}, 'again', {undelivered}, 1, true, now())", {"awaiting_fits"}),
    ("DELETE FROM awaiting WHERE message_id = {sent}", {"awaited"}),
    (
        "UPDATE message SET open_parts = 2 WHERE id = {long_sent}",
        {"awaited"},
    ),
    (
        "INSERT INTO spool (team_id, message_id, state, done_at) VALUES ({team}, gen_random_uuid(), 30, now())",
        {"spool_known"},
    ),
    ("UPDATE spool SET team_id = team_id + 1 WHERE state < 50", {"spool_known"}),
    ("UPDATE spool SET team_id = team_id + 1 WHERE state = 50", {"spool_inbound"}),
    ("UPDATE spool SET message_id = gen_random_uuid() WHERE state = 50", {"spool_inbound"}),
    ("UPDATE inbound SET team_id = 0 WHERE team_id IS NOT NULL; DELETE FROM spool WHERE state = 50", {"inbound_fits"}),
    ("UPDATE inbound SET carrier_id = 0", {"inbound_fits"}),
    ("UPDATE inbound SET missing = -1", {"inbound_fits"}),
    ("UPDATE inbound SET opt_out = 'stop'", {"opt_outs"}),
    ("UPDATE suppression SET team_id = 0", {"suppressed"}),
    ("UPDATE team SET suppresses = false", {"suppressed"}),
    ("UPDATE inbound_part SET number = 3 WHERE inbound_id IS NULL", {"inbound_parts"}),
    ("UPDATE inbound_part SET inbound_id = gen_random_uuid()", {"inbound_parts"}),
    ("UPDATE inbound_part SET inbound_id = NULL", {"inbound_parts"}),
    ("UPDATE message SET origin = 1 WHERE id = {spooled}", {"spool_known"}),
    ("UPDATE message SET carrier_id = 0 WHERE id = {delivered}", {"configured"}),
    ("UPDATE pending SET carrier_id = 0 WHERE message_id = {queued}", {"configured", "waits_agree"}),
    (
        "UPDATE team SET default_sender_id = (SELECT id FROM sender WHERE name = 'Other') WHERE id = {team}",
        {"default_senders"},
    ),
    ("UPDATE contact_group SET members = 2", {"groups"}),
    ("UPDATE contact_group SET team_id = 0", {"groups", "members"}),
    ("UPDATE contact SET deleted_at = now()", {"groups"}),
    ("DELETE FROM contact", {"groups"}),
    ("UPDATE contact SET team_id = 0", {"contacts", "groups"}),
    ("DELETE FROM contact_attribute", {"contacts"}),
    ("DELETE FROM contact_group", {"members"}),
    ("UPDATE group_member SET team_id = 0", {"members", "groups"}),
    ("UPDATE erasure SET team_id = 0", {"erasures"}),
    ("UPDATE erasure SET phone = NULL", {"erasures"}),
    ("UPDATE erasure SET next_at = NULL", {"erasures"}),
    ("UPDATE erasure SET phone = NULL, next_at = NULL, finished_at = now()", set()),
    ("DELETE FROM file_chunk WHERE n = 1", {"files"}),
    ("UPDATE file_chunk SET n = 2 WHERE n = 1", {"files"}),
    ("UPDATE file SET octets = NULL WHERE content_type = 'application/pdf'", {"documents"}),
    ("DELETE FROM file WHERE content_type = 'application/pdf'", {"documents"}),
    ("DELETE FROM file WHERE content_type = 'text/csv'", set()),
    ("UPDATE file SET octets = 0 WHERE octets IS NULL", {"files"}),
    ("DELETE FROM export", {"files"}),
    ("UPDATE file SET team_id = (SELECT id FROM team WHERE code = 'OTHER')", {"files", "documents"}),
    ("UPDATE job SET finished_at = now() WHERE kind = 'contacts.undo'", {"jobs"}),
    ("UPDATE job SET finished_at = NULL WHERE kind = 'export'", {"jobs"}),
    ("UPDATE upload SET undo_job_id = NULL, removed = 0", {"jobs"}),
    ("DELETE FROM upload", {"jobs", "files"}),
    ("UPDATE job SET kind = 'of a feature to come' WHERE kind = 'contacts.undo'", {"uploads"}),
    ("UPDATE upload SET team_id = (SELECT id FROM team WHERE code = 'OTHER')", {"uploads", "files", "jobs"}),
    ("UPDATE upload SET updated = 2", {"uploads"}),
    ("UPDATE upload SET restored = 1", {"uploads"}),
    ("UPDATE upload SET failed = 0", {"uploads"}),
    ("DELETE FROM upload_error", set()),
    ("DELETE FROM audience", {"jobs", "files"}),
    ("UPDATE audience SET team_id = (SELECT id FROM team WHERE code = 'OTHER')", {"audiences", "files", "jobs"}),
    ("UPDATE job SET kind = 'of a feature to come' WHERE kind = 'campaigns.audience'", {"audiences"}),
    ("UPDATE audience SET status = 'completed'", {"audiences"}),
    ("UPDATE audience SET status = 'completed', finished_at = now()", {"audiences"}),
    ("UPDATE audience SET doubles = 2", {"audiences"}),
    ("UPDATE audience SET people = 0", {"audiences"}),
    ("UPDATE audience SET failed = 0", {"audiences"}),
    ("DELETE FROM audience_row", {"audiences"}),
    ("DELETE FROM audience_error", set()),
    ("UPDATE export SET team_id = (SELECT id FROM team WHERE code = 'OTHER')", {"exports", "files"}),
    ("UPDATE file SET octets = NULL WHERE id = (SELECT file_id FROM export)", {"exports"}),
    ("DELETE FROM webhook", {"deliveries"}),
    ("DELETE FROM webhook_event", {"deliveries"}),
    ("DELETE FROM webhook_delivery", set()),
    ("UPDATE webhook_event SET team_id = 0", {"deliveries"}),
    ("UPDATE webhook_delivery SET next_at = NULL", {"deliveries"}),
    ("UPDATE webhook_delivery SET state = 20", {"deliveries"}),
    ("UPDATE ledger_mark SET balance = balance + 1", {"marks"}),
    ("UPDATE ledger_mark SET ledger_id = 0", {"marks"}),
    ("INSERT INTO message_gone VALUES ({team}, '2020-01-01', 0, 1, 1, 0)", {"charges_gone"}),
    ("INSERT INTO message_gone VALUES ({team}, '2020-01-01', 0, 0, 0, 1)", {"refunds_gone"}),
    ("UPDATE message SET resent_from = id WHERE id = {delivered}", set()),
    ("UPDATE message SET resent_from = 'ffffffff-0000-7000-8000-000000000000' WHERE id = {delivered}", {"resends"}),
    ("UPDATE message SET resent_from = {refused} WHERE id IN ({delivered}, {sent})", {"one_resend"}),
    ("UPDATE message SET resent_from = {refused} WHERE id IN ({delivered}, {undelivered})", set()),
]


@pytest.mark.parametrize(("fault", "found"), FAULTS, ids=itertools.count())
def test_a_planted_fault_is_found(stored: Stored, fault: str, found: set[str]) -> None:
    stored.plant(fault)
    assert stored.wrong() == found


def test_every_rule_has_a_fault_that_it_finds() -> None:
    assert {name for _, found in FAULTS for name in found} == {name for name, _, _ in audit.CHECKS} - OF_FEATURES


def test_a_finding_counts_and_names_what_is_wrong(stored: Stored) -> None:
    stored.plant("UPDATE team SET balance = balance + 1 WHERE id = {team}")
    finding = audit.findings(stored.txn)[0]
    assert (finding.name, finding.checked, finding.wrong, finding.clean) == ("balance", 2, 1, False)
    assert finding.examples[0].startswith("ACME: balance ")


def test_at_most_five_examples_are_given(stored: Stored) -> None:
    stored.plant("DELETE FROM team WHERE false; UPDATE message SET carrier_id = 0; UPDATE message SET parts = 0")
    parts = next(finding for finding in audit.findings(stored.txn) if finding.name == "parts")
    assert (parts.wrong, len(parts.examples)) == (len(SITUATIONS), 5)


def test_what_belongs_to_months_that_were_dropped_is_that_of_their_sums(stored: Stored) -> None:
    stored.plant(
        "UPDATE team SET balance = balance - 3 WHERE id = {team};"
        "INSERT INTO ledger (team_id, kind, units, messages, message_id, at)"
        " SELECT {team}, kind, units, 3, id, now() - interval '1 year'"
        " FROM (VALUES ('charge', -7, NULL), ('refund', 4, first_id_at(now() - interval '1 year'))) AS old (kind, units, id)"
    )
    assert stored.wrong() == {"charges_gone", "refunds_gone"}
    stored.plant("INSERT INTO message_gone VALUES ({team}, date_trunc('month', now() - interval '1 year'), 0, 3, 7, 4)")
    assert stored.wrong() == set()


def test_the_audit_reads_one_moment_and_can_change_nothing(database_dsn: str) -> None:
    with closing(connect(database_dsn, "test")) as opened:

        def try_to_write(txn: Txn) -> str:
            assert all(finding.clean for finding in audit.audit(txn))
            txn.execute(
                "SELECT current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only')"
            )
            return str(one_row(txn)[0])

        assert in_transaction(opened, try_to_write) == "repeatable read on"
