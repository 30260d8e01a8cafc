"""What the soak makes of what it sees, and its loads; nothing runs for half an hour here."""

import contextlib
import json
import socket
import sys
import time

import attrs
import pytest

from bench.pace import Pace
from bench.rest import Connection, connect
from bench.soak import __main__ as command
from bench.soak import page
from bench.soak.calls import AGAIN, Way, gets, message_of, messages_of, posts, team_of
from bench.soak.course import Asked, errors_in
from bench.soak.hooked import Receiver
from bench.soak.judging import KEPT, Look, Table, judged, line, thirds
from bench.soak.looking import summed
from bench.soak.phones import Phones, moment_in, words_of
from mobilesasa.smpp.pdus import DeliverSm, DeliverSmResp, decode
from mobilesasa.store import migrate

MB = 1_000_000


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def look(minute, **changes):
    plain = {
        "at_min": float(minute),
        "messages": 120_000 * minute,
        "rates": dict.fromkeys(
            ("submit_sm", "POST", "commits", "WAL MB", "cores of the gateway", "cores of PostgreSQL"), 1.0
        ),
        "spreads": {"POST": {"p50": 5.0, "p99": 20.0}},
        "gateway_mb": 120.0,
        "postgres_mb": 60.0,
        "files": 60,
        "threads": 12,
        "queue": 10.0,
        "tables": {"message": Table(120_000 * minute, 40 * MB * minute), "pending": Table(500, MB)},
        "more": dict.fromkeys(
            ("dead rows", "store_waiting", "receipts_in_memory", "webhook_waiting", "sessions", "sent_again"), 0.0
        ),
    }
    return Look(**plain | changes)


def failing(looks):
    return [verdict.what for verdict in judged(looks, 5.0) if not verdict.holds]


def test_a_line_is_fitted_by_least_squares():
    fit = line([(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 4.0)])
    assert (fit.begin, fit.end, fit.slope) == pytest.approx((1.3, 3.7, 0.8))
    assert fit.share == pytest.approx(2.4 / 1.3)


def test_one_point_makes_a_level_line():
    assert line([(5.0, 7.0)]).slope == 0.0


def test_thirds_are_held_against_each_other_by_their_medians():
    assert thirds([1, 9, 2, 50, 50, 50, 4, 100, 5]) == (2, 5)
    assert thirds([3]) == (3, 3)


def test_what_stays_as_it_is_holds():
    assert failing([look(minute) for minute in range(1, 31)]) == []


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("memory of the gateway", lambda n: {"gateway_mb": 120.0 + 1.1 * n}),
        ("memory of the gateway", lambda n: {"gateway_mb": 80.0 + 0.5 * n}),  # a tenth more
        ("memory of PostgreSQL's processes", lambda n: {"postgres_mb": 60.0 + 2 * n}),
        ("open files of the gateway", lambda n: {"files": 60 + n // 2}),
        ("threads of the gateway", lambda n: {"threads": 12 + n // 3}),
        ("p50 of POST", lambda n: {"spreads": {"POST": {"p50": 5.0 + n / 5, "p99": 50.0}}}),
        ("messages that wait for the carrier", lambda n: {"queue": 200.0 * n}),
        (
            "table pending, which must stay bounded",
            lambda n: {"tables": {"pending": Table(500 * n, MB)}},
        ),
        ("table pending, which must stay bounded", lambda n: {"tables": {"pending": Table(500, MB * n)}}),
        (
            "table message, which grows by what is kept",
            lambda n: {"tables": {"message": Table(120_000 * n, MB * n * n)}},
        ),
    ],
)
def test_what_grows_is_named(what, changes):
    assert failing([look(minute, **changes(minute)) for minute in range(1, 31)]) == [what]


def test_what_the_machine_did_is_told_beside_latencies_and_excuses_none():
    looks = [
        look(
            n,
            spreads={"POST": {"p50": 50.0 + 2 * n, "p99": 900.0}},
            machine={"disk ms": 2.0 + n, "work µs": 90.0 + n},
        )
        for n in range(1, 31)
    ]
    assert failing(looks) == ["p50 of POST"]
    (verdict,) = [each for each in judged(looks, 5.0) if each.what == "p50 of POST"]
    assert verdict.found.startswith("67.0 → 103.0 ms, disk ms 10.5 → 28.5, work µs 98.5 → 116.5, the worst p99")


def test_what_is_warming_up_is_not_judged():
    assert failing([look(minute, gateway_mb=float(min(120, 30 * minute))) for minute in range(1, 31)]) == []


def test_a_table_that_nobody_has_named_must_stay_bounded():
    looks = [look(minute, tables={"of_tomorrow": Table(1000 * minute, MB)}) for minute in range(1, 31)]
    assert failing(looks) == ["table of_tomorrow, which must stay bounded"]


def test_a_table_that_is_kept_shows_its_octets_a_message():
    found = {verdict.what: verdict.found for verdict in judged([look(minute) for minute in range(1, 31)], 5.0)}
    assert found["table message, which grows by what is kept"].startswith("333.3 octets a message")


def test_a_month_that_is_dropped_is_no_growth_of_what_stays():
    tables = [{"message": Table(0, (300 if n < 8 else 0) * MB + 40 * MB * n)} for n in range(1, 31)]
    assert failing([look(n, tables=each) for n, each in enumerate(tables, 1)]) == []


def test_a_soak_that_saw_nothing_late_is_judged_by_its_last_look():
    assert failing([look(1)]) == []


def test_the_tables_that_may_grow_are_tables():
    schema = "".join(each.sql for each in migrate.load())
    assert [name for name in KEPT if f"CREATE TABLE {name} (" not in schema] == []


def test_metrics_are_summed_over_labels():
    text = '# HELP a b\nmobilesasa_queue{lane="one"} 2.0\nmobilesasa_queue{lane="two"} 3.0\nmobilesasa_x 1\n'
    assert summed(text) == {"mobilesasa_queue": 5.0, "mobilesasa_x": 1.0}


def test_only_what_a_person_must_look_at_counts_as_an_error():
    log = "10:00 info  mobilesasa: error in words\n10:01 error mobilesasa: broken\nTraceback\n10:02 critical x: y"
    assert errors_in(log) == 2


def test_of_twenty_posts_the_last_is_an_earlier_one_again():
    numbers = [message_of(place) for place in range(3 * AGAIN)]
    assert len(set(numbers)) == messages_of(3 * AGAIN) == 3 * (AGAIN - 1)
    assert numbers[AGAIN - 1] in numbers[: AGAIN - 2]
    assert [messages_of(places) for places in (0, 1, 19, 20, 21)] == [0, 1, 19, 19, 20]


def test_a_post_that_comes_again_is_the_same_to_the_octet():
    write = posts("host", ["mbs_one", "mbs_two"], 5000)
    again = write(AGAIN - 1)
    assert again == write((AGAIN - 1) // 2)
    assert len({write(place) for place in range(AGAIN)}) == AGAIN - 1
    assert b"#T0000005000" in write(0)
    assert b"Idempotency-Key: soak-0000000000\r\n" in write(0)


def test_one_post_in_ten_is_of_the_second_team():
    assert [team_of(number, 2) for number in range(12)] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    write = posts("host", ["mbs_one", "mbs_two"], 0)
    assert [b"mbs_two" in write(place) for place in (0, 1, 2)] == [False, True, False]


def test_a_call_is_measured_from_the_moment_it_was_due():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        way = Way("get", Pace(10.0, 5.0, 1.0, 100), gets("host", "mbs_one", ["/a", "/b"]), [Connection(ours)])
        way.send(10.0)
        way.send(11.5)  # the connection is busy
        assert theirs.recv(4096).startswith(b"GET /a HTTP/1.1\r\n")
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        way.read(way.connections[0], 11.5)
        way.send(11.6)
        assert theirs.recv(4096).startswith(b"GET /b HTTP/1.1\r\n")
        report = way.report()
        assert (report["sent"], report["waiting"], report["statuses"]) == (2, 1, {"200": 1})
        assert report["ms"]["p50"] == 1500.0
        assert way.report()["ms"] == {}


def test_a_call_whose_connection_is_lost_is_made_again(server):
    way = Way("post", Pace(10.0, 5.0, 1.0, 100), posts("host", ["mbs_one"], 0), [connect(server.getsockname()[1])])
    with server.accept()[0] as theirs:
        way.send(10.0)
        asked = theirs.recv(4096)
    way.read(way.connections[0], 10.5)
    assert way.connections[0].closed
    way.replace(way.connections[0], server.getsockname()[1])
    with way.connections[0].socket, server.accept()[0] as theirs:
        assert theirs.recv(4096) == asked
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        way.read(way.connections[0], 12.0)
    report = way.report()
    assert (report["again"], report["waiting"], report["ms"]["p50"]) == (1, 0, 2000.0)


def test_no_connection_is_idle_while_others_are_used_twice(server):
    made = [connect(server.getsockname()[1]) for _ in range(3)]
    with contextlib.ExitStack() as stack:
        for each in made:
            stack.enter_context(each.socket)
        way = Way("get", Pace(10.0, 60.0, 1.0, 100), gets("host", "mbs_one", ["/a"]), list(made))
        used = []
        for n in range(6):
            way.send(10.0 + n)
            (busy,) = [each for each in made if each.place >= 0]
            used.append(made.index(busy))
            busy.place = -1
    assert used == [0, 1, 2, 0, 1, 2]


def test_what_a_phone_writes_has_its_moment():
    assert moment_in(words_of(7, 1234.5)) == 1234.5


def test_phones_begin_with_the_first_report_and_write_in_turn_over_the_binds(monkeypatch, tmp_path):
    orders, _never = socket.socketpair()
    monkeypatch.setattr(sys, "stdin", orders)  # the test runner's has no descriptor
    phones = Phones(0.05, 10, 1e6, 1e-5, "22141")
    with orders, _never, phones.listener, socket.create_connection(phones.listener.getsockname()) as gateway:
        phones.turn()
        phones._clients[0].bound = True
        phones.report(0, 0, tmp_path / "arrived")
        phones.turn()
        gateway.settimeout(10)
        pdu = decode(gateway.recv(4096)[:200])
        assert isinstance(pdu, DeliverSm)
        assert (pdu.destination_addr, pdu.short_message[:15]) == ("22141", b"Soak 0000000000")
        assert phones.report(0, 0, tmp_path / "arrived")["receipts_waiting"] == 1
        gateway.sendall(DeliverSmResp(sequence=pdu.sequence).encode())
        phones.turn()
        assert phones.report(0, 0, tmp_path / "arrived")["said"] == 2
        phones._clients[0].peer.socket.close()


def test_a_webhook_counts_each_event_once_and_those_that_nobody_signed():
    receiver = Receiver()
    try:
        receiver.know("whsec_c2VjcmV0")
        body = json.dumps({"type": "message.received", "data": {"message": words_of(1, time.monotonic()).decode()}})
        for _ in range(2):
            receiver.take("one", "1778490004", "v1,AAAA", body.encode())
        report = receiver.report()
        assert (report["kinds"], report["again"], report["unsigned"]) == ({"message.received": 1}, 1, 2)
        assert report["inbound_ms"]
    finally:
        receiver.server_close()


def test_a_line_of_the_soak_shows_each_way_that_was_measured():
    shown = page.shown(look(7))
    assert "5.0/20" in shown
    assert shown.split()[0] == "7.0"


def test_tables_that_grew_are_listed_the_most_first():
    tables = {"message": Table(10, 9 * MB), "ledger": Table(10, 2 * MB), "pending": Table(0, MB)}
    more = {"message": Table(20, 19 * MB), "ledger": Table(10, 4 * MB), "pending": Table(0, MB)}
    shown = page.grown(look(2, tables=more), look(1, tables=tables))
    assert shown.strip().startswith("message +10.0 MB +10, ledger +2.0 MB +0; dead rows 0")


def test_tokens_of_the_ways_are_kept_apart():
    asked = Asked(30.0, 60.0, 2000.0, 200.0, 10.0, 20.0, 5000, 300.0)
    assert asked.first_post >= 2000 * 1800
    assert asked.first_of_campaigns - asked.first_post >= 200 * 1800


def test_a_short_soak_looks_more_often_and_sends_a_campaign_all_the_same():
    short = command.asked_of(command.arguments().parse_args(["--minutes", "3"]))
    assert (short.every_s, short.campaign_s) == (12.0, 60.0)
    assert command.asked_of(command.arguments().parse_args([])).every_s == 60.0


def soaking(monkeypatch, looks, wrong):
    class Nothing:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    # the run itself is half an hour of real processes; here is only what is made of what it saw
    monkeypatch.setattr(command, "running", lambda _: Nothing())
    monkeypatch.setattr(command, "looks", lambda _: iter(looks))
    monkeypatch.setattr(command, "ended", lambda _: list(wrong))


def test_a_soak_in_which_memory_grows_fails(monkeypatch, tmp_path, capsys):
    soaking(monkeypatch, [look(n, gateway_mb=100.0 + 2 * n) for n in range(1, 31)], [])
    assert command.main(["--json", str(tmp_path / "looks")]) == 1
    assert "WRONG:\nmemory of the gateway: " in capsys.readouterr().out
    assert json.loads((tmp_path / "looks").read_text())["looks"][0]["gateway_mb"] == 102.0


def test_a_short_soak_is_not_judged_by_slopes_but_by_what_was_lost(monkeypatch, capsys):
    growing = [look(n, gateway_mb=100.0 + 20 * n) for n in range(1, 4)]
    soaking(monkeypatch, growing, [])
    assert command.main(["--minutes", "3"]) == 0
    assert "not judged" in capsys.readouterr().out
    soaking(monkeypatch, growing, ["messages without a receipt: 1"])
    assert command.main(["--minutes", "3"]) == 1
    assert "WRONG:\nmessages without a receipt: 1" in capsys.readouterr().out


def test_a_soak_that_holds_says_so(monkeypatch, capsys):
    soaking(monkeypatch, [look(n) for n in range(1, 31)], [])
    assert command.main([]) == 0
    assert attrs.asdict(look(1))["files"] == 60
    assert "Every message came once" in capsys.readouterr().out
