"""Documents that go with requests for sender names, in the store."""

import uuid as uuids

import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue
from mobilesasa.core.sender_names import NewSender
from mobilesasa.store import documents, files, senders
from mobilesasa.store.database import Database
from mobilesasa.store.documents import Document, Documents
from tests.store.given import add_team, count, rows

PDF = b"%PDF-" + bytes(files.CHUNK_OCTETS)


def kept(txn, team, octets=b"%PDF-"):
    uuid = str(uuids.uuid4())
    documents.keep(txn, NODE, team, Document(uuid, "a.pdf", "application/pdf", octets))
    return uuid


def test_a_document_is_kept_in_pieces_and_is_in_the_trail(txn, team):
    uuid = kept(txn, team, PDF)
    found = files.find(txn, team, uuid)
    assert found is not None
    assert (found.name, found.octets) == ("a.pdf", len(PDF))
    assert b"".join(files.read_chunk(txn, found.id, n) or b"" for n in range(2)) == PDF
    told = rows(txn, "SELECT action, subject FROM trail WHERE team_id = %(team)s", team=team)
    assert told == [("document.create", uuid)]


def test_only_so_many_documents_wait_for_their_request(txn, team):
    uuid, *_ = [kept(txn, team) for _ in range(documents.WAITING_MAX)]
    with pytest.raises(BadValue, match="50 documents that no sender names"):
        kept(txn, team)
    senders.request(txn, NODE, team, NewSender(name="MYAPP", document_uuid=uuid), str(uuids.uuid4()))
    kept(txn, team)


def test_a_document_is_kept_as_long_as_its_sender(txn, team):
    uuid, other = kept(txn, team), kept(txn, team)
    senders.request(txn, NODE, team, NewSender(name="MYAPP", document_uuid=uuid), str(uuids.uuid4()))
    txn.execute("UPDATE file SET created_at = now() - interval '8 days'")
    assert files.forget(txn, 10) == 1
    assert (files.find(txn, team, uuid) is None, files.find(txn, team, other) is None) == (False, True)
    senders.withdraw(txn, NODE, team, senders.find(txn, team, "MYAPP").uuid)
    assert files.forget(txn, 10) == 1
    assert count(txn, "file") == 0


@pytest_twisted.ensureDeferred
async def test_the_api_asks_the_pool(database_dsn):
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        team = await database.run("given", add_team)
        kept_by = Documents(database, lambda: str(uuids.uuid4()))
        made = await kept_by.keep(NODE, team, "a.pdf", "application/pdf", b"%PDF-", lambda document: None)
        found = await database.run("found", files.find, team, made.uuid)
        assert found is not None
        assert found.octets == 5
    finally:
        await database.close()
