"""Whether a call is signed by whom it claims to be from."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl

from mobilesasa.carriers.http.spec import SignatureSpec, Signing
from mobilesasa.core.callbacks import Callback

_FORM = "application/x-www-form-urlencoded"


def is_signed(callback: Callback, spec: SignatureSpec, secret: str, public_url: str) -> bool:
    """Return whether a call has the signature that it must have.

    Args:
        callback: the call.
        spec: how it is signed.
        secret: with what.
        public_url: what stands before the path in the address that the carrier was given.
    """
    if spec.kind is Signing.NONE:
        return True
    given = callback.headers.get(spec.header.lower(), "").removeprefix(spec.prefix).strip()
    return any(
        hmac.compare_digest(given.encode(), each.encode()) for each in _expected(callback, spec, secret, public_url)
    )


def _expected(callback: Callback, spec: SignatureSpec, secret: str, public_url: str) -> Iterable[str]:
    if spec.kind is Signing.TWILIO:
        query = f"?{callback.query.decode('latin-1')}" if callback.query else ""
        return (twilio(f"{public_url}{callback.path}{query}", callback, secret),)
    digest = hmac.new(secret.encode(), callback.body, hashlib.sha256).digest()
    return digest.hex(), base64.b64encode(digest).decode()


def twilio(url: str, callback: Callback, secret: str) -> str:
    """Return the signature that Twilio gives: of the URL, and behind it each parameter of the form and its value, sorted.

    (https://www.twilio.com/docs/usage/security, 2026-11.)
    """
    signed = url
    if callback.content_type == _FORM:
        pairs = set(parse_qsl(callback.body.decode("utf-8", "replace"), keep_blank_values=True))
        signed += "".join(name + value for name, value in sorted(pairs))
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()).decode()
