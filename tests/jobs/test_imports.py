"""Imports from the file to the contacts, with the real child and a real store, whatever dies on the way (decision 56)."""

import io
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from mobilesasa.contacts.uploads import IMPORT, Plan, Upload, looked_of
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import Overloaded, StoreAway
from mobilesasa.core.jobs import JobGone
from mobilesasa.jobs import child as children
from mobilesasa.jobs import read
from mobilesasa.jobs.child import ChildBroke
from mobilesasa.jobs.imports import FILE_GONE, LOOKS_AT_ONCE, LOOKS_OF_TEAM, LOOKS_WAITING, ImportWork, Looker
from mobilesasa.jobs.runner import Runner
from mobilesasa.store import files, jobs, uploads
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.imports import Imports
from mobilesasa.store.jobs import StoredJobs
from mobilesasa.store.uploads import Uploads
from tests.contacts.files import workbook
from tests.jobs.importing import make_runner
from tests.store.given import add_team, one, rows

ROOT = Path(__file__).parents[2]
COUNT = "SELECT count(*), count(DISTINCT phone) FROM contact WHERE team_id = %(team)s AND deleted_at IS NULL"


def lines(people: int) -> bytes:
    """A file with every seventh phone twice in a row, and every eleventh row bad."""
    made = ["phone,first name,email"]
    for n in range(people):
        made.append(f"+2547{n:08d},Jane{n},jane{n}@example.com")
        if n % 7 == 0:
            made.append(f"07{n:08d},Jane{n},")
        if n % 11 == 0:
            made.append(f"bad{n},Nobody,")
    return "\n".join(made).encode() + b"\n"


def expected(people: int) -> tuple[int, int, int]:
    """Imported, skipped, failed."""
    return people, len(range(0, people, 7)), len(range(0, people, 11))


class Rig:
    """A store with a team and its imports."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.direct = connect(dsn, "tests")
        self.team = self.do(add_team)
        self.database = Database(reactor, dsn, answers=(JobGone,))
        self.imports = Imports(self.database)
        self.look: Any = lambda: None  # as the node does when the store tells of a job

    def do(self, work: Any, *args: Any, **more: Any) -> Any:
        """Run a store function."""
        return in_transaction(self.direct, work, *args, **more)

    def begin(self, octets: bytes, **changes: Any) -> Upload:
        """Keep a file and its import, as the API does."""
        (said,) = read.lines(io.BytesIO(octets), {"do": "look", "mapping": {}, "country": "KE", "first": 0})
        plan = attrs.evolve(Plan(filename="people", looked=looked_of(said), country="KE"), **changes)
        file_id, name = self.keep(octets), str(uuid.uuid4())
        self.do(uploads.add, NODE, self.team, name, file_id, plan, str(uuid.uuid4()))
        self.look()
        return self.found(name)

    def keep(self, octets: bytes) -> int:
        """Keep a file, and return its id."""
        file_id: int = self.do(files.begin, self.team, str(uuid.uuid4()), "people", "text/csv")
        for n in range(0, len(octets), files.CHUNK_OCTETS):
            self.do(files.add_chunk, file_id, n // files.CHUNK_OCTETS, octets[n : n + files.CHUNK_OCTETS])
        self.do(files.finish, file_id)
        return file_id

    def found(self, name: str) -> Upload:
        return self.do(uploads.find, self.team, name)

    async def ended(self, upload: Upload) -> Upload:
        """Wait for the end of an import."""
        while (found := self.found(upload.uuid)).finished_at_ms is None:
            await deferLater(reactor, 0.01, lambda: None)
        return found

    def contacts(self) -> tuple[int, int]:
        """How many contacts there are, and how many phones they have."""
        ((count, phones),) = self.do(rows, COUNT, team=self.team)
        return count, phones

    def check(self, upload: Upload, people: int) -> None:
        """See that every row was dealt with exactly once."""
        imported, skipped, failed = expected(people)
        assert (upload.status, upload.imported, upload.skipped, upload.failed) == (
            "completed",
            imported,
            skipped,
            failed,
        )
        assert upload.total_rows == imported + upload.updated + skipped + failed
        assert self.contacts() == (people, people)
        assert self.do(one, "SELECT count(*) FROM upload_error WHERE upload_id = %(id)s", id=upload.id) == failed


@pytest_twisted.async_yield_fixture
async def rig(database_dsn: str) -> AsyncIterator[Rig]:
    made = Rig(database_dsn)
    await made.database.start()
    yield made
    await made.database.close()
    made.direct.close()


@pytest_twisted.async_yield_fixture
async def runner(rig: Rig) -> AsyncIterator[Runner]:
    made = make_runner(rig.database)
    made.start()
    made.do_jobs(True)
    rig.look = made.look
    yield made
    await made.stop()


@pytest_twisted.ensureDeferred
async def test_a_csv_file_becomes_contacts(rig, runner):
    upload = await rig.ended(rig.begin(lines(2500)))
    rig.check(upload, 2500)


@pytest_twisted.ensureDeferred
async def test_an_xlsx_file_becomes_contacts(rig, runner):
    people = [["Phone", "Name"], *([f"2547{n:08d}" if n % 2 else 254700000000 + n, f"Jane Doe {n}"] for n in range(40))]
    upload = await rig.ended(rig.begin(workbook(people).getvalue()))
    assert (upload.status, upload.imported, rig.contacts()) == ("completed", 40, (40, 40))


@pytest_twisted.ensureDeferred
async def test_the_rows_that_failed_are_kept_as_they_stood(rig, runner):
    upload = await rig.ended(rig.begin(b"phone,town\n0712345678,Kisumu\n12,Nairobi\n"))
    (wrong,) = rig.do(uploads.errors, upload.id, 0, 10)
    assert (wrong.row, wrong.cells, wrong.wrong[0]["column"]) == (3, ["12", "Nairobi"], "phone")


@pytest_twisted.ensureDeferred
async def test_an_import_is_undone_by_a_job(rig, runner):
    upload = await rig.ended(rig.begin(lines(1500)))
    rig.do(uploads.undo, NODE, rig.team, upload.uuid, str(uuid.uuid4()))
    runner.look()
    while rig.found(upload.uuid).undone.status != "completed":
        await deferLater(reactor, 0.01, lambda: None)
    assert (rig.found(upload.uuid).undone.removed, rig.contacts()) == (1500, (0, 0))


@pytest_twisted.ensureDeferred
async def test_a_file_that_turns_out_bad_fails_with_its_words_and_keeps_what_was_taken(rig, runner):
    octets = lines(1200) + b'0712345678,"' + b"x" * 140_000
    good = rig.begin(lines(1200))
    rig.do(lambda txn: txn.execute("DELETE FROM file_chunk WHERE file_id = %(id)s", {"id": good.file_id}))
    spoil = "INSERT INTO file_chunk VALUES (%(id)s, 0, %(octets)s)"
    rig.do(lambda txn: txn.execute(spoil, {"id": good.file_id, "octets": octets}))
    upload = await rig.ended(good)
    assert (upload.status, rig.contacts()[0]) == ("failed", upload.imported)
    assert "quote is not closed" in upload.failure


@pytest_twisted.ensureDeferred
async def test_a_file_that_is_kept_no_longer_fails(rig, runner):
    upload = rig.begin(lines(3))
    rig.do(files.remove, upload.file_id)
    assert (await rig.ended(upload)).failure == FILE_GONE


@pytest_twisted.ensureDeferred
async def test_an_import_that_is_cancelled_ends_at_its_next_chunk(rig, runner):
    upload = rig.begin(lines(30_000))
    while not rig.found(upload.uuid).imported:
        await deferLater(reactor, 0.01, lambda: None)
    rig.do(uploads.cancel, NODE, rig.team, upload.uuid)
    while runner.running:
        await deferLater(reactor, 0.01, lambda: None)
    ended = rig.found(upload.uuid)
    assert (ended.status, ended.imported) == ("cancelled", rig.contacts()[0])
    assert ended.imported < 30_000


@attrs.define
class Failing:
    """A store that fails at one of its calls: before it is done, or after its commit, when nobody hears of it."""

    inner: Imports
    at: int
    committed: bool
    calls: int = 0

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any) -> Any:
            self.calls += 1
            if self.calls != self.at:
                return await getattr(self.inner, name)(*args)
            if self.committed:
                await getattr(self.inner, name)(*args)
            raise StoreAway("the connection broke")

        return call


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", [1, 2, 4, 5, 6])
@pytest_twisted.ensureDeferred
async def test_decision_56_whichever_call_fails_the_next_turn_doubles_and_skips_nothing(rig, at, committed):
    upload = rig.begin(lines(1300))
    failing = Failing(rig.imports, at, committed)
    job = rig.do(jobs.begin, upload.job_id)
    try:
        await ImportWork(failing, reactor, deferToThread).do(job)
    except StoreAway:
        again = rig.do(jobs.begin, upload.job_id)
        if again is not None:
            await ImportWork(rig.imports, reactor, deferToThread).do(again)
    rig.check(rig.found(upload.uuid), 1300)


@pytest_twisted.ensureDeferred
async def test_decision_56_a_child_that_is_killed_at_any_moment_doubles_and_skips_nothing(rig, monkeypatch):
    upload = rig.begin(lines(15_000))  # more than the pipe holds: the child is there when it is to be killed
    begun: list[children.Child] = []
    start = children.Child.begin
    # the work starts its child itself, and nothing else tells of it
    monkeypatch.setattr(
        children.Child, "begin", lambda self, *args, **more: (begun.append(self), start(self, *args, **more))
    )
    work = ImportWork(rig.imports, reactor, deferToThread)
    for moment in (0, 1, 2, 3):
        job = rig.do(jobs.begin, upload.job_id)
        await _killed(rig, work, job, upload, begun, moment)
    job = rig.do(jobs.begin, upload.job_id)
    await work.do(job)
    rig.check(rig.found(upload.uuid), 15_000)


async def _killed(rig, work, job, upload, begun, moment) -> None:
    """Do a job, and kill its child when so many thousands of rows are there."""

    def look() -> None:
        if begun and begun[-1]._process is not None and rig.found(upload.uuid).imported >= moment * 1000:
            begun[-1].kill("killed by the test")
        else:
            reactor.callLater(0.005, look)

    begun.clear()
    look()
    with pytest.raises(ChildBroke):
        await work.do(job)


@pytest_twisted.ensureDeferred
async def test_decision_56_a_worker_that_is_killed_at_any_moment_doubles_and_skips_nothing(rig):
    upload = rig.begin(lines(12_000))
    chance = random.Random(56)
    for _ in range(3):
        done = rig.found(upload.uuid).imported
        worker = subprocess.Popen([sys.executable, "-m", "tests.jobs.importing", rig.dsn], cwd=ROOT)
        until = time.monotonic() + 30
        while rig.found(upload.uuid).imported < done + chance.randint(0, 2) * 1000 and time.monotonic() < until:
            await deferLater(reactor, 0.005, lambda: None)
        await deferLater(reactor, chance.random() / 20, lambda: None)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    last = make_runner(rig.database)
    last.start()
    last.do_jobs(True)
    upload = await rig.ended(upload)
    await last.stop()
    rig.check(upload, 12_000)


@pytest_twisted.ensureDeferred
async def test_decision_56_two_workers_that_both_think_they_have_the_job_double_nothing(rig):
    upload = rig.begin(lines(3000))
    slow, quick = (rig.do(jobs.begin, upload.job_id) for _ in range(2))
    work = ImportWork(rig.imports, reactor, deferToThread)
    with pytest.raises(JobGone):
        await work.do(slow)
    await work.do(quick)
    rig.check(rig.found(upload.uuid), 3000)


@pytest_twisted.ensureDeferred
async def test_a_stop_hands_an_import_back_and_the_next_node_goes_on(rig):
    upload = rig.begin(lines(20_000))
    first = make_runner(rig.database)
    first.start()
    first.do_jobs(True)
    while not rig.found(upload.uuid).imported:
        await deferLater(reactor, 0.005, lambda: None)
    await first.stop()
    assert rig.do(one, "SELECT state FROM job WHERE id = %(id)s", id=upload.job_id) == "pending"
    second = make_runner(rig.database)
    second.start()
    second.do_jobs(True)
    upload = await rig.ended(upload)
    await second.stop()
    rig.check(upload, 20_000)


@pytest_twisted.ensureDeferred
async def test_a_look_at_a_file_says_what_it_holds(tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(b"Simu,Age\n0712345678,7\n")
    with file.open("rb") as opened:
        said = await Looker(reactor).look(1, opened, {"Simu": "phone"}, "KE", 5)
        assert (said["first"], said["ignored"]) == ([["0712345678", "7"]], ["Age"])
        opened.seek(0)
        said = await Looker(reactor).look(1, opened, {"Nobody": "phone"}, "KE")
        assert "not in the file" in said["bad"]


@pytest_twisted.ensureDeferred
async def test_only_so_many_files_are_looked_at_at_once_and_so_many_wait(tmp_path, monkeypatch):
    looker = Looker(reactor)
    under_way: list[Deferred[dict[str, Any]]] = []

    async def slow(*_: Any) -> Any:
        under_way.append(Deferred())
        return await under_way[-1]

    monkeypatch.setattr(looker, "_look", slow)  # in the place of a child, whose end the test decides
    with (tmp_path / "people.csv").open("wb+") as file:
        several = range(LOOKS_AT_ONCE + LOOKS_WAITING)
        waiting = [Deferred.fromCoroutine(looker.look(n, file, {}, "KE")) for n in several]
        assert len(under_way) == LOOKS_AT_ONCE
        with pytest.raises(Overloaded):
            await looker.look(99, file, {}, "KE")
        for n in several:
            under_way[n].callback({"n": n})
        assert [await each for each in waiting] == [{"n": n} for n in range(len(waiting))]


@pytest_twisted.ensureDeferred
async def test_one_team_leaves_places_for_looks_to_the_others(tmp_path, monkeypatch):
    looker, under_way = Looker(reactor), list[Deferred[Any]]()

    async def slow(*_: Any) -> Any:
        under_way.append(Deferred())
        return await under_way[-1]

    monkeypatch.setattr(looker, "_look", slow)  # in the place of a child, whose end the test decides
    with (tmp_path / "people.csv").open("wb+") as file:
        waiting = [Deferred.fromCoroutine(looker.look(1, file, {}, "KE")) for _ in range(LOOKS_OF_TEAM)]
        with pytest.raises(Overloaded):
            await looker.look(1, file, {}, "KE")
        waiting.append(Deferred.fromCoroutine(looker.look(2, file, {}, "KE")))
        for n in range(LOOKS_OF_TEAM + 1):
            under_way[n].callback({})
        assert [await each for each in waiting] == [{}] * (LOOKS_OF_TEAM + 1)
        again = Deferred.fromCoroutine(looker.look(1, file, {}, "KE"))
        under_way[-1].callback({})
        assert await again == {}


@pytest_twisted.ensureDeferred
async def test_a_child_that_says_nothing_of_a_file_is_a_defect(tmp_path, monkeypatch):
    async def nothing(_: Any) -> None:
        return None

    monkeypatch.setattr(children.Child, "line", nothing)  # no child of ours does that
    with (tmp_path / "people.csv").open("wb+") as file, pytest.raises(ChildBroke, match="said nothing"):
        await Looker(reactor).look(1, file, {}, "KE")


@pytest_twisted.ensureDeferred
async def test_the_api_s_part_of_the_store_keeps_files_and_imports(rig):
    api = Uploads(rig.database, lambda: str(uuid.uuid4()))
    upload = rig.begin(b"phone\n0712345678\n12\n")
    file_id = await api.begin_file(rig.team, "more.csv", "text/csv")
    await api.add_chunk(file_id, 0, b"phone\n0712345679\n")
    await api.finish_file(file_id)
    name = str(uuid.uuid4())
    await api.begin(NODE, rig.team, name, file_id, upload.plan, None)
    assert (await api.find(rig.team, name))[0].file_id == file_id
    assert await api.count(rig.team) == (2, False)
    assert [each.uuid for each in await api.page(rig.team, limit=5, offset=0)] == [name, upload.uuid]
    await api.cancel(NODE, rig.team, name)
    job = rig.do(jobs.begin, upload.job_id)
    await ImportWork(rig.imports, reactor, deferToThread).do(job)
    found, wrong = await api.find(rig.team, upload.uuid)
    assert (found.imported, found.failed, len(wrong)) == (1, 1, 1)
    assert await api.errors(found, 0) == wrong
    assert await api.errors(found, wrong[0].row) == []
    await api.undo(NODE, rig.team, upload.uuid, None)


@pytest_twisted.ensureDeferred
async def test_a_file_goes_when_nothing_has_come_of_it_and_stays_when_its_import_was_kept_after_all(rig):
    api = Uploads(rig.database, lambda: str(uuid.uuid4()))
    upload = rig.begin(b"phone\n0712345678\n")
    await api.drop_file(upload.file_id)  # as after a COMMIT whose answer was lost
    assert rig.do(files.read_chunk, upload.file_id, 0) == b"phone\n0712345678\n"
    dropped = await api.begin_file(rig.team, "nothing.csv", "text/csv")
    await api.add_chunk(dropped, 0, b"phone\n")
    await api.drop_file(dropped)
    assert rig.do(files.read_chunk, dropped, 0) is None


@pytest_twisted.ensureDeferred
async def test_work_without_an_import_ends(rig):
    job_id = rig.do(jobs.add, rig.team, IMPORT, {}, str(uuid.uuid4()))
    job = rig.do(jobs.begin, job_id)
    await ImportWork(rig.imports, reactor, deferToThread).do(job)
    assert await StoredJobs(rig.database).waiting() == []
