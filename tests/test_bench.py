"""The benchmark's own arithmetic and shapes; it is never timed here."""

import argparse
import json
import socket
import subprocess
import sys
import threading

import pytest

from bench import __main__ as command
from bench import figures, machine, report, wire
from bench.load import Load, Session
from bench.load import arguments as load_arguments
from bench.node import variables
from bench.pace import Pace
from bench.processes import ROOT, Broken, lasting_ports
from bench.rest import Connection, batch_of, batch_request, request
from bench.rows import NEEDS_A_NODE, ROWS
from bench.sink import Sink
from mobilesasa.smpp.pdus import DeliverSm, SubmitSm, SubmitSmResp, decode
from mobilesasa.smpp.receipts import read_receipt

SPREAD = {"p50": 1.0, "p90": 2.0, "p99": 3.0, "p99.9": 4.0, "max": 5.0}


def figures_of_a_row(**changes):
    load = {"messages": 1000, "accepted_per_s": 5000.0, "per_s": 4900.0, "late_ms": SPREAD, "response_ms": SPREAD}
    cpu = dict.fromkeys(("gateway", "gateway_main_thread", "postgres", "load", "sink"), 70.0)
    row = {
        "load": {**load, "receipt_ms": SPREAD},
        "carrier_per_s": 4950.0,
        "carrier_ms": SPREAD,
        "accepted_to_carrier_ms": SPREAD,
        "commits_per_s": 30.0,
        "cpu_us": cpu,
        "memory_mb": 81.0,
        "fdatasync_ms": SPREAD,
        "work_us": 120.0,
        "imports": {kind: {"seconds": 7.0, "health_ms": SPREAD} for kind in ("csv", "xlsx")},
        "campaign": {
            "people": 100_000,
            "queued_s": 9.5,
            "send_s": 2.5,
            "carrier_per_s": 4000.0,
            "cpu_a_message_us": {"gateway": 150.0, "postgres": 90.0},
        },
        "ussd": {"answer_ms": SPREAD, "steps_per_s": 2000.0},
        "cpu_a_step_us": {"gateway": 300.0, "postgres": 90.0},
        "bulk": {"waiting_before": 90_000, "waiting_after": 0},
        "faults": [],
    }
    return row | changes


def test_a_lasting_port_is_given_to_nobody_else_though_nobody_listens_there():
    (port,) = lasting_ports(1)
    again = f"import random; random.sample = lambda *_: [{port}]; from bench.processes import lasting_ports; lasting_ports(1)"
    other = subprocess.run([sys.executable, "-c", again], cwd=ROOT, capture_output=True, text=True, check=False)
    assert other.stderr.endswith("Broken: there are no free ports\n")


def test_a_lasting_port_is_not_given_twice_in_a_process(monkeypatch):
    (port,) = lasting_ports(1)
    monkeypatch.setattr("bench.processes.random.sample", lambda *_: [port])
    with pytest.raises(Broken, match="there are no free ports"):
        lasting_ports(1)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (90, 90), (99, 99), (99.9, 100), (100, 100), (0.1, 1)])
def test_a_percentile_is_the_nearest_rank(percent, expected):
    assert figures.percentile(range(1, 101), percent) == expected


def test_a_single_value_is_every_percentile():
    assert set(figures.spread_ms([0.25]).values()) == {250.0}


def test_no_values_have_no_percentiles():
    assert figures.spread_ms([]) == {}


def test_what_never_happened_has_no_duration():
    assert figures.between([1.0, 2.0, 0.0], [1.5, 0.0, 3.0]) == [0.5]


def test_the_cost_of_no_message_is_nothing():
    assert (figures.a_message_us(1.0, 0), figures.a_message_us(1.0, 10_000)) == (0.0, 100.0)


def test_a_table_is_as_wide_as_its_widest_cell():
    assert figures.table(("a", "b"), [("long", "1")]) == "a     b\n────  ─\nlong  1"


def test_a_closed_loop_fills_the_room_until_its_time_is_over():
    pace = Pace(begin_s=10.0, seconds=5.0, rate_per_s=0, most=1000)
    assert pace.due(3, 10.0) == range(3)
    assert pace.due(2, 14.9) == range(3, 5)
    assert not pace.due(9, 15.0)
    assert pace.over(15.0)


def test_an_open_loop_counts_from_when_a_message_was_due():
    pace = Pace(begin_s=10.0, seconds=2.0, rate_per_s=10, most=1000)
    assert pace.due(100, 10.55) == range(6)
    assert pace.intended_s(5, now_s=10.55) == 10.5
    assert pace.wait_s(10.55, longest_s=1.0) == pytest.approx(0.05)


def test_an_open_loop_keeps_what_had_no_room_for_later():
    pace = Pace(begin_s=0.0, seconds=1.0, rate_per_s=10, most=1000)
    assert pace.due(2, 0.95) == range(2)
    assert pace.due(100, 0.95) == range(2, 10)
    assert pace.over(0.95)


def test_a_load_is_bounded_in_number():
    pace = Pace(begin_s=0.0, seconds=1e9, rate_per_s=0, most=5)
    assert pace.due(100, 1.0) == range(5)
    assert pace.over(1.0)


def test_what_the_machine_did_beside_a_row_is_told_in_milliseconds_and_microseconds():
    seen = machine.Meanwhile(synced_s=[0.001, 0.002, 1.5], worked_s=[0.0001, 0.0003, 0.0002])
    assert seen.figures() == {
        "fdatasync_ms": {"p50": 2.0, "p90": 1500.0, "p99": 1500.0, "p99.9": 1500.0, "max": 1500.0},
        "fdatasync_mean_ms": 501.0,
        "work_us": 200.0,
    }


def test_what_the_machine_did_is_taken_once():
    seen = machine.Meanwhile(synced_s=[0.001, 0.003], worked_s=[0.0001])
    assert seen.taken().figures()["fdatasync_mean_ms"] == 2.0
    seen.synced_s.append(0.008)
    assert seen.taken() == machine.Meanwhile([0.008], [])
    assert seen.taken().figures()["fdatasync_mean_ms"] == 0.0


def test_the_machine_is_watched_until_the_end_of_the_block_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "EVERY_S", 0.0)
    threads = threading.active_count()
    with machine.watched(tmp_path) as meanwhile:
        assert threading.active_count() == threads + 1
    assert threading.active_count() == threads
    assert len(meanwhile.synced_s) == len(meanwhile.worked_s)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("token", [0, 9044, 9_999_999_999])
def test_a_token_is_found_in_the_text_and_nowhere_else(token):
    # 0x2354, the sequence number of token 9043, looks like the mark
    octets = wire.submit_writer("BENCH", 1)(0x2354, token)
    pdu = decode(octets)
    assert isinstance(pdu, SubmitSm)
    assert (pdu.registered_delivery, len(pdu.short_message)) == (1, 140)
    assert wire.token_in(octets, 0, len(octets)) == token


def test_a_pdu_without_a_token_says_so():
    octets = SubmitSmResp(sequence=0x2354, message_id="1").encode()
    assert wire.token_in(octets, 0, len(octets)) == -1


def test_a_receipt_from_the_template_reads_as_delivered():
    pdu = decode(wire.receipt_writer(wire.this_minute())(1, b"00000000ff", 7))
    assert isinstance(pdu, DeliverSm)
    receipt = read_receipt(pdu)
    assert receipt is not None
    assert (receipt.message_id, receipt.word, receipt.disagrees) == ("00000000ff", "DELIVRD", False)


def test_a_peer_gives_whole_pdus_and_keeps_the_rest(pair):
    ours, theirs = pair
    octets = b"".join(SubmitSmResp(sequence=n, message_id="x").encode() for n in (1, 2))
    peer = wire.Peer(_Plain(ours))
    theirs.sendall(octets[:-3])
    assert [found[4] for found in peer.read()[1]] == [1]
    theirs.sendall(octets[-3:])
    assert [found[4] for found in peer.read()[1]] == [2]


class _Plain:
    """A socket of a pair, which has no TCP options."""

    def __init__(self, inner):
        self._inner = inner

    def setsockopt(self, *_):
        pass

    def __getattr__(self, name):
        return getattr(self._inner, name)


def a_load(pair, *more):
    asked = load_arguments().parse_args(["--port", "1", "--window", "2", *more])
    return Load([Session(wire.Peer(_Plain(pair[0])))], Pace(0.0, 1e9, 0.0, 2), asked)


def test_the_load_tells_doubled_and_early_receipts_from_good_ones(pair):
    load = a_load(pair)
    load._submit(1.0)
    receipt = wire.receipt_writer(wire.this_minute())
    early, good = receipt(1, b"00000000aa", 0), receipt(2, b"00000000ab", 1)
    load._take_receipt(early, 0, len(early), 2.0)
    load._take_answer(1, 0, b"00000000ab", 2.0)
    for _ in range(2):
        load._take_receipt(good, 0, len(good), 3.0)
    counts = load.counts
    assert (counts.receipts, counts.receipts_doubled, counts.receipts_unknown, counts.not_delivered) == (1, 1, 1, 0)


def test_the_load_counts_refusals_by_status(pair):
    load = a_load(pair)
    load._submit(1.0)
    load._take_answer(0, 0x58, b"", 2.0)
    assert load.counts.refused == {"0x00000058": 1}
    assert not load.complete


def test_the_sink_tells_lost_and_doubled_tokens(tmp_path):
    sink = Sink(delay_s=0.05, window=10)
    with sink.listener:
        for token in (5, 6, 6, 8):
            sink._note(token, 1.0)
        found = sink.report(5, 4, tmp_path / "times")
    assert (found["lost"], found["doubled"], found["strange"]) == (1, 1, 0)


def test_an_answer_over_http_is_read_to_its_end(pair):
    ours, theirs = pair
    connection = Connection(ours)
    theirs.sendall(b"HTTP/1.1 402 Payment Required\r\nContent-Length: 4\r\n\r\n{")
    assert connection.take() == 0
    theirs.sendall(b'"a}')
    assert (connection.take(), connection.unread) == (402, b"")


def test_a_request_names_its_own_length():
    head, _, body = request("host", "mbs_x", "BENCH").partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert set(json.loads(body)) == {"to", "message", "sender_id"}


def test_a_batch_has_a_message_for_each_token_and_says_its_length():
    octets = batch_of(batch_request("host", "mbs_x", "BENCH"), range(9_000, 9_003))
    head, _, body = octets.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body):07d}".encode() in head
    messages = json.loads(body)["messages"]
    assert [message["to"] for message in messages] == [
        f"+{wire.number_of(token).decode()}" for token in range(9_000, 9_003)
    ]
    assert all(f"#T{token:010d}" in message["message"] for token, message in enumerate(messages, 9_000))
    assert len(messages[0]["message"]) == len(wire.TEXT)


def test_each_batch_that_is_keyed_has_a_key_of_its_own():
    octets = batch_request("host", "mbs_x", "BENCH", keyed=True)
    keys = [batch_of(octets, range(first, first + 3)).partition(b"Idempotency-Key: ")[2][:16] for first in (0, 3)]
    assert keys == [b"bench-0000000000", b"bench-0000000003"]
    assert b"Idempotency-Key" not in batch_of(batch_request("host", "mbs_x", "BENCH"), range(3))


def test_the_answer_to_a_batch_says_how_many_were_refused(pair):
    ours, theirs = pair
    connection = Connection(ours)
    for body, refused in ((b'{"data":{"accepted":997,"refused":3,"units":997}}', 3), (b'{"data":{}}', 0)):
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert (connection.take(), connection.refused) == (200, refused)


def test_every_row_can_be_asked_for_alone():
    for row in ROWS:
        assert command.arguments().parse_args(["--only", row]).only == [row]
    assert set(ROWS) - NEEDS_A_NODE == {"codec"}


@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "nan"])
def test_a_row_has_a_length_that_ends(seconds, capsys):
    with pytest.raises(SystemExit):
        command.arguments().parse_args(["--seconds", seconds])
    assert "--seconds" in capsys.readouterr().err


def test_settings_become_variables():
    assert variables(["smpp.window=7"]) == {"MOBILESASA_SMPP_WINDOW": "7"}
    with pytest.raises(Broken, match="not NAME=VALUE: node"):
        variables(["node"])


def test_the_report_shows_what_is_due_beside_what_was_measured():
    shown = report.whole("a machine", {name: figures_of_a_row() for name in ROWS if name != "codec"})
    assert "4,900/s, 70 µs" in shown
    assert "p50 1.0 ms, p99 3.0 ms" in shown
    assert "81 MB" in shown
    assert "9.5 s, 2.5 s of it for the answer" in shown
    assert "once; every receipt" in shown


def test_the_report_leaves_out_rows_that_did_not_run():
    shown = report.budgets({"rest": figures_of_a_row()})
    assert "POST /messages, 20 connections" in shown
    assert "submit_sm" not in shown


def test_the_codec_alone_needs_no_node():
    micros = {"submit_sm of 140 octets: decode": 2.5, "submit_sm of 140 octets: encode": 1.25}
    shown = report.whole("a machine", {"codec": {"micros": micros, "faults": []}})
    assert "2.50 µs, 1.25 µs" in shown
    assert "receipt" not in shown


def test_a_lost_message_makes_the_run_fail(monkeypatch, capsys):
    wrong = figures_of_a_row(faults=["messages lost on the way to the carrier: 1"])
    # the run itself is minutes of real processes; here is only what is made of its figures
    monkeypatch.setattr(command, "run", lambda _: {"smpp": wrong})
    assert command.main([]) == 1
    assert "WRONG:\nsmpp: messages lost on the way to the carrier: 1" in capsys.readouterr().out


def test_the_figures_are_kept_as_json(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "run", lambda _: {"smpp": figures_of_a_row()})  # as above
    assert command.main(["--json", str(tmp_path / "figures")]) == 0
    kept = json.loads((tmp_path / "figures").read_text())
    assert kept["rows"]["smpp"]["memory_mb"] == 81.0
    assert set(kept["machine"]) == {"cores", "load_average", "python", "system"}
    assert "cores for everything" in capsys.readouterr().out


def test_a_benchmark_that_breaks_off_says_why(monkeypatch, capsys):
    def broken(_: argparse.Namespace) -> None:
        raise Broken("the node is ready: not within 60 s")

    monkeypatch.setattr(command, "run", broken)  # as above
    assert command.main([]) == 1
    assert "not within 60 s" in capsys.readouterr().err
