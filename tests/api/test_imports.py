"""Imports over REST: files are taken in pieces, looked at, and refused at once or kept with their job."""

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.api.forms import _FIELD_OCTETS
from mobilesasa.api.ports import WebLimits
from mobilesasa.contacts.uploads import Undone, WrongRow
from mobilesasa.core.errors import NotFound, StoreAway, TooManyJobs
from mobilesasa.core.scopes import OPERATORS_SCOPES
from tests.api.rig import TOKENS, Reply, Rig, directory, token
from tests.fakes.uploads import CREATED_MS

CONTACTS = "mbs_contacts"
LINES = b"Phone ,Jina,Age\n0712345678,Jane Doe,7\n0712345679,Ann,8\n"
NOWHERE = "0b000000-0000-4000-8000-000000000000"


@pytest.fixture
def rig() -> Rig:
    made = Rig(limits=WebLimits(max_body_octets=4096, max_file_octets=100_000, bad_tokens=3, addresses=2))
    made.directory.now = directory(tokens=[*TOKENS, token(CONTACTS, scopes=OPERATORS_SCOPES)])
    return made


def form(*parts: tuple[str, bytes], line: str = "line", filename: str | None = "contacts.csv") -> bytes:
    """The body of a form; the part `file` has a file name."""
    octets = b""
    for name, value in parts:
        about = f'form-data; name="{name}"' + (f'; filename="{filename}"' if name == "file" and filename else "")
        octets += f"--{line}\r\nContent-Disposition: {about}\r\n\r\n".encode() + value + b"\r\n"
    return octets + f"--{line}--\r\n".encode()


def send(
    rig: Rig, *parts: tuple[str, bytes], path: str = "/contacts/import", line: str = "line", **headers: str
) -> Reply:
    """Send a form."""
    given = {"Authorization": f"Bearer {CONTACTS}", "Content-Type": f"multipart/form-data; boundary={line}"} | headers
    filename = given.pop("filename", "contacts.csv")
    return rig.ask("POST", f"/api/v1{path}", form(*parts, line=line, filename=filename), **given)


def send_file(rig: Rig, octets: bytes = LINES, **fields: str) -> Reply:
    return send(rig, ("file", octets), *((name, value.encode()) for name, value in fields.items()))


def test_a_file_is_taken_and_its_uuid_is_answered(rig):
    """The file, and then how it goes.

    api-v1: "Add contacts individually or bulk-import from CSV or XLSX."
    api-v1: "Upload a CSV or XLSX file." "The file must have a phone column." "Returns an upload UUID for polling status."
    """
    shown = send_file(rig).data
    (upload,) = rig.uploads.kept
    assert (shown["uuid"], shown["status"], shown["filename"]) == (upload.uuid, "pending", "contacts.csv")
    assert rig.uploads.files[upload.file_id] == LINES
    assert rig.get(f"/contacts/uploads/{shown['uuid']}", CONTACTS).data == shown


def test_decision_54_the_shape_of_an_upload_is_what_was_settled(rig):
    """api-v1: "Optional columns: first_name,last_name,email."."""
    shown = send_file(rig).data
    settled = {"uuid", "filename", "status", "total_rows", "imported", "updated", "skipped", "failed", "errors"}
    assert settled | {"error_file_url", "created_at", "finished_at", "ignored_columns"} <= set(shown)
    assert (shown["total_rows"], shown["errors"], shown["error_file_url"], shown["finished_at"]) == (2, [], None, None)
    assert shown["columns"] == [{"header": "Phone", "field": "phone"}, {"header": "Jina", "field": "name"}]
    assert (shown["ignored_columns"], shown["on_existing"], shown["dry_run"]) == (["Age"], "update", False)


def test_what_is_asked_for_is_kept(rig):
    group = rig.contacts.give_group().uuid
    mapping = '{"age": "attributes.age", "Jina": ""}'
    shown = send_file(rig, mapping=mapping, on_existing="skip", dry_run="true", group=group).data
    plan = rig.uploads.kept[0].plan
    assert (plan.on_existing, plan.dry_run, plan.group, plan.country) == ("skip", True, group, "KE")
    assert shown["columns"][1] == {"header": "Age", "field": "attributes.age"}
    assert shown["ignored_columns"] == ["Jina"]


def test_whoever_puts_contacts_into_a_group_needs_the_scope_groups_too(rig):
    rig.directory.now = directory(tokens=[*TOKENS, token(CONTACTS, scopes=("contacts", "groups:read"))])
    group = rig.contacts.give_group().uuid
    assert send_file(rig, group=group).refusal == (403, "missing_scope")
    assert rig.uploads.kept == []
    assert send_file(rig).status == 200


def test_a_file_may_be_the_body_and_its_fields_in_the_query(rig):
    headers = {"Authorization": f"Bearer {CONTACTS}", "Content-Type": "text/csv; charset=utf-8"}
    path = "/api/v1/contacts/import?dry_run=true&filename=..%2Fmine.csv"
    shown = rig.ask("POST", path, LINES, **headers).data
    assert (shown["filename"], shown["dry_run"], rig.uploads.files) == ("mine.csv", True, {1: LINES})
    shown = rig.ask("POST", "/api/v1/contacts/import", LINES, **headers).data
    assert shown["filename"] == "contacts"
    bad = rig.ask("POST", "/api/v1/contacts/import?group=%FF", LINES, **headers)
    assert bad.refusal == (400, "bad_url")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "empty"),
        (b"name,email\nJane,jane@example.com\n", "no column is the phone"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        (b"%PDF-1.7", "a PDF"),
    ],
)
def test_decision_53_a_file_that_cannot_be_imported_is_400_at_once(rig, octets, words):
    reply = send_file(rig, octets)
    assert reply.refusal == (400, "bad_file")
    assert words in reply.body["error"]
    assert reply.body["fields"][0]["field"] == "file"
    assert (rig.uploads.kept, rig.uploads.files) == ([], {})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"on_existing": "merge"}, "on_existing"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"mapping": "phone"}, "mapping"),
        ({"mapping": "[1]"}, "mapping"),
        ({"mapping": '{"a": 1}'}, "mapping"),
    ],
)
def test_a_wrong_field_is_named(rig, fields, field):
    reply = send_file(rig, **fields)
    assert reply.refusal in ((400, "bad_request"),)
    assert reply.body["fields"][0]["field"] == field


def test_a_mapping_that_does_not_fit_the_file_is_400(rig):
    assert send_file(rig, mapping='{"Town": "attributes.town"}').refusal == (400, "bad_file")


@pytest.mark.parametrize("group", ["VIP", NOWHERE])
def test_a_group_that_is_not_there_is_404(rig, group):
    rig.uploads.refusal = NotFound("there is no group")
    assert send_file(rig, group=group).refusal == (404, "not_found")


@pytest.mark.parametrize(
    ("refusal", "answer"),
    [(TooManyJobs("20 are waiting"), (409, "too_many_jobs")), (StoreAway("away"), (500, "store_away"))],
)
def test_a_file_of_which_nothing_comes_is_dropped(rig, refusal, answer):
    rig.uploads.refusal = refusal
    assert send_file(rig).refusal == answer
    assert rig.uploads.files == {}


def test_the_file_of_an_import_that_was_kept_after_all_stays(rig):
    rig.uploads.doubt = StoreAway("the connection broke during the commit")
    assert send_file(rig).refusal == (500, "store_away")
    (upload,) = rig.uploads.kept
    assert rig.uploads.files == {upload.file_id: LINES}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "file is required"),
        ([("mapping", b"{}")], "file is required"),
        ([("file", LINES), ("file", LINES)], "two files"),
        ([("file", LINES), ("group", b"\xff")], "not UTF-8"),
        ([("file", LINES), ("group", b"x" * (_FIELD_OCTETS + 1))], "too long"),
        ([("file", LINES), *[("a", b"")] * 20], "cannot be read"),
    ],
)
def test_a_form_that_is_none_is_400(rig, parts, words):
    reply = send(rig, *parts)
    assert reply.refusal == (400, "bad_request")
    assert words in reply.body["error"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--line\r\n", "multipart/form-data; boundary=line"),
        (b"nothing", "multipart/form-data; boundary=line"),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=\udcff\udcc3"),
        (
            b'--line\r\nContent-Disposition: form-data; name="file"; filename="\xff\xfe.csv"\r\n\r\nx\r\n--line--\r\n',
            "multipart/form-data; boundary=line",
        ),
        (b"{}", "application/json"),
        (b"phone\n1\n", ""),
    ],
)
def test_a_body_that_is_no_form_and_no_file_is_400(rig, body, content_type):
    headers = {"Authorization": f"Bearer {CONTACTS}"} | ({"Content-Type": content_type} if content_type else {})
    assert rig.ask("POST", "/api/v1/contacts/import", body, **headers).status == 400


def test_a_part_without_a_file_name_is_a_file_all_the_same(rig):
    assert send(rig, ("file", LINES), filename="").data["filename"] == "contacts"
    assert send(rig, ("file", LINES), filename="C:/tmp/x\x07.csv").data["filename"] == "x.csv"


def test_the_same_file_under_the_same_key_is_imported_once_whatever_the_boundary_is(rig):
    first = send(rig, ("file", LINES), line="one", idempotency_key="k")
    second = send(rig, ("file", LINES), line="two", idempotency_key="k")
    assert second.octets == first.octets
    assert second.headers["idempotent-replayed"] == "true"
    assert len(rig.uploads.kept) == 1
    other = send(rig, ("file", LINES + b"0712345680,,\n"), idempotency_key="k")
    assert other.refusal == (409, "idempotency_key_reused")
    fields = send(rig, ("file", LINES), ("dry_run", b"true"), idempotency_key="k")
    assert fields.refusal == (409, "idempotency_key_reused")


def test_a_preview_shows_the_columns_and_the_first_rows_and_keeps_nothing(rig):
    shown = send(rig, ("file", LINES * 1), path="/contacts/import/preview").data
    assert (shown["format"], shown["separator"], shown["total_rows"], shown["has_phone"]) == ("csv", ",", 2, True)
    assert shown["columns"][1:] == [{"header": "Jina", "field": "name"}, {"header": "Age", "field": None}]
    assert shown["rows"][0] == ["0712345678", "Jane Doe", "7"]
    assert rig.uploads.files == {}


def test_a_preview_shows_a_file_without_a_phone_column_so_that_one_can_be_named(rig):
    octets = b"Nambari,Age\n0712345678,7\n"
    shown = send(rig, ("file", octets), path="/contacts/import/preview").data
    assert (shown["has_phone"], shown["rows"]) == (False, [["0712345678", "7"]])
    mapped = send(rig, ("file", octets), ("mapping", b'{"Nambari": "phone"}'), path="/contacts/import/preview").data
    assert mapped["has_phone"]


# Large bodies.


def large(rig: Rig, token: str = CONTACTS, path: str = "/contacts/import", octets: int = 50_000):
    """Begin to send a large file; returns its connection and what is left to send."""
    body = form(("file", b"phone\n" + b"0712345678\n" * (octets // 11)))
    head = (
        f"POST /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/form-data; boundary=line\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    connection = rig.begin("GET", "/healthz")
    connection.wire.clear()
    connection.send(head + body[:10])
    return connection, body[10:]


def test_a_file_may_be_longer_than_other_bodies(rig):
    connection, rest = large(rig)
    connection.send(rest)
    assert connection.reply("POST").data["total_rows"] == 4545


def test_a_file_above_its_own_limit_is_400(rig):
    connection, rest = large(rig, octets=120_000)
    connection.send(rest)
    reply = connection.reply("POST")
    assert reply.refusal == (400, "body_too_large")
    assert "100000" in reply.body["error"]


@pytest.mark.parametrize(
    ("raw", "answer"), [("mbs_unknown", (401, "unauthenticated")), ("mbs_reports", (403, "missing_scope"))]
)
def test_of_who_may_not_send_a_file_none_is_kept(rig, raw, answer):
    connection, rest = large(rig, raw)
    connection.send(rest)
    assert connection.reply("POST").refusal == answer


def test_no_other_route_takes_a_large_body(rig):
    connection, rest = large(rig, path="/contacts")
    connection.send(rest)
    assert connection.reply("POST").refusal == (400, "body_too_large")


def test_a_team_sends_two_large_files_at_once_and_no_more(rig):
    first, rest = large(rig)
    second, _ = large(rig)
    third, others = large(rig)
    third.send(others)
    assert third.reply("POST").refusal == (500, "overloaded")
    first.send(rest)
    assert first.reply("POST").data
    second.hang_up()
    for _ in range(2):
        again, rest = large(rig)
        again.send(rest)
        assert again.reply("POST").data


# What has become of them.


def test_uploads_are_listed_newest_first(rig):
    first, second = rig.uploads.give(), rig.uploads.give()
    rig.uploads.give(team_id=2)
    page = rig.get("/contacts/uploads", CONTACTS).data
    assert ([each["uuid"] for each in page["items"]], page["total"]) == ([second.uuid, first.uuid], 2)
    assert rig.get("/contacts/uploads?page=5", CONTACTS).data["items"] == []
    assert rig.get("/contacts/uploads?page_size=101", CONTACTS).refusal == (400, "bad_request")


def wrong(row: int, *messages: str) -> WrongRow:
    return WrongRow(row, [{"column": "Phone", "value": "12", "message": each} for each in messages], ["12", "=1+1"])


def test_decision_54_the_first_hundred_errors_are_shown(rig):
    upload = rig.uploads.give(failed=70)
    rig.uploads.wrong = [wrong(row, "a", "b") for row in range(2, 72)]
    shown = rig.get(f"/contacts/uploads/{upload.uuid}", CONTACTS).data
    assert shown["error_file_url"] == f"/api/v1/contacts/uploads/{upload.uuid}/errors"
    assert len(shown["errors"]) == 100
    assert shown["errors"][1] == {"row": 2, "column": "Phone", "value": "12", "message": "b"}


def test_all_errors_are_a_file_in_the_columns_of_the_sender(rig):
    upload = rig.uploads.give(failed=3)
    rig.uploads.wrong = [wrong(2, "too short"), wrong(7, "a", "b"), WrongRow(9, [], ["+254 12-3", "x", "more"])]
    reply = rig.get(f"/contacts/uploads/{upload.uuid}/errors", CONTACTS)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="people-errors.csv"'
    assert reply.octets.decode().splitlines() == [
        "Phone,Name,error",
        "12,'=1+1,row 2: Phone: too short",
        "12,'=1+1,row 7: Phone: a; Phone: b",
        "+254 12-3,x,row 9: ",
    ]
    head = rig.ask("HEAD", f"/api/v1/contacts/uploads/{upload.uuid}/errors", Authorization=f"Bearer {CONTACTS}")
    assert head.octets == b""


def test_an_import_can_be_cancelled_until_it_has_ended(rig):
    upload = rig.uploads.give(status="processing", finished_at_ms=None)
    path = f"/contacts/uploads/{upload.uuid}/cancel"
    assert rig.post(path, token=CONTACTS).data["status"] == "cancelled"
    assert rig.post(path, token=CONTACTS).refusal == (409, "job_ended")


def test_an_import_can_be_undone_once(rig):
    upload = rig.uploads.give()
    path = f"/contacts/uploads/{upload.uuid}/undo"
    assert rig.post(path, token=CONTACTS).data["undo"] == {"status": "pending", "removed": 0, "restored": 0, "kept": 0}
    assert rig.post(path, token=CONTACTS).refusal == (409, "not_undoable")


def test_what_an_undo_did_is_shown(rig):
    undone = Undone(status="completed", removed=3, restored=2, kept=1)
    upload = rig.uploads.give(undone=undone, finished_at_ms=CREATED_MS)
    shown = rig.get(f"/contacts/uploads/{upload.uuid}", CONTACTS).data
    assert shown["undo"] == {"status": "completed", "removed": 3, "restored": 2, "kept": 1}


@pytest.mark.parametrize("path", ["", "/errors"])
@pytest.mark.parametrize("uuid", [NOWHERE, "no-uuid"])
def test_an_upload_that_is_not_there_is_404(rig, uuid, path):
    assert rig.get(f"/contacts/uploads/{uuid}{path}", CONTACTS).refusal == (404, "not_found")


@pytest.mark.parametrize("path", ["cancel", "undo"])
def test_another_team_s_upload_is_not_there(rig, path):
    upload = rig.uploads.give(team_id=2)
    assert rig.post(f"/contacts/uploads/{upload.uuid}/{path}", token=CONTACTS).refusal == (404, "not_found")


def test_a_file_of_errors_that_breaks_off_is_cut_so_that_nobody_takes_it_for_whole(rig, flush_logged):
    upload = rig.uploads.give(failed=2)
    rig.uploads.wrong = [wrong(2, "a")]

    async def broken(*_: object) -> None:
        raise StoreAway("away")

    rig.uploads.errors = broken
    connection = rig.begin("GET", f"/api/v1/contacts/uploads/{upload.uuid}/errors", Authorization=f"Bearer {CONTACTS}")
    assert connection.wire.aborted
    assert flush_logged(StoreAway)


def test_who_hangs_up_gets_no_more_of_a_file_of_errors(rig):
    upload = rig.uploads.give(failed=2)
    later: Deferred[list[WrongRow]] = Deferred()
    asked = []

    async def slow(_: object, after: int) -> list[WrongRow]:
        asked.append(after)
        return await later

    rig.uploads.errors = slow
    connection = rig.begin("GET", f"/api/v1/contacts/uploads/{upload.uuid}/errors", Authorization=f"Bearer {CONTACTS}")
    connection.hang_up()
    later.callback([wrong(2, "a")])
    assert asked == [0]
