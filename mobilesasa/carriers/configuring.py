"""The options of a carrier as an operator gives them, checked before they are kept; and the addresses that it is to call.

What this needs of the kinds of carriers is imported where it is needed: it brings Twisted, which most commands do without.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from mobilesasa.carriers.masking import shown
from mobilesasa.core.callbacks import About
from mobilesasa.core.errors import BadValue
from mobilesasa.core.teams import CarrierRecord

_SECRET_OCTETS: Final = 24


def changed(record: CarrierRecord, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a carrier's options with those that are given laid over them, tables into tables.

    None takes one away; what is given as it is shown, secrets masked, stays as it was.

    Raises:
        BadValue: they cannot be used; names all that are wrong.
    """
    new = given
    if record.kind == "http":
        from mobilesasa.carriers.http.spec import with_tables

        new = with_tables(given)
    return usable(record.kind, _laid_over(record.options, shown(record), new))


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


def _laid_over(old: Any, seen: Any, new: Any) -> Any:
    """Return a new value, or the old one where the new is what was seen of it; of tables each of their values so."""
    if new == seen:
        return old
    if not (isinstance(old, Mapping) and isinstance(seen, Mapping) and isinstance(new, Mapping)):
        return new
    kept = {name: value for name, value in old.items() if name not in new}
    laid = {name: _laid_over(old.get(name), seen.get(name), value) for name, value in new.items() if value is not None}
    return {**kept, **laid}
