"""Tokens of OAuth 2.0: fetched before they are needed, once for all, anew when they are over, and never shown."""

import base64
from urllib.parse import parse_qs

import pytest
from twisted.logger import LogLevel

from mobilesasa.carriers.http.account import parse_account
from mobilesasa.carriers.http.answers import HttpAnswer
from mobilesasa.carriers.http.masking import shown
from mobilesasa.carriers.http.tokens import read_token
from mobilesasa.carriers.http.wire import NotAsked, Unanswered
from mobilesasa.carriers.options import BadOptions
from mobilesasa.core.model import Later, Never, Sent
from tests.carriers.http.rig import HttpRig
from tests.logs import heard

TOKEN_URL = "https://login.test/oauth/token"
OAUTH = {
    "request__long": "whole",
    "request__auth__kind": "oauth2",
    "request__auth__token_url": TOKEN_URL,
    "request__auth__client_id": "us&them",
    "request__auth__client_secret": "{secret.client}",
    "secret__client": "hush hush",
}


def rig_of(**more):
    made = HttpRig(**{**OAUTH, **more})
    made.start()
    return made


@pytest.fixture
def rig():
    return rig_of()


def submit(rig, count=1):
    messages = [rig.message() for _ in range(count)]
    rig.carrier.submit(messages)
    return messages


def fetched(rig, given="t1", **more):
    """Answer the one request for a token that is under way, beside which nothing else is."""
    (exchange,) = rig.wire.take()
    assert exchange.request.url == TOKEN_URL
    exchange.say({"access_token": given, "token_type": "Bearer", "expires_in": 3600, **more})
    rig.clock.advance(0)
    return exchange.request


def bearers(exchanges):
    return [exchange.request.headers["Authorization"] for exchange in exchanges]


def say(rig, exchanges, status=200):
    for n, exchange in enumerate(exchanges):
        exchange.say({"id": f"h{n}", "status": "accepted"} if status == 200 else b"", status)
    rig.clock.advance(0)


def test_a_token_is_fetched_before_the_first_request_and_not_before(rig):
    assert rig.wire.asked == []
    (message,) = submit(rig)
    request = fetched(rig)
    assert request.method == "POST"
    assert parse_qs(request.body.decode()) == {"grant_type": ["client_credentials"]}
    scheme, _, pair = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"us%26them:hush+hush")
    sending = rig.wire.take()
    assert bearers(sending) == ["Bearer t1"]
    say(rig, sending)
    assert isinstance(rig.outcome(message), Sent)


def test_an_endpoint_can_be_told_in_the_body_with_a_scope_and_more():
    rig = rig_of(
        request__auth__client_auth="body",
        request__auth__scope="sms send",
        request__auth__params__audience="{base_url}/v1",
    )
    submit(rig)
    request = fetched(rig)
    assert "Authorization" not in request.headers
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"], "scope": ["sms send"], "audience": ["https://api.test/send/v1"],
        "client_id": ["us&them"], "client_secret": ["hush hush"],
    }  # fmt: skip


def test_all_requests_wait_for_one_fetch(rig):
    submit(rig, 3)
    submit(rig, 2)
    fetched(rig)
    assert bearers(rig.wire.take()) == ["Bearer t1"] * 5


@pytest.mark.parametrize(
    ("expires_in", "kept_s"), [(3600, 3570), ("3600", 3570), (10, 8), (0, 0.8), (None, 270), ("soon", 270), ([], 270)]
)
def test_a_token_is_kept_until_shortly_before_its_end(rig, expires_in, kept_s):
    submit(rig)
    fetched(rig, expires_in=expires_in)
    say(rig, rig.wire.take())
    rig.clock.advance(kept_s - 0.01)
    submit(rig)
    assert bearers(rig.wire.take()) == ["Bearer t1"]
    rig.clock.advance(0.02)
    submit(rig)
    fetched(rig, "t2")
    assert bearers(rig.wire.take()) == ["Bearer t2"]


def test_a_request_that_is_answered_401_is_made_once_more_with_a_new_token(rig):
    messages = submit(rig, 3)
    fetched(rig)
    say(rig, rig.wire.take(), 401)
    fetched(rig, "t2")
    again = rig.wire.take()
    assert bearers(again) == ["Bearer t2"] * 3
    say(rig, again)
    assert all(isinstance(rig.outcome(message), Sent) for message in messages)


def test_a_401_for_a_token_that_was_renewed_meanwhile_takes_the_new_one(rig):
    submit(rig, 2)
    fetched(rig)
    first, second = rig.wire.take()
    say(rig, [first], 401)
    fetched(rig, "t2")
    rig.wire.take()
    say(rig, [second], 401)
    assert bearers(rig.wire.take()) == ["Bearer t2"]


def test_a_second_401_is_the_carrier_s_word_and_no_token_after_the_other_is_fetched(rig):
    for _ in range(2):
        (message,) = submit(rig)
        if not rig.wire.asked[0].request.headers["Authorization"].startswith("Bearer"):
            fetched(rig)
        say(rig, rig.wire.take(), 401)
        if rig.wire.asked:
            fetched(rig, "t2")
            say(rig, rig.wire.take(), 401)
        outcome = rig.outcome(message)
        assert (type(outcome), outcome.code, outcome.elsewhere) == (Never, "http_401", True)
        assert rig.wire.asked == []
    rig.clock.advance(10)
    submit(rig)
    say(rig, rig.wire.take(), 401)
    fetched(rig, "t3")
    say(rig, rig.wire.take())
    submit(rig)
    say(rig, rig.wire.take(), 401)
    fetched(rig, "t4")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((503, b""), "no token: the token endpoint answered 503"),
        ((429, {"error": "slow"}), "no token: the token endpoint answered 429: slow"),
        ((400, {"error": "temporarily_unavailable"}), "no token: the token endpoint answered 400: temporarily_unavailable"),
        ((200, b"<html>"), "no token: the endpoint's answer has no access_token"),
        ((200, {"access_token": 5}), "no token: the endpoint's answer has no access_token"),
        ((200, {"access_token": " "}), "no token: the endpoint's answer has no access_token"),
        ((200, {"access_token": "a\r\nX: y"}), "no token: the endpoint's answer has no access_token"),
        ((200, []), "no token: the endpoint's answer has no access_token"),
    ],
)  # fmt: skip
def test_an_endpoint_that_gives_no_token_for_now_puts_the_messages_off_in_words(rig, warnings, answer, words):
    messages = submit(rig, 2)
    status, body = answer
    rig.wire.take()[0].say(body, status)
    rig.clock.advance(0)
    outcomes = [rig.outcome(message) for message in messages]
    told = "the carrier could not be asked for now"
    assert [(type(each), each.code, each.reason, each.uncertain) for each in outcomes] == [
        (Later, "no_token", told, False)
    ] * 2
    assert rig.carrier.standing()["trouble"] == words
    assert warnings == [f"upstream: {words}"]


@pytest.mark.parametrize("why", [NotAsked("connection refused"), Unanswered("no answer within 30 s")])
def test_an_endpoint_that_is_away_leaves_nothing_in_doubt(rig, warnings, why):
    (message,) = submit(rig)
    rig.wire.take()[0].fail(why)
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.code, outcome.uncertain) == (Later, "no_token", False)
    assert rig.carrier.standing()["trouble"] == f"no token: {why}"


def test_after_a_failure_nobody_asks_for_a_while_that_grows(rig, warnings):
    for rest_s in (1, 2, 4, 8, 16, 30, 30):
        submit(rig)
        rig.wire.take()[0].say(b"", 503)
        rig.clock.advance(rest_s - 0.01)
        (message,) = submit(rig)
        assert rig.wire.asked == []
        rig.clock.advance(0)
        assert rig.outcome(message).code == "no_token"
        rig.clock.advance(0.02)
    submit(rig)
    fetched(rig)
    assert bearers(rig.wire.take()) == ["Bearer t1"]


@pytest.fixture
def errors():
    with heard(LogLevel.error) as said:
        yield said


REFUSALS = [
    ((401, {"error": "invalid_client", "error_description": "who is hush hush?"}), "401: invalid_client: who is ***?"),
    ((400, {"error": "invalid_scope", "error_description": 5}), "400: invalid_scope"),
    ((404, b"nothing here"), "404"),
    ((302, b""), "302"),
    ((403, {"error": "no\nway"}), "403: no way"),
]


@pytest.mark.parametrize(("answer", "words"), REFUSALS)
def test_an_endpoint_that_refuses_us_is_told_to_the_operator_and_not_to_teams_and_loses_no_message(
    rig, errors, answer, words
):
    status, body = answer
    (message,) = submit(rig)
    rig.wire.take()[0].say(body, status)
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.code) == (Later, "token_refused")
    assert outcome.reason == "the carrier takes no messages from here for now"
    trouble = f"token_refused: the token endpoint answered {words}"
    assert rig.carrier.standing()["trouble"] == trouble
    assert errors == [f"upstream refuses everything: {trouble}"]
    rig.clock.advance(59.9)
    submit(rig)
    assert rig.wire.asked == []
    rig.clock.advance(0.2)
    submit(rig)
    fetched(rig)
    say(rig, rig.wire.take())
    assert rig.carrier.standing()["trouble"] == ""


def test_a_token_of_another_type_is_none_of_ours(rig, errors):
    (message,) = submit(rig)
    fetched(rig, token_type="mac")
    assert rig.outcome(message).code == "token_refused"
    assert rig.carrier.standing()["trouble"].endswith("the endpoint gives a token of the type mac")
    assert len(errors) == 1


def test_a_carrier_that_stops_waits_for_no_token(rig, warnings):
    (message,) = submit(rig)
    stopped = rig.carrier.stop()
    assert stopped.called
    assert rig.wire.closed
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.code, outcome.uncertain) == (Later, "no_token", False)


def test_a_defect_while_a_token_is_fetched_leaves_nobody_waiting(rig, warnings, flush_logged):
    (message,) = submit(rig)
    (exchange,) = rig.wire.take()
    exchange.answered.errback(KeyError("a defect"))
    rig.clock.advance(0)
    assert rig.outcome(message).code == "no_token"
    assert len(flush_logged(KeyError)) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"token_url": ""}, "token_url is needed for oauth2"),
        ({"token_url": "ftp://login.test"}, "token_url must be an address"),
        ({"client_id": ""}, "client_id is needed"),
        ({"client_secret": ""}, "client_secret is needed"),
        ({"client_secret": "{secret.nobody}"}, "there is no field secret.nobody"),
        ({"scope": "{to}"}, "there is no field to"),
        ({"params": {"audience": "{text}"}}, "there is no field text"),
    ],
)
def test_what_cannot_be_asked_with_is_refused_when_it_is_set(given, words):
    options = {name.replace("__", "."): value for name, value in OAUTH.items()} | {"base_url": "https://api.test"}
    options |= {f"request.auth.{name}": value for name, value in given.items()}
    with pytest.raises(BadOptions) as bad:
        parse_account(options)
    assert words in bad.value.faults["request.auth"]


def test_how_the_endpoint_is_told_is_one_of_two_words():
    with pytest.raises(BadOptions) as bad:
        parse_account({"base_url": "https://api.test", "request.auth.client_auth": "jwt"})
    assert bad.value.faults == {"request.auth.client_auth": "must be one of basic, body"}


def test_neither_the_secret_nor_a_token_is_shown_anywhere():
    rig = rig_of(request__auth__client_secret="hush hush")
    submit(rig)
    fetched(rig, "a token")
    (exchange,) = rig.wire.asked
    assert "a token" not in repr(exchange.request)
    options = shown(rig.record.options)
    assert options["request"]["auth"]["token_url"] == TOKEN_URL
    assert "hush" not in repr(options)
    assert "hush" not in repr(parse_account(rig.record.options))


def test_a_lifetime_beyond_all_measure_is_cut():
    assert read_token(HttpAnswer(200, {}, b'{"access_token": "t", "expires_in": 1e300}'), "s") == ("t", 2_592_000.0)
    assert read_token(HttpAnswer(200, {}, b'{"access_token": "t", "expires_in": "1e999"}'), "s") == ("t", 2_592_000.0)


def test_an_endpoint_that_answers_at_once_is_heard_too(rig, monkeypatch):
    later = rig.wire.ask

    def ask(request):
        exchange = later(request)
        if request.url == TOKEN_URL:
            rig.wire.asked.pop().say({"access_token": "t1"})
        return exchange

    monkeypatch.setattr(rig.wire, "ask", ask)  # the fake leaves all that is asked waiting
    submit(rig, 2)
    assert bearers(rig.wire.take()) == ["Bearer t1"] * 2
