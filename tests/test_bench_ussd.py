"""The load of USSD sessions: phones that dial, read and type, whether or not the node keeps up."""

import socket
import threading
import time
from urllib.parse import parse_qs

import pytest

from bench.rest import Connection
from bench.ussd import MENU, STEPS, Load, Phone, arguments, faults, head_of, request
from mobilesasa.ussd.checking import check
from mobilesasa.ussd.reading import read_menu
from tests.ussd.menus import walked

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


def answered(connection, screens):
    """Answer what comes with these screens, and return the forms that came."""
    forms = []
    for screen in screens:
        octets = connection.recv(65536)
        forms.append({name: values[0] for name, values in parse_qs(octets.partition(b"\r\n\r\n")[2].decode()).items()})
        connection.sendall(ANSWER % (len(screen), screen))
    return forms


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def run(pair, screens, **says):
    ours, theirs = pair
    load = Load([Connection(ours)], "/ussd/bench/secret", **says)
    forms = []
    thread = threading.Thread(target=lambda: forms.extend(answered(theirs, screens)))
    thread.start()
    load.run(settle_s=5.0)
    thread.join()
    return load.figures(1.0), forms


def test_a_request_is_africas_talking_s_form():
    octets = request(head_of("/ussd/bench/secret"), Phone(7, step=2))
    head, _, body = octets.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ussd/bench/secret HTTP/1.1\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert parse_qs(body.decode()) == {
        "sessionId": ["AT000000007"],
        "phoneNumber": ["+254700000007"],
        "networkCode": ["63902"],
        "serviceCode": ["*384*7#"],
        "text": ["1*150"],
    }


def test_a_phone_walks_to_the_end_and_each_answer_is_measured(pair):
    screens = [mark + b" x" for _, mark in STEPS]
    figures, forms = run(pair, screens, rate_per_s=10.0, seconds=0.1, think_s=0.0)
    assert (figures["sessions"], figures["ended"], figures["wrong"], figures["steps"]) == (1, 1, 0, 4)
    assert [form.get("text", "") for form in forms] == ["", "1", "1*150", "1*150*1"]
    assert faults(figures) == []
    assert set(figures["answer_ms"]) >= {"p50", "p99"}


def test_an_answer_that_is_not_the_screen_that_was_due_is_a_fault(pair):
    figures, _ = run(pair, [b"END Sorry"], rate_per_s=10.0, seconds=0.1)
    assert faults(figures) == [
        "sessions that did not come to their end: 1",
        "answers that were not the screen that was due: 1",
    ]


def test_a_load_whose_node_does_not_answer_ends(pair):
    load = Load([Connection(pair[0])], "/", rate_per_s=10.0, seconds=0.1)
    begun_s = time.monotonic()
    load.run(settle_s=0.2)
    assert time.monotonic() - begun_s < 5
    assert load.figures(1.0)["answer_ms"] == {}


def test_the_menu_of_the_benchmark_has_no_faults_and_ends_after_its_steps():
    assert check(read_menu(MENU)) == ()
    steps = walked(MENU, "1", "150", "1")
    assert [step.end for step in steps] == [mark == b"END" for _, mark in STEPS]


def test_what_the_command_line_says_without_a_word():
    asked = arguments().parse_args(["--port", "1", "--path", "/ussd/x/y"])
    assert (asked.rate, asked.seconds) == (500.0, 20.0)
