"""The console: what is told of sessions, to whom, and what is never told."""

import json
import typing

import pytest
from OpenSSL import SSL

from mobilesasa.api.resources import smpp as shapes
from mobilesasa.core.errors import BadRecipient
from mobilesasa.smpp.pdus import BindReceiver, BindTransceiver, BindTransmitter, DeliverSm, SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smppnet.peers import encryption
from mobilesasa.smsc.console import Console
from mobilesasa.smsc.figures import Counts, Pace
from mobilesasa.smsc.statuses import BadSubmit
from tests.smsc.rig import ACME, RIVAL, Rig

CANARY = "CANARY-5f3a"


@pytest.fixture
def console(rig: Rig) -> Console:
    return Console(rig.server)


def keys_of(shape) -> set[str]:
    return set(typing.get_type_hints(shape))


def test_a_session_is_shown_with_what_an_engineer_asks_for(rig, console):
    rig.clock.advance(3)
    rig.bound(interface_version=0x33)
    rig.clock.advance(2)
    (shown,) = console.sessions()
    assert shown == {
        "id": "s1",
        "team": "ACME",
        "team_uuid": "uuid 1",
        "token_uuid": "uuid of mbs_Acme",
        "address": "192.0.2.1:40000",
        "bind_type": "transceiver",
        "port": "plain",
        "tls": None,
        "interface_version": "0x33",
        "bound_since": "2026-05-11T09:00:03Z",
        "last_pdu_at": "2026-05-11T09:00:03Z",
        "submits_per_s": 0.0,
        "submits_per_s_10": 0.0,
        "submits_per_s_limit": 50,
        "window_in": 0,
        "window_in_limit": 100,
        "window_out": 0,
        "window_out_limit": 10,
        "counts": {"submits": 0, "accepted": 0, "refused": 0, "throttled": 0, "failed": 0, "receipts": 0},
        "last_error": None,
    }


@pytest.mark.parametrize(
    ("kind", "shown"),
    [(BindTransmitter, "transmitter"), (BindReceiver, "receiver"), (BindTransceiver, "transceiver")],
)
def test_the_kind_of_bind_is_shown(rig, console, kind, shown):
    rig.bound(kind)
    assert console.sessions()[0]["bind_type"] == shown


def test_what_is_shown_has_the_shape_that_the_api_documents(rig, console):
    esme = rig.bound()
    esme.submit(source_addr="Nobody")
    rig.connect().bind(system_id="ACME", password="wrong")
    (shown,), (refused,) = console.sessions(), console.refused_binds()
    assert shown.keys() == keys_of(shapes.SessionShown)
    assert shown["counts"].keys() == keys_of(shapes.CountsShown)
    assert shown["last_error"].keys() == keys_of(shapes.SubmitErrorShown)
    assert refused.keys() == keys_of(shapes.RefusedBindShown)
    assert console.trace("s1")[0].keys() == keys_of(shapes.TracedPdu)


def test_a_connection_that_is_not_bound_or_gone_is_no_session(rig, console):
    rig.connect()
    esme = rig.bound()
    assert [each["id"] for each in console.sessions()] == ["s2"]
    esme.drop()
    assert console.sessions() == []


def test_submits_are_counted_by_their_fate(rig, console):
    rig.change_team(1, session_tps=3)
    esme = rig.bound()
    fields = {"destination_addr": "254712345678", "short_message": b"Hi"}
    esme.send(
        SubmitSm(**fields), SubmitSm(**{**fields, "source_addr": "Nobody"}), SubmitSm(**fields), SubmitSm(**fields)
    )
    (shown,) = console.sessions()
    counts = {"submits": 4, "accepted": 2, "refused": 1, "throttled": 1, "failed": 0, "receipts": 0}
    assert (shown["counts"], shown["submits_per_s_limit"]) == (counts, 3)


def test_the_counts_of_a_node_outlive_its_sessions(rig):
    for _ in range(2):
        esme = rig.bound()
        esme.submit()
        esme.drop()
    rig.bound().submit()
    counts = rig.server.counts
    assert (counts.submits, counts.accepted, counts.binds) == (3, 3, 3)


def test_the_pace_is_that_of_whole_seconds(rig, console):
    esme = rig.bound()
    for count in (2, 4, 0):
        for _ in range(count):
            esme.submit()
        rig.clock.advance(1)
    (shown,) = console.sessions()
    assert (shown["submits_per_s"], shown["submits_per_s_10"]) == (0.0, 0.6)
    esme.submit()
    rig.clock.advance(1)
    assert console.sessions()[0]["submits_per_s"] == 1.0


def test_a_pace_remembers_the_last_ten_seconds_alone():
    pace = Pace()
    for second in range(60):
        pace.add(second + 0.5, 5)
        pace.add(second + 0.9, 5)
    assert (pace.a_second(60.2, 1), pace.a_second(60.2, 10)) == (10.0, 10.0)
    assert pace.a_second(75, 10) == 0.0


def test_no_limit_on_submits_is_shown_as_none(console, rig):
    rig.change_team(1, session_tps=0)
    rig.bound()
    assert console.sessions()[0]["submits_per_s_limit"] is None


def test_both_windows_are_shown(rig, console):
    rig.intake.hold = True
    esme = rig.bound()
    (session,) = rig.binds
    session.deliver([DeliverSm(), DeliverSm()], ["a", "b"])
    (shown,) = console.sessions()
    assert (shown["window_out"], shown["counts"]["receipts"]) == (2, 2)
    assert esme.heard()


def test_the_last_submit_that_was_refused_is_shown_in_words_with_numbers_masked(rig, console):
    esme = rig.bound()
    esme.submit(destination_addr="12")
    rig.clock.advance(5)
    esme.submit(source_addr="254700000001")
    rig.clock.advance(5)
    esme.submit()
    error = console.sessions()[0]["last_error"]
    assert (error["at"], error["status"]) == ("2026-05-11T09:00:05Z", "ESME_RINVSRCADR")
    assert "254700000001" not in error["reason"]


@pytest.mark.parametrize(
    ("why", "status", "reason"),
    [
        (BadRecipient("that is no number"), Status.ESME_RINVDSTADR, "that is no number"),
        (BadSubmit(Status.ESME_RINVESMCLASS, "no such mode"), Status.ESME_RINVESMCLASS, "no such mode"),
    ],
)
def test_a_setback_has_status_and_words(why, status, reason):
    counts = Counts()
    assert counts.setback is None
    counts.refuse(4.0, why)
    assert (counts.setback.at_s, counts.setback.status, counts.setback.reason) == (4.0, status, reason)
    counts.throttle(5.0)
    assert (counts.setback.status, counts.setback.reason) == (Status.ESME_RTHROTTLED, "too many messages at once")


def test_a_bind_that_was_refused_is_shown_with_the_reason(rig, console):
    rig.clock.advance(1)
    rig.connect("192.0.2.8").bind(system_id="acme", password=ACME[:8])
    assert console.refused_binds() == [
        {
            "at": "2026-05-11T09:00:01Z",
            "address": "192.0.2.8",
            "system_id": "acme",
            "status": "ESME_RINVPASWD",
            "reason": "your client cuts the password to 8 characters",
            "times": 1,
        }
    ]


def test_refused_binds_are_shown_newest_first(rig, console):
    rig.connect("192.0.2.8").bind(system_id="ACME", password="wrong")
    rig.connect("192.0.2.9").bind(system_id="ACME", password="wrong")
    assert [each["address"] for each in console.refused_binds()] == ["192.0.2.9", "192.0.2.8"]


def test_a_team_is_shown_its_own_and_nothing_of_another(rig, console):
    rig.bound()
    rig.bound(password=RIVAL, system_id="RIVAL")
    rig.connect().bind(system_id="ACME", password="wrong")
    rig.connect().bind(system_id="NOBODY", password="wrong")
    assert [each["team"] for each in console.sessions(2)] == ["RIVAL"]
    assert console.refused_binds(2) == []
    assert len(console.refused_binds(1)) == 1
    assert console.trace("s1", 2) is None
    assert console.kick("s1", "a rival", 2) is None
    assert len(console.sessions()) == 2


def test_a_trace_has_the_time_of_day_and_no_text(rig, console):
    esme = rig.bound()
    rig.clock.advance(0.25)
    esme.submit(short_message=CANARY.encode())
    rig.clock.advance(20)
    lines = console.trace("s1", 1)
    assert [(line["direction"], line["command"]) for line in lines] == [
        ("in", "bind_transceiver"),
        ("out", "bind_transceiver_resp"),
        ("in", "submit_sm"),
        ("out", "submit_sm_resp"),
    ]
    assert lines[2]["at"] == "2026-05-11T09:00:00.250Z"
    told = json.dumps([*lines, *console.sessions()])
    assert CANARY not in told
    assert ACME not in told
    assert console.trace("s99") is None


def test_a_session_that_is_kicked_is_unbound_politely(rig, console):
    esme = rig.bound()
    assert console.kick("s99", "nobody") is None
    assert console.kick("s1", "the operator") == "s1"
    assert [type(pdu).__name__ for pdu in esme.heard()] == ["Unbind"]


def test_the_operators_command_asks_for_all_for_one_team_or_for_one_that_is_not_there(rig, console):
    rig.bound()
    rig.bound(password=RIVAL, system_id="RIVAL")
    rig.connect().bind(system_id="RIVAL", password="wrong")
    every = console.tell_sessions({"team": None})
    assert ([each["team"] for each in every["sessions"]], len(every["refused_binds"])) == (["ACME", "RIVAL"], 1)
    one = console.tell_sessions({"team": "rival"})
    assert ([each["team"] for each in one["sessions"]], len(one["refused_binds"])) == (["RIVAL"], 1)
    assert console.tell_sessions({"team": "NOBODY"}) == {"sessions": [], "refused_binds": []}
    assert console.tell_trace({"session": "s1"})
    assert console.tell_kick({"session": "s1"}) == "s1"
    assert console.tell_kick({}) is None


def test_another_node_asks_for_what_is_a_teams(rig, console):
    rig.bound()
    rig.bound(password=RIVAL, system_id="RIVAL")
    assert [each["team"] for each in console.tell_sessions({"team_id": 2})["sessions"]] == ["RIVAL"]
    assert console.tell_trace({"session": "s1", "team_id": 2}) is None
    assert console.tell_trace({"session": "s1", "team_id": 1})
    assert console.tell_kick({"session": "s1", "who": "a rival", "team_id": 2}) is None
    assert console.tell_kick({"session": "s1", "who": "the team", "team_id": 1}) == "s1"


def test_where_smpp_is_off_there_is_nothing():
    console = Console(None)
    assert console.tell_sessions({"team": "ACME"}) == {"sessions": [], "refused_binds": []}
    assert (console.tell_trace({"session": "s1"}), console.tell_kick({"session": "s1"})) == (None, None)


def test_the_names_of_sessions_begin_as_the_node_wants(rig):
    rig.server._names = "node1-7-"
    rig.bound()
    assert Console(rig.server).sessions()[0]["id"] == "node1-7-1"


def test_what_a_connection_over_tls_speaks_is_told():
    class Below:
        def getHandle(self):  # noqa: N802 - Twisted's name
            return SSL.Connection(SSL.Context(SSL.TLS_SERVER_METHOD), None)

    assert encryption(Below()) is not None
    assert encryption(object()) is None
