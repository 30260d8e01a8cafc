"""The terms of an SMPP session: node, team, token."""

import attrs
import pytest

from mobilesasa.core.terms import BOUNDS, OF_TOKEN, BadTerms, SmppTerms, agree, read_changes, read_terms


def test_the_figures_customers_were_told_are_the_defaults():
    terms = SmppTerms()
    assert (terms.max_sessions, terms.session_tps, terms.window, terms.receipt_window) == (5, 50, 100, 10)
    assert (terms.enquire_link_s, terms.idle_timeout_s, terms.max_validity_h) == (30.0, 60.0, 24)
    assert (terms.strict_validity, terms.latin1, terms.receipt_offset_min, terms.inbound_long) == (
        False,
        False,
        0,
        "udh",
    )


def test_every_number_has_bounds():
    numbers = {name for name, value in attrs.asdict(SmppTerms()).items() if type(value) in (int, float)}
    assert set(BOUNDS) == numbers
    assert all(least <= getattr(SmppTerms(), name) <= most for name, (least, most) in BOUNDS.items())


def test_what_a_token_has_wins_over_its_team_and_that_over_the_node():
    agreed = agree(SmppTerms(window=7), {"session_tps": 9, "latin1": True}, {"latin1": False, "receipt_window": None})
    assert agreed == SmppTerms(window=7, session_tps=9, latin1=False)


@pytest.mark.parametrize(
    ("session_tps", "window", "expected"),
    [
        (50, 100, 10),
        (1, 100, 10),
        (54, 100, 10),
        (200, 100, 40),
        (2000, 100, 100),
        (2000, 300, 300),
        (0, 100, 100),
        (0, 5, 10),
    ],
)
def test_decision_115_who_may_submit_faster_has_more_receipts_ahead(session_tps, window, expected):
    granted = SmppTerms(receipt_window=0)
    assert agree(granted, {"session_tps": session_tps, "window": window}).receipt_window == expected
    assert agree(granted, {"session_tps": session_tps}, {"receipt_window": 3}).receipt_window == 3


def test_what_an_older_release_had_set_is_passed_over():
    assert agree(SmppTerms(), {"gone": 1}) == SmppTerms()


def test_terms_are_read_as_people_write_them():
    given = {
        "session_tps": "100",
        "idle_timeout_s": "90.5",
        "latin1": "Yes",
        "strict_validity": False,
        "inbound_long": "payload",
        "lane": "bulk",
    }
    read = {
        "session_tps": 100,
        "idle_timeout_s": 90.5,
        "latin1": True,
        "strict_validity": False,
        "inbound_long": "payload",
        "lane": "bulk",
    }
    assert read_terms(given) == read


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("session_tps", "many", "must be a whole number from 0 to 100000"),
        ("session_tps", -1, "must be a whole number"),
        ("session_tps", 1.5, "must be a whole number"),
        ("session_tps", True, "must be a whole number"),
        ("session_tps", None, "must be a whole number"),
        ("idle_timeout_s", "nan", "must be a number from 0 to 86400"),
        ("window", 10**400, "must be a whole number from 1 to 10000"),
        ("latin1", "perhaps", "must be yes or no"),
        ("inbound_long", "sar", "must be udh or payload"),
        ("lane", "fast", "must be transactional or bulk"),
        ("speed", 1, "cannot be set here"),
    ],
)
def test_a_wrong_term_is_named_with_what_it_must_be(name, value, why):
    with pytest.raises(BadTerms, match=why) as refused:
        read_terms({name: value})
    assert list(refused.value.problems) == [name]


def test_all_wrong_terms_are_named_at_once():
    with pytest.raises(BadTerms) as refused:
        read_terms({"window": 0, "latin1": 3, "session_tps": 5})
    assert set(refused.value.problems) == {"window", "latin1"}


def test_the_number_of_sessions_is_the_teams_alone():
    with pytest.raises(BadTerms):
        read_terms({"max_sessions": 9}, OF_TOKEN)


def test_a_change_sets_some_terms_and_leaves_others_to_whom_they_were_from():
    assert read_changes({"window": "7", "latin1": "default"}) == {"window": 7, "latin1": None}
    assert read_changes({}) == {}


def test_a_term_that_is_none_cannot_be_left_to_anybody_either():
    with pytest.raises(BadTerms) as refused:
        read_changes({"speed": "default", "max_sessions": "default", "window": 0}, OF_TOKEN)
    assert set(refused.value.problems) == {"speed", "max_sessions", "window"}
