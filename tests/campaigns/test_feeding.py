"""How much of which campaign is queued next: fair, no more than is wanted, and always something where something can go."""

from collections import Counter
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.feeding import CHUNK, Feeding, Stock, Wanting

TICK_S = 0.25
Places = Callable[[int], int]  # to which carrier a recipient goes, by their place in the campaign; 0: left out


@attrs.define
class Sending:
    """A campaign of the model."""

    wanting: Wanting
    goes: Places
    begins: bool = False  # as one with brakes does
    position: int = 0
    ended_s: float | None = None


@attrs.define
class Model:
    """Carriers that drain at given speeds, and the machine that carries plans out."""

    speeds: dict[int, float]
    feeding: Feeding = attrs.field(factory=Feeding)
    now_s: float = 100.0
    waiting: Counter[tuple[int, int]] = attrs.field(factory=Counter)
    line: dict[int, list[int]] = attrs.field(factory=dict)  # campaigns of what waits for a carrier, in order
    sent: Counter[tuple[int, int]] = attrs.field(factory=Counter)
    campaigns: dict[int, Sending] = attrs.field(factory=dict)
    plans: list[list[tuple[int, int]]] = attrs.field(factory=list)
    most_waiting: Counter[int] = attrs.field(factory=Counter)

    def add(
        self,
        campaign_id: int,
        team_id: int,
        rows: int,
        goes: Places,
        rate_per_s: int | None = None,
        begins: bool = False,
    ) -> Sending:
        self.campaigns[campaign_id] = Sending(Wanting(campaign_id, team_id, rows, rate_per_s), goes, begins)
        return self.campaigns[campaign_id]

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.tick()

    def tick(self) -> None:
        self.now_s += TICK_S
        for carrier_id, speed in self.speeds.items():
            self._drain(carrier_id, int(self.now_s * speed) - int((self.now_s - TICK_S) * speed))
        wanting = [self._wanting(one) for one in self.campaigns.values() if one.wanting.left]
        ahead = {place: count for place, count in self.waiting.items() if count}
        plan = self.feeding.plan(self.now_s, wanting, ahead)
        self.plans.append(plan)
        for campaign_id, count in plan:
            self._queue(self.campaigns[campaign_id], count)

    def waits(self, carrier_id: int) -> int:
        return sum(count for (_, number), count in self.waiting.items() if number == carrier_id)

    def queued(self, campaign_id: int) -> int:
        return self.campaigns[campaign_id].position

    def _wanting(self, one: Sending) -> Wanting:
        if not one.begins or one.position > 10_000:
            return one.wanting
        number = one.wanting.campaign_id
        answered = sum(count for (of, _), count in self.sent.items() if of == number)
        return attrs.evolve(one.wanting, unsure_most=2 * max(200, answered))

    def _queue(self, one: Sending, count: int) -> None:
        assert 1 <= count <= min(CHUNK, one.wanting.left)
        by_carrier = Counter(one.goes(one.position + n) for n in range(count))
        by_carrier.pop(0, None)
        for carrier_id, number in by_carrier.items():
            self.waiting[one.wanting.campaign_id, carrier_id] += number
            self.line.setdefault(carrier_id, []).extend([one.wanting.campaign_id] * number)
            self.most_waiting[carrier_id] = max(self.most_waiting[carrier_id], self.waits(carrier_id))
        one.position += count
        one.wanting = attrs.evolve(one.wanting, left=one.wanting.left - count)
        if not one.wanting.left:
            one.ended_s = self.now_s
        self.feeding.queued(one.wanting.campaign_id, by_carrier)

    def _drain(self, carrier_id: int, count: int) -> None:
        line = self.line.get(carrier_id, [])
        for campaign_id in line[:count]:
            self.waiting[campaign_id, carrier_id] -= 1
            self.sent[campaign_id, carrier_id] += 1
        del line[:count]


def always(carrier_id: int) -> Places:
    return lambda place: carrier_id


def in_turn(*carriers: int) -> Places:
    return lambda place: carriers[place % len(carriers)]


def test_a_campaign_begins_at_once():
    assert Feeding().plan(1.0, [Wanting(1, 1, 7)], {}) == [(1, 7)]
    assert Feeding().plan(1.0, [Wanting(1, 1, 7000)], {}) == [(1, CHUNK)]


def test_nothing_is_planned_where_nothing_is_wanted():
    assert Feeding().plan(1.0, [], {(1, 1): 10}) == []
    assert Feeding().plan(1.0, [Wanting(1, 1, 0)], {}) == []


def test_a_hundred_thousand_are_queued_within_fifteen_seconds_where_carriers_are_fast():
    model = Model({1: 2_000, 2: 2_000})
    one = model.add(1, 1, 100_000, in_turn(1, 2))
    model.run(15)
    assert one.ended_s is not None


def test_little_waits_for_a_carrier():
    model = Model({1: 200.0})
    model.add(1, 1, 100_000, always(1))
    model.run(60)
    assert 2_500 <= model.waits(1) <= 200 * 15 * 1.2
    assert model.sent[1, 1] > 58 * 200  # it is never without work


def test_no_more_waits_for_a_slow_carrier_than_the_floor_once_its_speed_is_known():
    model = Model({1: 5.0})
    model.add(1, 1, 100_000, always(1))
    model.run(900)
    assert model.waits(1) <= 1_000
    assert model.sent[1, 1] >= 890 * 5


def test_no_more_waits_for_the_fastest_carrier_than_there_may():
    model = Model({1: 20_000}, Feeding(Stock(most=30_000)))
    model.add(1, 1, 400_000, always(1))
    model.run(10)
    assert model.most_waiting[1] <= 30_000
    assert model.sent[1, 1] > 150_000


def test_a_carrier_that_becomes_slower_gets_less():
    model = Model({1: 1_000.0})
    model.add(1, 1, 1_000_000, always(1))
    model.run(20)
    model.speeds[1] = 100.0
    model.run(300)
    assert model.waits(1) <= 2_000


def test_a_million_go_on_at_the_speed_of_the_carrier_that_works_while_the_other_stands_still():
    model = Model({1: 0, 2: 4_000})
    one = model.add(1, 1, 1_000_000, in_turn(1, 2))
    model.run(30)
    before = model.sent[1, 2]
    model.run(60)
    assert model.sent[1, 2] - before >= 0.98 * 60 * 4_000
    assert model.waits(2) <= 4_000 * 3  # kept just ahead, for the sake of the one that stands still
    model.run(45)
    assert one.ended_s is not None
    assert model.waits(1) == 500_000


def test_a_carrier_that_crawls_holds_up_no_other():
    model = Model({1: 5.0, 2: 1_000.0})
    model.add(1, 1, 1_000_000, in_turn(1, 2))
    model.run(30)
    before = model.sent[1, 2]
    model.run(30)
    assert model.sent[1, 2] - before >= 0.98 * 30 * 1_000


def test_for_the_sake_of_a_fast_carrier_a_slow_one_has_at_most_a_minutes_work():
    model = Model({1: 100.0, 2: 1_000.0})
    model.add(1, 1, 1_000_000, lambda place: 2 if place % 10 == 0 else 1)
    model.run(120)
    assert model.most_waiting[1] <= 100 * 60 * 1.2
    assert model.sent[1, 1] >= 118 * 100


def test_carriers_work_at_the_same_time_though_recipients_come_in_runs():
    model = Model({1: 1_000.0, 2: 1_000.0})
    one = model.add(1, 1, 160_000, lambda place: 1 + place // 20_000 % 2)
    model.run(95)
    assert one.ended_s is not None
    assert model.sent.total() >= 155_000


def test_recipients_behind_a_carrier_that_stands_still_are_reached_after_a_while():
    model = Model({1: 0, 2: 1_000.0})
    one = model.add(1, 1, 20_000, lambda place: 1 if place < 10_000 else 2)
    model.run(60)
    assert one.ended_s is not None
    assert model.sent[1, 2] == 10_000


def test_little_goes_on_behind_carriers_that_all_stand_still():
    model = Model({1: 0})
    model.add(1, 1, 1_000_000, always(1))
    model.run(100)
    assert model.waits(1) <= 2_000 + 100 * CHUNK


def test_a_carrier_that_stood_still_gets_its_campaign_again_when_it_works():
    model = Model({1: 0})
    model.add(1, 1, 50_000, always(1))
    model.run(20)
    model.speeds[1] = 1_000.0
    model.run(60)
    assert model.sent[1, 1] == 50_000


def test_teams_share_a_carrier_equally_however_many_campaigns_they_have():
    model = Model({1: 1_000.0})
    for campaign_id, team_id in [(1, 1), (2, 2), (3, 2), (4, 2), (5, 3)]:
        model.add(campaign_id, team_id, 1_000_000, always(1))
    model.run(120)
    by_team = [model.queued(1), model.queued(2) + model.queued(3) + model.queued(4), model.queued(5)]
    assert max(by_team) - min(by_team) <= 2 * CHUNK
    assert max(map(model.queued, (2, 3, 4))) - min(map(model.queued, (2, 3, 4))) <= 2 * CHUNK


def test_a_team_that_comes_later_need_not_wait_for_the_other_to_end():
    model = Model({1: 1_000.0})
    model.add(1, 1, 1_000_000, always(1))
    model.run(60)
    later = model.add(2, 2, 5_000, always(1))
    model.run(40)
    assert later.ended_s is not None
    assert model.sent[2, 1] == 5_000


def test_a_rate_is_kept_to():
    model = Model({1: 1_000.0})
    model.add(1, 1, 100_000, always(1), rate_per_s=40)
    model.run(60)
    assert 59 * 40 <= model.queued(1) <= 61 * 40


def test_a_rate_below_one_a_look_is_kept_to():
    model = Model({1: 1_000.0})
    model.add(1, 1, 100, always(1), rate_per_s=1)
    model.run(60)
    assert 59 <= model.queued(1) <= 61


def test_a_rate_that_is_given_later_holds_from_then_on():
    feeding = Feeding()
    feeding.plan(1.0, [Wanting(1, 1, 1000)], {})
    assert feeding.plan(2.0, [Wanting(1, 1, 1000, 40)], {}) == [(1, 10)]


def test_a_campaign_at_a_slow_rate_does_not_hold_up_the_others():
    model = Model({1: 1_000.0})
    model.add(1, 1, 100_000, always(1), rate_per_s=1)
    model.add(2, 1, 100_000, always(1))
    model.add(3, 2, 100_000, always(1))
    model.run(30)
    assert model.sent.total() > 28 * 1_000


def test_who_is_left_out_takes_no_room():
    model = Model({1: 10.0})
    one = model.add(1, 1, 20_000, lambda place: 1 if place % 100 == 0 else 0)
    model.run(30)
    assert one.ended_s is not None


def test_a_campaign_of_which_nobody_is_left_in_comes_to_its_end():
    model = Model({1: 10.0})
    one = model.add(1, 1, 5_000, always(0))
    model.run(5)
    assert one.ended_s is not None


def test_a_campaign_begins_though_another_team_has_filled_its_carrier():
    model = Model({1: 0})
    model.add(1, 1, 100_000, always(1))
    model.run(10)
    model.add(2, 2, 100_000, always(1))
    model.tick()
    assert model.queued(2) == 100


def test_a_campaign_for_a_free_carrier_is_not_held_up_by_a_full_one_that_it_has_nothing_to_do_with():
    model = Model({1: 0, 2: 1_000.0})
    model.add(1, 1, 100_000, always(1))
    model.run(10)
    one = model.add(2, 1, 10_000, always(2))
    model.run(12)
    assert one.ended_s is not None


def test_after_a_restart_a_campaign_of_which_much_waits_learns_its_carriers_again():
    model = Model({1: 0, 2: 1_000.0})
    model.add(1, 1, 1_000_000, in_turn(1, 2))
    model.run(30)
    model.feeding = Feeding()
    before = model.sent[1, 2]
    model.run(30)
    assert model.sent[1, 2] - before >= 0.95 * 30 * 1_000


def test_what_is_taken_away_from_a_carrier_is_not_taken_for_its_speed():
    model = Model({1: 100.0})
    model.add(1, 1, 1_000_000, always(1))
    model.add(2, 2, 1_000_000, always(1))
    model.run(60)
    del model.campaigns[1]  # it is paused: what it had waits no more
    model.line[1] = [campaign_id for campaign_id in model.line[1] if campaign_id != 1]
    del model.waiting[1, 1]
    model.most_waiting.clear()
    model.run(20)
    assert model.most_waiting[1] <= 100 * 15 * 1.5


def test_how_fast_a_carrier_was_an_hour_ago_counts_for_nothing():
    model = Model({1: 4_000.0})
    model.add(1, 1, 60_000, always(1))
    model.run(40)
    model.now_s += 3_600
    model.speeds[1] = 1_000.0
    model.most_waiting.clear()
    model.add(2, 1, 60_000, always(1))
    model.run(40)
    assert model.most_waiting[1] <= 1_000 * 15 * 1.2


def test_a_carrier_that_takes_its_first_ones_at_once_and_then_few_gets_what_it_drains():
    model = Model({1: 4_000.0})
    model.add(1, 1, 30_000, always(1))
    model.run(1)
    model.speeds[1] = 1_000.0
    model.run(30)
    assert model.most_waiting[1] <= 1_000 * 15 * 1.4


def test_a_team_that_comes_seconds_later_need_not_wait_until_all_of_the_other_is_out():
    model = Model({1: 1_000.0})
    model.add(1, 1, 30_000, always(1))
    model.run(5)
    model.add(2, 2, 500, always(1))
    model.run(20)
    assert model.sent[2, 1] == 500
    assert model.sent[1, 1] < 25_000


def test_no_more_follows_at_once_than_some_times_what_a_carrier_took():
    feeding = Feeding()
    feeding.plan(1.0, [Wanting(1, 1, 100_000)], {})
    feeding.queued(1, {1: 500})
    feeding.plan(1.25, [Wanting(1, 1, 99_500)], {(1, 1): 500})
    plan = feeding.plan(1.5, [Wanting(1, 1, 99_500)], {})  # it took all of it, so it may be as fast as can be
    assert sum(count for _, count in plan) == 3_500


def test_of_a_campaign_that_begins_no_more_waits_than_its_brakes_allow():
    feeding = Feeding()
    assert feeding.plan(1.0, [Wanting(1, 1, 1000, unsure_most=400)], {}) == [(1, 400)]
    feeding.queued(1, {1: 400})
    assert feeding.plan(1.25, [Wanting(1, 1, 600, unsure_most=400)], {(1, 1): 400}) == []
    assert feeding.plan(1.5, [Wanting(1, 1, 600, unsure_most=500)], {(1, 1): 150}) == [(1, 350)]


def test_what_waits_for_a_carrier_that_stands_still_keeps_no_other_from_beginning():
    model = Model({1: 0, 2: 1_000.0})
    model.add(1, 1, 20_000, lambda place: 2 if place % 10 == 0 else 1, begins=True)
    model.run(60)
    assert model.sent[1, 2] >= 1_900


def test_a_campaign_that_begins_behind_a_carrier_that_stands_still_reaches_those_behind():
    model = Model({1: 0, 2: 1_000.0})
    model.add(1, 1, 20_000, lambda place: 1 if place < 2_000 else 2, begins=True)
    model.run(60)
    assert model.sent[1, 2] == 18_000


def test_a_hundred_thousand_that_begin_slowly_are_queued_within_fifteen_seconds_where_carriers_are_fast():
    model = Model({1: 2_000, 2: 2_000})
    one = model.add(1, 1, 100_000, in_turn(1, 2), begins=True)
    model.run(15)
    assert one.ended_s is not None


def test_looks_that_are_close_together_tell_no_speed():
    feeding = Feeding()
    feeding.plan(1.0, [Wanting(1, 1, 100_000)], {})
    feeding.queued(1, {1: 500})
    plan = feeding.plan(1.01, [Wanting(1, 1, 99_500)], {(1, 1): 500})
    assert plan == [(1, CHUNK)] * 3  # up to the 2,000 of a carrier that nobody knows


def test_a_plan_ends_so_that_the_machine_looks_again():
    feeding = Feeding(Stock(start=100_000))
    feeding.plan(1.0, [Wanting(1, 1, 100_000)], {})
    feeding.queued(1, {1: 500})
    plan = feeding.plan(1.1, [Wanting(1, 1, 99_500)], {(1, 1): 500})
    assert sum(count for _, count in plan) == 10_000


wantings = st.lists(
    st.builds(
        Wanting,
        campaign_id=st.integers(1, 12),
        team_id=st.just(0),
        left=st.integers(0, 3_000),
        rate_per_s=st.none() | st.integers(1, 2_000),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one.campaign_id,
).map(lambda row: [attrs.evolve(one, team_id=one.campaign_id % 4) for one in row])


@settings(max_examples=150, deadline=None)
@given(wantings, st.integers(0, 6_000), st.integers(1, 6))
def test_never_more_than_is_left_and_the_rate_allows_and_there_is_room_for(wanting, waits, looks):
    feeding, left = Feeding(), {one.campaign_id: one.left for one in wanting}
    total: Counter[int] = Counter()
    ahead: Counter[tuple[int, int]] = Counter({(99, 1): waits})
    for look in range(looks):
        now = [attrs.evolve(one, left=left[one.campaign_id]) for one in wanting]
        for campaign_id, count in feeding.plan(1.0 + look * 0.1, now, dict(ahead)):
            assert 1 <= count <= CHUNK
            total[campaign_id] += count
            left[campaign_id] -= count
            ahead[campaign_id, 1] += count
            feeding.queued(campaign_id, {1: count})
    for one in wanting:
        assert left[one.campaign_id] >= 0
        if one.rate_per_s is not None:
            assert total[one.campaign_id] <= max(1, one.rate_per_s * (0.25 + 0.1 * (looks - 1))) + 1e-6
    begun = sum(1 for one in wanting if one.left)
    assert sum(ahead.values()) <= max(waits + 100 * begun, 2_000 + CHUNK * begun)


@settings(max_examples=150, deadline=None)
@given(wantings)
def test_no_team_waits_while_another_is_fed_twice(wanting):
    wanting = [attrs.evolve(one, rate_per_s=None) for one in wanting]
    feeding = Feeding(Stock(start=100_000), turn_most=5_000)
    feeding.plan(1.0, wanting, {})
    for one in wanting:
        feeding.queued(one.campaign_id, {1: 1})
    left = {one.campaign_id: one.left for one in wanting}
    team_of = {one.campaign_id: one.team_id for one in wanting}
    fed: list[int] = []
    for campaign_id, count in feeding.plan(1.1, wanting, {}):
        team = team_of[campaign_id]
        hungry = {team_of[number] for number, rows in left.items() if rows}
        if team in fed:
            since = fed[len(fed) - fed[::-1].index(team) :]
            assert hungry - {team} <= set(since)
        fed.append(team)
        left[campaign_id] -= count


@pytest.mark.parametrize("ticks", [1, 7])
def test_teams_take_turns_from_one_plan_to_the_next(ticks):
    feeding = Feeding(Stock(start=100_000), turn_most=CHUNK)
    wanting = [Wanting(number, number, 100_000) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        feeding.plan(1.0, wanting[:number], {})
        feeding.queued(number, {1: 1})
    fed = [feeding.plan(1.0 + tick / 100, wanting, {})[0][0] for tick in range(3 * ticks)]
    assert Counter(fed) == {1: ticks, 2: ticks, 3: ticks}
