"""What names a person beside contacts and messages goes, too, when they are forgotten."""

import zlib

import orjson
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.hooks import Outcome
from mobilesasa.core.jobs import JobState
from mobilesasa.store import (
    audience_rows,
    audiences,
    contacts,
    exports,
    files,
    hook_log,
    hook_queue,
    idempotency,
    imports,
    jobs,
    suppressions,
    uploads,
)
from mobilesasa.store.erasures import find
from mobilesasa.store.hook_log import Meant
from mobilesasa.store.hook_queue import Settling
from tests.store import audience_files
from tests.store.audience_files import somebody
from tests.store.given import add_team, one, rows
from tests.store.people import PHONE, give, uuid
from tests.store.test_erasures import PSEUDONYM, all_of_it, an_hour_later, forget
from tests.store.test_exports import ask
from tests.store.test_hooks import add_webhook
from tests.store.two import Two
from tests.store.uploading import begin, chunk, counts, person, undone
from tests.store.uploading import contacts as shown

pytestmark = pytest.mark.each_postgres

OTHER = "254722000111"
NAMED = "SELECT data ->> 'recipient' FROM webhook_event WHERE team_id = %(team)s AND event = 'optout' ORDER BY id"
WRONG = [{"column": "email", "value": "jane@", "message": "is no address"}]
KEY = """
INSERT INTO idempotency_key (team_id, route, key, body_hash, reply, at)
VALUES (%(team)s, 'POST /contacts', %(key)s, %(digest)s, %(reply)s, now() - %(hours)s * interval '1 hour') RETURNING 1
"""
REPLIES = "SELECT key, reply FROM idempotency_key WHERE team_id = %(team)s ORDER BY key"
NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


@pytest.fixture
def team(txn):
    return add_team(txn, 100)


def now_ms(txn):
    return one(txn, NOW)


def forget_now(txn, team, contact=None, **more):
    return forget(txn, team, contact or give(txn, team), at_ms=now_ms(txn), **more)


def is_over(txn, team, erasure):
    return find(txn, team, erasure).finished_at_ms is not None


# What webhooks were told


def tell(txn, webhook, answer="ok", wait_s=None):
    """Call the endpoint with all that waits."""
    _, deliveries = hook_queue.take(txn, webhook, 10)
    outcome = Outcome(status=200, answer=answer)
    hook_queue.settle(txn, webhook, [Settling(each.id, outcome, wait_s) for each in deliveries])
    return [each.what.data.get("recipient") for each in deliveries]


def test_a_webhook_is_told_of_the_opt_out_that_the_request_makes_and_keeps_no_number_then(txn, team):
    webhook = add_webhook(txn, team, "optout")
    erasure = forget_now(txn, team)
    all_of_it(txn)
    assert not is_over(txn, team, erasure)
    assert tell(txn, webhook) == [PHONE]
    an_hour_later(txn)
    assert (is_over(txn, team, erasure), rows(txn, NAMED, team=team)) == (True, [(PSEUDONYM,)])
    assert PHONE not in str(rows(txn, "SELECT * FROM webhook_event"))


def test_opt_outs_of_before_are_forgotten_and_those_of_others_stay(txn, team):
    webhook, theirs = add_webhook(txn, team), add_team(txn)
    told_to_theirs = add_webhook(txn, theirs)
    for of in (team, theirs):
        suppressions.add(txn, NODE, of, PHONE, "Acme", "stop")
    suppressions.add(txn, NODE, team, OTHER, "Acme", "stop")
    tell(txn, webhook)
    tell(txn, told_to_theirs)
    forget_now(txn, team, suppress=False)
    all_of_it(txn)
    assert (rows(txn, NAMED, team=team), rows(txn, NAMED, team=theirs)) == ([(PSEUDONYM,), (OTHER,)], [(PHONE,)])


def test_what_waits_for_a_webhook_that_is_told_nothing_is_forgotten_at_once(txn, team):
    add_webhook(txn, team)
    suppressions.add(txn, NODE, team, PHONE, "Acme", "stop")
    txn.execute("UPDATE webhook SET enabled = false")
    erasure = forget_now(txn, team, suppress=False)
    all_of_it(txn)
    assert (is_over(txn, team, erasure), rows(txn, NAMED, team=team)) == (True, [(PSEUDONYM,)])


def test_an_answer_that_repeats_the_number_is_forgotten(txn, team):
    webhook = add_webhook(txn, team)
    name = one(txn, "SELECT uuid FROM webhook")
    for phone, answer in ((PHONE, "stopped 0712345678"), (OTHER, "stopped 0722000111")):
        suppressions.add(txn, NODE, team, phone, "Acme", "stop")
        tell(txn, webhook, answer)
    forget_now(txn, team, suppress=False)
    all_of_it(txn)
    assert [each.answer for each in hook_log.page(txn, Meant(team, name), 10, 0)] == ["stopped 0722000111", None]


# Kept replies


def keep(txn, team, key, reply, hours=0):
    one(txn, KEY, team=team, key=key, digest=b"\0" * 32, reply=reply, hours=hours)


def test_kept_replies_name_the_person_no_more_and_their_calls_are_not_done_again(txn, team, monkeypatch):
    monkeypatch.setattr(idempotency, "REWRITTEN", 2)
    other = add_team(txn)
    long = orjson.dumps({"data": {"items": [{"to": f"+{PHONE}", "message": "x" * idempotency.PACKED_FROM}]}})
    packed_of_others = zlib.compress(orjson.dumps({"data": {"to": OTHER}}), 1)
    kept = orjson.dumps({"data": {"phone": f"+{PHONE}", "first_name": "Jane"}})
    for key, reply in (
        ("a", kept),
        ("b", zlib.compress(long, 1)),
        ("c", packed_of_others),
        ("d", b'{"data":1}'),
        ("e", kept),
    ):
        keep(txn, team, key, reply)
    keep(txn, other, "a", kept)
    txn.execute("UPDATE idempotency_key SET at = at - interval '1 minute'")
    forget_now(txn, team)
    all_of_it(txn)
    found = {key: bytes(reply) for key, reply in rows(txn, REPLIES, team=team)}
    assert found["a"] == found["e"] == b'{"data":{"phone":"%s","first_name":null}}\n' % PSEUDONYM.encode()
    assert found["b"] == b'{"data":{"items":[{"to":"%s","message":null}]}}\n' % PSEUDONYM.encode()
    assert (found["c"], found["d"]) == (packed_of_others, b'{"data":1}')
    assert rows(txn, REPLIES, team=other)[0][1].tobytes() == kept


def test_a_reply_of_after_the_request_is_new_and_stays(txn, team):
    forget_now(txn, team)
    keep(txn, team, "a", orjson.dumps({"data": {"to": PHONE}}), hours=-1)
    all_of_it(txn)
    assert PHONE.encode() in rows(txn, REPLIES, team=team)[0][1].tobytes()


# Imports


def pieces(txn, team):
    return one(
        txn, "SELECT count(*) FROM file JOIN file_chunk ON file_id = file.id WHERE team_id = %(team)s", team=team
    )


def with_file(txn, team, *lines):
    """An import that is under way, of a file."""
    job, upload = begin(txn, team)
    files.add_chunk(txn, upload.file_id, 0, b"\n".join(lines))
    files.finish(txn, upload.file_id)
    return job, upload


def test_the_file_of_an_import_that_has_ended_goes_with_what_its_rows_have_left(txn, team):
    known = give(txn, team)
    job, upload = with_file(txn, team, b"0712 345 678,Jane")
    failed = [
        {"row": 3, "wrong": WRONG, "cells": ["0712 345-678", "Jane", "jane@"]},
        {"row": 4, "wrong": WRONG, "cells": ["0722 000 111", "Ann", "ann@"]},
    ]
    imports.take(txn, job, upload, 0, chunk(4, person(2, PHONE, first_name="Other"), person(5, OTHER), failed=failed))
    imports.end(txn, job, 4)
    forget_now(txn, team, known)
    all_of_it(txn)
    assert pieces(txn, team) == 0
    assert [each.row for each in uploads.errors(txn, upload.id, 0, 10)] == [4]
    assert one(txn, "SELECT count(*) FROM upload_change WHERE before IS NOT NULL") == 0
    assert undone(txn, upload).undone.removed == 1  # the other one
    assert shown(txn, team) == []


def test_a_file_of_after_the_request_stays(txn, team):
    forget_now(txn, team)
    job, _ = with_file(txn, team, b"0712345678,Jane")
    txn.execute("UPDATE upload SET created_at = created_at + interval '1 minute'")
    imports.end(txn, job, 1)
    all_of_it(txn)
    assert pieces(txn, team) == 1


def test_an_import_that_waits_does_not_bring_back_who_is_forgotten_meanwhile(txn, team):
    job, upload = with_file(txn, team, b"0712345678,Jane\n0722000111,Ann")
    erasure = forget_now(txn, team)
    all_of_it(txn)
    assert (is_over(txn, team, erasure), pieces(txn, team)) == (False, 1)
    imports.take(txn, job, upload, 0, chunk(3, person(2, PHONE, first_name="Jane"), person(3, OTHER, first_name="Ann")))
    imports.end(txn, job, 2)
    assert [phone for phone, *_ in shown(txn, team)] == [OTHER]
    assert counts(uploads.find(txn, team, upload.uuid)) == (1, 0, 1, 0)
    an_hour_later(txn)
    assert (is_over(txn, team, erasure), pieces(txn, team)) == (True, 0)


def test_who_is_imported_after_the_request_is_new(txn, team):
    forget(txn, team, give(txn, team), at_ms=now_ms(txn) - 3_600_000)
    job, upload = with_file(txn, team, b"0712345678,Jane")
    imports.take(txn, job, upload, 0, chunk(2, person(2, PHONE, first_name="Jane")))
    assert [phone for phone, *_ in shown(txn, team)] == [PHONE]


# Audiences


def said(txn, audience):
    return rows(txn, "SELECT phone FROM audience_row WHERE audience_id = %(id)s ORDER BY n", id=audience.id)


def test_the_rows_of_audiences_that_name_the_person_go_at_once_and_those_of_others_stay(txn, team):
    other = add_team(txn)
    mine = audience_files.read(txn, team, somebody(2, PHONE, name="Jane"), somebody(3, OTHER))
    theirs = audience_files.read(txn, other, somebody(2, PHONE))
    forget_now(txn, team)
    assert (said(txn, mine), said(txn, theirs)) == ([(OTHER,)], [(PHONE,)])
    assert audiences.find(txn, team, mine.uuid).people == 1


def test_bad_rows_of_audiences_that_have_the_number_go(txn, team):
    failed = [
        {"row": 3, "wrong": WRONG, "cells": ["0712 345-678", "Jane", "jane@"]},
        {"row": 4, "wrong": WRONG, "cells": ["0722 000 111", "Ann", "ann@"]},
    ]
    audience = audience_files.read(txn, team, failed=failed)
    forget_now(txn, team)
    all_of_it(txn)
    assert [each.row for each in audiences.errors(txn, audience.id, 0, 10)] == [4]


def test_an_audience_that_waits_does_not_take_who_is_forgotten_meanwhile(txn, team):
    job, audience = audience_files.begin(txn, team)
    erasure = forget_now(txn, team)
    all_of_it(txn)
    assert not is_over(txn, team, erasure)
    audience_rows.take(txn, job, audience, 0, chunk(3, somebody(2, PHONE), somebody(3, OTHER)))
    audience_rows.end(txn, job, 2)
    found = audiences.find(txn, team, audience.uuid)
    assert (said(txn, audience), found.people, found.failed) == ([(OTHER,)], 1, 1)
    an_hour_later(txn)
    assert is_over(txn, team, erasure)


# Exports


def whole(txn, team, kind, form, *octets):
    """An export whose file is whole."""
    export, job = ask(txn, team, kind, form, recipient=PHONE)
    begun = exports.begin(txn, job, uuid())
    for n, piece in enumerate(octets):
        exports.keep(txn, begun, n, piece, 1)
    exports.finish(txn, begun)
    jobs.end(txn, job, JobState.COMPLETED)
    return export


def is_there(txn, export):
    return exports.find(txn, export.team_id, export.uuid).file_uuid is not None


def test_files_of_exports_that_hold_the_number_go_whole_and_workbooks_too(txn, team):
    other = add_team(txn)
    held = whole(txn, team, "contacts", "csv", b"phone\r\n+254712345678,Jane\r\n")
    cut = whole(txn, team, "messages", "csv", b"to\r\n+25471", b"2345678,Hi\r\n")
    book = whole(txn, team, "inbound", "xlsx", b"PK")
    without = whole(txn, team, "contacts", "csv", b"phone\r\n+25471", b"3345678,Ann\r\n")
    ledger = whole(txn, team, "ledger", "xlsx", b"PK")
    theirs = whole(txn, other, "contacts", "csv", b"+254712345678")
    forget_now(txn, team)
    all_of_it(txn)
    assert [is_there(txn, each) for each in (held, cut, book, without, ledger, theirs)] == [
        *(False, False, False), *(True, True, True),
    ]  # fmt: skip


def test_what_was_asked_for_names_the_person_no_more(txn, team):
    export = whole(txn, team, "messages", "csv")
    told = orjson.dumps({"filters": {"phone": "0712345678"}}).decode()
    txn.execute("UPDATE export SET shown = %(told)s", {"told": told})
    forget_now(txn, team)
    all_of_it(txn)
    found = exports.find(txn, team, export.uuid)
    assert (found.asked["recipient"], found.shown) == (PSEUDONYM, {"filters": {"phone": f"0{PSEUDONYM}"}})


def test_an_export_that_is_being_written_is_waited_for(txn, team):
    export, job = ask(txn, team, "contacts")
    erasure = forget_now(txn, team)
    all_of_it(txn)
    assert not is_over(txn, team, erasure)
    begun = exports.begin(txn, job, uuid())
    exports.keep(txn, begun, 0, b"+254712345678", 1)
    exports.finish(txn, begun)
    jobs.end(txn, job, JobState.COMPLETED)
    assert is_there(txn, export)
    an_hour_later(txn)
    assert (is_over(txn, team, erasure), is_there(txn, export)) == (True, False)


# Two at once


@pytest.fixture
def two(database_dsn):
    made = Two(database_dsn)
    yield made
    made.close()


def deleted_contact(txn):
    """A team whose contact was deleted, with an import that is under way."""
    team = add_team(txn)
    contact = give(txn, team)
    contacts.delete(txn, NODE, team, [contact.uuid])
    return team, contact, *begin(txn, team)


def test_a_request_waits_for_the_chunk_that_is_being_taken_and_takes_its_contact_away(two):
    team, contact, job, upload = two.do(deleted_contact)
    with two.first.cursor() as txn:
        imports.take(txn, job, upload, 0, chunk(2, person(2, PHONE)))
        end = two.meanwhile(forget_now, team, contact)
        end()
    assert two.do(shown, team) == []


def test_a_chunk_waits_for_the_request_that_is_being_taken_and_leaves_the_person_out(two):
    team, contact, job, upload = two.do(deleted_contact)
    with two.first.cursor() as txn:
        forget_now(txn, team, contact)
        end = two.meanwhile(imports.take, job, upload, 0, chunk(2, person(2, PHONE)))
        end()
    assert two.do(shown, team) == []
