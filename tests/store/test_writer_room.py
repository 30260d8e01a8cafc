"""The writer on a server that has no room: nothing is kept that was not written, and the log says it once."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest_twisted
from twisted.logger import globalLogPublisher

from mobilesasa.store.database import StoreUnavailable, Txn
from mobilesasa.store.writer import Work
from tests.store.asking import ask, kept
from tests.store.test_writer import ADDING, Rig, either


@pytest_twisted.async_yield_fixture
async def rig(empty_dsn: str) -> AsyncIterator[Rig]:
    ask(empty_dsn, "CREATE TABLE kept (place serial, number integer)")
    made = Rig(empty_dsn)
    made.writer.start()
    yield made
    await made.writer.stop()


@pytest_twisted.ensureDeferred
async def test_a_full_disk_refuses_what_waits_and_is_said_once(rig):
    def fill(txn: Txn, items: Sequence[int]) -> list[int]:
        txn.execute("DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$")
        return []

    said: list[str] = []

    def listen(event: dict[str, Any]) -> None:
        if "no room" in (event.get("log_format") or ""):
            said.append(event["log_format"])

    globalLogPublisher.addObserver(listen)
    try:
        full = Work("fill", fill)
        found = await rig.behind((ADDING, [1]), (full, [5]), (full, [6]))
        assert [type(each) for each in found] == [StoreUnavailable] * 3
        assert isinstance(await either(rig.writer.write(full, [7])), StoreUnavailable)
        assert (len(said), kept(rig.dsn)) == (1, [])
        assert await rig.writer.write(ADDING, [1]) == [10]
        await either(rig.writer.write(full, [8]))
        assert len(said) == 2
    finally:
        globalLogPublisher.removeObserver(listen)
