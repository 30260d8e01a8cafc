"""Messages from phones: given to their team, written down, then acknowledged."""

import random

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import InboundPart, Taken, deliveries, join
from mobilesasa.core.keywords import Keyword
from mobilesasa.core.model import Coding
from mobilesasa.core.optouts import OptOut
from mobilesasa.core.teams import CurrentDirectory, Directory, Sender, Team
from mobilesasa.core.terms import SmppTerms
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.sms.udh import Concatenation
from tests.dispatch.rig import Rig as DispatcherRig
from tests.fakes.notifier import FakeNotifier

NOW_MS = 1_795_000_000_000


class FakeStore:
    """Keeps each arrival as a message of its own; `results` has what else is to be answered."""

    def __init__(self):
        self.batches = []
        self.failing = None
        self.results = None
        self.incomplete = []
        self.waiting = 0

    async def take_in(self, batch):
        self.batches.append(list(batch))
        if self.failing is not None:
            raise self.failing
        return self.results if self.results is not None else [self.taken(arrival) for arrival in batch]

    def taken(self, arrival):
        inbound = join([arrival])
        return Taken((inbound,), deliveries(inbound, arrival.as_payload, NOW_MS))

    async def close_incomplete(self, hours, limit):
        assert (hours, limit) == (24, 50)
        return self.incomplete

    async def tidy_inbound(self, limit):
        return self.waiting


class Rig:
    def __init__(self):
        self.store, self.notifier = FakeStore(), FakeNotifier()
        teams = [Team(1, "u1", "ACME", "Acme"), Team(2, "u2", "RIVAL", "Rival", smpp={"inbound_long": "payload"})]
        senders = [Sender(1, "s1", 1, "22384"), Sender(2, "s2", 2, "22385")]
        new_id = MessageIds(lambda: NOW_MS, random.Random(1).getrandbits)
        self.directory = CurrentDirectory(Directory(teams, senders, keywords=[Keyword("22384", "tuzo", 2)]))
        self.from_phones = FromPhones(self.store, self.notifier, self.directory, new_id, SmppTerms())
        self.answers = []

    def take(self, *destinations):
        parts = [InboundPart(7, "254711000001", each, Coding.GSM7, b"YES", NOW_MS) for each in destinations]
        self.from_phones.take(parts, lambda kept: self.answers.append(list(kept)))

    def say(self, text, destination, **more):
        part = InboundPart(7, "254711000001", destination, Coding.GSM7, text.encode(), NOW_MS, **more)
        self.from_phones.take([part], lambda kept: self.answers.append(list(kept)))

    def sweep(self):
        swept = Deferred.fromCoroutine(self.from_phones.sweep(50))
        assert swept.called


@pytest.fixture
def rig():
    return Rig()


def test_what_comes_is_kept_for_the_team_of_its_number_then_answered_then_brought(rig):
    rig.take("22384", "+22385")
    assert [[(a.team_id, a.as_payload) for a in batch] for batch in rig.store.batches] == [[(1, False), (2, True)]]
    assert rig.answers == [[True, True]]
    assert [delivery.team_id for delivery in rig.notifier.owed] == [1, 2]
    assert (rig.from_phones.received, rig.from_phones.unmatched) == (2, 0)


def test_what_begins_with_a_keyword_is_for_its_team_by_its_first_part(rig):
    rig.say("Tuzo 5", "22384")
    first, second = Concatenation(9, 2, 1), Concatenation(9, 2, 2)
    rig.say("tuzo, and", "22384", concatenation=first)
    rig.say("tuzo", "22384", concatenation=second)
    assert [(a.team_id, a.as_payload) for (a,) in rig.store.batches] == [(2, True), (2, True), (1, False)]


def test_who_says_stop_is_to_get_no_more_of_that_team_at_once(rig):
    rig.say("Stop.", "22385")
    ((came,),) = rig.store.batches
    assert came.opt_out == OptOut(True, "254711000001", ((2, "22385"),))
    assert rig.notifier.owed[0].team_id == 2
    assert (rig.from_phones.opt_outs, rig.directory.suppressing) == (1, {2})


def test_a_stop_goes_to_the_team_that_it_means(rig):
    rig.say("STOP tuzo", "22384")
    ((came,),) = rig.store.batches
    assert (came.team_id, came.as_payload, came.opt_out.scopes) == (2, True, ((2, ""),))


def test_a_stop_that_could_not_be_kept_is_not_followed(rig):
    rig.store.results = [None]
    rig.say("STOP", "22385")
    assert (rig.from_phones.opt_outs, rig.directory.suppressing) == (0, set())


def test_a_part_of_a_long_message_is_no_stop_but_a_part_that_is_the_whole_is(rig):
    rig.say("STOP", "22385", concatenation=Concatenation(9, 2, 1))
    rig.say("STOP", "22385", concatenation=Concatenation(9, 1, 1))
    assert [a.opt_out is None for (a,) in rig.store.batches] == [True, False]


def test_what_is_to_nobody_s_number_is_kept_and_answered_all_the_same(rig):
    rig.take("99999")
    assert rig.answers == [[True]]
    assert rig.notifier.owed == []
    assert (rig.from_phones.received, rig.from_phones.unmatched) == (1, 1)


def test_while_the_store_is_away_the_carrier_is_to_bring_it_again(rig):
    rig.store.failing = StoreAway("gone")
    rig.take("22384", "22385")
    assert rig.answers == [[False, False]]
    assert rig.from_phones.refused == 2
    rig.store.failing = None
    rig.take("22384")
    assert rig.answers[1:] == [[True]]


def test_a_defect_of_ours_leaves_no_carrier_without_an_answer(rig, flush_logged):
    rig.store.failing = ZeroDivisionError()
    rig.take("22384")
    assert rig.answers == [[False]]
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_an_answer_that_cannot_be_given_is_logged(rig, flush_logged):
    def acknowledge(kept):
        raise ZeroDivisionError

    rig.from_phones.take([InboundPart(7, "1", "2", Coding.GSM7, b"", NOW_MS)], acknowledge)
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_what_the_store_cannot_keep_is_refused_alone(rig):
    rig.store.results = [None, Taken(repeated=True)]
    rig.take("22384", "22385")
    assert rig.answers == [[False, True]]
    assert (rig.from_phones.refused, rig.from_phones.repeated, rig.from_phones.received) == (1, 1, 0)


def test_what_waited_for_its_parts_in_vain_is_brought_as_it_is(rig):
    rig.sweep()
    assert rig.from_phones.waiting == 0
    rig.take("22384")
    (arrival,) = rig.store.batches[0]
    rig.store.incomplete, rig.store.waiting = [rig.store.taken(arrival)], 3
    rig.sweep()
    assert len(rig.notifier.owed) == 2
    assert rig.from_phones.waiting == 3


def test_a_dispatcher_hands_on_what_its_carrier_brings():
    rig = DispatcherRig()
    assert rig.dispatcher.received_from_phones == rig.from_phones.take
