from twisted.internet.task import Clock

from mobilesasa.carriers.bucket import Bucket


def test_no_rate_is_no_limit():
    bucket = Bucket(0, Clock().seconds)
    bucket.spend(10**6)
    assert bucket.available() is None
    assert bucket.wait_s() == 0


def test_a_tenth_of_a_second_goes_at_once_and_then_the_rate():
    clock = Clock()
    bucket = Bucket(100, clock.seconds)
    total = 0
    for _ in range(1001):
        count = bucket.available()
        bucket.spend(count)
        total += count
        clock.advance(0.01)
    assert 1000 <= total <= 1011


def test_a_slow_rate_lets_one_through_at_a_time():
    clock = Clock()
    bucket = Bucket(0.5, clock.seconds)
    assert bucket.available() == 1
    bucket.spend(1)
    assert bucket.available() == 0
    assert bucket.wait_s() == 2
    clock.advance(2)
    assert bucket.available() == 1


def test_what_is_not_used_is_not_saved_up():
    clock = Clock()
    bucket = Bucket(100, clock.seconds)
    clock.advance(3600)
    assert bucket.available() == 10


def test_the_wait_ends_when_half_a_burst_may_go():
    clock = Clock()
    bucket = Bucket(1000, clock.seconds)
    bucket.spend(bucket.available())
    clock.advance(bucket.wait_s())
    assert bucket.available() == 50
