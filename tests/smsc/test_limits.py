from mobilesasa.smsc.limits import Bucket


def taken(bucket, wanted=200, cost=1):
    return sum(bucket.take(cost) for _ in range(wanted))


def test_a_bucket_gives_a_second_at_once_and_then_its_rate():
    bucket = Bucket(50, now_s=0.0)
    assert taken(bucket) == 50
    bucket.refill(0.5)
    assert taken(bucket) == 25
    bucket.refill(100.0)
    assert taken(bucket) == 50


def test_a_bucket_without_a_rate_never_refuses():
    assert taken(Bucket(0, 0.0), 1000) == 1000


def test_what_costs_more_than_a_second_needs_a_full_bucket_and_is_paid_for_in_full():
    bucket = Bucket(5, 0.0)
    assert bucket.take(10)
    bucket.refill(1.0)
    assert not bucket.take()
    bucket.refill(1.9)
    assert not bucket.take(10)
    bucket.refill(2.0)
    assert bucket.take(10)


def test_what_costs_more_than_a_second_goes_no_faster_than_the_rate():
    bucket = Bucket(50, 0.0)
    taken = 0
    for second in range(60):
        bucket.refill(float(second))
        taken += 254 * bucket.take(254)
    assert taken <= 254 + 50 * 60


def test_a_rate_may_change():
    bucket = Bucket(0, 0.0)
    bucket.set_rate(10)
    assert taken(bucket) == 10
    bucket.set_rate(2)
    bucket.refill(9.0)
    assert taken(bucket) == 2
