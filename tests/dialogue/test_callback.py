"""Asking teams' machines: what they are sent, and what of their answers is taken."""

import json

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.signing import signature
from mobilesasa.core.ussd import UssdReply
from mobilesasa.dialogue.callback import TIMEOUT_S, BadAnswer, Calls, form_of, read_reply, read_result
from mobilesasa.dialogue.posting import Posted
from mobilesasa.ussd.model import Result, Webhook
from tests.dialogue.desks import SECRET, MemoryPoster

HOOK = Webhook(url="https://acme.example/hook", screen="balance", sends={"name": "Amina"})


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("CON Your name?", UssdReply("Your name?", end=False)),
        ("END Bye", UssdReply("Bye", end=True)),
        ("end Bye\nnow \n", UssdReply("Bye\nnow", end=True)),
        ("\ufeff\nCON  Hi", UssdReply("Hi", end=False)),
        ("CON\nHi", UssdReply("Hi", end=False)),
        ("END", UssdReply("", end=True)),
        ("CONTINUE", None),
        ("Hello", None),
        ("", None),
    ],
)
def test_an_answer_of_callback_mode_begins_with_con_or_end(text, reply):
    assert read_reply(text) == reply


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b"", Result()),
        (b" \n", Result()),
        (b'{"text": "Hi"}', Result(text="Hi")),
        (b'{"text": null, "end": true}', Result(end=True)),
        (
            b'{"variables": {"a": "x", "b": 1.5, "c": null, "d": true}}',
            Result(variables={"a": "x", "b": "1.5", "c": "", "d": "true"}),
        ),
    ],
)
def test_an_answer_of_a_webhook_is_read(body, result):
    assert read_result(Posted(status=200, body=body)) == result


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[1]", "is no object of JSON"),
        (b"Hi", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"text": 1}', "its text must be a text"),
        (b'{"end": "yes"}', "its end must be true or false"),
        (b'{"variables": []}', "its variables must be an object"),
        (b'{"variables": {%b}}' % b",".join(b'"v%d": 1' % n for n in range(101)), "more than 100 variables"),
    ],
)
def test_an_answer_of_a_webhook_that_cannot_be_read_says_why(body, why):
    with pytest.raises(BadAnswer, match=why):
        read_result(Posted(status=200, body=body))


def test_why_an_answer_cannot_be_read_is_the_trouble():
    calls = Calls(MemoryPoster([Posted(status=200, body=b'{"end": 1}')]), lambda: 1_800_000_000)
    done = []
    Deferred.fromCoroutine(calls.show(HOOK, SECRET, "call-1", {}, 5.0)).addCallback(done.append)
    assert done == [(None, "the webhook of balance: its answer cannot be read: its end must be true or false")]


def test_a_phone_that_the_gateway_hides_is_told_as_it_is():
    assert form_of("S", "*384#", "7f3a-x", "", "")["phoneNumber"] == "7f3a-x"


def test_a_webhook_whose_answer_is_not_shown_is_signed_with_the_menu_s_secret():
    poster = MemoryPoster([Posted(status=204), Posted(status=410)])
    calls = Calls(poster, lambda: 1_800_000_000)
    done = []
    for _ in range(2):
        work = calls.tell(HOOK, SECRET, "call-1", {"variables": dict(HOOK.sends)})
        Deferred.fromCoroutine(work).addCallback(done.append)
    assert done == ["", "it answered 410"]
    (url, headers, body, timeout_s), _ = poster.posted
    assert (url, json.loads(body), timeout_s) == (HOOK.url, {"variables": {"name": "Amina"}}, TIMEOUT_S)
    assert headers["webhook-signature"] == signature(SECRET, "call-1", 1_800_000_000, body)
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("posted", "problem"),
    [
        (Posted(status=200), ""),
        (Posted(status=299), ""),
        (Posted(status=302), "it answered 302"),
        (Posted(error="refused"), "refused"),
    ],
)
def test_only_a_good_status_is_no_problem(posted, problem):
    assert posted.problem == problem
