"""A pack is read from TOML, and every fault of it is named with the file and the key."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.rulepack_reading import CLASSES, DAYS, BadPack, read_pack
from mobilesasa.core.senders import SenderClass

KENYA = """
country = "KE"
prefixes = ["254"]
zone = "Africa/Nairobi"
[promotional]
hours = [["08:00", "18:00"]]
suffix = " STOP*456*9*5#"
"""


def faults(text: str) -> list[str]:
    with pytest.raises(BadPack) as caught:
        read_pack(tomllib.loads(text), "own.toml")
    return list(caught.value.problems)


def written(hours: str = "", suffix: str = "") -> str:
    lines = ['country = "KE"', 'prefixes = ["254"]', 'zone = "Africa/Nairobi"', "[promotional]"]
    return "\n".join(
        [*lines, *(f"{name} = {value}" for name, value in (("hours", hours), ("suffix", suffix)) if value)]
    )


def test_a_pack_says_whose_numbers_it_is_for_and_what_holds_for_each_class():
    pack = read_pack(tomllib.loads(KENYA), "ke.toml")
    rules = pack.rules["promotional"]
    assert (pack.country, pack.prefixes, pack.source, list(pack.rules)) == ("KE", ("254",), "ke.toml", ["promotional"])
    assert (rules.country, rules.sender_class, rules.suffix) == ("KE", "promotional", " STOP*456*9*5#")
    assert rules.hours is not None
    assert (rules.hours.zone.key, rules.hours.days) == ("Africa/Nairobi", (((480, 1080),),) * 7)


def test_every_class_may_have_rules_but_that_of_one_time_passwords():
    assert {*CLASSES, "otp"} == {*SenderClass}
    assert faults(KENYA + "[otp]\n") == [
        "own.toml: otp is no key; there are country, prefixes, zone, [promotional], [transactional]"
    ]


def test_hours_may_be_those_of_days_by_name():
    week = 'monday = [["20:00", "02:00"]]\nsunday = []\nother_days = [["08:00", "24:00"]]'
    pack = read_pack(tomllib.loads(f"{written()}\n[promotional.hours]\n{week}"), "own.toml")
    hours = pack.rules["promotional"].hours
    assert hours is not None
    assert hours.days == (((1200, 1560),), *[((480, 1440),)] * 5, ())


def test_all_seven_days_by_name_leave_no_other_days():
    week = "\n".join(f'{day} = [["08:00", "18:00"]]' for day in DAYS)
    pack = read_pack(tomllib.loads(f"{written()}\n[promotional.hours]\n{week}"), "own.toml")
    hours = pack.rules["promotional"].hours
    assert hours is not None
    assert hours.days == (((480, 1080),),) * 7


def test_a_section_may_say_nothing():
    rules = read_pack(tomllib.loads(written()), "own.toml").rules["promotional"]
    assert (rules.hours, rules.suffix) == (None, "")


def test_every_fault_is_named_at_once():
    assert faults("country = 'Kenya'\nprefixes = []\ncolour = 1\npromotional = 7") == [
        "own.toml: colour is no key; there are country, prefixes, zone, [promotional], [transactional]",
        'own.toml: country must be two capitals (ISO 3166-1), such as "KE"',
        'own.toml: prefixes must be a list of what numbers begin with, digits without the plus, such as ["254"]',
        "own.toml: promotional must be a section, [promotional]",
        'own.toml: zone must be a zone of the tz database, such as "Africa/Nairobi", not None',
    ]


def test_a_pack_without_rules_or_a_country_is_none():
    assert faults('prefixes = ["254", "+255"]\nzone = "Africa/Atlantis"') == [
        "own.toml: [promotional] is missing: the pack has no rules",
        'own.toml: country is missing; it must be two capitals (ISO 3166-1), such as "KE"',
        "own.toml: prefixes must be a list of what numbers begin with, digits without the plus, such as [\"254\"], not '+255'",
        "own.toml: zone must be a zone of the tz database, such as \"Africa/Nairobi\", not 'Africa/Atlantis'",
    ]


_PAIRS = 'must be a list of pairs of times, such as [["08:00", "18:00"]]; one may end after midnight'


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        ('"08:00-18:00"', _PAIRS),
        ('[["8:00", "18:00"]]', f"{_PAIRS}, not ['8:00', '18:00']"),
        ('[["08:00", "24:30"]]', f"{_PAIRS}, not ['08:00', '24:30']"),
        ('[["24:00", "08:00"]]', f"{_PAIRS}, not ['24:00', '08:00']"),
        ('[["08:00", "08:00"]]', f"{_PAIRS}, not ['08:00', '08:00']"),
        ('[["08:00"]]', f"{_PAIRS}, not ['08:00']"),
        ("[[8, 18]]", f"{_PAIRS}, not [8, 18]"),
        ("[8]", f"{_PAIRS}, not 8"),
        ("[]", "has none on any day, so nothing would ever go out; to stop a sender, suspend it"),
    ],
)
def test_hours_that_cannot_be_are_refused(hours, fault):
    assert faults(written(hours=hours)) == [f"own.toml: promotional.hours {fault}"]


def test_a_fault_of_one_day_is_named_with_the_day():
    week = 'funday = []\nmonday = [["08:00", "18:00"]]\ntuesday = 8'
    assert faults(f"{written()}\n[promotional.hours]\n{week}") == [
        "own.toml: promotional.hours says nothing of wednesday; name all seven days, or say other_days; [] is a quiet day",
        f"own.toml: promotional.hours.funday is no key; there are {', '.join(DAYS)} and other_days",
        f"own.toml: promotional.hours.tuesday {_PAIRS}",
    ]


@pytest.mark.parametrize("suffix", ['""', '"  "', "7", f'"{"x" * 61}"'])
def test_a_suffix_is_a_text_and_not_a_long_one(suffix):
    assert faults(written(suffix=suffix)) == [
        "own.toml: promotional.suffix must be a text of 60 characters at most, with its own blank before it"
    ]


def test_a_suffix_has_only_what_the_gsm_alphabet_has():
    assert faults(written(suffix='" “STOP”"')) == [
        "own.toml: promotional.suffix has a character that the GSM alphabet lacks: texts would take more parts for it"
    ]


def test_a_rule_that_does_not_exist_is_named():
    assert faults(KENYA + "drop_suppressed = false") == [
        "own.toml: promotional.drop_suppressed is no key; there are hours and suffix"
    ]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("08:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*DAYS, "x"]), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["country", "prefixes", "zone", "promotional", "transactional", "x"])
sections = st.fixed_dictionaries({}, optional={"hours": values, "suffix": values, "x": values})


@settings(max_examples=150)
@given(st.dictionaries(keys, values | sections, max_size=6))
def test_whatever_a_file_holds_is_read_or_refused(content):
    found: list[str] = []
    try:
        read_pack(content, "own.toml")
    except BadPack as bad:
        found += bad.problems
    assert all(problem.startswith("own.toml: ") for problem in found)
