"""What the program of growth makes of its figures, and the loads that it shares out; nothing is measured here."""

import argparse
import contextlib
import socket
import threading

import pytest

from bench.growth import __main__ as command
from bench.growth import accounts, points
from bench.growth.axes import AXES, Axis
from bench.growth.points import Point
from bench.growth.requests import TeamsLoad
from bench.growth.sessions import SharedLoad, bound
from bench.load import Session, arguments
from bench.pace import Pace
from bench.processes import Broken
from bench.rest import request
from bench.wire import Peer, response_writer
from mobilesasa.smpp.pdus import BindTransceiverResp, SubmitSm, decode


def point(**changes):
    figures = {
        "size": 1, "messages": 1000, "gateway_us": 100.0, "postgres_us": 50.0, "work_us": 100.0, "disk_ms": 2.0, "p50_ms": 2.0,
        "p99_ms": 10.0, "memory_mb": 80.0,
    }  # fmt: skip
    return Point(**figures | changes)


def test_growth_is_shown_as_times_the_first_point_and_cpu_by_how_fast_the_cores_were():
    there = point(size=1000, gateway_us=300.0, postgres_us=150.0, work_us=150.0, p99_ms=15.0, memory_mb=120.0)
    page = points.shown("teams", [point(), there])
    assert page.splitlines()[-1].split() == [
        "1,000", "300", "+", "150", "150", "2.00", "2.0", "15.0", "1.50", "2.0", "120", "1.50",
    ]  # fmt: skip


def test_figures_of_one_axis_alone_have_columns_of_their_own():
    page = points.shown("sessions", [point(more={"kB a session": 6.25})])
    assert page.splitlines()[0].endswith("kB a session")
    assert page.splitlines()[-1].endswith("6.2")


def test_a_fault_is_named_with_the_size_at_which_it_was_found():
    assert points.faults([point(), point(size=50, faults=["receipts that never came: 1"])]) == [
        "50: receipts that never came: 1"
    ]


def test_a_row_of_the_benchmark_makes_a_point():
    spread = {"p50": 1.5, "p99": 9.0}
    row = {
        "load": {"messages": 10, "response_ms": spread}, "cpu_us": {"gateway": 1.0, "postgres": 2.0}, "work_us": 3.0,
        "fdatasync_ms": {}, "memory_mb": 80.0, "faults": [],
    }  # fmt: skip
    made = points.point_of(5, row)
    assert (made.size, made.cost, made.p99_ms, made.disk_ms) == (5, 1.0, 9.0, 0.0)


@pytest.mark.parametrize("name", AXES)
def test_each_axis_begins_small_and_grows(name):
    sizes = AXES[name].sizes
    assert sorted(sizes) == list(sizes)
    assert sizes[-1] >= 500 * max(sizes[0], 1)


def test_sizes_are_read_with_commas_between_them():
    assert command.sizes("0,1_000,5000") == [0, 1000, 5000]
    with pytest.raises(argparse.ArgumentTypeError):
        command.sizes("5,-1")


def measuring(monkeypatch, measure):
    axis = Axis("things", "what is measured", (1, 10), measure)
    # the run itself is minutes of real processes; here is only what is made of its points
    monkeypatch.setattr(command, "AXES", {"things": axis})


def test_points_are_kept_as_json(monkeypatch, tmp_path, capsys):
    measuring(monkeypatch, lambda _, size: point(size=size))
    assert command.main(["--points", "3", "--json", str(tmp_path / "figures")]) == 0
    assert '"size": 3' in (tmp_path / "figures").read_text()
    assert "what is measured" in capsys.readouterr().out


def test_a_loss_makes_the_run_fail(monkeypatch, capsys):
    measuring(monkeypatch, lambda _, size: point(size=size, faults=["messages lost: 1"] if size > 1 else []))
    assert command.main([]) == 1
    assert "WRONG:\nthings, 10: messages lost: 1" in capsys.readouterr().out


def test_an_axis_that_breaks_off_says_why(monkeypatch, capsys):
    def broken(*_: object) -> Point:
        raise Broken("the node is ready: not within 60 s")

    measuring(monkeypatch, broken)
    assert command.main([]) == 1
    assert "not within 60 s" in capsys.readouterr().err


def test_accounts_are_read_as_they_were_written(tmp_path):
    made = [accounts.Account("T0", "mbs_one"), accounts.Account("T1", "mbs_two")]
    assert accounts.read(accounts.write(made, tmp_path / "accounts")) == made


def test_five_sessions_are_bound_for_each_team():
    with socket.create_server(("127.0.0.1", 0)) as server:
        bound_as: list[str] = []

        def take() -> None:
            for _ in range(7):
                theirs, _ = server.accept()
                with theirs:
                    bound_as.append(decode(theirs.recv(4096)).system_id)
                    theirs.sendall(BindTransceiverResp(sequence=1, system_id="us").encode())

        thread = threading.Thread(target=take)
        thread.start()
        made = bound(server.getsockname()[1], [accounts.Account("T0", "a"), accounts.Account("T1", "b")], 7)
        thread.join()
        for session in made:
            session.peer.socket.close()
    assert bound_as == ["T0"] * 5 + ["T1"] * 2


@pytest.fixture
def pairs():
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        made = []
        for _ in range(3):
            ours = stack.enter_context(socket.create_connection(server.getsockname()))
            made.append((ours, stack.enter_context(server.accept()[0])))
        yield made


def test_a_shared_load_gives_each_session_its_turn(pairs):
    respond = response_writer()
    sessions = [Session(Peer(ours)) for ours, _ in pairs]
    taken: list[list[str]] = [[] for _ in pairs]

    def serve(theirs: socket.socket, texts: list[str]) -> None:
        while len(texts) < 2:
            for pdu in whole(theirs.recv(4096)):
                texts.append(pdu.short_message.decode()[8:18])
                theirs.sendall(respond(pdu.sequence, b"%010x" % pdu.sequence))

    threads = [
        threading.Thread(target=serve, args=(theirs, texts)) for (_, theirs), texts in zip(pairs, taken, strict=True)
    ]
    for thread in threads:
        thread.start()
    asked = arguments().parse_args(["--port", "1", "--window", "5", "--registered-delivery", "0"])
    load = SharedLoad(sessions, Pace(0.0, 6.0, 1.0, 6), asked)  # all are due at once, long ago
    load.run(10.0)
    for thread in threads:
        thread.join()
    assert load.counts.accepted == 6
    assert sorted(int(text) for texts in taken for text in texts) == list(range(6))
    assert [len(texts) for texts in taken] == [2, 2, 2]


def whole(octets):
    while octets:
        length = int.from_bytes(octets[:4])
        pdu = decode(octets[:length])
        assert isinstance(pdu, SubmitSm)
        yield pdu
        octets = octets[length:]


def test_requests_are_of_the_teams_in_turn():
    octets = [request("host", token, "BENCH") for token in ("mbs_one", "mbs_two")]
    load = TeamsLoad([], Pace(0.0, 1.0, 0.0, 1), octets, 0)
    heads = [load._request(token).partition(b"\r\n\r\n")[0] for token in range(4)]
    assert [b"mbs_one" in head for head in heads] == [True, False, True, False]
