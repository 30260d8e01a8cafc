"""The sums and samples of what a campaign will take."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.model import Quoted
from mobilesasa.campaigns.tally import Tally
from mobilesasa.sms.segments import Alphabet

quoted = st.builds(
    Quoted,
    phone=st.integers(254700000000, 254799999999).map(str),
    units=st.integers(1, 5),
    parts=st.integers(1, 4),
    text=st.none() | st.text(max_size=8),
    skipped=st.none() | st.sampled_from(["suppressed", "no_route"]),
    alphabet=st.sampled_from([Alphabet.GSM7, Alphabet.UCS2]),
)
people = st.lists(quoted, max_size=40, unique_by=lambda one: one.phone)


def told(one: Quoted) -> str:
    return f"{one.text} for {one.phone}"


def tallied(*lists: list[Quoted], salt: int = 0) -> Tally:
    tally = Tally(salt=salt)
    for one in lists:
        tally.add(one, told)
    return tally


def one(phone: str, parts: int = 1, text: str | None = None, skipped: str | None = None) -> Quoted:
    return Quoted(phone, 2 * parts, parts, text, skipped)


@settings(max_examples=100, deadline=None)
@given(people)
def test_a_tally_sums_up_who_is_in_and_who_is_left_out(given_people):
    tally = tallied(given_people)
    taken = [person for person in given_people if person.skipped is None]
    assert (tally.recipients, tally.units) == (len(taken), sum(person.units for person in taken))
    assert tally.parts == Counter(person.parts for person in taken)
    assert tally.alphabets == Counter(person.alphabet.value for person in taken)
    assert tally.skipped.total() + tally.recipients == len(given_people)


@settings(max_examples=100, deadline=None)
@given(people, st.integers(1, 10), st.integers(0, 3))
def test_it_does_not_matter_in_which_lists_people_come(given_people, size, salt):
    lists = [given_people[start : start + size] for start in range(0, len(given_people), size)]
    apart, together = tallied(*lists, salt=salt), tallied(given_people, salt=salt)
    assert apart == together
    assert len(together.random) == min(3, together.recipients)


def test_the_longest_has_most_parts_and_then_most_characters():
    tally = tallied(
        [one("1", 1, "aaaa"), one("2", 2, "aa")], [one("3", 2, "aaa"), one("4", 1, "a"), one("5", 2, "bbb")]
    )
    assert (tally.longest.phone, tally.longest.text, tally.longest.parts, tally.longest.units) == (
        "3",
        "aaa for 3",
        2,
        4,
    )
    assert tally.shortest.phone == "4"


def test_who_is_left_out_is_no_sample():
    tally = tallied([one("1", 3, "aaa", skipped="suppressed")])
    assert (tally.longest, tally.shortest, tally.random, tally.recipients) == (None, None, (), 0)
    assert tally.skipped == {"suppressed": 1}


def test_another_salt_draws_others():
    everybody = [one(str(254700000000 + number)) for number in range(100)]
    drawn = {tuple(sample.phone for sample in tallied(everybody, salt=salt).random) for salt in range(20)}
    assert len(drawn) > 10


def test_everybody_is_drawn_now_and_then():
    everybody = [one(str(254700000000 + number)) for number in range(20)]
    drawn = Counter(sample.phone for salt in range(400) for sample in tallied(everybody, salt=salt).random)
    assert len(drawn) == 20
    assert max(drawn.values()) < 4 * min(drawn.values())


def test_texts_are_asked_for_of_samples_alone():
    asked: list[str] = []

    def tell(person: Quoted) -> str:
        asked.append(person.phone)
        return ""

    Tally().add([one(str(254700000000 + number)) for number in range(1000)], tell)
    assert len(asked) <= 5
