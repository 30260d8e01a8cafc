"""The options of a carrier as an operator gives them, checked before they are kept; and the addresses that it is to call.

What this needs of the kinds of carriers is imported where it is needed: it brings Twisted, which most commands do without.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from mobilesasa.carriers.masking import MASK
from mobilesasa.core.callbacks import About
from mobilesasa.core.errors import BadValue
from mobilesasa.core.teams import CarrierRecord

_SECRET_OCTETS: Final = 24


def changed(record: CarrierRecord, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a carrier's options with those that are given in the place of what they were.

    None takes one away; one that is masked, as it is shown, stays as it was.

    Raises:
        BadValue: they cannot be used; names all that are wrong.
    """
    kept = {name: value for name, value in record.options.items() if name not in given or given[name] == MASK}
    new = {name: value for name, value in given.items() if value is not None and value != MASK}
    return usable(record.kind, {**kept, **new})


def usable(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as they are kept; see `checked`.

    Raises:
        BadValue: they cannot be used; names all that are wrong.
    """
    try:
        return checked(kind, given)
    except ValueError as wrong:
        raise BadValue(str(wrong)) from wrong


def checked(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as they are kept; an HTTP carrier gets a secret for its callbacks if it has none.

    Raises:
        BadOptions: they cannot be used; names all that are wrong.
    """
    from mobilesasa.carriers.registry import parse_options  # it brings Twisted, which no other command needs

    options = dict(given)
    if kind == "http":
        from mobilesasa.carriers.http.spec import with_tables

        options = with_tables(given)
        options.setdefault("callback_secret", secrets.token_urlsafe(_SECRET_OCTETS))
    parse_options(kind, options)
    return options


def callback_addresses(found: CarrierRecord) -> dict[str, str]:
    """Return what a carrier is to call, by what it calls about; nothing where its kind makes no calls."""
    if found.kind != "http":
        return {}
    from mobilesasa.carriers.http.account import callback_path, parse_account
    from mobilesasa.carriers.policy import without_policy

    account = parse_account(without_policy(found.options))
    tables = {About.RECEIPTS: account.spec.receipts, About.INBOUND: account.spec.inbound}
    base = account.options.public_url
    return {
        about.value: f"{base}{callback_path(found.name, about, account.options.callback_secret)}"
        for about, table in tables.items()
        if table is not None and account.options.callback_secret
    }
