"""Exports: asked for, written in pieces, found when they are whole."""

import uuid

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import NotFound
from mobilesasa.core.exports import JOB_KIND, Export, Look
from mobilesasa.core.jobs import JobGone, JobState
from mobilesasa.core.model import Coding, Failure, Sent
from mobilesasa.core.reporting import Period, Wanted, bounded, used
from mobilesasa.jobs.exporting import Exporting
from mobilesasa.store import export_rows, exports, figures, files, jobs, rollups
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.exports import Exports, ExportWriting, Files
from mobilesasa.store.figures import Reports
from mobilesasa.store.jobs import StoredJobs
from mobilesasa.store.rollups import Rollups
from tests.store.campaigns import add_campaign, phone, row
from tests.store.campaigns import queued as campaigned
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_team,
    count,
    delivered,
    failed,
    one,
    rows,
    settled,
    told,
)
from tests.store.test_hooks import add_webhook, queued

DAY_MS = 86_400_000
DATES = {"from_ms": NOW_MS - DAY_MS, "to_ms": NOW_MS + DAY_MS, "zone": "Africa/Nairobi"}


def wanted(team, of="messages", form="csv", **asked):
    name = f"{of}.{form}"
    given = {**DATES, **asked}
    return Export(
        uuid=str(uuid.uuid4()), team_id=team, kind=of, format=form, asked=given, shown={"a": 1}, filename=name
    )


def ask(txn, team, *more, **asked):
    """Ask for an export, and return it with its job as the runner begins it."""
    export = wanted(team, *more, **asked)
    exports.add(txn, NODE, export)
    job_id = one(txn, "SELECT job_id FROM export WHERE uuid = %(uuid)s", uuid=export.uuid)
    return export, jobs.begin(txn, job_id)


def all_rows(txn, team, of="messages", **asked):
    """Return the columns and all rows of an export, slice by slice."""
    export = wanted(team, of, **asked)
    columns, cursor, found = export_rows.columns(txn, export), None, []
    while True:
        some, cursor = export_rows.read(txn, export, columns, cursor)
        found += [dict(zip(columns, row, strict=True)) for row in some]
        if cursor is None:
            return found


# Asked for, and written


def test_decision_85_an_export_is_a_job_whose_file_is_found_when_it_is_whole(txn):
    """GET /reports/…, /reports/export (CSV/XLSX job)."""
    team = add_team(txn)
    accepted(txn, team, 2)
    export, job = ask(txn, team)
    assert exports.find(txn, team, export.uuid).state is JobState.RUNNING
    begun = exports.begin(txn, job, str(uuid.uuid4()))
    found = exports.rows(txn, begun, None, Look().octets)
    exports.keep(txn, begun, 0, b"head\r\n" + found.octets, found.rows)
    assert attrs.astuple(exports.find(txn, team, export.uuid))[7:10] == (2, 2, False)
    assert exports.find(txn, team, export.uuid).file_uuid is None
    exports.finish(txn, begun)
    jobs.end(txn, job, JobState.COMPLETED)
    whole = exports.find(txn, team, export.uuid)
    assert (whole.state, whole.octets, whole.rows) == (JobState.COMPLETED, 6 + len(found.octets), 2)
    file = files.find(txn, team, whole.file_uuid)
    assert (file.name, file.content_type) == ("messages.csv", "text/csv; charset=utf-8")
    assert files.read_chunk(txn, file.id, 0) == b"head\r\n" + found.octets


def test_a_file_that_is_begun_again_is_written_from_its_beginning(txn):
    team = add_team(txn)
    export, job = ask(txn, team)
    begun = exports.begin(txn, job, str(uuid.uuid4()))
    exports.keep(txn, begun, 0, b"half", 7)
    again = exports.begin(txn, jobs.begin(txn, job.id), str(uuid.uuid4()))
    assert again.file_id != begun.file_id
    assert exports.find(txn, team, export.uuid).rows == 0
    assert count(txn, "file_chunk") == 0


def test_a_whole_file_is_not_written_again(txn):
    team = add_team(txn)
    export, job = ask(txn, team)
    exports.finish(txn, exports.begin(txn, job, str(uuid.uuid4())))
    assert exports.begin(txn, jobs.begin(txn, job.id), str(uuid.uuid4())) is None
    assert exports.find(txn, team, export.uuid).octets == 0


def test_who_lost_the_job_writes_nothing_more(txn):
    team = add_team(txn)
    _, job = ask(txn, team)
    begun = exports.begin(txn, job, str(uuid.uuid4()))
    jobs.begin(txn, job.id)  # another process
    for step in (
        lambda: exports.keep(txn, begun, 0, b"x", 1),
        lambda: exports.finish(txn, begun),
        lambda: exports.give_up(txn, begun),
    ):
        with pytest.raises(JobGone):
            step()


def test_an_export_that_is_removed_is_cancelled_and_leaves_nothing(txn):
    team = add_team(txn)
    export, job = ask(txn, team)
    begun = exports.begin(txn, job, str(uuid.uuid4()))
    exports.keep(txn, begun, 0, b"x", 1)
    exports.remove(txn, NODE, team, export.uuid)
    assert exports.find(txn, team, export.uuid) is None
    assert jobs.find(txn, team, job.id).state is JobState.CANCELLED
    assert (count(txn, "file"), count(txn, "file_chunk")) == (0, 0)
    with pytest.raises(JobGone):
        exports.keep(txn, begun, 1, b"x", 1)
    noted = rows(txn, "SELECT action FROM trail WHERE subject = %(uuid)s ORDER BY id", uuid=export.uuid)
    assert noted == [("export.create",), ("export.remove",)]


def test_one_that_has_not_begun_can_be_removed(txn):
    team = add_team(txn)
    export = wanted(team)
    exports.add(txn, NODE, export)
    exports.remove(txn, NODE, team, export.uuid)
    assert exports.find(txn, team, export.uuid) is None


def test_the_export_of_another_team_is_not_there(txn):
    team, other = add_team(txn), add_team(txn)
    export, _ = ask(txn, team)
    assert exports.find(txn, other, export.uuid) is None
    assert exports.find(txn, team, "no uuid") is None
    for uuid_ in (export.uuid, "no uuid"):
        with pytest.raises(NotFound):
            exports.remove(txn, NODE, other, uuid_)
    assert exports.page(txn, other, ["messages"], 10, 0) == []


def test_exports_are_listed_newest_first_and_by_kind(txn):
    team = add_team(txn)
    made = [ask(txn, team, kind)[0].uuid for kind in ("messages", "contacts", "messages")]
    listed = [each.uuid for each in exports.page(txn, team, ["messages", "contacts"], 10, 0)]
    assert listed == made[::-1]
    assert [each.uuid for each in exports.page(txn, team, ["messages"], 1, 1)] == made[:1]
    assert exports.count(txn, team, ["messages"]) == (2, False)


def test_one_that_cannot_be_written_leaves_no_file_and_its_team_is_told(txn):
    team = add_team(txn)
    txn.execute(
        "INSERT INTO webhook (uuid, team_id, url, events, secret) VALUES (gen_random_uuid(), %s, 'https://a.example', '{*}', '')",
        [team],
    )
    _, job = ask(txn, team)
    exports.give_up(txn, exports.begin(txn, job, str(uuid.uuid4())))
    _, second = ask(txn, team)
    exports.finish(txn, exports.begin(txn, second, str(uuid.uuid4())))
    told_of = rows(
        txn, "SELECT event, data->>'status' FROM webhook_event WHERE team_id = %(team)s ORDER BY id", team=team
    )
    assert sorted(told_of) == [("export.completed", "completed"), ("export.completed", "failed")]


# What is in them


@pytest.mark.parametrize("begun", [True, False])
def test_one_whose_job_is_given_up_leaves_no_file_and_its_team_is_told(txn, begun):
    team = add_team(txn)
    export, job = ask(txn, team)
    webhook = add_webhook(txn, team, "export.completed")
    if begun:
        exports.begin(txn, job, str(uuid.uuid4()))
        txn.execute("UPDATE job SET tries = 1")
    for _ in range(jobs.TRIES_MAX):
        jobs.begin(txn, job.id, {JOB_KIND: exports.given_up})
    assert exports.find(txn, team, export.uuid).state == JobState.FAILED
    assert rows(txn, "SELECT FROM file WHERE team_id = %(team)s", team=team) == []
    assert queued(txn, webhook) == [("export.completed", export.uuid)]
    exports.given_up(txn, team, 0)  # of a job without an export
    assert len(queued(txn, webhook)) == 1


def test_messages_are_told_with_what_became_of_them(txn):
    team, carrier = add_team(txn), add_carrier(txn)
    (first, second, third) = accepted(txn, team, 3, text="=Hi", carrier_id=carrier, parts=2)
    settled(txn, (first, Sent(("a", "b"))), (second, Sent(("c", "d"))), carrier=carrier, at_ms=NOW_MS + 500)
    told(txn, delivered("a", carrier_id=carrier), delivered("b", carrier_id=carrier))
    told(txn, failed("c", carrier_id=carrier), failed("d", Failure.EXPIRED, carrier_id=carrier))
    found = all_rows(txn, team)
    assert [(row["uuid"], row["status"], row["failure_reason"]) for row in found] == [
        (first, "delivered", None), (second, "failed", "expired"), (third, "queued", None),
    ]  # fmt: skip
    row = found[0]
    assert (row["to"], row["sender_id"], row["message"], row["parts"], row["cost_units"]) == (
        "+254712345678",
        "TextBlast",
        "=Hi",
        2,
        2,
    )
    assert row["encoding"] == "gsm7"
    assert row["created_at"].endswith("+03:00")
    assert row["sent_at"] is not None
    assert row["done_at"] is not None
    assert found[2]["sent_at"] is None
    assert row["carrier"].startswith("carrier")


def test_slices_leave_nothing_out_and_tell_nothing_twice(txn, monkeypatch):
    monkeypatch.setattr(export_rows, "SLICE", 3)  # a slice of thousands makes a test slow
    team, other = add_team(txn), add_team(txn)
    made = accepted(txn, team, 7) + accepted(txn, other, 2) + accepted(txn, team, 2)
    assert [row["uuid"] for row in all_rows(txn, team)] == [each for n, each in enumerate(made) if n not in (7, 8)]
    assert len(all_rows(txn, other)) == 2


def test_filters_leave_the_messages_that_are_meant(txn, monkeypatch):
    monkeypatch.setattr(export_rows, "SLICE", 2)  # as above
    team = add_team(txn)
    (a,) = accepted(txn, team, sender="A")
    (b,) = accepted(txn, team, sender="B", recipient="255712345678")
    (c,) = accepted(txn, team, sender="B")
    settled(txn, (c, Sent(("c",))))
    txn.execute("UPDATE message SET campaign_uuid = id, client_reference = 'mine' WHERE id = %s", [b])

    def meant(**asked):
        return [row["uuid"] for row in all_rows(txn, team, **asked)]

    assert meant(sender="B") == [b, c]
    assert meant(recipient="255712345678") == [b]
    assert meant(state=20) == [c]
    assert meant(campaign_uuid=b) == meant(client_reference="mine") == [b]
    assert meant(sender="A", state=20) == []
    assert meant(to_ms=NOW_MS - 1) == []
    assert meant(from_ms=NOW_MS + 1, to_ms=NOW_MS + 1) == []
    assert len(meant(from_ms=0)) == 3
    assert a in meant()


def test_contacts_have_a_column_for_each_attribute(txn, monkeypatch):
    monkeypatch.setattr(export_rows, "SLICE", 2)  # as above
    team = add_team(txn)
    add = "INSERT INTO contact (team_id, phone, first_name, attributes, deleted_at) VALUES (%s, %s, %s, %s, %s) RETURNING id"
    ids = []
    for n, attributes in enumerate(['{"city": "Nairobi", "vip": true}', "{}", '{"age": 4}', "{}"]):
        txn.execute(add, [team, f"25471234567{n}", f"Jane {n}", attributes, None])
        ids.append(txn.fetchone()[0])
    txn.execute("UPDATE contact SET deleted_at = now() WHERE id = %s", [ids[1]])
    found = all_rows(txn, team, "contacts")
    assert [(row["phone"], row["first_name"], row["age"], row["city"], row["vip"]) for row in found] == [
        ("+254712345670", "Jane 0", None, "Nairobi", "true"),
        ("+254712345672", "Jane 2", 4, None, None),
        ("+254712345673", "Jane 3", None, None, None),
    ]
    txn.execute(
        "INSERT INTO contact_group (team_id, name, folded) VALUES (%s, 'VIP', 'vip') RETURNING id, uuid", [team]
    )
    group_id, group = txn.fetchone()
    txn.execute(
        "INSERT INTO group_member (group_id, contact_id, team_id) VALUES (%s, %s, %s)", [group_id, ids[2], team]
    )
    assert [row["first_name"] for row in all_rows(txn, team, "contacts", group_uuid=group)] == ["Jane 2"]


def test_messages_from_phones_are_told(txn, monkeypatch):
    monkeypatch.setattr(export_rows, "SLICE", 1)  # as above
    team = add_team(txn)
    (first, second) = accepted(txn, team, 2)  # ids of the moment
    add = """INSERT INTO inbound (id, team_id, carrier_id, source, destination, text, coding, parts, received_at)
             VALUES (%s, %s, 1, %s, %s, 'YES', %s, 1, to_timestamp(%s))"""
    txn.execute(add, [first, team, "254712345678", "22384", int(Coding.GSM7), NOW_MS / 1000])
    txn.execute(add, [second, team, "Acme", "254700000000", int(Coding.UCS2), NOW_MS / 1000])
    found = all_rows(txn, team, "inbound")
    assert [(row["phone"], row["code"], row["message"], row["encoding"]) for row in found] == [
        ("+254712345678", "22384", "YES", "gsm7"),
        ("Acme", "+254700000000", "YES", "ucs2"),
    ]
    assert len(all_rows(txn, team, "inbound", source="254712345678")) == 1
    assert len(all_rows(txn, team, "inbound", destination="22384")) == 1


def test_the_ledger_is_told_entry_by_entry(txn, monkeypatch):
    monkeypatch.setattr(export_rows, "SLICE", 2)  # as above
    team = add_team(txn, 50)
    for _ in range(3):
        accepted(txn, team)
    found = all_rows(txn, team, "ledger")
    assert [(row["kind"], row["units"], row["messages"]) for row in found] == [("topup", 50, 0)] + [
        ("charge", -1, 1)
    ] * 3
    assert [row["kind"] for row in all_rows(txn, team, "ledger", kind="topup")] == ["topup"]
    assert all_rows(txn, team, "ledger", to_ms=NOW_MS - DAY_MS) == []
    assert all_rows(txn, add_team(txn, 0), "ledger") == []


REPORT = {
    "group_by": "day", "starts_ms": [], "sender": None, "network": None, "country": None, "carrier_id": None, "campaign": None,
    "carriers": {},
}  # fmt: skip


def test_a_report_is_told_as_it_is_shown(txn):
    team = add_team(txn)
    accepted(txn, team, 3)
    accepted(txn, team, 1, sender="B", recipient="999")
    rollups.install(txn, "the test's", [("", "", ""), ("254", "KE", "Safaricom"), ("255", "", "")])
    txn.execute(rollups.ADD, {"limit": 100})
    begins = NOW_MS // DAY_MS * DAY_MS
    starts = [begins - DAY_MS, begins]
    dates = {"from_ms": starts[0], "to_ms": begins + DAY_MS}

    def report(by, **more):
        found = all_rows(txn, team, "report", **{**REPORT, **dates, "group_by": by, **more})
        return [(row[by], row["accepted"]) for row in found]

    assert [accepted_ for _, accepted_ in report("day", starts_ms=starts)] == [0, 4]
    assert all(len(day) == 10 for day, _ in report("day", starts_ms=starts))
    assert report("hour", starts_ms=[starts[0]])[0][0].endswith("+03:00")
    assert report("sender") == [("TextBlast", 3), ("B", 1)]
    assert report("network") == [("Safaricom", 3), ("", 1)]
    assert report("carrier", carriers={"1": "savanna"}) == [("savanna", 4)]
    assert report("campaign") == [(None, 4)]
    assert report("status") == [("queued", 4), ("sent", 0), ("delivered", 0), ("failed", 0)]
    assert export_rows.count(txn, wanted(team, "report", **REPORT)) == (None, False)


def test_the_units_of_days_are_told_as_they_are_shown(txn):
    team = add_team(txn)
    accepted(txn, team, 3)
    at_ms = one(
        txn, "SELECT (extract(epoch FROM max(at)) * 1000)::bigint FROM ledger WHERE team_id = %(team)s", team=team
    )
    begins = at_ms // DAY_MS * DAY_MS
    starts = [begins - DAY_MS, begins]
    txn.execute(rollups.ADD, {"limit": 100})
    asked = {"from_ms": starts[0], "to_ms": begins + DAY_MS, "starts_ms": starts, "zone": "UTC"}
    before, today = all_rows(txn, team, "usage", **asked)
    assert list(before) == ["day", "charged", "refunded", "reserved", "released", "topped_up", "adjusted", "messages"]
    assert (len(before["day"]), before["day"] < today["day"]) == (10, True)
    assert [*before.values()][1:] == [0] * 7
    shown = used(figures.usage(txn, team, Period(starts[0], begins + DAY_MS), starts), 1)
    assert {name: value for name, value in today.items() if name != "day"} == shown
    assert (today["charged"], today["messages"]) == (3, 3)
    assert export_rows.count(txn, wanted(team, "usage", **asked)) == (None, False)


def test_recipients_of_a_campaign_are_there_with_their_texts_and_what_became_of_them(txn, monkeypatch):
    monkeypatch.setattr(export_rows, "SLICE", 2)  # the slices are what is looked at here
    team, other = add_team(txn), add_team(txn)
    people = [row(n, skipped="suppressed" if n == 2 else None, text="Hi Jane" if n == 1 else None) for n in range(1, 6)]
    campaign = add_campaign(txn, team, *people)
    message = campaigned(txn, campaign, 1).messages[0]
    found = all_rows(txn, team, "recipients", campaign_uuid=campaign)
    assert found[0] == {
        "to": f"+{phone(1)}", "status": "queued", "message_uuid": message.id, "message": "Hi Jane", "parts": 1,
        "cost_units": 1, "skipped": None, "clicks": 0,
    }  # fmt: skip
    assert [(each["status"], each["message"]) for each in found[1:3]] == [("skipped", "Sale!"), ("waiting", "Sale!")]
    assert [each["to"] for each in found] == [f"+{phone(n)}" for n in range(1, 6)]
    assert export_rows.count(txn, wanted(team, "recipients", campaign_uuid=campaign)) == (5, False)
    for nobody_s in (other, team):
        gone = campaign if nobody_s == other else str(uuid.uuid4())
        assert all_rows(txn, nobody_s, "recipients", campaign_uuid=gone) == []
        assert export_rows.count(txn, wanted(nobody_s, "recipients", campaign_uuid=gone)) == (0, False)


@pytest.mark.parametrize("kind", ["messages", "contacts", "inbound", "ledger"])
def test_rows_are_counted_before_they_are_written(txn, kind):
    team = add_team(txn, 0)
    assert export_rows.count(txn, wanted(team, kind)) == (0, False)


@pytest_twisted.ensureDeferred
async def test_all_of_it_runs_over_the_pool(database_dsn):
    """The calls that the API, the jobs and the chores make, each in a transaction of its own."""
    opened = connect(database_dsn, "tests")
    team = in_transaction(opened, add_team)
    in_transaction(opened, accepted, team, 2)
    opened.close()
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        sums = Rollups(database)
        assert await sums.plans() == ("", {})
        await sums.install("the test's", [("", "", ""), ("254", "KE", "Safaricom")])
        while not (await sums.count()).is_done:
            pass
        reports, meant = (
            Reports(database),
            Wanted(team_id=team, period=bounded(Period(DATES["from_ms"], DATES["to_ms"]))),
        )
        assert (await reports.total(meant)).accepted == 2
        assert [each.key for each in await reports.grouped(meant, "network")] == ["Safaricom"]
        assert sum((await reports.latencies(meant)).sent_within) == 0
        assert [each.kind for each in await reports.usage(team, meant.period, [meant.period.from_ms])] == [
            "charge",
            "topup",
        ]
        assert (await reports.standing(team)).country == "KE"
        asked, kept = Exports(database), StoredJobs(database)
        export = wanted(team)
        await asked.add(NODE, export, None)
        ((job_id, kind),) = await kept.waiting()
        job = await kept.begin(job_id)
        assert kind == JOB_KIND
        await Exporting(ExportWriting(database, lambda: str(uuid.uuid4())), None, None).do(job)
        await kept.end(job, JobState.COMPLETED)
        found = await asked.find(team, export.uuid)
        assert (await asked.count(team, ["messages"]), await asked.page(team, ["messages"], limit=9, offset=0)) == (
            (1, False),
            [found],
        )
        files_ = Files(database)
        file = await files_.find(team, found.file_uuid)
        assert (await files_.chunk(file.id, 0)).count(b"\r\n") == 3
        assert await files_.chunk(file.id, 1) is None
        await asked.remove(NODE, team, export.uuid)
        assert await asked.find(team, export.uuid) is None
        second = wanted(team, form="xlsx")
        await asked.add(NODE, second, None)
        ((job_id, _),) = await kept.waiting()
        writing = ExportWriting(database, lambda: str(uuid.uuid4()))
        await writing.give_up(await writing.begin(await kept.begin(job_id)))
    finally:
        await database.close()
