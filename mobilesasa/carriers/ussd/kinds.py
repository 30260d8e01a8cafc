"""What each dialect tells by a call: that a session begins, what was typed, how it ended; None: nothing that is of a session.

Where a call cannot tell a first answer from a beginning it is `INPUT`: the session's row knows whether there is a session.
"""

from __future__ import annotations

import re
from typing import Final

from mobilesasa.carriers.ussd.said import Said
from mobilesasa.core.ussd import Kind, is_dialled

_TIME_OUT: Final = re.compile(r"time[ds]?[ _-]?out", re.IGNORECASE)
_MAP_ABORT: Final = re.compile(r"map[ _-]?dialog", re.IGNORECASE)
_PAGE: Final = re.compile(r"p([0-9]{3,20})")
_GOOD: Final = frozenset({"", "0", "ok", "success"})
_FALSE: Final = frozenset({"false", "0", "no"})


def by_text(_: Said, text: str) -> Kind:
    """Say it by what was typed: nothing, or a dialled code, begins a session."""
    return Kind.START if not text or is_dialled(text) else Kind.INPUT


def of_africastalking(said: Said, text: str) -> Kind:
    """Tell the notice of an ended session, which has a status, from all else (Africa's Talking, USSD notifications)."""
    if said.has("status") and (said.call.words[:1] == ("end",) or said.has("durationinmillis", "hopscount")):
        if said.text(("status",)).lower() in ("success", "completed"):
            return Kind.END
        return _broken_off(said.text(("errormessage",)))
    return by_text(said, text)


def of_airtel(said: Said, text: str) -> Kind:
    """Tell the clean-up call; the first input is the code itself, so only the row knows (Flares HTTP Pull API 1.5)."""
    if said.has("clean") or said.call.words[:1] in (("clean",), ("end",)):
        return _broken_off(f"{said.text(('clean',))} {said.text(('error', 'status'))}")
    return Kind.START if is_dialled(text) else Kind.INPUT


def of_dmark(said: Said, text: str) -> Kind:
    """Say it by `response`, which is false at the start."""
    if said.text(("response",)).lower() in _FALSE:
        return Kind.START
    return Kind.INPUT


def of_mtech(said: Said, text: str) -> Kind:
    """Tell a status, all of which are cancellations; page_id is 0 within sessions too, so only the row knows."""
    if said.has("status"):
        return _broken_off(said.text(("status",)))
    return by_text(said, text)


def phone_of_mtech(said: Said) -> str:
    """Return the phone: it is named at the start, and then it is in the id of the page, which we gave it (`page_of`)."""
    page = _PAGE.fullmatch(said.text(("page_id",)))
    return said.phone(("mobile_number",)) or ("" if page is None else page[1])


def page_of(phone: str) -> str:
    """Return the id of a page that is shown to a phone."""
    page = f"p{phone}"
    return page if _PAGE.fullmatch(page) else "indexX"


def of_infobip(said: Said, _: str) -> Kind | None:
    """Say it by the last word of the address; a status asks whether we live."""
    word = said.call.words[-1] if said.call.words else "response"
    if word == "end":
        how = said.text(("reason",))
        is_good = said.text(("exitcode",)).lower() in _GOOD and not _TIME_OUT.search(how)
        return Kind.END if is_good else _broken_off(how)
    return {"start": Kind.START, "response": Kind.INPUT}.get(word)


def of_imimobile(said: Said, text: str) -> Kind:
    """Tell an abort, which arrives as if it had been typed: `Map Dialog User Abort …`."""
    if _MAP_ABORT.match(text):
        return _broken_off(text)
    return by_text(said, text)


def of_hollatags(said: Said, text: str) -> Kind:
    """Say it by session_operation."""
    operation = said.text(("session_operation",)).lower()
    if operation == "end":
        return Kind.END
    if operation in ("abort", "cancel", "timeout", "release"):
        return _broken_off(operation)
    if operation == "begin":
        return Kind.START
    return Kind.INPUT if operation == "continue" else by_text(said, text)


def _broken_off(how: str) -> Kind:
    return Kind.TIMEOUT if _TIME_OUT.search(how) else Kind.ABORT
