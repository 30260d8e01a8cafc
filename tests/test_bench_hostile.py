"""The pure part of `bench.hostile`, and its engine against a small server; nothing is timed here."""

import argparse
import asyncio
import json
import socket
import zipfile
from io import BytesIO

import pytest

from bench.hostile import __main__ as command
from bench.hostile import deeds_http, stage
from bench.hostile.crowd import CUT, Crowd, outcome
from bench.hostile.rows import ROOMY, ROWS
from bench.hostile.target import addresses
from bench.processes import Broken
from mobilesasa.settings import load
from mobilesasa.smpp.pdus import BindTransceiverResp, EnquireLinkResp
from mobilesasa.smpp.statuses import Status

SPREAD = {"p50": 1.0, "p90": 2.0, "p99": 3.0, "p99.9": 4.0, "max": 5.0}


def spreads(**changes):
    return dict.fromkeys(("submit", "post", "get", "bind"), SPREAD) | changes


def figures_of_a_row(name="tokens-one", **changes):
    row = {
        "what": ROWS[name].words,
        "before": {"ms": spreads(), "errors": []},
        "beside": {"ms": spreads(), "errors": []},
        "disk_ms": {"p50": 0.5, "p99": 4.0, "max": 9.0},
        "strength_s": 1.0,
        "attack": {"connections": 5000, "requests": 1234, "most": 20, "held": 0, "got": {"429": 1214, "401": 20}},
        "cores": {"gateway": 0.25, "gateway_main_thread": 0.2, "postgres": 0.1, "attackers": 0.05},
        "files": 99,
        "memory_mb": 120.0,
        "memory_before_mb": 110.0,
        "kb_each": None,
    }
    return row | changes


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", CUT),
        (b"HTTP/1.1 429 Too Many Requests\r\n", "429"),
        (EnquireLinkResp(sequence=1).encode(), "ESME_ROK"),
        (BindTransceiverResp(sequence=1, status=Status.ESME_RBINDFAIL).encode(), "ESME_RBINDFAIL"),
        (b"\0\0\0\x10\0\0\0\0\0\0\x13\x37\0\0\0\0", "0x00001337"),
        (b"SSH", "something else"),
    ],
)
def test_an_answer_is_told_by_its_status(octets, said):
    assert outcome(octets) == said


def test_no_two_rows_have_an_address_in_common_nor_with_those_who_behave():
    every = [address for number in range(len(ROWS)) for address in addresses(number, many=True)]
    assert len({*every}) == len(every) == 200 * len(ROWS)
    assert "127.0.0.1" not in every
    assert all(max(map(int, address.split("."))) < 255 for address in every)


@pytest.mark.parametrize("name", ROWS)
def test_each_row_says_what_it_does(name):
    assert ROWS[name].deed.__doc__
    assert "address" in ROWS[name].words


def test_only_rows_in_which_everybody_stays_have_other_settings_than_an_operator_gets_and_they_are_some():
    assert {row.settings for row in ROWS.values() if row.stays} == {ROOMY}
    assert {row.settings for row in ROWS.values() if not row.stays} == {()}
    load({f"MOBILESASA_{pair.partition('=')[0].replace('.', '_').upper()}": pair.partition("=")[2] for pair in ROOMY})


def test_an_error_of_who_behaves_is_a_fault_and_too_much_memory_is_another():
    row = figures_of_a_row(memory_mb=301.0, beside={"ms": spreads(), "errors": ["get: 503: 2"]})
    assert stage.faults(row, ROWS["tokens-one"]) == ["get: 503: 2", "301 MB, which is more than 300"]
    assert stage.faults(figures_of_a_row(), ROWS["tokens-one"]) == []


def test_where_everybody_may_stay_it_is_a_fault_that_somebody_had_to_go_and_memory_is_told_only():
    row = figures_of_a_row("http-stay", memory_mb=500.0)
    row["attack"] |= {"got": {CUT: 2, "closed at once": 1}}
    assert stage.faults(row, ROWS["http-stay"]) == ["3 connections did not stay"]


@pytest.mark.parametrize(("late", "in_time"), [("submit", False), ("post", False), ("get", True)])
def test_the_budget_of_time_is_that_of_submits_and_posts(late, in_time):
    row = figures_of_a_row(beside={"ms": spreads(**{late: SPREAD | {"p99": 50.1}}), "errors": []})
    assert stage.in_time(row) is in_time


def test_who_was_never_answered_was_not_in_time():
    assert not stage.in_time(figures_of_a_row(beside={"ms": spreads(submit={}), "errors": []}))


def test_what_those_who_behave_saw_go_wrong_is_counted():
    found = {
        "submit": {"closed_sessions": 1, "messages": 10, "accepted": 8, "receipts": 7},
        "post": {"messages": 5, "accepted": 5},
        "visits": {"get": {"wrong": {"TimeoutError": 3}}, "bind": {"wrong": {}}},
    }
    assert stage.errors(found) == [
        "sessions that the node closed: 1",
        "submits without the answer that they were accepted: 2",
        "receipts that never came: 1",
        "get: TimeoutError: 3",
    ]


def test_the_page_tells_what_attackers_got_and_what_became_of_the_others():
    page = command.page({"tokens-one": figures_of_a_row() | {"faults": []}})
    assert "got 429 1,214, 401 20" in page
    assert "1.0 → 1.0" in page
    (line,) = [line for line in page.splitlines() if line.startswith("tokens-one  ") and "yes" in line]
    assert line.split() == ["tokens-one", "5,000", "20", "1,234", "120", "0.25", "0.10", "0.05", "99", "yes"]


def test_the_table_of_the_docs_has_an_entry_for_each_row():
    lines = command.table_of_docs({"tokens-one": figures_of_a_row()}).splitlines()
    assert lines[:5] == [".. list-table::", "   :header-rows: 1", "   :widths: 14 38 24 6 8 5 5", "", "   * - Row"]
    assert lines[-7:] == [
        "   * - ``tokens-one``",
        "     - API tokens that nobody has; one address",
        "     - 429 1,214, 401 20",
        "     - 120",
        "     - 3",
        "     - 3",
        "     - 9",
    ]


def test_of_many_kinds_of_answers_the_rarest_are_told_together():
    assert command.got_shown({str(n): n for n in range(1, 10)}).endswith("4 4, others 6")
    assert command.got_shown({}) == "nothing"


def ran(monkeypatch, rows, broken=None):
    def run(_: argparse.Namespace, found: dict) -> None:
        found.update(rows)
        if broken:
            raise Broken(broken)

    monkeypatch.setattr(command, "run", run)  # a run takes minutes


def test_it_ends_with_1_when_a_row_has_a_fault_and_with_0_when_one_is_only_late(monkeypatch, capsys, tmp_path):
    late = figures_of_a_row(beside={"ms": spreads(post=SPREAD | {"p99": 51.0}), "errors": []}, faults=[])
    stood = late | {"disk_ms": {"max": 690.0}}
    ran(monkeypatch, {"tokens-one": late})
    assert command.main(["--json", str(tmp_path / "figures")]) == 0
    assert "not in tokens-one" in capsys.readouterr().out
    assert json.loads((tmp_path / "figures").read_text())["rows"]["tokens-one"]["files"] == 99
    ran(monkeypatch, {"tokens-one": stood})
    assert command.main([]) == 0
    assert "kept in all rows; in tokens-one the disk stood still for longer" in capsys.readouterr().out
    ran(monkeypatch, {"tokens-one": late | {"faults": ["get: 503: 2"]}})
    assert command.main([]) == 1
    assert "WRONG, tokens-one: get: 503: 2" in capsys.readouterr().out


def test_it_ends_with_1_when_it_broke_off_and_prints_what_it_has(monkeypatch, capsys):
    ran(monkeypatch, {"tokens-one": figures_of_a_row(faults=[])}, broken="the node is gone")
    assert command.main([]) == 1
    said = capsys.readouterr()
    assert "429 1,214" in said.out
    assert "the node is gone" in said.err


def test_a_bomb_is_small_until_it_is_unpacked():
    bomb = deeds_http.zip_bomb()
    with zipfile.ZipFile(BytesIO(bomb)) as archive:
        (sheet,) = [each for each in archive.infolist() if "sheet" in each.filename]
    assert len(bomb) < 3_000_000
    assert sheet.file_size > 400_000_000


@pytest.mark.parametrize("body", deeds_http.awkward_bodies(), ids=lambda body: body[:8].decode())
def test_awkward_bodies_are_of_a_size_that_is_read(body):
    assert 700_000 < len(body) < 1_300_000


def served(answer: bytes, deed):
    """Run a deed against a server that gives each connection this answer and closes it; nothing: it stays silent."""

    async def run():
        connections = []

        async def serve(reader, writer):
            connections.append(writer)
            await reader.read(100)
            if answer:
                writer.write(answer)
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        crowd = Crowd(["127.0.0.1", "127.0.0.9"], 10_000)
        try:
            return await deed(crowd, port), crowd.tally
        finally:
            for each in connections:
                each.transport.abort()
            server.close()
            await server.wait_closed()

    return asyncio.run(run())


def test_a_crowd_asks_and_hears_what_it_gets():
    said, tally = served(
        b"HTTP/1.1 401 Unauthorized\r\n\r\n", lambda crowd, port: crowd.ask(port, b"GET / HTTP/1.1\r\n\r\n")
    )
    assert said == "401"
    assert (tally.connections, tally.requests, tally.held, tally.most) == (1, 1, 0, 1)


def test_a_crowd_that_holds_connections_makes_one_anew_for_each_that_is_closed():
    async def hold(crowd, port):
        holding = asyncio.ensure_future(crowd.hold(3, port, begin=b"x"))
        while crowd.tally.connections < 10:
            await asyncio.sleep(0)
        assert crowd.is_there.is_set()
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding

    _, tally = served(b"HTTP/1.1 400 Bad Request\r\n\r\n", hold)
    assert tally.got["400"] >= 7
    assert tally.most <= 3


def test_who_gets_no_answer_in_time_says_so():
    async def ask(crowd, port):
        async with crowd.line(port) as line:
            await line.send(b"x")
            return await line.hear(0.01)

    assert served(b"", ask)[0] is None


def test_a_port_where_nobody_listens_is_counted_as_cut():
    async def attack():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        crowd = Crowd(["127.0.0.1"], 10_000)

        async def once():
            return await crowd.ask(port, b"x")

        attacking = asyncio.ensure_future(crowd.always(1, once, first=5))
        await crowd.is_there.wait()
        attacking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attacking
        return crowd.tally

    assert set(asyncio.run(attack()).got) == {CUT}
