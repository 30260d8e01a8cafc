"""The words by which people opt out, and those of carriers that say so."""

from typing import get_args

import pytest

from mobilesasa.core.keywords import words_of
from mobilesasa.core.optouts import OptOut, Reason, names_a_blacklist, refusal, understood_in, wish_of


@pytest.mark.parametrize("country", ["", "KE", "US", "SN", "MZ", "ES", "EG", "ET", "CD", "DJ"])
def test_no_word_means_two_things_and_each_is_written_as_it_is_compared(country):
    known = understood_in(country)
    assert not known.stops & known.starts
    for word in known.stops | known.starts | known.all:
        assert " ".join(words_of(word)) == word


def test_everywhere_is_understood_what_is_understood_anywhere():
    assert understood_in("").stops < understood_in("KE").stops
    assert {"start", "unstop"} <= understood_in("XX").starts


def test_a_wish_is_read_with_what_stands_behind_it():
    assert wish_of("STOP", "KE") == (True, ())
    assert wish_of("opt in", "KE") == (False, ())
    assert wish_of("startall", "KE") == (False, ("all",))
    assert wish_of("quit my app", "KE") == (True, ("my", "app"))
    assert wish_of("", "KE") is None


def test_an_opt_out_has_the_word_under_which_it_is_kept():
    assert [OptOut(stops, "254711000001", ()).word for stops in (True, False)] == ["stop", "start"]


@pytest.mark.parametrize(
    "said", ["SenderName Blacklisted", "UserInBlacklist", "BLIST", "blist", "User-Opted-Out", "SenderName"]
)
def test_words_of_carriers_name_a_blacklist(said):
    assert names_a_blacklist("", said)


@pytest.mark.parametrize("said", ["", "AbsentSubscriber", "UNDELIV", "001", "blisters", "DeliveredToTerminal"])
def test_other_words_do_not(said):
    assert not names_a_blacklist(said)


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_has_its_sentence(reason):
    assert "recipient" in refusal(reason, "Acme").message


def test_a_refusal_names_the_sender_that_the_recipient_has_stopped():
    assert refusal("stop", "Acme").message == "the recipient has asked for no more messages from Acme"
