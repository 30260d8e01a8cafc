"""The window of unanswered requests."""

import pytest

from mobilesasa.smpp.window import Window, WindowFull


def window(*sent_at_s: float, limit: int = 10) -> Window[str]:
    made: Window[str] = Window(limit, timeout_s=30.0)
    for sequence, moment_s in enumerate(sent_at_s, 1):
        made.put(sequence, f"request {sequence}", moment_s)
    return made


def test_an_answer_takes_its_request_once():
    sent = window(0.0, 0.0)
    assert sent.take(2) == "request 2"
    assert sent.take(2) is None
    assert sent.take(99) is None
    assert (len(sent), 1 in sent, 2 in sent) == (1, True, False)


def test_a_full_window_takes_nothing_until_an_answer_comes():
    sent = window(0.0, 0.0, limit=2)
    assert sent.room == 0
    with pytest.raises(WindowFull):
        sent.put(3, "request 3", 0.0)
    sent.take(1)
    sent.put(3, "request 3", 0.0)
    assert sent.room == 0


def test_a_number_in_use_is_refused():
    with pytest.raises(ValueError, match="1 is unanswered"):
        window(0.0).put(1, "another", 0.0)


def test_what_is_put_in_one_write_is_taken_one_by_one():
    sent = window(0.0)
    sent.put_all((2, 3), ("request 2", "request 3"), 5.0)
    assert (sent.take(3), sent.take(2), sent.take(1)) == ("request 3", "request 2", "request 1")


@pytest.mark.parametrize(
    ("sequences", "error", "words"),
    [((2, 3, 4), WindowFull, "3 requests are unanswered"), ((2, 1), ValueError, "1 is unanswered")],
)
def test_of_what_cannot_be_put_together_nothing_is_noted(sequences, error, words):
    sent = window(0.0, limit=3)
    with pytest.raises(error, match=words):
        sent.put_all(sequences, [""] * len(sequences), 0.0)
    assert len(sent) == 1


def test_what_is_too_old_leaves_oldest_first_and_the_rest_stays():
    sent = window(0.0, 5.0, 20.0)
    assert sent.expired(29.9) == []
    assert sent.expired(35.0) == [(1, "request 1"), (2, "request 2")]
    assert len(sent) == 1
    assert sent.expired(1000.0) == [(3, "request 3")]
    assert sent.expired(1000.0) == []


def test_the_age_of_the_oldest_is_known():
    sent = window(1.0, 2.0)
    assert sent.oldest_at_s == 1.0
    sent.take(1)
    assert sent.oldest_at_s == 2.0
    sent.take(2)
    assert sent.oldest_at_s is None


def test_a_lost_connection_gives_everything_back_in_order():
    sent = window(0.0, 1.0, 2.0)
    sent.take(2)
    assert sent.drain() == [(1, "request 1"), (3, "request 3")]
    assert len(sent) == 0
