"""Signatures of webhooks: HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks 1.0, symmetric signatures)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"
SECRET_OCTETS: Final = 32  # the specification wants 24 to 64


def secret_of(octets: bytes) -> str:
    """Return random octets as a secret is written."""
    return PREFIX + base64.b64encode(octets).decode()


def signature(secret: str, event_id: str, at_s: int, body: bytes) -> str:
    """Return what one secret says of a call, such as `v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{event_id}.{at_s}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


def headers(secrets: Iterable[str], event_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """Return the headers that tell a receiver who calls, with a signature for each secret that is good.

    Args:
        secrets: as they are written, the newest first.
        event_id: the same in every call of one event.
        at_s: when the call is made, seconds since the epoch.
        body: what is sent.
    """
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(signature(secret, event_id, at_s, body) for secret in secrets),
    }
