"""A screen as each dialect wants it; without one, what acknowledges a call that wants none. The status is always 200.

| dialect | a screen | and that it is the last |
|---|---|---|
| africastalking, bonga, crossgate, safaricom | `CON text` | `END text` |
| airtel | the text, header `Freeflow: FC` | `Freeflow: FB` |
| imimobile | the text, header `X-USSD-SESSION: 1` | `X-USSD-SESSION: 0` |
| dmark | JSON `responseString`, `action: request` | `action: end` |
| infobip | JSON `ussdMenu`, `shouldClose: false` | `shouldClose: true` |
| hollatags | JSON or XML, as it was asked: `session_msg`, `session_operation: continue`, `session_type: 1` | `end`, `4` |
| mtech | XML `page`, a `div`, and a link for any answer | without the link |
| vodacom | XML `request`, `headertext`, and an option that calls back | without the option |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson

from mobilesasa.carriers.ussd.kinds import page_of, phone_of_mtech
from mobilesasa.carriers.ussd.markup import element, text_of
from mobilesasa.carriers.ussd.said import Said
from mobilesasa.core.callbacks import CallbackReply
from mobilesasa.core.ussd import UssdReply

_JSON: Final = "application/json; charset=utf-8"
_XML: Final = "text/xml; charset=utf-8"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_HOLLATAGS: Final = {False: ("continue", 1), True: ("end", 4)}


def con_end(_: Said, reply: UssdReply | None) -> CallbackReply:
    """Write `CON` or `END` before the text, as Africa's Talking has it; nothing where nothing is shown."""
    if reply is None:
        return CallbackReply()
    return CallbackReply(body=f"{'END' if reply.end else 'CON'} {reply.text}".encode("utf-8", "replace"))


def flares(_: Said, reply: UssdReply | None) -> CallbackReply:
    """Write the text, and in headers whether it goes on (Flares HTTP Pull API 1.5)."""
    goes_on = reply is not None and not reply.end
    headers = (("Freeflow", "FC" if goes_on else "FB"), ("charge", "N"), ("amount", "0"))
    return CallbackReply(body=_octets(reply), headers=headers)


def imimobile(_: Said, reply: UssdReply | None) -> CallbackReply:
    """Write the text, and in a header whether it goes on."""
    goes_on = reply is not None and not reply.end
    return CallbackReply(body=_octets(reply), headers=(("X-USSD-SESSION", "1" if goes_on else "0"),))


def dmark(_: Said, reply: UssdReply | None) -> CallbackReply:
    """Write JSON with an action."""
    text, end = ("", True) if reply is None else (reply.text, reply.end)
    return _json({"responseString": text, "action": "end" if end else "request"})


def infobip(said: Said, reply: UssdReply | None) -> CallbackReply:
    """Write JSON; an end is acknowledged, and a session that is asked for is taken to live: it ends when it is used."""
    common = {"responseExitCode": 200, "responseMessage": ""}
    if reply is not None:
        return _json({"ussdMenu": reply.text, "shouldClose": reply.end, **common})
    if said.call.words[-1:] == ("status",):
        return _json({"sessionActive": True, **common})
    return _json(common)


def hollatags(said: Said, reply: UssdReply | None) -> CallbackReply:
    """Write JSON, or XML where the call was XML."""
    text, end = ("", True) if reply is None else (reply.text, reply.end)
    operation, kind = _HOLLATAGS[end]
    session, code = said.id(("session_id",)), said.id(("session_from",))
    members = {
        "session_operation": operation,
        "session_type": kind,
        "session_id": session,
        "session_from": code,
        "session_msg": text,
    }
    if not said.call.body.lstrip().startswith(b"<"):
        return _json(members)
    return _xml(element("ussd", "".join(element(name, text_of(str(value))) for name, value in members.items())))


def mtech(said: Said, reply: UssdReply | None) -> CallbackReply:
    """Write a page; line feeds, which Mtech does not take, are `br`. Any answer leads to a page that names the phone."""
    inside = element("session_id", text_of(said.id(("session_id",))))
    if reply is not None:
        inside += element("div", "<br />".join(text_of(line) for line in reply.text.splitlines()))
        if not reply.end:
            page = page_of(phone_of_mtech(said))
            inside += element("navigation", element("link", "", (("pageId", page), ("accesskey", "*"))))
    return _xml(element("page", inside, (("version", "2.0"),)))


def vodacom(said: Said, reply: UssdReply | None) -> CallbackReply:
    """Write a header text, and where it goes on one option that stands for any answer and names where to bring it."""
    inside = element("headertext", text_of("" if reply is None else reply.text))
    if reply is not None and not reply.end:
        back = f"{said.call.scheme}://{said.call.host}{said.call.path}?context={quote(said.id(('ussdsessionid',)), safe='')}"
        option = element("option", "", (("command", "1"), ("order", "1"), ("callback", back), ("display", "False")))
        inside += element("options", option)
    return _xml(element("request", inside))


def _octets(reply: UssdReply | None) -> bytes:
    return b"" if reply is None else reply.text.encode("utf-8", "replace")


def _json(members: Mapping[str, Any]) -> CallbackReply:
    whole = {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in members.items()
    }
    return CallbackReply(body=orjson.dumps(whole), content_type=_JSON)


def _xml(document: str) -> CallbackReply:
    return CallbackReply(body=(_DECLARATION + document).encode("utf-8", "replace"), content_type=_XML)
