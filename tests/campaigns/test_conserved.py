"""For any recipients, texts, refusals and ends: estimate = reserved = captured + released, and nobody gets it twice.

The store is modelled by a few lines (`Kept`): what `/send` writes down, what a chunk changes, what the end gives back. All
else is what runs: texts, quotes, the door, the plan, what is made of the next rows.
"""

from collections.abc import Sequence

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.feeding import Feeding, Wanting
from mobilesasa.campaigns.model import Options, Person, Phase, Skip
from mobilesasa.campaigns.quoting import Quoter
from mobilesasa.campaigns.running import Chunk, Row, Running, sort_out, submissions
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.texts import CONTACT_FIELDS, read_template
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.teams import CurrentDirectory, Directory
from tests.core.test_gateway import CARRIERS, NOW_MS, ROUTES, SENDERS, TEAMS, Lanes, Store

TICK_S = 0.25
TEXT_PIECES = ["Hi {first_name:there}, ", "{balance}", "€" * 30, "Ж", "x" * 70, " https://a.b/c ", "{phone}"]


def gateway(prices: dict[str, int]) -> Gateway:
    numbers = iter(range(1, 1_000_000))
    known = Directory(TEAMS, SENDERS, (), CARRIERS, ROUTES, prices)
    return Gateway(CurrentDirectory(known), Store([]), Lanes([]), lambda: NOW_MS, lambda: f"id-{next(numbers)}")


@attrs.define
class Kept:
    """What the store keeps of a campaign, and the balance of its team."""

    campaign: Running
    rows: list[Row]
    reserved: int
    balance: int
    phase: Phase = Phase.SENDING
    captured: int = 0
    released: int = 0
    skipped: int = 0
    messages: dict[int, int] = attrs.field(factory=dict)  # units, by row

    def chunk(self, count: int, door: Gateway) -> Chunk:
        """The next rows, judged."""
        upto = min(self.campaign.position + count, self.campaign.rows)
        rows = self.rows[self.campaign.position : upto]
        chunk = sort_out(self.campaign, rows, door.judge(submissions(self.campaign, rows)), upto)
        return (
            chunk if isinstance(chunk, Chunk) else Chunk(self.campaign, upto, (), {row.n: "no_route" for row in rows})
        )

    def queue(self, chunk: Chunk, suppressed: set[str]) -> None:
        """Write a chunk down if its campaign is where it was; who said STOP or was forgotten since is left out."""
        if self.phase is not Phase.SENDING or chunk.campaign.position != self.campaign.position:
            return
        now = {row.phone for row in self.rows if row.skipped is None} - suppressed
        taken = [row for row, _ in chunk.messages if row.phone in now]
        for row in taken:
            assert row.n not in self.messages
            self.messages[row.n] = row.units
            self.captured += row.units
        self.skipped += chunk.upto - self.campaign.position - len(taken)
        self.campaign = chunk.after
        if not self.campaign.left:
            self.end(Phase.COMPLETED)

    def end(self, phase: Phase) -> None:
        """Give back what was not used."""
        self.phase, self.released = phase, self.reserved - self.captured
        self.balance += self.released


def sent(people: Sequence[Person], text: str, door: Gateway, tracked: bool, balance: int) -> tuple[Tally, Kept]:
    """The estimate of a draft, and what `/send` writes down of it at once."""
    template = read_template(text, (*CONTACT_FIELDS, "balance"), track=tracked)
    campaign = Running(
        id=1, uuid="campaign", team_id=1, sender="TextBlast", text=text, position=0, rows=len(people), reserve_id=1,
        started_at_ms=NOW_MS, options=Options(),
    )  # fmt: skip
    base = "https://go.ke" if tracked else None
    drafted = Quoter(template, campaign.submission("", ""), door.judge, base, lambda: "draftdra")
    for start in range(0, len(people), 7):
        drafted.quote(people[start : start + 7])
    codes = iter(f"code{number:04}" for number in range(1000))
    sending = Quoter(template, campaign.submission("", ""), door.judge, base, lambda: next(codes))
    quoted = sending.quote(people)
    plain = template.render({}) if not template.is_personal else None
    rows = [Row(n, one.phone, one.units, one.text, one.skipped) for n, one in enumerate(quoted, 1)]
    reserved = sum(row.units for row in rows)
    return drafted.tally, Kept(attrs.evolve(campaign, text=plain), rows, reserved, balance - reserved)


people = st.lists(
    st.builds(
        Person,
        phone=st.builds(
            "{}{}".format,
            st.sampled_from(["2547123456", "2557812345", "2567123456", "2542012345"]),
            st.integers(10, 99),
        ),
        fields=st.fixed_dictionaries(
            {}, optional={"first_name": st.text("aéЖ€ ", max_size=180), "balance": st.none() | st.integers(0, 10**9)}
        ),
        suppressed=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda person: person.phone,
)
happenings = st.lists(st.sampled_from(["tick", "tick", "tick", "stop", "erase", "old", "raise", "cancel"]), max_size=12)


@settings(max_examples=100, deadline=None)
@given(
    people,
    st.lists(st.sampled_from(TEXT_PIECES), min_size=1, max_size=6),
    st.booleans(),
    happenings,
    st.integers(1, 60),
)
def test_what_is_estimated_is_reserved_and_is_captured_or_released(given_people, pieces, tracked, happened, rate_per_s):
    prices = {"254": 2, "25578": 5}
    door, feeding, now_s = gateway(prices), Feeding(), 100.0
    tally, kept = sent(given_people, "".join(pieces) + ".", door, tracked, balance=100_000)
    assert (tally.units, tally.recipients) == (kept.reserved, sum(row.skipped is None for row in kept.rows))
    suppressed: set[str] = set()
    old = kept.chunk(5, door)
    for event in [*happened, *["tick"] * 300]:
        if kept.phase is not Phase.SENDING:
            break
        now_s += TICK_S
        place = kept.campaign.position
        if event == "stop":
            suppressed.add(kept.rows[-1].phone)
        elif event == "erase":
            kept.rows[place] = attrs.evolve(kept.rows[place], phone="erased", text=None, skipped=Skip.ERASED.value)
        elif event == "old":
            kept.queue(old, suppressed)
        elif event == "raise":
            door = gateway({"254": 9})
        elif event == "cancel":
            kept.end(Phase.CANCELLED)
        else:
            for _, count in feeding.plan(now_s, [Wanting(1, 1, kept.campaign.left, rate_per_s)], {}):
                old = kept.chunk(count, door)
                kept.queue(old, suppressed)
    assert kept.phase.is_final
    assert kept.reserved == kept.captured + kept.released
    assert kept.captured == sum(kept.messages.values())
    assert kept.balance == 100_000 - kept.captured
    assert len(kept.messages) + kept.skipped == kept.campaign.position
    assert all(kept.rows[n - 1].skipped is None for n in kept.messages)
    if kept.phase is Phase.COMPLETED:
        assert kept.campaign.position == len(kept.rows)
    if not {"stop", "erase", "cancel", "raise"} & set(happened):
        assert (kept.captured, kept.released) == (kept.reserved, 0)
