"""The Python client of `clients/`, against the server itself."""

import base64
import hashlib
import hmac
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import Failure, State
from mobilesasa.core.signing import headers as signed
from mobilesasa.core.signing import secret_of
from mobilesasa.store.messages import Progress
from tests.api.rig import NOW_MS, TOKEN, Rig, directory, message_id, stored, token
from tests.api.test_openapi import TABLE, WITHOUT_KEY
from tests.whole.programs import HOST

ROOT = Path(__file__).parents[1]
SECRET = secret_of(b"\1" * 32)
BODY = b'{"type":"message.delivered","timestamp":"2026-05-11T09:00:00Z","data":{"uuid":"x"}}'
NOW_S = NOW_MS // 1000


def loaded() -> Any:
    """The client as a module of its own name; the package of the server has the same."""
    spec = importlib.util.spec_from_file_location("mobilesasa_client", ROOT / "clients" / "mobilesasa.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


client = loaded()


async def blocked(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Run what blocks on a thread, while the reactor serves it."""

    def run() -> tuple[Any, Exception | None]:
        try:
            return function(*args, **kwargs), None
        except (client.ApiError, client.NoAnswer) as error:
            return None, error

    found, error = await deferToThread(run)
    if error is not None:
        raise error
    return found


@pytest.fixture
def rig():
    return Rig()


@pytest.fixture
def waited():
    return []


@pytest_twisted.async_yield_fixture
async def ours(rig, waited):
    """A client of ACME, and the server that it calls."""
    port = reactor.listenTCP(0, rig.site, interface=HOST)
    yield client.Client(f"http://{HOST}:{port.getHost().port}/", TOKEN, sleep=waited.append)
    await maybeDeferred(port.stopListening)


@pytest_twisted.ensureDeferred
async def test_a_message_is_sent_and_read(ours, rig):
    sent = await blocked(ours.send, "+254712345678", "Hello from Mobile Sasa!", "MYAPP", validity_minutes=5)
    assert (sent["to"], sent["sender_id"], sent["status"]) == ("+254712345678", "MYAPP", "queued")
    rig.history.put(stored(1))
    assert (await blocked(ours.message, message_id(1)))["uuid"] == message_id(1)
    assert (await blocked(ours.account))["team"]["code"] == "ACME2024"


@pytest_twisted.ensureDeferred
async def test_a_list_is_gone_through_to_its_end_though_its_answers_are_packed(ours, rig):
    for n in range(250):
        rig.history.put(stored(n))
    found = await blocked(lambda: [each["uuid"] for each in ours.messages(status="queued")])
    assert len(found) == len({*found}) == 250
    assert await blocked(lambda: list(ours.messages(phone="+254700000000"))) == []


@pytest_twisted.ensureDeferred
async def test_what_comes_while_a_list_is_gone_through_doubles_nothing(ours, rig):
    for n in range(30):
        rig.history.put(stored(n))

    def gone_through() -> list[str]:
        found = []
        for each in ours.each("/messages", page_size=10):
            found.append(each["uuid"])
            if len(found) % 10 == 0:
                rig.history.put(stored(100 + len(found)))
        return found

    assert sorted(await blocked(gone_through)) == [message_id(n) for n in range(30)]


@pytest_twisted.ensureDeferred
async def test_a_failed_message_is_resent(ours, rig):
    rig.history.put(stored(1), Progress(State.FAILED, Failure.REFUSED, done_at_ms=NOW_MS))
    assert (await blocked(ours.resend, message_id(1)))["resent_from"] == message_id(1)


@pytest_twisted.ensureDeferred
async def test_a_campaign_is_made_sent_and_looked_at(ours, rig):
    rig.directory.now = directory(tokens=[token(TOKEN, scopes=("campaigns",))])
    group = rig.contacts.give_group("VIP", 1, rig.contacts.give())
    made = await blocked(ours.create_campaign, "May", "Hello", "MYAPP", [group.uuid], rate_per_s=10)
    assert (made["status"], made["recipient_count"], made["rate_per_s"]) == ("draft", 1, 10)
    assert (await blocked(ours.send_campaign, made["uuid"]))["status"] == "sending"
    assert (await blocked(ours.campaign, made["uuid"]))["phase"] == "sending"
    assert [each["name"] for each in await blocked(lambda: list(ours.campaigns(status="sending")))] == ["May"]
    with pytest.raises(client.ApiError, match="409 not_draft"):
        await blocked(ours.send_campaign, made["uuid"])
    with pytest.raises(client.ApiError, match="409 campaign_busy"):
        await blocked(ours.retry_campaign, made["uuid"])
    audience = rig.campaigns.give_audience(_254700000001={})
    to_file = await blocked(ours.create_campaign, "June", "Hello", "MYAPP", audience_id=audience)
    assert to_file["audience_id"] == audience


@pytest_twisted.ensureDeferred
async def test_a_refusal_is_raised_with_its_code_and_fields(ours, waited):
    with pytest.raises(client.ApiError, match="400 bad_request: message is required") as caught:
        await blocked(ours.post, "/messages", {"to": "+254712345678"})
    error = caught.value
    assert (error.status, error.code, error.fields) == (400, "bad_request", [("message", "is required")])
    assert error.request_id.startswith("request-")
    assert waited == []


@pytest_twisted.ensureDeferred
async def test_what_is_not_there_is_raised_for_any_method(ours):
    for call in (
        lambda: ours.delete("/nothing"),
        lambda: ours.put("/nothing", {}),
        lambda: ours.get("/nothing", a=True, b=None),
    ):
        with pytest.raises(client.ApiError) as caught:
            await blocked(call)
        assert caught.value.code == "no_such_route"


@pytest_twisted.ensureDeferred
async def test_a_call_that_may_have_been_done_is_made_again_and_is_done_once(ours, rig, waited):
    rig.intake.failing = StoreAway("gone")

    def mended(wait_s: float) -> None:
        waited.append(wait_s)
        rig.intake.failing = None

    ours._sleep = mended
    assert (await blocked(ours.send, "+254712345678", "Hi"))["status"] == "queued"
    assert waited == [5.0]  # as Retry-After said
    assert len(rig.intake.stored) == 1


@pytest_twisted.ensureDeferred
async def test_a_key_of_one_s_own_makes_two_calls_one(ours, rig):
    first = await blocked(ours.send, "+254712345678", "Hi", key="order-4711")
    assert await blocked(ours.send, "+254712345678", "Hi", key="order-4711") == first
    assert len(rig.intake.stored) == 1


@pytest_twisted.ensureDeferred
async def test_it_gives_up_after_some_tries_that_are_further_and_further_apart(ours, rig, waited):
    rig.intake.failing = StoreAway("gone")
    with pytest.raises(client.ApiError) as caught:
        await blocked(ours.send, "+254712345678", "Hi")
    assert caught.value.code == "store_away"
    assert waited == [5.0] * 4


class Hangup(Protocol):
    """Takes a connection, says what it has to say, and leaves."""

    def connectionMade(self) -> None:
        self.factory.calls += 1  # type: ignore[union-attr]
        self.transport.write(self.factory.says)  # type: ignore[union-attr]
        self.transport.loseConnection()


@pytest_twisted.async_yield_fixture
async def odd(waited):
    """A client of a server that is none, and what counts its calls and says what it says."""
    factory: Any = Factory.forProtocol(Hangup)
    factory.calls, factory.says = 0, b""
    port = reactor.listenTCP(0, factory, interface=HOST)
    yield client.Client(f"http://{HOST}:{port.getHost().port}", TOKEN, tries=3, sleep=waited.append), factory
    await maybeDeferred(port.stopListening)


@pytest_twisted.ensureDeferred
async def test_no_answer_at_all_is_said_so(odd, waited):
    lonely, server = odd
    with pytest.raises(client.NoAnswer, match="GET http://"):
        await blocked(lonely.account)
    assert server.calls == 3
    assert 0.5 <= waited[0] <= 0.75 < 1 <= waited[1] <= 1.5


@pytest.mark.parametrize("path", ["/tokens", "/webhooks", "/webhooks/x/deliveries/y/redeliver", "/smpp/passwords"])
@pytest_twisted.ensureDeferred
async def test_what_takes_no_key_is_asked_for_once(odd, path):
    lonely, server = odd
    with pytest.raises(client.NoAnswer, match="POST http://"):
        await blocked(lonely.post, path, {})
    assert server.calls == 1


@pytest_twisted.ensureDeferred
async def test_an_answer_that_is_cut_off_is_none(odd):
    lonely, server = odd
    server.says = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
    with pytest.raises(client.NoAnswer):
        await blocked(lonely.account)
    assert server.calls == 3


@pytest_twisted.ensureDeferred
async def test_the_token_follows_no_redirect(odd):
    lonely, server = odd
    server.says = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(client.ApiError) as caught:
        await blocked(lonely.account)
    assert (caught.value.status, server.calls) == (302, 1)


@pytest_twisted.ensureDeferred
async def test_a_date_to_come_again_at_is_passed_over(odd, waited):
    lonely, server = odd
    date = b"Mon, 11 May 2026 09:00:00 GMT"
    server.says = b"HTTP/1.1 503 No\r\nRetry-After: " + date + b"\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(client.ApiError):
        await blocked(lonely.account)
    assert (server.calls, len(waited)) == (3, 2)


def test_it_makes_once_what_takes_no_key_and_does_more_the_second_time():
    for row in TABLE:
        path = re.sub(r"{\w+}", "x", row.path)
        if row.method == "POST" and row.path in WITHOUT_KEY["answers with a secret"]:
            assert client._MADE_ONCE.match(path), path
        elif row.idempotent:
            assert not client._MADE_ONCE.match(path), path


def test_a_webhook_is_read_when_its_signature_is_right():
    found = client.read_webhook([SECRET], signed([SECRET], "evt-1", NOW_S, BODY), BODY, now_s=NOW_S + 299)
    assert found == json.loads(BODY)


def test_while_a_secret_is_replaced_either_will_do():
    old = secret_of(b"\2" * 32)
    both = signed([SECRET, old], "evt-1", NOW_S, BODY)
    for secrets in ([SECRET], [old], ["whsec_" + base64.b64encode(b"x" * 24).decode(), old]):
        assert client.read_webhook(secrets, {name.title(): value for name, value in both.items()}, BODY, now_s=NOW_S)


@pytest.mark.parametrize(
    ("change", "body", "now_s"),
    [
        ({}, BODY + b" ", NOW_S),
        ({}, BODY, NOW_S + 301),
        ({}, BODY, NOW_S - 301),
        ({"webhook-id": "evt-2"}, BODY, NOW_S),
        ({"webhook-timestamp": "soon"}, BODY, NOW_S),
        ({"webhook-signature": "v1,"}, BODY, NOW_S),
        ({"webhook-signature": ""}, BODY, NOW_S),
    ],
)
def test_a_call_that_is_not_the_platform_s_is_refused(change, body, now_s):
    with pytest.raises(client.BadSignature):
        client.read_webhook([SECRET], signed([SECRET], "evt-1", NOW_S, BODY) | change, body, now_s=now_s)
    with pytest.raises(client.BadSignature):
        client.read_webhook([SECRET], {}, BODY)


def test_a_secret_that_is_none_is_said_so():
    with pytest.raises(ValueError, match="whsec_"):
        client.read_webhook(["whsec_!"], signed([SECRET], "evt-1", NOW_S, BODY), BODY, now_s=NOW_S)


def test_the_page_s_own_lines_check_a_signature_too():
    page = (ROOT / "mobilesasa" / "api" / "reference" / "parts" / "hooks.html").read_text()
    code = page.partition("<pre><code>")[2].partition("</code></pre>")[0].replace("&gt;", ">")
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102 - our own page
    scope["time"] = type("Clock", (), {"time": staticmethod(lambda: NOW_S)})
    assert scope["is_ours"](SECRET, signed([SECRET], "evt-1", NOW_S, BODY), BODY)
    assert not scope["is_ours"](SECRET, signed([SECRET], "evt-1", NOW_S, BODY), BODY + b" ")
    assert not scope["is_ours"](SECRET, signed([SECRET], "evt-1", NOW_S - 301, BODY), BODY)


def test_the_signature_is_hmac_sha256_over_id_time_and_body():
    digest = hmac.new(b"\1" * 32, b"evt-1." + str(NOW_S).encode() + b"." + BODY, hashlib.sha256).digest()
    assert signed([SECRET], "evt-1", NOW_S, BODY)["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
