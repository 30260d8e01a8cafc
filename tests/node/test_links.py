"""Where short links lead, as a node finds it: in lists, remembered for a while, bounded."""

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.campaigns.clicks import Clicks, Led
from mobilesasa.core.errors import Overloaded, StoreAway
from mobilesasa.node.links import CODES_MAX, KEPT_MAX, KEPT_S, WAITING_MAX, LinkBook


def led(code):
    return Led(1, int(code), ("https://a.example",), None)


class FakeDatabase:
    """Answers questions one after the other, when the test lets it; codes are numbers, odd ones are nobody's."""

    def __init__(self):
        self.asked, self.waiting = [], []

    def run(self, name, function, codes):
        self.asked.append(codes)
        answered = Deferred()
        self.waiting.append(lambda: answered.callback({code: led(code) for code in codes if int(code) % 2 == 0}))
        self.fail = answered.errback
        return answered

    def answer(self):
        self.waiting.pop(0)()


@pytest.fixture
def database():
    return FakeDatabase()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def book(database, clock):
    return LinkBook(database, clock)


def find(book, code):
    return Deferred.fromCoroutine(book.find(code))


def result(deferred):
    found = []
    deferred.addBoth(found.append)
    return found[0]


def test_what_is_asked_while_a_question_is_under_way_goes_with_the_next(book, database):
    first, others = find(book, "0"), [find(book, code) for code in ("1", "2", "2")]
    assert database.asked == [["0"]]
    database.answer()
    assert result(first) == led("0")
    assert database.asked == [["0"], ["1", "2"]]
    database.answer()
    assert [result(each) for each in others] == [None, led("2"), led("2")]


def test_a_question_names_so_many_codes_at_most(book, database):
    for n in range(CODES_MAX + 2):
        find(book, str(n))
    database.answer()
    assert [len(codes) for codes in database.asked] == [1, CODES_MAX]


def test_an_answer_is_remembered_for_a_while(book, database, clock):
    find(book, "0")
    database.answer()
    assert result(find(book, "0")) == led("0")
    clock.advance(KEPT_S)
    find(book, "0")
    assert database.asked == [["0"], ["0"]]


def test_that_nobody_has_a_code_is_not_remembered(book, database):
    find(book, "1")
    database.answer()
    find(book, "1")
    assert database.asked == [["1"], ["1"]]


def test_only_so_many_answers_are_remembered(book, database):
    for n in range(KEPT_MAX + 1):
        find(book, str(2 * n))
        database.answer()
    asked = len(database.asked)
    find(book, str(2 * KEPT_MAX))
    assert len(database.asked) == asked
    find(book, "0")
    assert len(database.asked) == asked + 1


def test_more_than_can_wait_are_refused_and_the_same_code_waits_with_the_others(book, database):
    for n in range(WAITING_MAX + 1):  # the first is under way
        find(book, str(n))
    assert result(find(book, "x")).check(Overloaded)
    assert not find(book, "1").called


@pytest.mark.parametrize("wrong", [StoreAway("away"), ZeroDivisionError("ours")])
def test_whoever_waits_is_told_what_went_wrong_and_the_next_is_asked_again(book, database, wrong):
    first, also = find(book, "0"), find(book, "2")
    database.fail(wrong)
    assert result(first).value is wrong
    database.waiting.pop(0)
    database.answer()
    assert result(also) == led("2")


def test_what_was_followed_is_written_down(clock):
    written = []

    class Store:
        async def run(self, name, function, followed):
            written.extend(followed)

    clicks = Clicks()
    book = LinkBook(Store(), clock, clicks)
    book.followed(led("2"), 1, False, 1000)
    result(Deferred.fromCoroutine(book.write()))
    assert [(each.recipient_n, each.clicks) for each in written] == [(2, 1)]
