"""Calls of webhooks are signed as Standard Webhooks says; its own library checks them."""

import base64
import hashlib
import hmac
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from mobilesasa.core.signing import SECRET_OCTETS, headers, secret_of, signature

OLD, NEW, OTHER = (secret_of(bytes([n]) * SECRET_OCTETS) for n in range(3))
BODY = '{"type":"message.delivered","data":{"sender_id":"Ünique"}}'.encode()


def now_s():
    return int(time.time())


def test_decision_89_a_call_is_signed_with_hmac_sha256_over_timestamp_and_body():
    """decisions 89: "HMAC-SHA256 over `timestamp.body`", with the id before it, as Standard Webhooks has it."""
    key = base64.b64decode(NEW.removeprefix("whsec_"))
    by_hand = base64.b64encode(hmac.digest(key, b"evt.1778490000." + BODY, hashlib.sha256)).decode()
    assert signature(NEW, "evt", 1_778_490_000, BODY) == f"v1,{by_hand}"


def test_the_specification_s_own_example_comes_out():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200).map(lambda octets: base64.b64encode(octets)))
def test_the_library_takes_what_we_sign(body):
    data = b'{"data": "' + body + b'"}'
    assert Webhook(NEW).verify(data, headers([NEW], "evt", now_s(), data))


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_a_secret_is_replaced_both_receivers_take_it(secret):
    assert Webhook(secret).verify(BODY, headers([NEW, OLD], "evt", now_s(), BODY))


def test_who_has_another_secret_does_not():
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, headers([NEW, OLD], "evt", now_s(), BODY))


@pytest.mark.parametrize("change", ["id", "timestamp", "body"])
def test_nothing_of_it_can_be_changed(change):
    made = headers([NEW], "evt", now_s(), BODY)
    body = BODY.replace(b"delivered", b"failed") if change == "body" else BODY
    if change == "id":
        made["webhook-id"] = "other"
    if change == "timestamp":
        made["webhook-timestamp"] = str(int(made["webhook-timestamp"]) - 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body, made)


def test_a_call_that_is_played_back_later_is_not_taken():
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, headers([NEW], "evt", now_s() - 600, BODY))
