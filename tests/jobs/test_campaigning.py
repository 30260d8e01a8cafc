"""The machine: queues campaigns on the node that has the chores, a little ahead of the carriers, and never somebody twice."""

from collections import Counter

import attrs
import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import Options, PausedBy
from mobilesasa.campaigns.running import HELD_MOST
from mobilesasa.core.errors import BadText, NoRoute, StoreAway, TeamSuspended
from mobilesasa.core.teams import CurrentDirectory, Directory, Sender, Team
from mobilesasa.jobs.campaign_chunks import AGAIN_S, CHUNK, HOURS_S, JUDGED, NO_ROUTE_S, ROUTE_S
from mobilesasa.jobs.campaigning import LOOK_S, TICK_S, Machine
from tests.fakes.sending import SENDER, FakeDoor, FakeQueueing, priced, row, running

NOW_MS = 1_000_000
FIRST = 2 * Options().brake_after  # recipients that a campaign begins with


class Rig:
    def __init__(self) -> None:
        self.clock, self.store, self.door = Clock(), FakeQueueing(), FakeDoor()
        self.directory = CurrentDirectory()
        self.know()
        self.made = self.backlog = 0
        self.series_broken: Exception | None = None
        self.machine = self.another()

    def another(self) -> Machine:
        """Another machine over the same store."""
        return Machine(
            self.store, self.door, self.directory, self.make_due, self.clock, self.now_ms, lambda: self.backlog
        )

    def now_ms(self) -> int:
        return NOW_MS + int(self.clock.seconds() * 1000)

    async def make_due(self) -> None:
        self.made += 1
        if self.series_broken is not None:
            raise self.series_broken

    def know(self, status: str = "approved", suspended: bool = False) -> None:
        """Have a team with a sender."""
        teams = [Team(n, f"team{n}", f"TEAM{n}", "A team", suspended=suspended) for n in (1, 2)]
        senders = [Sender(team.id, SENDER, team.id, "ACME", status) for team in teams]
        self.directory.replace(Directory(teams, senders))

    def begin(self, *campaigns) -> None:
        """Run with these campaigns to send."""
        for campaign in campaigns:
            self.store.add(campaign)
        self.machine.start()
        self.machine.do_jobs(True)

    def turn(self, seconds: float = TICK_S) -> None:
        self.clock.advance(seconds)

    def run(self, seconds: float, drain: bool = True) -> None:
        """Let time go by, while the carriers take all that waits."""
        for _ in range(round(seconds / TICK_S)):
            if drain:
                self.store.drain()
            self.turn()

    @property
    def phones(self) -> Counter[str]:
        return Counter(message.recipient for message in self.store.messages)


@pytest.fixture
def rig():
    return Rig()


def everybody(count: int) -> Counter[str]:
    return Counter(row(n).phone for n in range(1, count + 1))


def test_a_campaign_is_queued_named_to_the_queue_and_completed(rig):
    rig.begin(running(rows=10))
    assert rig.phones == everybody(10)
    assert rig.door.hinted == rig.store.messages
    assert rig.store.completed == [1]


def test_nothing_is_done_before_the_chores_are_ours_nor_before_the_start(rig):
    rig.store.add(running())
    rig.machine.do_jobs(False)
    rig.machine.start()
    rig.turn(LOOK_S)
    assert rig.store.looks == 0
    rig.machine.do_jobs(True)
    assert rig.store.completed == [1]


def test_decision_77_a_large_campaign_goes_in_chunks_and_everybody_is_there_once(rig):
    rig.begin(running(rows=20_000))
    rig.turn(0)
    assert 0 < len(rig.store.messages) < 20_000
    rig.run(60)
    assert rig.phones == everybody(20_000)
    assert max(rig.door.judged) <= JUDGED


def test_what_carriers_do_not_take_is_not_run_ahead_of(rig):
    rig.begin(running(rows=100_000))
    rig.run(120, drain=False)
    assert len(rig.store.messages) < 100_000


def test_a_campaign_whose_time_has_come_is_begun_within_seconds(rig):
    rig.begin()
    rig.store.due = [running(rows=5)]
    rig.turn(LOOK_S)
    assert rig.store.completed == [1]


def test_a_hint_is_looked_at_at_once_and_one_during_a_round_right_behind_it(rig):
    rig.begin()
    looks = rig.store.looks
    rig.store.held["look"] = waiting = Deferred()
    rig.machine.look()
    rig.machine.look()
    assert rig.store.looks == looks + 1
    waiting.callback(None)
    rig.turn(0)
    assert rig.store.looks == looks + 2


def test_two_machines_over_one_store_queue_everybody_once(rig):
    other = rig.another()
    rig.begin(running(rows=5_000))
    other.start()
    other.do_jobs(True)
    rig.run(60)
    assert rig.phones == everybody(5_000)


def test_a_chunk_that_comes_late_changes_nothing(rig):
    rig.store.held["queue"] = waiting = Deferred()
    rig.begin(running(rows=100))
    other = rig.another()
    other.start()
    other.do_jobs(True)
    assert rig.phones == everybody(100)
    waiting.callback(None)
    assert rig.phones == everybody(100)
    assert len(rig.door.hinted) == 100


def test_who_loses_the_chores_finishes_a_chunk_and_begins_no_other(rig):
    rig.store.held["queue"] = waiting = Deferred()
    rig.begin(running(rows=CHUNK * 3))
    rig.turn(0)
    rig.machine.do_jobs(False)
    waiting.callback(None)
    rig.run(LOOK_S * 2)
    assert len(rig.store.messages) == FIRST


def test_who_stops_returns_when_the_chunk_in_hand_is_written_down(rig):
    rig.store.held["queue"] = waiting = Deferred()
    rig.begin(running(rows=CHUNK * 3))
    rig.turn(0)
    stopped = Deferred.fromCoroutine(rig.machine.stop())
    assert not stopped.called
    waiting.callback(None)
    assert stopped.called
    rig.run(LOOK_S * 2)
    assert len(rig.store.messages) == FIRST


def test_the_next_chunk_is_made_ready_while_one_is_written_down_and_dropped_when_that_one_was_not(rig):
    rig.begin(running(rows=CHUNK * 4, options=Options(rate_per_s=CHUNK * 2)))
    rig.run(10)
    assert rig.phones == everybody(CHUNK * 4)
    rig.store.add(running(2, rows=CHUNK * 4))
    rig.run(1, drain=False)
    rig.store.held["queue"] = waiting = Deferred()
    rig.run(LOOK_S)
    written, judged = len(rig.store.messages), len(rig.door.judged)
    rig.store.sending.clear()
    waiting.callback(None)
    rig.run(LOOK_S)
    assert (len(rig.store.messages), len(rig.door.judged)) == (written, judged)


def test_who_stops_while_nothing_is_done_has_no_round_left(rig):
    rig.begin()
    assert Deferred.fromCoroutine(rig.machine.stop()).called
    assert rig.clock.getDelayedCalls() == []
    rig.machine.look()
    assert rig.clock.getDelayedCalls() == []


def test_a_store_that_is_away_is_waited_for(rig):
    rig.store.away = True
    rig.begin(running(rows=10))
    rig.turn(LOOK_S)
    assert rig.store.messages == []
    rig.store.away = False
    rig.turn(LOOK_S)
    assert rig.phones == everybody(10)


def test_what_was_perhaps_stored_when_the_store_went_is_named_to_the_queue(rig):
    rig.store.broken["queue"] = StoreAway("the connection broke during the commit")
    rig.begin(running(rows=10))
    assert len(rig.door.hinted) == 10
    del rig.store.broken["queue"]
    rig.turn(LOOK_S)
    assert rig.phones == everybody(10)


def test_a_campaign_that_breaks_is_put_off_and_holds_up_no_other(rig, flush_logged):
    rig.door.verdict = lambda asked: 1 / 0 if asked.campaign_uuid == running(1).uuid else priced(asked)
    rig.begin(running(1, rows=10), running(2, rows=10))
    assert rig.store.completed == [2]
    assert flush_logged(ZeroDivisionError)
    rig.door.verdict = priced
    rig.run(AGAIN_S - 1)
    assert rig.store.completed == [2]
    rig.run(LOOK_S)
    assert rig.store.completed == [2, 1]


def test_a_round_that_breaks_is_followed_by_the_next(rig, flush_logged):
    rig.store.broken["look"] = ZeroDivisionError("a defect")
    rig.begin(running(rows=10))
    assert flush_logged(ZeroDivisionError)
    del rig.store.broken["look"]
    rig.turn(LOOK_S)
    assert rig.store.completed == [1]


def test_series_are_looked_at_every_few_seconds_and_hold_up_nobody_when_they_break(rig, flush_logged):
    rig.series_broken = ZeroDivisionError("a defect")
    rig.begin(running(rows=10))
    assert rig.store.completed == [1]
    assert flush_logged(ZeroDivisionError)
    rig.series_broken = None
    made = rig.made
    rig.run(LOOK_S * 3)
    assert rig.made - made in (2, 3)


def test_what_was_cancelled_is_taken_back_at_a_hint_until_nothing_is_left(rig):
    rig.begin(running(rows=100_000))
    rig.run(1)
    assert rig.store.tidied == 1
    rig.store.to_take_back = 3
    rig.machine.look()
    assert rig.store.tidied == 4
    rig.run(LOOK_S * 2)
    assert rig.store.tidied > 4


def test_series_wait_for_a_store_that_is_away(rig):
    rig.series_broken = StoreAway("the database is away")
    rig.begin(running(rows=10))
    assert rig.store.looks == 0


def test_decision_72_a_campaign_whose_sender_may_not_be_used_is_paused_with_the_reason(rig):
    rig.know(status="suspended")
    rig.begin(running(rows=10))
    assert rig.store.stopped == [(1, PausedBy.SENDER, "sender 'ACME' is suspended, not approved")]
    assert rig.store.messages == []


@pytest.mark.parametrize("suspended", [True, False])
def test_decision_72_a_campaign_of_a_team_that_is_suspended_or_gone_is_paused(rig, suspended):
    if suspended:
        rig.know(suspended=True)
    else:
        rig.directory.replace(Directory())
    rig.begin(running(rows=10))
    assert [(n, by) for n, by, _ in rig.store.stopped] == [(1, PausedBy.SUSPENDED)]


def test_a_team_that_is_suspended_while_its_chunk_is_judged_has_nobody_left_out(rig):
    rig.door.verdict = lambda _: TeamSuspended("the team is suspended")
    rig.begin(running(rows=10))
    assert [(n, by) for n, by, _ in rig.store.stopped] == [(1, PausedBy.SUSPENDED)]
    assert rig.store.skipped == {}


def test_a_campaign_that_was_stopped_by_somebody_else_is_not_told_of(rig):
    rig.know(status="suspended")
    rig.store.held["stop"] = waiting = Deferred()
    rig.begin(running(rows=10))
    rig.store.sending.clear()
    waiting.callback(None)
    assert rig.store.stopped == []


def test_who_is_refused_now_is_left_out_and_the_others_go_on(rig):
    rig.door.verdict = lambda asked: BadText("blank") if asked.recipient.endswith("3") else priced(asked)
    rig.begin(running(rows=10))
    assert rig.store.skipped == {(1, 3): "bad_text"}
    assert rig.store.completed == [1]
    assert len(rig.store.messages) == 9


def test_a_campaign_that_no_carrier_takes_waits_for_a_route_and_leaves_nobody_out(rig):
    rig.door.verdict = lambda _: NoRoute("no carrier takes messages to this number")
    rig.begin(running(rows=10))
    rig.run(1)
    assert (rig.store.skipped, rig.store.messages) == ({}, [])
    rig.door.verdict = priced
    rig.run(ROUTE_S)
    assert rig.phones == everybody(10)


def test_a_campaign_whose_hours_are_over_waits_for_them(rig):
    opens_at_ms = NOW_MS + 20_000
    rig.door.verdict = lambda asked: priced(asked, due_at_ms=opens_at_ms if rig.now_ms() < opens_at_ms else None)
    rig.begin(running(rows=10))
    rig.run(19)
    assert rig.store.messages == []
    rig.run(2)
    assert rig.phones == everybody(10)


def test_a_campaign_that_waits_for_hours_is_looked_at_again_before_for_rules_may_change(rig):
    rig.door.verdict = lambda asked: priced(asked, due_at_ms=NOW_MS + 10**9)
    rig.begin(running(rows=10))
    rig.door.verdict = priced
    rig.run(HOURS_S + TICK_S)
    assert rig.store.completed == [1]


def closed(is_closed):
    """A door that holds recipients, by their rows, for a long time."""
    return lambda asked: priced(asked, due_at_ms=NOW_MS + 10**9 if is_closed(int(asked.recipient[-8:])) else None)


def test_recipients_whose_hours_are_over_hold_up_no_others(rig):
    rig.door.verdict = closed(lambda n: n % 3 == 0)
    rig.begin(running(rows=3_000))
    rig.run(5)
    assert rig.store.completed == [1]
    assert rig.store.held_of == {1: 1_000}


def test_a_run_of_recipients_whose_hours_are_over_holds_up_nobody_behind_them(rig):
    rig.door.verdict = closed(lambda n: n <= 3_000)
    rig.begin(running(rows=4_000))
    rig.run(10)
    assert rig.store.completed == [1]
    assert rig.store.held_of == {1: 3_000}


def test_what_is_held_does_not_count_as_taken_by_its_carrier(rig):
    rig.door.verdict = closed(lambda n: n % 2 == 0)
    rig.begin(running(rows=100_000))
    rig.run(4, drain=False)
    assert len(rig.store.messages) <= 2 * FIRST


def test_not_too_many_are_held(rig):
    rig.door.verdict = closed(lambda n: n <= 30_000)
    rig.begin(running(rows=31_000))
    rig.run(30)
    assert rig.store.held_of == {1: HELD_MOST}
    assert len(rig.store.messages) == HELD_MOST


def test_one_without_a_route_is_left_out_where_somebody_behind_has_one(rig):
    rig.door.verdict = lambda asked: priced(asked) if int(asked.recipient[-8:]) > 3_000 else NoRoute("none")
    rig.begin(running(rows=4_000))
    rig.run(10)
    assert rig.store.completed == [1]
    assert len(rig.store.skipped) == 3_000


def test_a_campaign_that_no_carrier_takes_is_told_of_once_and_paused_after_minutes(rig):
    rig.door.verdict = lambda _: NoRoute("no carrier takes messages to this number")
    with capturedLogs() as logs:
        rig.begin(running(rows=10))
        rig.run(NO_ROUTE_S - LOOK_S)
    assert len([each for each in logs if "no carrier takes" in each["log_format"]]) == 1
    assert rig.store.stopped == []
    rig.run(3 * LOOK_S)
    assert rig.store.stopped == [
        (1, PausedBy.ROUTE, "for 10 minutes no carrier has taken messages to its next recipients")
    ]


def test_the_minutes_without_a_route_count_from_the_last_time_that_there_was_one(rig):
    rig.door.verdict = lambda _: NoRoute("none")
    rig.begin(running(rows=100_000))
    rig.run(NO_ROUTE_S - LOOK_S)
    rig.door.verdict = priced
    rig.run(ROUTE_S + 1)
    rig.door.verdict = lambda _: NoRoute("none")
    rig.run(NO_ROUTE_S - LOOK_S)
    assert rig.store.stopped == []


def test_a_campaign_that_a_carrier_refuses_is_stopped_after_twice_as_many_as_its_brakes_want_to_see(rig):
    rig.store.refused = {1}
    rig.begin(running(rows=6_000))
    rig.run(1)
    ((_, by, reason),) = rig.store.stopped
    assert by is PausedBy.FAILURES
    assert "400 of the 400 messages that carriers took or refused failed (100 %)" in reason
    assert len(rig.store.messages) == FIRST


def test_a_campaign_that_a_carrier_refuses_slowly_is_stopped_soon_after_its_brakes_may_act(rig):
    rig.store.refused = {1}
    rig.begin(running(rows=6_000, options=Options(rate_per_s=100)))
    rig.run(10)
    assert len(rig.store.stopped) == 1
    assert len(rig.store.messages) <= 300


def test_what_waits_of_a_campaign_that_is_all_queued_is_stopped_when_too_much_fails(rig):
    queued = running(rows=6_000, position=6_000)
    rig.store.still = {1: queued, 2: attrs.evolve(queued, id=2, options=Options(stop_failures_percent=None))}
    rig.store.sums_of = dict.fromkeys((1, 2), Sums(ended=900, failed=900, sent=0, complaints=0, refused=900))
    rig.begin()
    assert [(n, by) for n, by, _ in rig.store.stopped] == [(1, PausedBy.FAILURES)]


def test_a_campaign_without_brakes_begins_at_full_speed(rig):
    options = Options(stop_failures_percent=None, stop_complaints_percent=None)
    rig.begin(running(rows=100_000, options=options))
    rig.run(LOOK_S * 2)
    assert rig.store.summed == []
    assert len(rig.store.messages) > 20_000


def test_brakes_let_a_campaign_on_that_carriers_take_and_are_asked_some_few_times(rig):
    rig.store.sums_of[1] = Sums(ended=0, failed=0, sent=0, complaints=0)
    rig.begin(running(rows=100_000))
    rig.run(5)
    assert len(rig.store.messages) > 15_000
    assert len(rig.store.summed) <= 12


def test_a_campaign_of_which_too_much_fails_stops_and_counts_anew_when_it_goes_on(rig):
    options = Options(brake_after=10, stop_failures_percent=50)
    sums = Sums(ended=20, failed=15, sent=20, complaints=0)
    rig.store.sums_of[1] = sums
    rig.begin(running(rows=10, options=options))
    ((_, by, reason),) = rig.store.stopped
    assert by is PausedBy.FAILURES
    assert "75 %" in reason
    rig.store.add(running(rows=10, options=options, braked_sums=attrs.asdict(sums)))
    rig.run(LOOK_S * 2)
    assert rig.store.completed == [1]


def test_campaigns_give_way_to_what_waits_for_this_node_and_go_on_slowly(rig):
    rig.backlog = 10_000
    rig.begin(running(rows=CHUNK * 20))
    assert rig.store.messages == []
    rig.run(2)
    assert 0 < len(rig.store.messages) < CHUNK * 10
    rig.backlog = 0
    rig.run(10)
    assert rig.phones == everybody(CHUNK * 20)


def test_campaigns_of_two_teams_go_on_together(rig):
    rig.begin(running(1, rows=50_000), running(2, rows=50_000, team_id=2))
    rig.run(2)
    counts = Counter(message.campaign_uuid for message in rig.store.messages)
    assert len(counts) == 2
    assert max(counts.values()) < 2 * min(counts.values())


def test_a_campaign_with_a_rate_of_its_own_keeps_to_it(rig):
    rig.begin(running(rows=1000, options=Options(rate_per_s=10)))
    rig.run(10)
    assert 80 <= len(rig.store.messages) <= 130
