from mobilesasa.core.attempts import Attempts, origin


def test_attempts_are_counted_for_a_minute_from_the_first():
    attempts = Attempts(limit=2)
    assert attempts.failed("a", 0.0) == 1
    assert not attempts.blocked("a", 1.0)
    assert attempts.failed("a", 59.0) == 2
    assert attempts.blocked("a", 59.9)
    assert not attempts.blocked("a", 60.0)
    assert attempts.failed("a", 60.0) == 1


def test_keys_do_not_know_each_other():
    attempts = Attempts(limit=1)
    attempts.failed("a", 0.0)
    assert not attempts.blocked("b", 0.0)


def test_only_so_many_keys_are_remembered():
    attempts = Attempts(limit=1, keys_max=3)
    for key in range(5):
        attempts.failed(key, 0.0)
    assert [attempts.blocked(key, 0.0) for key in range(5)] == [False, False, True, True, True]


def test_how_long_to_wait_is_told_in_whole_seconds():
    attempts = Attempts(limit=1)
    assert attempts.wait_s("a", 0.0) == 0
    attempts.failed("a", 10.0)
    assert attempts.wait_s("a", 10.5) == 60
    assert attempts.wait_s("a", 69.5) == 1
    assert attempts.wait_s("a", 70.0) == 0


def test_an_ipv6_network_counts_as_one_and_what_is_no_address_as_itself():
    assert origin("2001:db8::1") == origin("2001:db8::2") == "2001:db8::/64"
    assert origin("::ffff:192.0.2.7") == "192.0.2.7"
    assert origin("a socket") == "a socket"
