"""Audiences from the file to their rows, with the real child and a real store, whatever dies on the way."""

import io
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from mobilesasa.contacts.audiences import READ, Audience, AudienceReading
from mobilesasa.contacts.uploads import looked_of
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import StoreAway
from mobilesasa.jobs import child as children
from mobilesasa.jobs import read
from mobilesasa.jobs.child import ChildBroke
from mobilesasa.jobs.imports import FILE_GONE, ImportWork
from mobilesasa.store import audiences, files, jobs
from mobilesasa.store.audience_rows import AudienceFiles
from mobilesasa.store.audiences import Audiences
from mobilesasa.store.jobs import StoredJobs
from mobilesasa.store.uploads import Uploads
from tests.contacts.files import workbook
from tests.jobs.importing import make_runner
from tests.jobs.test_imports import Failing, expected, lines
from tests.jobs.test_imports import Rig as ImportRig
from tests.store.given import one, rows

PEOPLE = "SELECT phone, fields FROM audience_row WHERE audience_id = %(id)s ORDER BY n"


class Rig:
    """A store with a team and its audiences."""

    def __init__(self, dsn: str) -> None:
        self.imports = ImportRig(dsn)
        self.do, self.database, self.team = self.imports.do, self.imports.database, self.imports.team
        self.files = AudienceFiles(self.database)

    def begin(self, octets: bytes) -> Audience:
        """Keep a file and its audience, as the API does."""
        told = {"do": "look", "mapping": {}, "country": "KE", "first": 0, "fields": True}
        (said,) = read.lines(io.BytesIO(octets), told)
        plan = AudienceReading(filename="people", looked=looked_of(said), country="KE")
        file_id, name = self.imports.keep(octets), str(uuid.uuid4())
        self.do(audiences.add, NODE, self.team, name, file_id, plan, str(uuid.uuid4()))
        return self.found(name)

    def found(self, name: str) -> Audience:
        return self.do(audiences.find, self.team, name)

    async def work(self, audience: Audience) -> Audience:
        """Read an audience in one turn."""
        job = self.do(jobs.begin, audience.job_id)
        await ImportWork(self.files, reactor, deferToThread).do(job)
        return self.found(audience.uuid)

    def people(self, audience: Audience) -> list[tuple[str, dict[str, str]]]:
        return self.do(rows, PEOPLE, id=audience.id)

    def check(self, audience: Audience, people: int) -> None:
        """See that every row was dealt with exactly once."""
        _, doubles, failed = expected(people)
        counts = (audience.status, audience.people, audience.doubles, audience.failed)
        assert counts == ("completed", people, doubles, failed)
        assert audience.total_rows == people + doubles + failed
        found = self.people(audience)
        assert len(found) == people
        assert found[7] == ("254700000007", {"first_name": "Jane7", "email": "jane7@example.com"})
        assert len(self.do(audiences.errors, audience.id, 0, failed + 1)) == failed


@pytest_twisted.async_yield_fixture
async def rig(database_dsn: str) -> AsyncIterator[Rig]:
    made = Rig(database_dsn)
    await made.database.start()
    yield made
    await made.database.close()
    made.imports.direct.close()


@pytest_twisted.ensureDeferred
async def test_the_job_reads_a_csv_file(rig):
    audience = rig.begin(lines(2500))
    runner = make_runner(rig.database)
    runner.start()
    runner.do_jobs(True)
    while (found := rig.found(audience.uuid)).finished_at_ms is None:
        await deferLater(reactor, 0.01, lambda: None)
    await runner.stop()
    rig.check(found, 2500)


@pytest_twisted.ensureDeferred
async def test_a_workbook_is_read_as_it_shows(rig):
    book = workbook([["Mobile", "Name", "Balance"], [254712345678, "Jane", 1250.5], ["0712345679", None, 7]])
    audience = await rig.work(rig.begin(book.getvalue()))
    assert (audience.status, audience.fields) == ("completed", ["phone", "name", "balance"])
    assert rig.people(audience) == [
        ("254712345678", {"name": "Jane", "balance": "1250.5"}),
        ("254712345679", {"balance": "7"}),
    ]


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", [4, 6])  # the first chunk, the end
@pytest_twisted.ensureDeferred
async def test_whichever_call_fails_the_next_turn_doubles_and_skips_nothing(rig, at, committed):
    audience = rig.begin(lines(1300))
    job = rig.do(jobs.begin, audience.job_id)
    failing: Any = Failing(rig.files, at, committed)
    try:
        await ImportWork(failing, reactor, deferToThread).do(job)
    except StoreAway:
        again = rig.do(jobs.begin, audience.job_id)
        if again is not None:
            await ImportWork(rig.files, reactor, deferToThread).do(again)
    rig.check(rig.found(audience.uuid), 1300)


@pytest_twisted.ensureDeferred
async def test_when_the_child_is_killed_the_next_turn_goes_on_behind_what_was_taken(rig, monkeypatch):
    audience = rig.begin(lines(6000))
    told = children.Child.line

    async def killed(child: children.Child) -> bytes | None:
        if rig.found(audience.uuid).people:
            child.kill("killed by the test")
        return await told(child)

    with monkeypatch.context() as patched:
        patched.setattr(
            children.Child, "line", killed
        )  # the work starts its child itself, and nothing else tells of it
        with pytest.raises(ChildBroke):
            await rig.work(audience)
    assert 0 < rig.found(audience.uuid).people < 6000
    rig.check(await rig.work(audience), 6000)


@pytest_twisted.ensureDeferred
async def test_a_file_that_turns_out_bad_fails_with_its_words(rig):
    audience = rig.begin(lines(1200))
    spoil = "UPDATE file_chunk SET octets = octets || %(octets)s WHERE file_id = %(id)s"
    more = b'0712345678,"' + b"x" * 140_000
    rig.do(lambda txn: txn.execute(spoil, {"id": audience.file_id, "octets": more}))
    audience = await rig.work(audience)
    assert (audience.status, len(rig.people(audience))) == ("failed", audience.people)
    assert "quote is not closed" in audience.failure


@pytest_twisted.ensureDeferred
async def test_a_file_that_is_kept_no_longer_fails(rig):
    audience = rig.begin(lines(3))
    rig.do(files.remove, audience.file_id)
    assert (await rig.work(audience)).failure == FILE_GONE


@pytest_twisted.ensureDeferred
async def test_work_without_an_audience_ends(rig):
    job = rig.do(jobs.begin, rig.do(jobs.add, rig.team, READ, {}, str(uuid.uuid4())))
    await ImportWork(rig.files, reactor, deferToThread).do(job)
    assert await StoredJobs(rig.database).waiting() == []


@pytest_twisted.ensureDeferred
async def test_the_api_s_part_of_the_store_keeps_files_and_audiences(rig):
    def new_uuid() -> str:
        return str(uuid.uuid4())

    api, filing = Audiences(rig.database, new_uuid), Uploads(rig.database, new_uuid)
    first = rig.begin(b"phone,town\n0712345678,Kisumu\n12,\n")
    file_id = await filing.begin_file(rig.team, "more.csv", "text/csv")
    await filing.add_chunk(file_id, 0, b"phone\n0712345679\n")
    await filing.finish_file(file_id)
    name = new_uuid()
    await api.begin(NODE, rig.team, name, file_id, first.plan, None)
    await filing.drop_file(file_id)
    assert (await api.find(rig.team, name))[0].file_id == file_id
    assert await api.count(rig.team) == (2, False)
    assert [each.uuid for each in await api.page(rig.team, limit=5, offset=0)] == [name, first.uuid]
    await rig.work(first)
    found, wrong = await api.find(rig.team, first.uuid)
    assert (found.people, found.failed, len(wrong)) == (1, 1, 1)
    assert await api.errors(found, 0) == wrong
    assert await api.errors(found, wrong[0].row) == []
    assert (await api.delete(NODE, rig.team, name)).uuid == name
    assert rig.do(one, "SELECT count(*) FROM file") == 0
