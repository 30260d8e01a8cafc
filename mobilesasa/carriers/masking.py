"""The options of carriers as they may be shown: without their secrets."""

from __future__ import annotations

from typing import Any, Final

from mobilesasa.core.teams import CarrierRecord

MASK: Final = "***"
_SECRETS: Final = frozenset({"password"})


def shown(record: CarrierRecord) -> dict[str, Any]:
    """Return a carrier's options with what is secret among them masked."""
    if record.kind == "http":
        from mobilesasa.carriers.http.masking import shown as shown_account  # it imports this module

        return shown_account(record.options)
    return {name: MASK if name in _SECRETS else value for name, value in record.options.items()}
