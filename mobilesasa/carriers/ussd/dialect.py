"""A dialect: the one way from a call to an event, driven by the names of its fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import attrs

from mobilesasa.carriers.ussd.kinds import by_text
from mobilesasa.carriers.ussd.said import Names, Said, is_id
from mobilesasa.core.callbacks import CallbackReply
from mobilesasa.core.ussd import Kind, UssdEvent, UssdReply, code_of, is_dialled, phone_of
from mobilesasa.core.ussd_gateways import Gateway

_DIGITS_AND_STARS: Final = re.compile(r"[0-9*]*[0-9][0-9*]*")


@attrs.frozen(kw_only=True)
class Dialect:
    """How one supplier speaks.

    Attributes:
        name: of `core.ussd_gateways.DIALECTS`.
        session, msisdn, code, text, network: the names of fields. Without a name for the session the phone has one at a time.
        is_cumulative: whether `text` is all that was typed in the session, joined by `*`.
        phone: reads the phone where its field is not all; None: its field is.
        is_code_typed: whether the first text is the code, without its first `*` and its `#`.
        repeats_phone: whether every call names the phone.
        tells_start: whether it says by something else than what was typed that a session begins.
        is_session_in_address: whether the session is the word before the last of the address.
        is_code_in_address: whether the code is the last word of the address.
        kind: what a call tells.
        write: writes what it is answered.
    """

    name: str
    session: Names = ()
    msisdn: Names
    code: Names = ()
    text: Names
    network: Names = ()
    is_cumulative: bool = False
    is_code_typed: bool = False
    repeats_phone: bool = True
    tells_start: bool = False
    is_session_in_address: bool = False
    is_code_in_address: bool = False
    phone: Callable[[Said], str] | None = None
    kind: Callable[[Said, str], Kind | None] = by_text
    write: Callable[[Said, UssdReply | None], CallbackReply]

    def asks_nothing(self, said: Said) -> bool:
        """Return whether a call is of no session, and wants to be acknowledged alone."""
        return self.kind(said, said.text(self.text)) is None

    def read(self, said: Said, gateway: Gateway) -> UssdEvent | None:
        """Return what a call tells; None when it tells nothing of a session, or names no session. Never raises.

        The phone may be missing where there is a session: within one not all gateways name it. What was typed may look like
        the beginning of a session and be an answer: of that the row of the session knows, so both are told.
        """
        text = said.text(self.text)
        kind = self.kind(said, text)
        session = self._session_of(said)
        written_phone = said.phone(self.msisdn) if self.phone is None else self.phone(said)
        msisdn = phone_of(written_phone, gateway.options.country)
        if kind is None or (self.session and not session) or not (session or msisdn):
            return None
        written = self._code_of(said) or gateway.options.code
        dialled = self._dialled(written, text, kind)
        begins = kind is Kind.START
        if begins and self.is_cumulative and text:
            kind = Kind.INPUT
        return UssdEvent(
            gateway=gateway.name,
            carrier_session_id=session,
            msisdn=msisdn,
            code="" if self.is_code_typed and not begins else code_of(dialled),
            dialled=dialled,
            kind=kind,
            input="" if begins or kind.is_over or self.is_cumulative else text,
            text_all=None if kind.is_over or not self.is_cumulative else said.whole(self.text) if text else "",
            if_answer=text if begins and not self.tells_start and not self.is_cumulative else None,
            network=said.id(self.network) or gateway.options.network,
        )

    def _session_of(self, said: Said) -> str:
        found, words = said.id(self.session), said.call.words
        if found or not self.is_session_in_address or len(words) < 2:
            return found
        return words[-2] if is_id(words[-2]) else ""

    def _code_of(self, said: Said) -> str:
        words = said.call.words
        return words[-1] if self.is_code_in_address and words and words[-1].isdecimal() else said.id(self.code)

    def _dialled(self, written: str, text: str, kind: Kind) -> str:
        """Return what was dialled if the session begins with this call."""
        if is_dialled(text):
            return text
        if self.is_code_typed:
            return f"*{text.strip('*#')}#" if _DIGITS_AND_STARS.fullmatch(text) else _as_dialled(written)
        if kind is Kind.START and not self.is_cumulative and _DIGITS_AND_STARS.fullmatch(text):
            return _with_shortcut(written, text)
        return _as_dialled(written)


def _as_dialled(written: str) -> str:
    """Return a code as it is dialled: `384` and `*384` are `*384#`; empty for what is no code."""
    if is_dialled(written):
        return written
    inner = written.strip("*#")
    return f"*{inner}#" if _DIGITS_AND_STARS.fullmatch(inner) else ""


def _with_shortcut(written: str, text: str) -> str:
    """Return a code with what was dialled behind it, which may begin with the code."""
    code, behind = _as_dialled(written), text.strip("*")
    if not code or behind == code[1:-1] or behind.startswith(f"{code[1:-1]}*"):
        return f"*{behind}#"
    return f"{code[:-1]}*{behind}#"
