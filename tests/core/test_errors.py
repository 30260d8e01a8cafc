"""Refusals: each has a code of its own and a sentence."""

from mobilesasa.core.errors import (
    AlreadyExists,
    BadDefinition,
    Fault,
    InsufficientUnits,
    Refused,
    StoreAway,
    TooManyAttempts,
    every_refusal,
)


def test_every_refusal_has_a_code_of_its_own():
    codes = [refusal.code for refusal in every_refusal()]
    assert len(set(codes)) == len(codes)
    assert Refused.code not in codes


def test_a_refusal_s_message_is_its_sentence():
    assert AlreadyExists("there is a team ACME").message == "there is a team ACME"


def test_a_short_balance_says_what_the_message_costs():
    refusal = InsufficientUnits(3)
    assert refusal.needed_units == 3
    assert refusal.message == "insufficient units: this message costs 3; top up the team's balance"


def test_a_store_that_is_away_is_no_refusal():
    assert not issubclass(StoreAway, Refused)


def test_too_many_attempts_say_how_long_to_wait():
    refusal = TooManyAttempts("too many", 900)
    assert (refusal.message, refusal.retry_after_s) == ("too many", 900)


def test_a_definition_that_cannot_be_says_everything_that_is_wrong_with_it():
    faults = [Fault("", "wrong_type", "must be an object"), Fault("questions[0].text", "missing", "is needed")]
    refusal = BadDefinition(faults)
    assert refusal.message == "must be an object; questions[0].text is needed"
    assert refusal.faults == tuple(faults)
