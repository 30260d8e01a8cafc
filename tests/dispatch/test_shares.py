"""How lanes share: bulk takes what transactional leaves, never less than a tenth."""

from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.dispatch.shares import BULK_SHARE, Shares

widths = st.lists(st.integers(1, 10), min_size=50, max_size=400)


def test_transactional_goes_first():
    assert not Shares().bulk_next(transactional_waits=True, bulk_waits=True)


def test_bulk_goes_when_transactional_does_not_wait():
    assert Shares().bulk_next(transactional_waits=False, bulk_waits=True)


def test_nobody_waits_for_bulk_when_there_is_none():
    shares = Shares()
    shares.took(1000, bulk=False)
    assert not shares.bulk_next(transactional_waits=True, bulk_waits=False)


@given(widths, widths)
def test_while_both_wait_bulk_has_a_tenth_but_for_two_messages(fast, slow):
    shares = Shares()
    taken = {False: 0, True: 0}
    lanes = {False: iter(fast), True: iter(slow)}
    while True:
        bulk = shares.bulk_next(transactional_waits=True, bulk_waits=True)
        parts = next(lanes[bulk], None)
        if parts is None:
            break
        shares.took(parts, bulk)
        taken[bulk] += parts
        assert abs(taken[True] - BULK_SHARE * (taken[True] + taken[False])) <= 12


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 10)), max_size=200))
def test_nobody_is_kept_waiting_while_there_is_work(turns):
    shares = Shares()
    for fast, slow, parts in turns:
        bulk = shares.bulk_next(fast, slow)
        assert (slow if bulk else fast) or not (fast or slow)
        if fast and slow:
            shares.took(parts, bulk)
