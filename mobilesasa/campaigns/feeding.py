"""How much of which campaign is queued next, so that carriers never wait and campaigns share them fairly.

How to think about it: what waits for a carrier is its stock, and of that little is kept: what it takes in some fifteen
seconds. So a campaign can be stopped, and another team's comes in between, though a million recipients are to follow.
How fast a carrier drains its stock is measured from look to look. Where it ran dry it could have done more, so its stock
may double. For each message that it took so many may follow and no more, and a measure that is old counts for nothing: a
carrier may be slower now than it was, or have taken its first ones at once only because it had nothing to do.

Who is fed is decided in turns: the teams stand in a row, the first that can be fed gets a chunk and goes to the end; so do
the campaigns of a team. Which carrier the next recipients of a campaign will go to nobody knows before they are judged;
its last ones tell (`Feeding.queued`). Where one of its carriers has enough and another runs short, the first gets more than
its stock for the other's sake, up to a minute's: the slow one decides when the campaign ends anyway, and other teams wait
for it too. A carrier that stands still or crawls holds up nothing (I9): the others go on, kept just ahead, though what waits
for that one grows. Where all of them stand still, a chunk goes on now and then: those behind may be for another.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Final

import attrs

CHUNK: Final = 500  # recipients that are queued at once
_BEGIN: Final = 100  # recipients of a campaign that begins though no carrier has room
_LOOK_S: Final = 0.2  # how long carriers are watched at least before their speed is told
_STILL_S: Final = 5.0  # a carrier that has something and takes nothing for so long stands still
_PROBE_S: Final = 1.0  # how often a chunk goes on behind one that stands still
_MEMORY_S: Final = 5.0  # so long a carrier's earlier speed counts
_SURE_S: Final = 1.0  # … as if it had been watched for so long, where it is a guess
_FORGET_S: Final = 60.0  # a speed that was measured so long ago is not known any more
_FOLLOW: Final = 4  # so many may be queued for each message that a carrier took
_SHARE_MEMORY: Final = 0.7  # how much of what is known of a campaign's carriers outlasts one more chunk
_SHARE_LEAST: Final = 0.001  # a carrier that has less of a campaign is none of it
_WORTH: Final = 0.05  # of what may wait for a carrier: less, and less than two chunks, is not worth one


@attrs.frozen(kw_only=True)
class Stock:
    """How much may wait for a carrier."""

    ahead_s: float = 15.0  # what it drains in this time
    near_s: float = 2.0  # … for a campaign another of whose carriers has enough
    over_s: float = 60.0  # … for a campaign another of whose carriers runs short
    floor: int = 1_000  # messages, however slow it is; one that needs longer than `over_s` for them crawls
    start: int = 2_000  # … while nobody knows how fast it is
    most: int = 100_000


@attrs.frozen
class Wanting:
    """A campaign that has recipients left to be queued."""

    campaign_id: int
    team_id: int
    left: int  # recipients
    rate_per_s: int | None = None  # messages; None: as fast as carriers take them
    unsure_most: int | None = None  # messages that may wait for an answer of carriers that work; None: any number


class Feeding:
    """Plans what is queued next.

    Args:
        stock: how much may wait for a carrier.
        turn_most: recipients of one plan, all campaigns together; then it is time to look again.
    """

    def __init__(self, stock: Stock | None = None, turn_most: int = 10_000) -> None:
        """Start without knowing anything of carriers and campaigns."""
        self._stock = stock or Stock()
        self._turn_most = turn_most
        self._carriers: dict[int, _Carrier] = {}
        self._campaigns: dict[int, _Campaign] = {}
        self._teams: dict[int, list[int]] = {}  # campaigns of each, both in the order in which they are fed

    def plan(
        self, now_s: float, wanting: Sequence[Wanting], ahead: Mapping[tuple[int, int], int]
    ) -> list[tuple[int, int]]:
        """Return what is to be queued, in this order: a campaign and how many of its recipients (at most `CHUNK`).

        A campaign may come several times. Whoever carries the plan out says `queued` for each.

        Args:
            now_s: of a clock that only goes forward.
            wanting: campaigns that may be fed now: those that are paused or wait for their hours are left out.
            ahead: how many messages wait, by campaign and carrier: of campaigns that want nothing as well, and those that a
                carrier has postponed; but not what is held for long, of a campaign that is paused or for its hours.
        """
        wanted = {one.campaign_id: one for one in wanting if one.left > 0}
        self._look(now_s, ahead, self._campaigns.keys() - wanted.keys())
        self._line_up(now_s, wanted)
        for (campaign_id, carrier_id), count in ahead.items():
            if campaign_id in wanted:
                self._campaigns[campaign_id].has(count, self._carriers[carrier_id].is_still(now_s))
        rooms = _Rooms(self._stock, self._carriers, now_s)
        plan: list[tuple[int, int]] = []
        planned = 0
        while planned < self._turn_most:
            fed = self._feed_one(rooms, self._turn_most - planned)
            if fed is None:
                break
            plan.append(fed)
            planned += fed[1]
        return plan

    def queued(self, campaign_id: int, by_carrier: Mapping[int, int]) -> None:
        """Take down to which carriers the recipients of a chunk went; those that were left out went to none."""
        for carrier_id, count in by_carrier.items():
            self._carriers.setdefault(carrier_id, _Carrier()).add(campaign_id, count)
        if campaign_id in self._campaigns:
            self._campaigns[campaign_id].learn(by_carrier)

    def _look(self, now_s: float, ahead: Mapping[tuple[int, int], int], gone: Set[int]) -> None:
        """Count what waits for each carrier."""
        waiting: dict[int, Counter[int]] = {carrier_id: Counter() for carrier_id in self._carriers}
        for (campaign_id, carrier_id), count in ahead.items():
            waiting.setdefault(carrier_id, Counter())[campaign_id] += count
        for carrier_id, counted in waiting.items():
            self._carriers.setdefault(carrier_id, _Carrier()).look(now_s, counted, gone)

    def _line_up(self, now_s: float, wanted: Mapping[int, Wanting]) -> None:
        """Let the campaigns that want something stand in their rows, new ones at the end, and forget the others."""
        self._campaigns = {
            campaign_id: campaign for campaign_id, campaign in self._campaigns.items() if campaign_id in wanted
        }
        teams: dict[int, list[int]] = {}
        for team_id, row in self._teams.items():
            staying = [number for number in row if number in wanted]
            if staying:
                teams[team_id] = staying
        self._teams = teams
        for one in wanted.values():
            row = teams.setdefault(one.team_id, [])
            if one.campaign_id not in row:
                row.append(one.campaign_id)
            self._campaigns.setdefault(one.campaign_id, _Campaign()).want(now_s, one)

    def _feed_one(self, rooms: _Rooms, most: int) -> tuple[int, int] | None:
        """Return the next chunk, and let its team and campaign go to the end of their rows; None where nobody can be fed."""
        for team_id, row in self._teams.items():
            for campaign_id in row:
                campaign = self._campaigns[campaign_id]
                count = min(campaign.appetite(rooms), most)
                if count < 1:
                    continue
                campaign.take(count, rooms.now_s)
                rooms.take(campaign.shares, count)
                row.remove(campaign_id)
                row.append(campaign_id)
                del self._teams[team_id]
                self._teams[team_id] = row
                return campaign_id, count
        return None


@attrs.define
class _Carrier:
    """What waits for a carrier, and how fast it goes."""

    rate_per_s: float | None = None  # None: nobody knows yet
    waits: int = 0  # as it was counted, with what was queued since
    still_since_s: float | None = None  # it has taken nothing since, though it had something
    _follow: float = 0.0  # how many may be queued beyond `Stock.start`, for what it took; or how many of those are
    _told_s: float | None = None  # when its speed was measured last …
    _watched_s: float = 0.0  # … which it has been for so long
    _from_s: float | None = None  # since when it is watched …
    _had: Counter[int] = attrs.field(factory=Counter)  # … and what it had then, with what was queued since, by campaign

    def add(self, campaign_id: int, count: int) -> None:
        self.waits += count
        self._follow -= count
        self._had[campaign_id] += count

    def look(self, now_s: float, counted: Counter[int], gone: Set[int]) -> None:
        """Take a count of what waits, by campaign; of two that are too close together the speed is not told.

        Of campaigns that want nothing any more it is not known whether what they had was sent or taken away.
        """
        self.waits = counted.total()
        for campaign_id in gone:
            self._had.pop(campaign_id, None)
        if self._told_s is not None and now_s - self._told_s >= _FORGET_S:
            self.rate_per_s = self._told_s = self._from_s = None
            self._follow = 0.0
        if self._from_s is not None:
            passed_s = now_s - self._from_s
            if passed_s < _LOOK_S:
                return
            self._follow = min(self._follow, 0.0)
            if self._had.total() > 0:
                self._tell((self._had - counted).total(), passed_s, now_s)
        self._from_s, self._had = now_s, counted

    def most(self, stock: Stock, seconds: float) -> float:
        """Return how many may wait for it, of what it drains in some time."""
        if self.rate_per_s is None:
            return stock.start
        return min(max(seconds * self.rate_per_s, stock.floor), stock.most)

    def follow(self, stock: Stock) -> float:
        """Return how many more may be queued for it at once."""
        return max(stock.floor - self.waits, stock.start + self._follow)

    def near(self, stock: Stock) -> float:
        """Return how many keep it going, while a campaign has enough at another carrier."""
        return min(self.most(stock, stock.ahead_s), max(stock.floor / 2, stock.near_s * (self.rate_per_s or 0)))

    def crawls(self, stock: Stock) -> bool:
        return self.rate_per_s is not None and self.rate_per_s * stock.over_s < stock.floor

    def is_still(self, now_s: float) -> bool:
        return self.still_since_s is not None and now_s - self.still_since_s >= _STILL_S

    def _tell(self, drained: int, passed_s: float, now_s: float) -> None:
        """Tell its speed by what it took of what it had."""
        per_s = drained / passed_s
        self._told_s = now_s
        self._follow = max(self._follow, -float(self.waits + drained)) + _FOLLOW * drained
        self._watched_s += passed_s
        if drained:
            self.still_since_s = None
        elif self.still_since_s is None:
            self.still_since_s = now_s - passed_s
        if not self.waits:  # it ran dry
            self.rate_per_s, self._watched_s = max(self.rate_per_s or 0.0, 2 * per_s), _SURE_S
        elif self.rate_per_s is None:
            self.rate_per_s, self._watched_s = per_s, passed_s
        else:
            weight = max(-math.expm1(-passed_s / _MEMORY_S), passed_s / self._watched_s)
            self.rate_per_s += (per_s - self.rate_per_s) * weight


class _Rooms:
    """How much more may wait for each carrier, while a plan is made."""

    def __init__(self, stock: Stock, carriers: Mapping[int, _Carrier], now_s: float) -> None:
        """Measure them; less than a twentieth is none, so that what is queued comes in lists worth a transaction."""
        self.now_s = now_s
        self._left: dict[int, float] = {}
        self._near: dict[int, float] = {}
        self._over: dict[int, float] = {}
        for carrier_id, carrier in carriers.items():
            most, near = carrier.most(stock, stock.ahead_s), carrier.near(stock)
            over = math.inf if carrier.crawls(stock) else carrier.most(stock, stock.over_s)
            follow = carrier.follow(stock)
            self._left[carrier_id] = _worth(min(most - carrier.waits, follow), most)
            self._near[carrier_id] = _worth(min(near - carrier.waits, follow), near)
            self._over[carrier_id] = over - carrier.waits
        self._still = {carrier_id for carrier_id, carrier in carriers.items() if carrier.is_still(now_s)}

    @property
    def is_any_open(self) -> bool:
        """Whether some carrier has room, or none is known."""
        return not self._left or any(left >= 1 for left in self._left.values())

    def fit(self, shares: Mapping[int, float]) -> int:
        """Return how many recipients of a campaign there is room for."""
        full = {carrier_id for carrier_id in shares if self._left[carrier_id] < 1}
        left = self._near if full else self._left
        fits = [left[number] / share for number, share in shares.items() if left[number] >= 1]
        if not fits:
            return 0
        return int(max(0, min([*fits, *(self._over[number] / shares[number] for number in full)])))

    def all_still(self, shares: Mapping[int, float]) -> bool:
        """Whether all carriers of a campaign stand still."""
        return self._still.issuperset(shares)

    def take(self, shares: Mapping[int, float], count: int) -> None:
        for carrier_id, share in shares.items():
            self._left[carrier_id] -= count * share
            self._near[carrier_id] -= count * share
            self._over[carrier_id] -= count * share


@attrs.define
class _Campaign:
    """What is known of a campaign that wants something."""

    shares: dict[int, float] = attrs.field(factory=dict)  # of its recipients, by carrier; sums up to 1
    ahead: int = 0  # messages of it that wait
    _left: int = 0
    _rate_per_s: int | None = None
    _tokens: float = 0.0  # messages that its rate allows now
    _at_s: float | None = None
    _fed_s: float | None = None  # when it was fed last
    _is_tasted: bool = False  # it was fed by this plan
    _unsure: int = 0  # messages of `ahead` at carriers that do not stand still
    _unsure_most: int | None = None

    def want(self, now_s: float, wanting: Wanting) -> None:
        """Take down what it wants, and what its rate allows meanwhile: at most one second's worth, a quarter at first."""
        self._left, self.ahead, self._is_tasted = wanting.left, 0, False
        self._unsure, self._unsure_most = 0, wanting.unsure_most
        if wanting.rate_per_s is not None:
            if self._at_s is None or self._rate_per_s is None:
                self._tokens = wanting.rate_per_s / 4
            else:
                self._tokens += max(0.0, now_s - self._at_s) * wanting.rate_per_s
            self._tokens = min(self._tokens, max(1.0, wanting.rate_per_s))
        self._rate_per_s, self._at_s = wanting.rate_per_s, now_s

    def has(self, count: int, is_still: bool) -> None:
        """Count what waits for a carrier; of what one has that stands still nobody waits for an answer."""
        self.ahead += count
        self._unsure += 0 if is_still else count

    def appetite(self, rooms: _Rooms) -> int:
        """Return how many of it can be queued now, at most a chunk."""
        most = min(self._left, CHUNK)
        if self._rate_per_s is not None:
            most = min(most, int(self._tokens))
        sure = most
        if self._unsure_most is not None:
            waiting = self.ahead if rooms.all_still(self.shares) else self._unsure
            sure = min(most, max(self._unsure_most - waiting, 0))
        if self.shares and (fit := min(rooms.fit(self.shares), sure)):
            return fit
        if self._is_tasted:
            return 0
        if self.shares and self.ahead:
            is_due = self._fed_s is None or rooms.now_s - self._fed_s >= _PROBE_S
            return most if is_due and rooms.all_still(self.shares) else 0
        return sure if rooms.is_any_open and not self.shares else min(sure, _BEGIN)

    def take(self, count: int, now_s: float) -> None:
        self._left -= count
        self._tokens -= count
        self.ahead += count
        self._unsure += count
        self._fed_s, self._is_tasted = now_s, True

    def learn(self, by_carrier: Mapping[int, int]) -> None:
        """Take down where a chunk went; what was known before counts less and less."""
        total = sum(by_carrier.values())
        if not total:
            return
        kept = _SHARE_MEMORY if self.shares else 0.0
        merged = {
            carrier_id: self.shares.get(carrier_id, 0.0) * kept + by_carrier.get(carrier_id, 0) / total * (1 - kept)
            for carrier_id in self.shares.keys() | by_carrier.keys()
        }
        known = {carrier_id: share for carrier_id, share in merged.items() if share >= _SHARE_LEAST}
        whole = sum(known.values())
        self.shares = {carrier_id: share / whole for carrier_id, share in known.items()}


def _worth(left: float, most: float) -> float:
    return left if left >= min(most * _WORTH, 2 * CHUNK) else 0.0
