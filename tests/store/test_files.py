"""Files in pieces: found when they are whole, by their own team alone, and for some days."""

import uuid

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.store import files, uploads
from tests.store.audience_files import begin as begin_audience
from tests.store.given import add_team, one
from tests.store.two import Two
from tests.store.uploading import PLAN
from tests.store.uploading import begin as begin_import

AGE = "UPDATE file SET created_at = created_at - %(hours)s * interval '1 hour' WHERE id = %(id)s RETURNING id"


def begin(txn, team):
    name = str(uuid.uuid4())
    return name, files.begin(txn, team, name, "people.csv", "text/csv")


def whole(txn, team, *pieces):
    name, file_id = begin(txn, team)
    for n, octets in enumerate(pieces):
        files.add_chunk(txn, file_id, n, octets)
    return name, files.finish(txn, file_id)


def test_a_file_is_read_as_it_was_written(txn, team):
    name, made = whole(txn, team, b"one\x00", b"\xfftwo")
    found = files.find(txn, team, name.upper())
    assert found == made
    assert (found.name, found.content_type, found.octets) == ("people.csv", "text/csv", 8)
    assert [files.read_chunk(txn, made.id, n) for n in range(3)] == [b"one\x00", b"\xfftwo", None]


def test_an_empty_file_is_a_file(txn, team):
    assert whole(txn, team)[1].octets == 0


def test_nobody_finds_a_file_that_is_not_whole_or_another_team_s(txn, team):
    name, _ = begin(txn, team)
    assert files.find(txn, team, name) is None
    name, _ = whole(txn, team, b"x")
    assert files.find(txn, add_team(txn), name) is None
    assert files.find(txn, team, "no uuid") is None


def test_a_piece_that_comes_twice_is_kept_once_and_a_whole_file_takes_none(txn, team):
    name, file_id = begin(txn, team)
    files.add_chunk(txn, file_id, 0, b"half")
    files.add_chunk(txn, file_id, 0, b"whole")
    assert files.finish(txn, file_id).octets == 5
    files.add_chunk(txn, file_id, 1, b"more")
    assert (files.read_chunk(txn, file_id, 0), files.read_chunk(txn, file_id, 1)) == (b"whole", None)
    assert files.find(txn, team, name).octets == 5


def test_a_file_that_is_removed_leaves_nothing(txn, team):
    name, made = whole(txn, team, b"x")
    files.remove(txn, made.id)
    assert files.find(txn, team, name) is None
    assert files.read_chunk(txn, made.id, 0) is None


@pytest.mark.parametrize("begin_one", [begin_import, begin_audience])
def test_a_file_is_dropped_unless_something_names_it(txn, team, begin_one):
    _, file_id = begin(txn, team)
    named = begin_one(txn, team)[1].file_id
    for each in (file_id, named):
        files.drop(txn, each)
    count = "SELECT count(*) FROM file WHERE id = %(id)s"
    assert (one(txn, count, id=file_id), one(txn, count, id=named)) == (0, 1)


@pytest.fixture
def two(database_dsn):
    made = Two(database_dsn)
    yield made
    made.close()


def test_a_file_whose_import_is_being_committed_is_not_dropped(two):
    team = two.do(add_team)
    file_id = two.do(begin, team)[1]
    with two.first.cursor() as txn:
        uploads.add(txn, NODE, team, str(uuid.uuid4()), file_id, PLAN, str(uuid.uuid4()))
        end = two.meanwhile(files.drop, file_id)
        end()
    assert two.do(one, "SELECT file_id FROM upload") == file_id


def test_old_files_and_what_never_became_whole_are_forgotten(txn, team):
    ages = {"new": 1, "day": 30, "week": 24 * 8}
    made = {name: whole(txn, team, b"x")[1].id for name in ages}
    made |= {f"half {name}": begin(txn, team)[1] for name in ages}
    for name, file_id in made.items():
        one(txn, AGE, id=file_id, hours=ages[name.removeprefix("half ")])
    assert files.forget(txn, 10) == 3
    left = {
        name for name, file_id in made.items() if one(txn, "SELECT count(*) FROM file WHERE id = %(id)s", id=file_id)
    }
    assert left == {"new", "day", "half new"}
