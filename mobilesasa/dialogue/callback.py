"""Asking a team's own machine: for a whole conversation (callback mode), or at one place of a menu (a webhook).

Callback mode is Africa's Talking's form, which teams have code for: a POST of sessionId, serviceCode, phoneNumber, networkCode
and text, all that was typed joined by `*`; the answer is a text that begins with CON or END (decision 84, field notes 1).

A webhook is told in JSON, signed as webhooks are (Standard Webhooks 1.0) with the menu's secret. One whose answer is shown
answers in JSON: ``{"text": "Your balance is 120.", "end": false, "variables": {"balance": "120"}}``; nothing of it must be there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from mobilesasa.core import signing
from mobilesasa.core.ussd import UssdReply
from mobilesasa.dialogue.posting import Posted, Poster
from mobilesasa.ussd.model import TEXT_CHARACTERS, VALUE_CHARACTERS, Result, Webhook

TIMEOUT_S: Final = 5.0  # gateways wait for five to ten seconds
_AGENT: Final = "mobilesasa-ussd"
_VARIABLES_MAX: Final = 100
_MARKS: Final[Mapping[str, bool]] = {"CON": False, "END": True}


class BadAnswer(ValueError):
    """What a webhook answered cannot be read; the text says why."""


class Calls:
    """Asks teams' machines.

    Args:
        poster: calls.
        now_s: seconds since the epoch, with which calls are signed.
    """

    def __init__(self, poster: Poster, now_s: Callable[[], int]) -> None:
        """Call nobody yet."""
        self._poster = poster
        self._now_s = now_s

    async def ask(self, url: str, form: Mapping[str, str], timeout_s: float) -> tuple[UssdReply | None, str]:
        """Ask for the next screen in callback mode; return it, or None and what is wrong in words."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": _AGENT}
        posted = await self._poster.post(url, headers, urlencode(form).encode(), timeout_s)
        if posted.problem:
            return None, f"the callback: {posted.problem}"
        reply = read_reply(posted.body.decode("utf-8", "replace"))
        return reply, "" if reply is not None else "the callback: its answer begins with neither CON nor END"

    async def show(
        self, hook: Webhook, secret: str, call_id: str, told: Mapping[str, Any], timeout_s: float
    ) -> tuple[Result | None, str]:
        """Call a webhook whose answer is shown; return that, or None and what is wrong in words."""
        posted = await self._tell(hook.url, secret, call_id, told, timeout_s)
        if posted.problem:
            return None, f"the webhook of {hook.screen}: {posted.problem}"
        try:
            return read_result(posted), ""
        except BadAnswer as bad:
            return None, f"the webhook of {hook.screen}: its answer cannot be read: {bad}"

    async def tell(self, hook: Webhook, secret: str, call_id: str, told: Mapping[str, Any]) -> str:
        """Call a webhook whose answer is not shown; return what went wrong, or nothing."""
        return (await self._tell(hook.url, secret, call_id, told, TIMEOUT_S)).problem

    async def _tell(self, url: str, secret: str, call_id: str, told: Mapping[str, Any], timeout_s: float) -> Posted:
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", "User-Agent": _AGENT}
        headers |= signing.headers([secret], call_id, self._now_s(), body)
        return await self._poster.post(url, headers, body, timeout_s)


def form_of(session: str, dialled: str, msisdn: str, network: str, typed: str) -> dict[str, str]:
    """Return the form of callback mode.

    >>> form_of("018f", "*384*7#", "254712345678", "Safaricom", "1*2")["phoneNumber"]
    '+254712345678'
    """
    phone = f"+{msisdn}" if msisdn.isdigit() else msisdn
    return {"sessionId": session, "serviceCode": dialled, "phoneNumber": phone, "networkCode": network, "text": typed}


def read_reply(text: str) -> UssdReply | None:
    """Return the screen that an answer of callback mode is; None when it is none.

    >>> read_reply("CON Your name?"), read_reply("<html>")
    (UssdReply(end=False), None)
    """
    written = text.lstrip("\ufeff \r\n\t")
    ends = _MARKS.get(written[:3].upper())
    if ends is None or written[3:4].isalnum():
        return None
    return UssdReply(written[3:].strip("\r\n\t ")[:TEXT_CHARACTERS], ends)


def read_result(posted: Posted) -> Result:
    """Return what a webhook answered. An empty answer shows nothing, and the menu goes on.

    Raises:
        BadAnswer: it cannot be read.
    """
    if not posted.body.strip():
        return Result()
    try:
        given = json.loads(posted.body)
    except (ValueError, RecursionError):
        raise BadAnswer("it is no JSON") from None
    if not isinstance(given, dict):
        raise BadAnswer("it is no object of JSON")
    text, end, variables = given.get("text", ""), given.get("end", False), given.get("variables", {})
    if not isinstance(text, str | None):
        raise BadAnswer("its text must be a text")
    if not isinstance(end, bool):
        raise BadAnswer("its end must be true or false")
    if not isinstance(variables, dict):
        raise BadAnswer("its variables must be an object")
    if len(variables) > _VARIABLES_MAX:
        raise BadAnswer(f"it has more than {_VARIABLES_MAX} variables")
    kept = {str(name): _value(value) for name, value in variables.items()}
    return Result(text=(text or "")[:TEXT_CHARACTERS], end=end, variables=kept)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value[:VALUE_CHARACTERS]
    return "" if value is None else json.dumps(value)[:VALUE_CHARACTERS]
