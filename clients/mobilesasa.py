"""A client of the REST API in one file, with nothing but Python 3.9's standard library: copy it into your project.

    from mobilesasa import Client

    client = Client("https://api.yourdomain.com", "mbs_your_token_here")
    message = client.send("+254712345678", "Hello from Mobile Sasa!")
    for each in client.messages(status="failed"):
        print(each["uuid"], each["failure_reason"])

A call that may have been lost on the way is made again, a POST under an `Idempotency-Key`, so that it is done once however
often it is sent; the few POSTs that take no key (those that tell a secret, and logins) are made once. What the API refuses is
raised as `ApiError`, with its stable `code`. No redirect is followed, for the token goes to the platform alone.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import hmac
import http.client
import json
import random
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

__all__ = ["ApiError", "BadSignature", "Client", "NoAnswer", "read_webhook"]
__version__ = "1.0"

_PREFIX = "/api/v1"
_WORTH_REPEATING = {"overloaded", "store_away", "internal_error", "idempotency_running"}
_WAIT_MAX_S = 30.0
# The POSTs that take no Idempotency-Key and do more when they come again: those that tell a secret, and calls to webhooks.
_MADE_ONCE = re.compile(
    r"/(auth/\w+|tokens|smpp/passwords|(team/members|admin/users)(/[^/]+/link)?"
    r"|webhooks(/[^/]+/(secret|test|replay|deliveries/[^/]+/redeliver))?|ussd/menus/[^/]+/secret"
    r"|admin/ussd/gateways(/[^/]+/secret)?)\Z"
)
_PAGE_SIZE = 100
_CODING = "Content-Encoding"


class ApiError(Exception):
    """The API refused a call.

    Attributes:
        status: of HTTP.
        code: a word that does not change, such as `insufficient_units`.
        message: a sentence for people.
        fields: which fields are wrong, as (name, what it must be).
        request_id: finds the call in the log of the platform.
        body: the whole answer.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        """Read an answer."""
        self.status = status
        self.body = body
        self.code = str(body.get("code", ""))
        self.message = str(body.get("error", "the answer is not one of the API"))
        self.fields = [(str(each["field"]), str(each["message"])) for each in body.get("fields", ())]
        self.request_id = str(body.get("request_id", ""))
        super().__init__(f"{status} {self.code}: {self.message}")


class NoAnswer(Exception):
    """There was no answer, however often it was tried; what was asked for may or may not have been done."""


class BadSignature(ValueError):
    """A call to a webhook was not made by the platform, or is too old."""


class Client:
    """Makes calls for one team.

    Args:
        address: of the platform, such as `https://api.yourdomain.com`.
        token: an API token, `mbs_…`.
        timeout_s: how long one try may take.
        tries: how often a call is made at most, while it gets no answer or one that says to come again.
        sleep: waits between tries.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        timeout_s: float = 30.0,
        tries: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Connect to nothing yet."""
        self._base = address.rstrip("/") + _PREFIX
        self._token = token
        self._timeout_s = timeout_s
        self._tries = max(1, tries)
        self._sleep = sleep

    # Messages

    def send(
        self, to: str, message: str, sender_id: str | None = None, *, key: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """Send a message and return it.

        Args:
            to: E.164, `+254712345678`.
            message: the text; a long one is split by the platform.
            sender_id: an approved sender; the team's default if omitted.
            key: an Idempotency-Key of yours, such as an order's number; a new one if omitted.
            **more: other fields of the call, such as `validity_minutes`.
        """
        body = {"to": to, "message": message, **more}
        if sender_id is not None:
            body["sender_id"] = sender_id
        found: dict[str, Any] = self.post("/messages", body, key=key)
        return found

    def message(self, message_uuid: str) -> dict[str, Any]:
        """Return one message with its timeline."""
        found: dict[str, Any] = self.get(f"/messages/{quote(message_uuid, safe='')}")
        return found

    def messages(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield messages, newest first, as many as there are: `phone`, `status` and so on leave only some."""
        return self.each("/messages", **filters)

    def resend(self, message_uuid: str, *, key: str | None = None) -> dict[str, Any]:
        """Send a failed message again, and return the new one."""
        found: dict[str, Any] = self.post(f"/messages/{quote(message_uuid, safe='')}/resend", key=key)
        return found

    # Campaigns

    def create_campaign(
        self,
        name: str,
        message: str,
        sender_id: str,
        group_ids: Sequence[str] = (),
        *,
        key: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Make a draft of a campaign and return it, with what it would reach and cost.

        Args:
            name: what you call it.
            message: the text; `{first_name:there}` is filled for each recipient.
            sender_id: an approved sender, by uuid or name.
            group_ids: uuids of the groups that it goes to; none where `audience_id` is given.
            key: an Idempotency-Key of yours; a new one if omitted.
            **more: other fields of the call, such as `scheduled_at`.
        """
        body = {"name": name, "message": message, "sender_id": sender_id, **more}
        if group_ids:
            body["group_ids"] = list(group_ids)
        made: dict[str, Any] = self.post("/campaigns", body, key=key)
        return made

    def campaign(self, campaign_uuid: str) -> dict[str, Any]:
        """Return a campaign: how far it is, what it costs, what became of its messages."""
        found: dict[str, Any] = self.get(f"/campaigns/{quote(campaign_uuid, safe='')}")
        return found

    def campaigns(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield campaigns, newest first: `status`, `phase`, `search` and so on leave only some."""
        return self.each("/campaigns", **filters)

    def send_campaign(self, campaign_uuid: str, *, key: str | None = None) -> dict[str, Any]:
        """Send a campaign, or arm it for its time; return it as it is then."""
        sent: dict[str, Any] = self.post(f"/campaigns/{quote(campaign_uuid, safe='')}/send", key=key)
        return sent

    def retry_campaign(self, campaign_uuid: str, *, key: str | None = None) -> dict[str, Any]:
        """Make a draft of a campaign that has ended, for those whom it did not reach; return it, with what it would cost."""
        made: dict[str, Any] = self.post(f"/campaigns/{quote(campaign_uuid, safe='')}/retry", key=key)
        return made

    # The team

    def account(self) -> dict[str, Any]:
        """Return the team with its units."""
        found: dict[str, Any] = self.get("/account")
        return found

    # Any call

    def get(self, path: str, **query: Any) -> Any:
        """Return the data of what is at a path, such as `/contacts`."""
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Any:
        """Make or do something, once; return the data of the answer.

        Raises:
            NoAnswer: the answer was lost, and it may have been done; of a POST that takes no key after the first try.
        """
        if _MADE_ONCE.match(path):
            return self._call("POST", path, body={} if body is None else body, repeated=False)
        return self._call("POST", path, body={} if body is None else body, key=key or str(uuid.uuid4()))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change something; return the data of the answer."""
        return self._call("PUT", path, body=body)

    def delete(self, path: str) -> Any:
        """Take something away; return the data of the answer."""
        return self._call("DELETE", path)

    def each(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield what a list has, a page at a time as it is needed; by its cursor where it has one, and so each thing once.

        A list without a cursor is read by its pages: what is added meanwhile moves the rest on, so a thing can come twice.
        """
        page = 1
        size = int(query.pop("page_size", _PAGE_SIZE))
        where: dict[str, Any] = {}
        while True:
            found = self.get(path, page_size=size, **where, **query)
            yield from found["items"]
            if "next_cursor" in found:
                if found["next_cursor"] is None:
                    return
                where = {"cursor": found["next_cursor"]}
                continue
            if page >= found["pages"] or not found["items"]:
                return
            page += 1
            where = {"page": page}

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        repeated: bool = True,
    ) -> Any:
        """Make a call, again while that may help; a repeated POST has the same key and the same octets."""
        given = {name: _written(value) for name, value in (query or {}).items() if value is not None}
        url = self._base + path + (f"?{urlencode(given)}" if given else "")
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept-Encoding": "gzip",
            "User-Agent": "mobilesasa-client/1",
        }
        octets = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            octets = json.dumps(body).encode()
        if key is not None:
            headers["Idempotency-Key"] = key
        for attempt in range(1, self._tries + 1):
            try:
                return self._try(urllib.request.Request(url, octets, headers, method=method))  # noqa: S310 - yours
            except _Again as again:
                if attempt == self._tries or not (repeated or again.nothing_done):
                    raise again.error from again.error.__cause__
                self._sleep(again.wait_s if again.wait_s is not None else _wait_s(attempt))
        raise AssertionError("a call is tried once at least")

    def _try(self, request: urllib.request.Request) -> Any:
        try:
            with _OPENER.open(request, timeout=self._timeout_s) as answer:
                return _read(answer.headers.get(_CODING), answer.read()).get("data")
        except urllib.error.HTTPError as refused:
            with refused:
                error = ApiError(refused.code, _read(refused.headers.get(_CODING), refused.read()))
                wait_s = _seconds(refused.headers.get("Retry-After"))
            if error.code in _WORTH_REPEATING or refused.code in (502, 503, 504):
                raise _Again(error, wait_s, nothing_done=error.code == "overloaded") from None
            raise error from None
        except (OSError, http.client.HTTPException) as lost:  # refused, reset, too slow, or cut off half-way
            gone = NoAnswer(f"{request.get_method()} {request.full_url}: {lost}")
            gone.__cause__ = lost
            raise _Again(gone, None) from lost


class _Again(Exception):
    """A try failed that is worth another."""

    def __init__(self, error: Exception, wait_s: float | None, nothing_done: bool = False) -> None:
        self.error = error
        self.wait_s = wait_s
        self.nothing_done = nothing_done
        super().__init__(str(error))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for an answer: the token is not for another address."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


def _wait_s(attempt: int) -> float:
    """Return half a second, one, two and so on, each up to a half longer, so that many clients do not come at once."""
    return min(0.5 * float(2 ** (attempt - 1)), _WAIT_MAX_S) * (1 + random.random() / 2)  # noqa: S311 - no secret


def _seconds(retry_after: str | None) -> float | None:
    """Return what Retry-After says in seconds; None when it says nothing, or a date, as proxies may."""
    try:
        return None if retry_after is None else min(max(float(retry_after), 0.0), _WAIT_MAX_S)
    except ValueError:
        return None


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(coding: str | None, octets: bytes) -> dict[str, Any]:
    try:
        if coding == "gzip":
            octets = gzip.decompress(octets)
        found = json.loads(octets)
    except (ValueError, OSError, EOFError):
        return {}
    return found if isinstance(found, dict) else {}


def read_webhook(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_s: float = 300.0,
    now_s: float | None = None,
) -> dict[str, Any]:
    """Return what a call to your webhook says, once its signature is right (Standard Webhooks).

    Args:
        secrets: the endpoint's secret, `whsec_…`; while you replace it, the old one too.
        headers: of the call, in any case.
        body: its octets as they came, not parsed and written again.
        tolerance_s: how old a call may be.
        now_s: the time, seconds since the epoch; the clock's if omitted.

    Raises:
        BadSignature: the call was not made by the platform, or too long ago.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        event_id, stamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        age_s = (time.time() if now_s is None else now_s) - int(stamp)
    except (KeyError, ValueError):
        raise BadSignature("the call has no signature") from None
    if abs(age_s) > tolerance_s:
        raise BadSignature("the call is too old, or from the future")
    signed = f"{event_id}.{stamp}.".encode() + body
    ours = [_signature(secret, signed) for secret in secrets]
    if not any(hmac.compare_digest(each, one) for each in signatures.split() for one in ours):
        raise BadSignature("the signature is not right")
    found: dict[str, Any] = json.loads(body)
    return found


def _signature(secret: str, signed: bytes) -> str:
    prefix = "whsec_"
    try:
        key = base64.b64decode(secret[len(prefix) :] if secret.startswith(prefix) else secret, validate=True)
    except binascii.Error:
        raise ValueError("a secret begins with whsec_ and goes on in base64") from None
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
