"""Audiences over REST: a file is looked at, refused at once or kept with its job, and shown as far as it is read."""

import pytest

from mobilesasa.contacts.uploads import WrongRow
from mobilesasa.core.errors import StoreAway, TooManyJobs
from tests.api.rig import Rig
from tests.api.test_imports import NOWHERE, form

CAMPAIGNS = "mbs_campaigns"
PATH = "/campaigns/audiences"
LINES = b"Simu,First Name,Due (KES)\n0712345678,Jane,50\n0712345679,Ann,60\n"


@pytest.fixture
def rig() -> Rig:
    return Rig()


def send(rig: Rig, octets: bytes = LINES, token: str = CAMPAIGNS, **more: str):
    """Send a file with fields of the form, or a key."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=line"}
    if "key" in more:
        headers["Idempotency-Key"] = more.pop("key")
    fields = [(name, value.encode()) for name, value in more.items()]
    body = form(("file", octets), *fields, filename="debtors.csv")
    return rig.ask("POST", f"/api/v1{PATH}", body, **headers)


def test_a_file_is_taken_and_its_fields_are_answered(rig):
    shown = send(rig).data
    (audience,) = rig.audiences.kept
    assert (shown["uuid"], shown["status"], shown["filename"]) == (audience.uuid, "pending", "debtors.csv")
    assert (shown["fields"], shown["ignored_columns"]) == (["phone", "first_name"], ["Due (KES)"])
    assert (shown["total_rows"], shown["people"], shown["finished_at"], shown["error_file_url"]) == (2, 0, None, None)
    assert rig.uploads.files == {audience.file_id: LINES}
    assert rig.get(f"{PATH}/{audience.uuid}", CAMPAIGNS).data == shown


def test_a_mapping_names_fields(rig):
    shown = send(rig, mapping='{"Due (KES)": "due", "first name": ""}').data
    assert (shown["fields"], shown["ignored_columns"]) == (["phone", "due"], ["First Name"])
    assert rig.audiences.kept[0].plan.country == "KE"


def test_a_file_may_be_the_body_and_its_mapping_in_the_query(rig):
    headers = {"Authorization": f"Bearer {CAMPAIGNS}", "Content-Type": "text/csv"}
    path = f"/api/v1{PATH}?filename=mine.csv&mapping=%7B%22Due%20(KES)%22%3A%22due%22%7D"
    shown = rig.ask("POST", path, LINES, **headers).data
    assert (shown["filename"], shown["fields"]) == ("mine.csv", ["phone", "first_name", "due"])


@pytest.mark.parametrize(
    ("octets", "mapping", "code", "words"),
    [
        (b"", "{}", "bad_file", "empty"),
        (b"name\nJane\n", "{}", "bad_file", "no column is the phone"),
        (LINES, '{"Due (KES)": "Amount Due"}', "bad_file", "is no name of a field"),
        (LINES, '{"Town": "town"}', "bad_file", "which is not in the file"),
        (LINES, "[]", "bad_request", "must be a JSON object"),
        (LINES, "{", "bad_request", "mapping"),
    ],
)
def test_what_cannot_be_an_audience_is_400_at_once(rig, octets, mapping, code, words):
    reply = send(rig, octets, mapping=mapping)
    assert reply.refusal == (400, code)
    assert words in reply.body["error"]
    assert (rig.audiences.kept, rig.uploads.files) == ([], {})


@pytest.mark.parametrize(
    ("refusal", "answer"),
    [(TooManyJobs("20 are waiting"), (409, "too_many_jobs")), (StoreAway("away"), (500, "store_away"))],
)
def test_a_file_of_which_no_audience_comes_is_dropped(rig, refusal, answer):
    rig.audiences.refusal = refusal
    assert send(rig).refusal == answer
    assert rig.uploads.files == {}


def test_the_same_file_under_the_same_key_is_one_audience(rig):
    first = send(rig, key="k")
    second = send(rig, key="k")
    assert (second.octets, second.headers["idempotent-replayed"]) == (first.octets, "true")
    assert len(rig.audiences.kept) == 1
    assert send(rig, LINES + b"0712345680,,\n", key="k").refusal == (409, "idempotency_key_reused")


def test_contacts_alone_do_not_open_audiences(rig):
    assert send(rig, token="mbs_contacts").refusal == (403, "missing_scope")


def test_audiences_are_listed_newest_first(rig):
    first, second = rig.audiences.give(), rig.audiences.give()
    rig.audiences.give(team_id=2)
    page = rig.get(f"{PATH}?page_size=5", CAMPAIGNS).data
    assert ([each["uuid"] for each in page["items"]], page["total"]) == ([second.uuid, first.uuid], 2)
    assert rig.get(f"{PATH}?page_size=101", CAMPAIGNS).refusal == (400, "bad_request")


def test_the_first_hundred_errors_are_shown_and_all_are_a_file(rig):
    audience = rig.audiences.give(failed=70)
    twice = [{"column": "Simu", "value": "12", "message": each} for each in ("a", "b")]
    rig.audiences.wrong = [WrongRow(row, twice, ["12", "=1+1"]) for row in range(2, 72)]
    shown = rig.get(f"{PATH}/{audience.uuid}", CAMPAIGNS).data
    assert shown["error_file_url"] == f"/api/v1{PATH}/{audience.uuid}/errors"
    assert (len(shown["errors"]), shown["errors"][1]["message"]) == (100, "b")
    reply = rig.get(f"{PATH}/{audience.uuid}/errors", CAMPAIGNS)
    assert reply.headers["content-disposition"] == 'attachment; filename="debtors-errors.csv"'
    told = reply.octets.decode().splitlines()
    assert told[:2] == ["Simu,Town,error", "12,'=1+1,row 2: Simu: a; Simu: b"]
    assert len(told) == 71


def test_an_audience_is_deleted_and_shown_for_the_last_time(rig):
    audience = rig.audiences.give()
    assert rig.delete(f"{PATH}/{audience.uuid}", CAMPAIGNS).data["uuid"] == audience.uuid
    assert rig.delete(f"{PATH}/{audience.uuid}", CAMPAIGNS).refusal == (404, "not_found")


def test_an_audience_that_a_campaign_is_for_is_not_deleted(rig):
    audience = rig.audiences.give()
    rig.audiences.in_use = True
    assert rig.delete(f"{PATH}/{audience.uuid}", CAMPAIGNS).refusal == (409, "in_use")


@pytest.mark.parametrize("uuid", [NOWHERE, "no-uuid"])
def test_an_audience_that_is_not_there_is_404(rig, uuid):
    for path in (f"{PATH}/{uuid}", f"{PATH}/{uuid}/errors"):
        assert rig.get(path, CAMPAIGNS).refusal == (404, "not_found")
    assert rig.delete(f"{PATH}/{uuid}", CAMPAIGNS).refusal == (404, "not_found")
