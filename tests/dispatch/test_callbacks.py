"""The way of a carrier's call: its own, kept, written down, answered."""

import itertools
import json

import attrs
import pytest
from twisted.internet.defer import Deferred, fail, succeed

from mobilesasa.carriers.registry import callback_reader
from mobilesasa.core.callbacks import About, Callback
from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import State
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.dispatch.callbacks import AWAY, Callbacks

SECRET = "a-long-enough-secret"
OPTIONS = {"base_url": "https://api.test/", "callback_secret": SECRET}


class FakeStore:
    """Keeps calls as the store does."""

    def __init__(self) -> None:
        self.kept = []
        self.finished = set()
        self.is_away = False

    def keep(self, batch):
        if self.is_away:
            return fail(StoreAway("the database is away"))
        results = []
        for call in batch:
            before = [each for each in self.kept if call.key is not None and each.key == call.key]
            self.kept += [] if before else [call]
            known = before[0].id if before else call.id
            results.append((known, known in self.finished))
        return succeed(results)

    def done(self, ids):
        self.finished |= set(ids)
        return succeed(None)


class Rig:
    def __init__(self) -> None:
        self.store = FakeStore()
        self.reports, self.parts, self.waiting = [], [], []
        self.keeping = True
        self.records = [CarrierRecord(3, "up", "http", options=OPTIONS), CarrierRecord(4, "sand", "sandbox")]
        self.directory = CurrentDirectory(Directory(carriers=self.records))
        ids = (f"call-{n}" for n in itertools.count(1))
        self.callbacks = Callbacks(
            self.directory,
            self.make_reader,
            self.store,
            self.take_reports,
            self.take_parts,
            lambda: next(ids),
            lambda: 5,
        )
        self.made = 0

    def make_reader(self, record):
        self.made += 1
        return callback_reader(record)

    def take_reports(self, reports, acknowledge):
        self.reports += reports
        self.waiting.append(acknowledge)

    def take_parts(self, parts, acknowledge):
        self.parts += parts
        acknowledge([self.keeping] * len(parts))

    def call(self, body=None, about=About.RECEIPTS, **more):
        octets = json.dumps(body or {"id": "a", "status": "delivered"}).encode()
        known = {"carrier": "up", "secret": SECRET, "method": "POST", "path": "/", "query": b"",
                 "headers": {"content-type": "application/json"}, "body": octets, "peer": "192.0.2.7"}  # fmt: skip
        self.reply = "none yet"
        asked = Deferred.fromCoroutine(self.callbacks.take(Callback(about=about, **{**known, **more})))
        asked.addCallback(lambda reply: setattr(self, "reply", reply))
        return asked


@pytest.fixture
def rig():
    return Rig()


def test_a_call_is_answered_when_its_receipts_are_written_down_and_not_before(rig):
    rig.call()
    assert [(report.carrier_id, report.ref, report.state) for report in rig.reports] == [(3, "a", State.DELIVERED)]
    assert rig.reply == "none yet"
    rig.waiting.pop()()
    assert rig.reply.status == 200
    (kept,) = rig.store.kept
    assert (kept.carrier_id, kept.about, kept.items, kept.peer) == (3, About.RECEIPTS, 1, "192.0.2.7")


def test_a_receipt_that_comes_again_is_written_down_again_which_changes_nothing(rig):
    for _ in range(2):
        rig.call()
        rig.waiting.pop()()
        assert rig.reply.status == 200
    assert len(rig.reports) == len(rig.store.kept) == 2


MESSAGE = {"id": "m", "from": "+254712345678", "to": "28901", "text": "Hi"}


def test_a_message_from_a_phone_that_comes_again_is_only_answered(rig):
    for _ in range(2):
        rig.call(MESSAGE, About.INBOUND)
        assert rig.reply.status == 200
    assert len(rig.parts) == len(rig.store.kept) == 1
    assert rig.store.finished == {"call-1"}
    assert rig.callbacks.figures.repeated == 1


@pytest.mark.parametrize(
    "more", [{"carrier": "nobody"}, {"carrier": "sand"}, {"secret": "wrong"}, {"carrier": "UP"}, {"secret": ""}]
)
def test_what_is_nobodys_leaves_no_trace(rig, more):
    rig.call(**more)
    assert rig.reply is None
    assert rig.store.kept == rig.reports == []
    assert rig.callbacks.figures.foreign == 1


def test_what_cannot_be_read_is_kept_and_answered(rig):
    rig.call({"what": "is this"})
    assert rig.reply.status == 200
    (kept,) = rig.store.kept
    assert (kept.body, kept.key) == (b'{"what": "is this"}', None)
    assert rig.callbacks.figures.unread == 1


def test_while_the_store_is_away_the_carrier_is_asked_to_come_again(rig):
    rig.store.is_away = True
    rig.call()
    assert rig.reply == AWAY
    assert rig.reports == []


def test_a_message_from_a_phone_that_is_not_kept_is_asked_for_again(rig):
    rig.keeping = False
    rig.call(MESSAGE, About.INBOUND)
    assert rig.reply == AWAY
    assert rig.store.finished == set()
    rig.keeping = True
    rig.call(MESSAGE, About.INBOUND)
    assert rig.reply.status == 200
    assert [part.source for part in rig.parts] == ["254712345678"] * 2
    rig.call(MESSAGE, About.INBOUND)
    assert len(rig.parts) == 2


def test_a_carrier_is_read_as_it_is_configured_now(rig):
    rig.call()
    rig.call(secret="another-long-secret")
    assert (rig.reply, rig.made) == (None, 1)
    changed = attrs.evolve(rig.records[0], options={**OPTIONS, "callback_secret": "another-long-secret"}, enabled=False)
    rig.directory.now = Directory(carriers=[changed])
    rig.call({"id": "b", "status": "delivered"}, secret="another-long-secret")
    assert (rig.reports[-1].ref, rig.made) == ("b", 2)


def test_a_carrier_with_options_that_cannot_be_used_hears_nothing(rig):
    rig.directory.now = Directory(carriers=[CarrierRecord(3, "up", "http", options={"x": "y"})])
    rig.call()
    assert rig.reply is None
