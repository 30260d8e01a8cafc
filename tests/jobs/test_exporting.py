"""Exports are written piece by piece from their beginning, and are there when they are whole."""

import io

import attrs
import pytest
import pytest_twisted
from openpyxl import load_workbook
from twisted.internet import reactor
from twisted.internet.defer import Deferred, maybeDeferred

from mobilesasa.core.exports import Export, Slice
from mobilesasa.core.jobs import Job, JobFailed, JobGone, JobState
from mobilesasa.jobs import exporting
from mobilesasa.jobs.child import Bounds, start
from mobilesasa.jobs.exporting import Exporting, lines

JOB = Job(id=1, uuid="u", team_id=1, kind="export", state=JobState.RUNNING, args={}, progress={}, turn=1, error=None,
          created_at_ms=0, started_at_ms=None, finished_at_ms=None)  # fmt: skip


@attrs.frozen
class FakeBegun:
    export: Export
    columns: list[str]


class FakeWriting:
    """The store: slices of rows go out, pieces of the file come in."""

    def __init__(self, slices, form="csv", excel=False) -> None:
        self.slices = slices
        self.export = Export(
            uuid="u", team_id=1, kind="messages", format=form, asked={"excel": excel}, shown={}, filename="f"
        )
        self.whole = False
        self.given_up = False
        self.pieces: dict[int, bytes] = {}
        self.rows_kept = 0
        self.gone_at: int | None = None

    async def begin(self, job):
        self.pieces.clear()
        self.rows_kept = 0
        return None if self.whole else FakeBegun(self.export, ["uuid", "text"])

    async def rows(self, begun, cursor, form):
        place = cursor or 0
        rows = self.slices[place] if self.slices else []
        return Slice(form(rows) if rows else b"", len(rows), place + 1 if place + 1 < len(self.slices) else None)

    async def keep(self, begun, n, octets, rows):
        if self.gone_at == n:
            raise JobGone("removed")
        assert n == len(self.pieces)
        self.pieces[n] = octets
        self.rows_kept += rows

    async def finish(self, begun):
        self.whole = True

    async def give_up(self, begun):
        self.given_up = True

    @property
    def octets(self) -> bytes:
        return b"".join(self.pieces.values())


def on_thread(function, *args):
    return maybeDeferred(function, *args)


def work(writing, start_child=None) -> Exporting:
    return Exporting(writing, start_child, on_thread)


def done(writing, start_child=None) -> None:
    failures = []
    Deferred.fromCoroutine(work(writing, start_child).do(JOB)).addErrback(failures.append)
    for failure in failures:
        failure.raiseException()


def test_rows_stand_below_their_columns_in_pieces_of_one_size(monkeypatch):
    monkeypatch.setattr(exporting, "PIECE_OCTETS", 20)  # a file of pieces that is still small
    writing = FakeWriting([[["a", "1"], ["b", "2"]], [], [["c", "3"]], [["d", "4"], ["e", "=5"]]])
    done(writing)
    assert writing.octets == b"uuid,text\r\na,1\r\nb,2\r\nc,3\r\nd,4\r\ne,'=5\r\n"
    assert [len(piece) for piece in writing.pieces.values()] == [20, 18]
    assert (writing.rows_kept, writing.whole) == (5, True)


def test_of_no_rows_there_are_the_columns():
    writing = FakeWriting([])
    done(writing)
    assert (writing.octets, writing.rows_kept) == (b"uuid,text\r\n", 0)


def test_a_file_for_spreadsheets_begins_with_the_mark_of_its_encoding():
    writing = FakeWriting([[["a", "+254712345678"]]], excel=True)
    done(writing)
    assert writing.octets == b"\xef\xbb\xbfuuid,text\r\na,'+254712345678\r\n"


def test_what_is_whole_is_not_written_again():
    writing = FakeWriting([[["a", "1"]]])
    writing.whole = True
    done(writing)
    assert writing.pieces == {}


def test_what_is_removed_meanwhile_is_left():
    writing = FakeWriting([[["a", "1"]]])
    writing.gone_at = 0
    with pytest.raises(JobGone):
        done(writing)
    assert not writing.whole


def test_a_job_that_is_begun_again_begins_the_file_again():
    writing = FakeWriting([[["a", "1"]]])
    writing.gone_at = 0
    with pytest.raises(JobGone):
        done(writing)
    writing.gone_at = None
    done(writing)
    assert writing.octets == b"uuid,text\r\na,1\r\n"


def test_lines_for_a_child_are_json_without_what_a_sheet_cannot_hold():
    assert lines([["a\x00", 1, None], ["=1", 2.5, "é"]]) == b'["a",1,null]\n["=1",2.5,"\xc3\xa9"]\n'


def begin_child(target, options):
    return start(reactor, "mobilesasa.jobs.workbook", options, target=target)


@pytest_twisted.ensureDeferred
async def test_a_workbook_is_written_by_a_child(monkeypatch):
    monkeypatch.setattr(exporting, "PIECE_OCTETS", 1000)  # several pieces
    writing = FakeWriting([[[f"a{n}", "=1"] for n in range(50)], [["b", "2"]]], "xlsx")
    await work(writing, begin_child).do(JOB)
    sheet = load_workbook(io.BytesIO(writing.octets))["messages"]
    assert [row[0] for row in sheet.iter_rows(values_only=True)] == ["uuid", *(f"a{n}" for n in range(50)), "b"]
    assert (writing.rows_kept, writing.whole, len(writing.pieces) > 1) == (51, True, True)


@pytest_twisted.ensureDeferred
async def test_a_workbook_that_cannot_be_written_is_given_up():
    def poor_child(target, options):
        return start(
            reactor, "mobilesasa.jobs.workbook", options, target=target, bounds=Bounds(memory_octets=30_000_000)
        )

    writing = FakeWriting([[["a", "1"]]], "xlsx")
    with pytest.raises(JobFailed, match="CSV"):
        await work(writing, poor_child).do(JOB)
    assert (writing.given_up, writing.whole, writing.pieces) == (True, False, {})


def test_a_child_does_not_outlive_a_job_that_is_gone():
    killed = []

    class FakeChild:
        async def write(self, octets):
            raise JobGone("removed")

        def kill(self):
            killed.append(True)

    with pytest.raises(JobGone):
        done(FakeWriting([[["a", "1"]]], "xlsx"), lambda target, options: FakeChild())
    assert killed == [True]
