"""The works of files of people: an import of contacts and its undo, and the reading of an audience."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any, Final, Generic, Protocol, TypeVar

import attrs
import orjson
from twisted.internet.defer import DeferredSemaphore

from mobilesasa.contacts.uploads import Reading, Upload
from mobilesasa.core.errors import Overloaded
from mobilesasa.core.jobs import Job, JobFailed
from mobilesasa.jobs.child import Bounds, Child, ChildBroke, start

MODULE = "mobilesasa.jobs.read"
LOOK: Final = Bounds(cpu_s=60)
LOOKS_AT_ONCE: Final = 2
LOOKS_WAITING: Final = 20  # beyond them
LOOKS_OF_TEAM: Final = 4  # at once or waiting, so that one team leaves places to the others
FILE_GONE = "the file is kept no longer; upload it again"

#: Calls a function that blocks, on a thread.
Aside = Callable[..., Awaitable[Any]]


class Read(Protocol):
    """What a file of people is read for: an upload, or an audience."""

    @property
    def file_id(self) -> int | None:
        """Which file; None: it is kept no longer."""

    @property
    def done_row(self) -> int:
        """The last row of it that is dealt with."""

    @property
    def plan(self) -> Reading:
        """How it is read."""


R = TypeVar("R", bound=Read)


class Files(Protocol[R]):
    """The store, as the reading of files needs it."""

    async def of_job(self, job: Job) -> R | None:
        """Return what a job reads."""

    async def read_chunk(self, file_id: int, n: int) -> bytes | None:
        """Return a piece of a file; None behind the last."""

    async def take(self, job: Job, what: R, after: int, chunk: Mapping[str, Any]) -> None:
        """Take the rows of a chunk; see `store.imports.take`."""

    async def end(self, job: Job, total: int | None, failure: str | None = None) -> None:
        """End it, and tell the team."""


class Undoing(Protocol):
    """The store, as an undo needs it."""

    async def of_job(self, job: Job) -> Upload | None:
        """Return the import that a job undoes."""

    async def undo_some(self, job: Job, upload: Upload) -> bool:
        """Undo what an import did to some contacts; returns whether there are more."""


@attrs.frozen
class ImportWork(Generic[R]):
    """Brings the rows of a file into the store, behind those that an earlier turn has dealt with.

    Args:
        files: the store.
        reactor: starts the child (see `jobs.child.start`).
        aside: runs what blocks.
    """

    _files: Files[R]
    _reactor: Any
    _aside: Aside

    async def do(self, job: Job) -> None:
        """Read a file; see `jobs.runner.Work`."""
        what = await self._files.of_job(job)
        if what is None or what.file_id is None:
            await self._files.end(job, None, FILE_GONE)
            return
        with tempfile.TemporaryFile() as file:
            await self._fetch(what.file_id, file)
            await self._read(job, what, file)

    async def _fetch(self, file_id: int, into: IO[bytes]) -> None:
        n = 0
        while (octets := await self._files.read_chunk(file_id, n)) is not None:
            await self._aside(into.write, octets)
            n += 1
        await self._aside(into.seek, 0)

    async def _read(self, job: Job, what: R, file: IO[bytes]) -> None:
        told = {"do": "rows", "after": what.done_row, **what.plan.asked()}
        child = start(self._reactor, MODULE, told, source=file.fileno())
        try:
            await self._follow(job, what, child)
        finally:
            child.kill()

    async def _follow(self, job: Job, what: R, child: Child) -> None:
        after, total = what.done_row, None
        try:
            while (line := await child.line()) is not None:
                said = orjson.loads(line)
                if "bad" in said:
                    raise JobFailed(said["bad"])
                if "total" in said:
                    total = said["total"]
                    continue
                await self._files.take(job, what, after, said)
                after = said["upto"]
        except JobFailed as failed:
            await self._files.end(job, None, str(failed))
        else:
            await self._files.end(job, total)


@attrs.frozen
class UndoWork:
    """Takes back what an import did, contact by contact, where nobody has changed it since.

    Args:
        imports: the store.
    """

    _imports: Undoing

    async def do(self, job: Job) -> None:
        """Do an undo; see `jobs.runner.Work`."""
        upload = await self._imports.of_job(job)
        if upload is not None:
            while await self._imports.undo_some(job, upload):
                pass


class Looker:
    """Looks at files in children, a few at once, for the API.

    Args:
        reactor: starts them.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._places = DeferredSemaphore(LOOKS_AT_ONCE)
        self._of_teams: Counter[int] = Counter()

    async def look(
        self,
        team_id: int,
        file: IO[bytes],
        mapping: Mapping[str, str | None],
        country: str,
        first: int = 0,
        *,
        fields: bool = False,
    ) -> Mapping[str, Any]:
        """Return what a file holds; see `jobs.read`.

        Args:
            team_id: whose it is.
            file: a file of the system's, from its beginning.
            mapping: headers to fields.
            country: in which national numbers are read.
            first: how many rows are wanted; with any the phone column may be missing.
            fields: whether all columns are fields of a text.

        Raises:
            Overloaded: too many files wait for their look, or too many of the team's.
        """
        if len(self._places.waiting) >= LOOKS_WAITING or self._of_teams[team_id] >= LOOKS_OF_TEAM:
            raise Overloaded("too many files are being looked at at this moment; send this one again in a while")
        self._of_teams[team_id] += 1
        try:
            await self._places.acquire()
            try:
                told = {"mapping": dict(mapping), "country": country, "first": first, "fields": fields}
                return await self._look(file, told)
            finally:
                self._places.release()
        finally:
            self._of_teams -= Counter((team_id,))

    async def _look(self, file: IO[bytes], told: Mapping[str, Any]) -> Mapping[str, Any]:
        child = start(self._reactor, MODULE, {"do": "look", **told}, source=file.fileno(), bounds=LOOK)
        try:
            line = await child.line()
            await child.end()
        finally:
            child.kill()
        if line is None:
            raise ChildBroke("it said nothing")
        said: Mapping[str, Any] = orjson.loads(line)
        return said
