"""What stays of a kept reply when a person whom it shows is forgotten (see `store.erasures`)."""

from __future__ import annotations

from typing import Any, Final

import orjson

#: What a reply says of a person beside the phone, and what was said to them.
PERSONAL: Final = frozenset(
    ("first_name", "last_name", "email", "notes", "attributes", "message", "body_hex", "client_reference", "tlvs")
)
_NOTHING: Final[dict[type, Any]] = {dict: {}, list: []}


def forgotten(reply: bytes, phone: str, pseudonym: str) -> bytes:
    """Return a reply of the REST API in which a person is named no more; what it says of others stays.

    Args:
        reply: JSON.
        phone: of the person, E.164 without the plus.
        pseudonym: stands in its place from now on.
    """
    return orjson.dumps(_without(orjson.loads(reply), phone, pseudonym), option=orjson.OPT_APPEND_NEWLINE)


def _without(value: Any, phone: str, pseudonym: str) -> Any:
    if isinstance(value, str):
        return value.replace(f"+{phone}", pseudonym).replace(phone, pseudonym)
    if isinstance(value, list):
        return [_without(each, phone, pseudonym) for each in value]
    if not isinstance(value, dict):
        return value
    is_of_person = any(isinstance(each, str) and phone in each for each in value.values())
    return {
        name: _NOTHING.get(type(each)) if is_of_person and name in PERSONAL else _without(each, phone, pseudonym)
        for name, each in value.items()
    }
