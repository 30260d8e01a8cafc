"""Exports: asked for, looked at, fetched, removed."""

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.jobs import JobState
from mobilesasa.core.model import State
from tests.api.rig import NOW_MS, TOKEN, Rig, directory, token
from tests.api.rig import TOKENS as KNOWN
from tests.fakes.reports import FakeFile

REPORTS = "mbs_reports"
CONTACTS = "mbs_contacts"
CAMPAIGNS = "mbs_campaigns"
SURVEYS = "mbs_surveys"
READER = "mbs_reader"
MESSAGES = {"kind": "messages"}
UUID = "6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10"
PIECES = (b"uuid,to\r\n" * 3000, b"last\r\n")


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    more = [
        token(CONTACTS, scopes=("contacts",)),
        token(READER, scopes=("messages:read",)),
        token(SURVEYS, scopes=("surveys",)),
    ]
    made.directory.now = directory(tokens=[*KNOWN, *more])
    return made


def ask(rig, body=None, raw=TOKEN, **headers):
    return rig.post("/exports", body or MESSAGES, token=raw, **headers)


def kept(rig):
    (export,) = rig.exports.kept.values()
    return export


def whole(rig, team_id=1, pieces=PIECES):
    """An export whose file is there."""
    uuid = ask(rig).data["uuid"]
    rig.exports.kept[uuid] = attrs.evolve(
        rig.exports.kept[uuid], team_id=team_id, state=JobState.COMPLETED, rows=9, total=9, file_uuid="f", octets=sum(map(len, pieces)),
        finished_at_ms=NOW_MS,
    )  # fmt: skip
    rig.files.kept = [FakeFile(1, "f", team_id, 'mes"sages.csv', "text/csv; charset=utf-8", pieces)]
    return uuid


# Asking


def test_decision_85_an_export_is_asked_for_and_looked_at(rig):
    """GET /reports/…, /reports/export (CSV/XLSX job)."""
    made = ask(rig, {"kind": "messages", "format": "xlsx", "filters": {"status": "failed"}}).data
    assert made == {
        "uuid": kept(rig).uuid, "kind": "messages", "format": "xlsx", "filename": "messages-2026-05-11.xlsx",
        "filters": {"status": "failed"}, "status": "pending", "rows": 0, "total_rows": None, "total_is_estimate": False, "octets": None,
        "error": None, "file_url": None, "created_at": "2026-05-11T09:00:00Z", "finished_at": None, "kept_until": None,
    }  # fmt: skip
    assert rig.get(f"/exports/{made['uuid']}").data == made


def test_decision_85_a_report_is_exported_as_it_is_shown(rig):
    """/reports/export (CSV/XLSX job)."""
    body = {
        "group_by": "network",
        "date_from": "2026-05-01",
        "sender": "MYAPP",
        "carrier": "savanna",
        "format": "xlsx",
        "country": "ke",
    }
    made = rig.post("/reports/export", body, token=REPORTS).data
    assert (made["kind"], made["format"]) == ("report", "xlsx")
    asked = kept(rig).asked
    assert (asked["group_by"], asked["sender"], asked["carrier_id"], asked["country"]) == ("network", "MYAPP", 1, "KE")
    assert (asked["zone"], asked["starts_ms"]) == ("Africa/Nairobi", [])
    assert rig.post("/reports/export", body).refusal == (403, "missing_scope")


def test_the_days_of_a_report_are_laid_down_when_it_is_asked_for(rig):
    ask(rig, {"kind": "report", "filters": {"date_from": "2026-05-10"}, "zone": "Asia/Kathmandu"}, REPORTS)
    asked = kept(rig).asked
    assert (asked["group_by"], len(asked["starts_ms"]), asked["zone"]) == ("day", 2, "Asia/Kathmandu")
    assert asked["starts_ms"][0] == asked["from_ms"]
    by_hour = {"kind": "report", "filters": {"date_from": "2026-01-01", "group_by": "hour"}}
    assert ask(rig, by_hour, REPORTS).refusal == (400, "bad_request")


def test_the_units_of_days_are_exported_as_they_are_shown(rig):
    filters = {"date_from": "2026-05-10", "date_to": "2026-05-11"}
    made = ask(rig, {"kind": "usage", "format": "xlsx", "filters": filters}, REPORTS).data
    assert (made["kind"], made["filename"], made["filters"]) == ("usage", "usage-2026-05-11.xlsx", filters)
    asked = kept(rig).asked
    assert (len(asked["starts_ms"]), asked["starts_ms"][0], asked["zone"]) == (2, asked["from_ms"], "Africa/Nairobi")
    assert ask(rig, {"kind": "usage", "filters": {"sender": "MYAPP"}}, REPORTS).refusal == (400, "bad_request")


def test_the_carriers_of_a_report_are_named(rig):
    ask(rig, {"kind": "report", "filters": {"group_by": "carrier", "carrier": "unheard-of"}}, REPORTS)
    assert kept(rig).asked["carriers"] == {"1": "savanna"}
    assert kept(rig).asked["carrier_id"] == 0


def test_what_is_exported_needs_its_own_scope(rig):
    wanted = {
        "messages": TOKEN,
        "inbound": TOKEN,
        "contacts": CONTACTS,
        "ledger": REPORTS,
        "report": REPORTS,
        "usage": REPORTS,
    }
    for kind, raw in wanted.items():
        for other in {TOKEN, CONTACTS, REPORTS}:
            reply = ask(rig, {"kind": kind}, other)
            assert (reply.status == 200) == (other == raw), (kind, other)
    assert ask(rig, MESSAGES, READER).refusal == (403, "missing_scope")


def test_the_recipients_of_a_campaign_are_exported_for_who_may_see_campaigns(rig):
    ours, theirs = rig.campaigns.give(), rig.campaigns.give(2)
    made = ask(rig, {"kind": "recipients", "filters": {"campaign_uuid": ours.uuid.upper()}}, CAMPAIGNS).data
    assert (made["kind"], kept(rig).asked["campaign_uuid"]) == ("recipients", ours.uuid)
    assert made["filename"] == "recipients-2026-05-11.csv"
    assert ask(rig, {"kind": "recipients", "filters": {"campaign_uuid": ours.uuid}}).refusal == (403, "missing_scope")
    foreign = ask(rig, {"kind": "recipients", "filters": {"campaign_uuid": theirs.uuid}}, CAMPAIGNS)
    assert foreign.refusal == (404, "not_found")
    assert "is required" in ask(rig, {"kind": "recipients"}, CAMPAIGNS).body["error"]


def test_the_responses_to_a_survey_are_exported_for_who_may_see_surveys(rig):
    ours, theirs = rig.surveys.give(versions=1), rig.surveys.give(2, versions=1)
    filters = {"survey_uuid": ours.uuid.upper(), "version": 1, "status": "completed", "phone": "0712345678"}
    made = ask(rig, {"kind": "survey_responses", "filters": filters}, SURVEYS).data
    assert (made["kind"], made["filters"], made["filename"]) == (
        "survey_responses", filters, "survey_responses-2026-05-11.csv",
    )  # fmt: skip
    laid_down = {"survey_uuid": ours.uuid, "survey_version": 1, "survey_upto": 1, "survey_status": "completed"}
    assert {name: kept(rig).asked[name] for name in laid_down} == laid_down
    assert (kept(rig).asked["recipient"], kept(rig).asked["state"]) == ("254712345678", None)
    assert [each["kind"] for each in rig.get("/exports", SURVEYS).data["items"]] == ["survey_responses"]
    assert rig.get("/exports", CAMPAIGNS).data["items"] == []
    assert ask(rig, {"kind": "survey_responses", "filters": {"survey_uuid": ours.uuid}}, SURVEYS).status == 200
    assert ask(rig, {"kind": "survey_responses", "filters": filters}).refusal == (403, "missing_scope")
    for foreign in ({"survey_uuid": theirs.uuid}, {**filters, "version": 2}, {"survey_uuid": UUID}):
        assert ask(rig, {"kind": "survey_responses", "filters": foreign}, SURVEYS).refusal == (404, "not_found")


@pytest.mark.parametrize("filters", [None, {"survey_uuid": UUID, "date_from": "2026-05-01"}])
def test_an_export_of_survey_responses_is_of_one_survey_and_regards_nothing_else(rig, filters):
    assert ask(rig, {"kind": "survey_responses", "filters": filters}, SURVEYS).refusal == (400, "bad_request")


@pytest.mark.parametrize(("kind", "status", "statuses"), [
    ("survey_responses", "failed", "in_progress, completed, expired"), ("messages", "expired", "queued, sent, delivered, failed"),
])  # fmt: skip
def test_a_status_that_is_one_of_other_things_is_refused_with_those_that_there_are(rig, kind, status, statuses):
    survey = rig.surveys.give(versions=1)
    filters = {"status": status} | ({"survey_uuid": survey.uuid} if kind == "survey_responses" else {})
    reply = ask(rig, {"kind": kind, "filters": filters}, SURVEYS if kind == "survey_responses" else TOKEN)
    assert reply.refusal == (400, "bad_request")
    assert reply.body["error"] == f"filters.status must be one of {statuses} in an export of {kind}"


def test_a_filter_that_there_is_not_is_refused_and_not_passed_over(rig):
    reply = ask(rig, {"kind": "messages", "filters": {"survey_version": 1}})
    assert reply.refusal == (400, "bad_request")
    assert [each["field"] for each in reply.body["fields"]] == ["filters"]
    assert reply.body["error"].startswith(
        "filters must not have survey_version; there are date_from, date_to, phone, status"
    )


def test_filters_are_laid_down_as_they_are_looked_for(rig):
    campaign = UUID.upper()
    filters = {"phone": "0712345678", "status": "failed", "sender": "MYAPP", "campaign_uuid": campaign, "client_reference": "mine",
               "date_from": "2026-05-10", "date_to": "2026-05-10"}  # fmt: skip
    ask(rig, {"kind": "messages", "filters": filters, "excel": True})
    asked = kept(rig).asked
    assert (asked["recipient"], asked["state"], asked["sender"]) == ("254712345678", int(State.FAILED), "MYAPP")
    assert (asked["campaign_uuid"], asked["client_reference"], asked["excel"]) == (UUID, "mine", True)
    assert asked["to_ms"] - asked["from_ms"] == 86_400_000


def test_what_is_not_said_is_not_filtered_and_ends_now(rig):
    ask(rig)
    asked = kept(rig).asked
    assert (asked["from_ms"], asked["to_ms"], asked["zone"]) == (0, NOW_MS, "Africa/Nairobi")
    assert {asked[name] for name in ("recipient", "state", "sender", "campaign_uuid", "client_reference")} == {None}
    ask(rig, {"kind": "messages", "filters": {"date_to": "2027-01-01"}})
    assert list(rig.exports.kept.values())[1].asked["to_ms"] == NOW_MS


def test_inbound_contacts_and_ledger_have_filters_of_their_own(rig):
    ask(rig, {"kind": "inbound", "filters": {"code": "+22384", "phone": "+254712345678"}})
    assert (kept(rig).asked["destination"], kept(rig).asked["source"]) == ("22384", "254712345678")
    rig.exports.kept.clear()
    ask(rig, {"kind": "contacts", "filters": {"group_uuid": UUID}}, CONTACTS)
    assert kept(rig).asked["group_uuid"] == UUID
    rig.exports.kept.clear()
    ask(rig, {"kind": "ledger", "filters": {"entry": "topup"}}, REPORTS)
    assert kept(rig).asked["kind"] == "topup"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "messages", "filters": {"group_uuid": UUID}}, "filters.group_uuid"),
        ({"kind": "messages", "filters": {"phone": "nobody"}}, "filters.phone"),
        ({"kind": "messages", "filters": {"campaign_uuid": "mine"}}, "filters.campaign_uuid"),
        ({"kind": "messages", "filters": {"date_from": "soon"}}, "filters.date_from"),
        ({"kind": "messages", "filters": {"status": "lost"}}, "filters.status"),
        ({"kind": "messages", "filters": "all"}, "filters"),
        ({"kind": "messages", "zone": "Mars/Olympus"}, "zone"),
        ({"kind": "everything"}, "kind"),
        ({"format": "csv"}, "kind"),
        ({"kind": "messages", "format": "pdf"}, "format"),
    ],
)
def test_what_is_not_well_asked_is_refused_by_its_name(rig, body, field):
    reply = ask(rig, body)
    assert reply.refusal == (400, "bad_request")
    assert [each["field"] for each in reply.body["fields"]] == [field]
    assert rig.exports.kept == {}


def test_a_key_asks_once(rig):
    first, second = (ask(rig, **{"Idempotency-Key": "may"}) for _ in range(2))
    assert first.data == second.data
    assert second.headers["idempotent-replayed"] == "true"
    assert len(rig.exports.kept) == 1


# Looking


def test_exports_are_listed_newest_first_those_that_the_token_may_read(rig):
    made = [
        ask(rig, {"kind": kind}, raw).data["uuid"]
        for kind, raw in (("messages", TOKEN), ("contacts", CONTACTS), ("inbound", TOKEN))
    ]
    listed = rig.get("/exports")
    assert [item["uuid"] for item in listed.data["items"]] == [made[2], made[0]]
    assert rig.get("/exports", token=READER).data["total"] == 2
    assert [item["uuid"] for item in rig.get("/exports?kind=inbound").data["items"]] == [made[2]]
    assert rig.get("/exports?page=2").data["items"] == []
    assert rig.get("/exports?page_size=1&page=2").data["items"][0]["uuid"] == made[0]
    assert rig.get("/exports", token="mbs_other").data["items"] == []


def test_the_export_of_another_team_or_of_another_scope_is_not_there(rig):
    uuid = whole(rig)
    for raw in ("mbs_other", CONTACTS):
        for path in (f"/exports/{uuid}", f"/exports/{uuid}/file"):
            assert rig.get(path, token=raw).refusal == (404, "not_found")
        assert rig.delete(f"/exports/{uuid}", token=raw).refusal == (404, "not_found")
    assert rig.get("/exports/no-uuid").refusal == (404, "not_found")


def test_one_that_is_whole_says_where_its_file_is_and_until_when(rig):
    shown = rig.get(f"/exports/{whole(rig)}").data
    assert shown["file_url"] == f"/api/v1/exports/{shown['uuid']}/file"
    assert (shown["status"], shown["rows"], shown["total_rows"]) == ("completed", 9, 9)
    assert (shown["octets"], shown["kept_until"]) == (sum(map(len, PIECES)), "2026-05-18T09:00:00Z")


# Fetching


def test_a_file_is_sent_as_it_is(rig):
    reply = rig.get(f"/exports/{whole(rig)}/file")
    assert (reply.status, reply.octets) == (200, b"".join(PIECES))
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="mes_sages.csv"'
    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers


def test_of_a_file_the_head_can_be_asked_for(rig):
    uuid = whole(rig)
    reply = rig.ask("HEAD", f"/api/v1/exports/{uuid}/file", Authorization=f"Bearer {TOKEN}")
    assert (reply.status, reply.headers["content-length"], reply.octets) == (200, str(sum(map(len, PIECES))), b"")


def test_one_that_may_only_read_fetches_files(rig):
    assert rig.get(f"/exports/{whole(rig)}/file", token=READER).status == 200


def test_a_file_that_is_not_whole_or_no_longer_kept_is_not_there(rig):
    uuid = ask(rig).data["uuid"]
    assert rig.get(f"/exports/{uuid}/file").refusal == (404, "not_found")
    uuid = whole(rig)
    rig.files.kept = []
    assert rig.get(f"/exports/{uuid}/file").refusal == (404, "not_found")


def fetch(rig, uuid):
    return rig.begin("GET", f"/api/v1/exports/{uuid}/file", Authorization=f"Bearer {TOKEN}")


def test_a_client_that_takes_nothing_holds_the_file_back(rig):
    uuid = whole(rig, pieces=(b"a" * 100, b"b" * 100))
    rig.files.held = Deferred()
    connection = fetch(rig, uuid)
    connection.wire.producer.pauseProducing()
    connection.wire.producer.pauseProducing()
    rig.files.held.callback(None)
    assert connection.wire.value().endswith(b"\r\n\r\n" + b"a" * 100)
    connection.wire.producer.resumeProducing()
    assert connection.wire.value().endswith(b"a" * 100 + b"b" * 100)
    rig.clock.advance(1000)
    assert not connection.wire.aborted


def test_a_client_that_takes_nothing_for_too_long_is_cut(rig):
    uuid = whole(rig, pieces=(b"a" * 100, b"b" * 100))
    rig.files.held = Deferred()
    connection = fetch(rig, uuid)
    connection.wire.producer.pauseProducing()
    rig.files.held.callback(None)
    rig.clock.advance(59.9)
    assert not connection.wire.aborted
    rig.clock.advance(0.1)
    assert connection.wire.aborted


@pytest.mark.parametrize("is_full", [True, False])
def test_for_a_client_that_hangs_up_nothing_more_is_read(rig, is_full):
    uuid = whole(rig, pieces=(b"a" * 100, b"b" * 100))
    rig.files.held = Deferred()
    connection = fetch(rig, uuid)
    if is_full:
        connection.wire.producer.pauseProducing()
        rig.files.held.callback(None)
    connection.hang_up()
    if not is_full:
        rig.files.held.callback(None)
    assert rig.files.read == [0]


def test_a_file_that_breaks_off_is_cut(rig, flush_logged):
    uuid = whole(rig)
    rig.files.raises = RuntimeError("the store is on fire")
    connection = fetch(rig, uuid)
    assert connection.wire.aborted
    assert flush_logged(RuntimeError)
    connection.hang_up()


def test_a_file_of_which_a_piece_is_gone_is_cut(rig):
    uuid = whole(rig)
    rig.files.kept = [attrs.evolve(rig.files.kept[0], missing=4)]
    connection = fetch(rig, uuid)
    assert connection.wire.aborted
    connection.hang_up()


# Removing


def test_an_export_is_removed_on_behalf_of_whoever_asks(rig):
    uuid = whole(rig)
    assert rig.delete(f"/exports/{uuid}").data["uuid"] == uuid
    (by,) = rig.exports.removed
    assert by.uuid == f"uuid of {TOKEN}"
    assert rig.get(f"/exports/{uuid}").refusal == (404, "not_found")


def test_who_may_only_read_removes_nothing(rig):
    assert rig.delete(f"/exports/{whole(rig)}", token=READER).refusal == (403, "missing_scope")
