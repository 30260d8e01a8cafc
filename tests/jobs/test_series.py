"""The rounds of series: what is made, sent, left, put off and dropped."""

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.campaigns.series import Due, Waiting
from mobilesasa.campaigns.texts import UnknownFields
from mobilesasa.core.errors import CampaignBusy, InsufficientUnits, NoRecipients, NotDraft, NotFound, StoreAway
from mobilesasa.jobs.series import AGAIN_S, Series

ONE, GREETING = Waiting(1, "campaign-1", greets=False), Waiting(1, "campaign-2", greets=True)


class FakeSeries:
    """Series in memory; `wrong` is raised by the call of that name for that uuid."""

    def __init__(self, series=(), waiting=()):
        self.series, self.waiting = list(series), list(waiting)
        self.wrong = {}
        self.done = []
        self.held = None  # what `send` waits for
        self.is_left = True

    async def due(self):
        self._raise("due", "")
        return Due(tuple(self.series), tuple(self.waiting))

    async def make(self, uuid):
        self._raise("make", uuid)
        self.done.append(("make", uuid))
        self.series.remove(uuid)
        if uuid == "nobody":
            return None
        self.waiting.append(ONE)
        return ONE.uuid

    async def send(self, waiting):
        self._raise("send", waiting.uuid)
        if self.held is not None:
            await self.held
        self.done.append(("send", waiting.uuid))
        self.waiting.remove(waiting)

    async def forget(self, waiting):
        self.done.append(("forget", waiting.uuid))

    async def put_off(self, waiting, wait_s):
        self.done.append(("put_off", waiting.uuid, wait_s))

    async def leave(self, waiting, reason):
        self.done.append(("leave", waiting.uuid, reason))
        return self.is_left

    async def drop(self, waiting):
        self.done.append(("drop", waiting.uuid))

    def _raise(self, name, uuid):
        if (name, uuid) in self.wrong:
            raise self.wrong[name, uuid]


def go(coroutine):
    """Run what waits for nothing."""
    return Deferred.fromCoroutine(coroutine)


def round_of(store):
    """Do one round; return what was done."""
    done = go(Series(store).make_due())
    done.addErrback(lambda failure: failure.trap())
    assert done.called
    return store.done


def test_what_a_series_makes_is_sent_in_the_same_round():
    assert round_of(FakeSeries(["series-1"])) == [("make", "series-1"), ("send", "campaign-1")]


def test_a_series_that_makes_nothing_sends_nothing():
    assert round_of(FakeSeries(["nobody"])) == [("make", "nobody")]


def test_what_was_made_before_a_node_died_is_sent_by_the_next():
    assert round_of(FakeSeries(waiting=[ONE])) == [("send", "campaign-1")]


def test_what_cannot_be_sent_is_left_to_the_team_with_the_reason():
    for wrong in (InsufficientUnits(7, "campaign"), NoRecipients("nobody"), UnknownFields(("balance",))):
        store = FakeSeries(waiting=[ONE, GREETING])
        store.wrong["send", ONE.uuid] = wrong
        assert round_of(store) == [("leave", "campaign-1", str(wrong)), ("send", "campaign-2")]


def test_what_somebody_took_in_hand_meanwhile_is_not_left():
    store = FakeSeries(waiting=[ONE])
    store.wrong["send", ONE.uuid] = InsufficientUnits(7, "campaign")
    store.is_left = False
    assert round_of(store) == [
        ("leave", "campaign-1", "insufficient units: this campaign costs 7; top up the team's balance")
    ]


def test_a_greeting_for_nobody_is_dropped():
    store = FakeSeries(waiting=[GREETING])
    store.wrong["send", GREETING.uuid] = NoRecipients("nobody")
    assert round_of(store) == [("drop", "campaign-2")]


@pytest.mark.parametrize("wrong", [NotDraft("it is sent"), NotFound("it is gone")])
def test_what_somebody_sent_or_removed_waits_no_more(wrong):
    store = FakeSeries(waiting=[ONE])
    store.wrong["send", ONE.uuid] = wrong
    assert round_of(store) == [("forget", "campaign-1")]


def test_what_somebody_has_in_hand_is_left_to_them():
    store = FakeSeries(waiting=[ONE])
    store.wrong["send", ONE.uuid] = CampaignBusy("another call")
    assert round_of(store) == []


def test_a_defect_puts_off_one_campaign_and_holds_up_no_other(flush_logged):
    store = FakeSeries(waiting=[ONE, GREETING])
    store.wrong["send", ONE.uuid] = ZeroDivisionError("ours")
    assert round_of(store) == [("put_off", "campaign-1", AGAIN_S), ("send", "campaign-2")]
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_a_series_that_is_broken_holds_up_no_other(flush_logged):
    store = FakeSeries(["broken", "series-1"])
    store.wrong["make", "broken"] = ZeroDivisionError("ours")
    assert round_of(store) == [("make", "series-1"), ("send", "campaign-1")]
    assert len(flush_logged(ZeroDivisionError)) == 1


@pytest.mark.parametrize("call", [("due", ""), ("make", "series-1")])
def test_while_the_store_is_away_the_caller_is_told(call):
    store = FakeSeries(["series-1"])
    store.wrong[call] = StoreAway("away")
    failed = []
    go(Series(store).make_due()).addErrback(failed.append)
    assert failed[0].check(StoreAway)
    assert store.done == []


def test_a_store_that_goes_away_while_something_is_sent_ends_the_round():
    store = FakeSeries(waiting=[ONE, GREETING])
    store.wrong["send", ONE.uuid] = StoreAway("away")
    assert round_of(store) == []


def test_sending_goes_on_beside_the_rounds_one_after_the_other():
    store = FakeSeries(waiting=[ONE])
    store.held = Deferred()
    series = Series(store)
    assert go(series.make_due()).called
    assert go(series.make_due()).called
    assert store.done == []
    store.held.callback(None)
    assert store.done == [("send", "campaign-1")]


def test_a_stop_waits_for_what_is_being_sent_and_begins_no_more():
    store = FakeSeries(waiting=[ONE, GREETING])
    held = store.held = Deferred()
    series = Series(store)
    go(series.make_due())
    stopped = go(series.stop())
    assert not stopped.called
    held.callback(None)
    assert stopped.called
    assert store.done == [("send", "campaign-1")]
    go(series.make_due())
    assert store.done == [("send", "campaign-1")]
    assert go(series.stop()).called


def test_a_second_look_at_what_waits_that_fails_is_logged_and_made_up_for(flush_logged):
    store = FakeSeries(["series-1"])
    series = Series(store)
    made = store.make

    async def make_and_break(uuid):
        found = await made(uuid)
        store.wrong["due", ""] = ZeroDivisionError("ours")
        return found

    store.make = make_and_break
    go(series.make_due())
    assert len(flush_logged(ZeroDivisionError)) == 1
    del store.wrong["due", ""]
    go(series.make_due())
    assert store.done == [("make", "series-1"), ("send", "campaign-1")]
