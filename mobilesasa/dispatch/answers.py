"""What a carrier answered, as it is written down."""

from __future__ import annotations

from collections.abc import Sequence

from mobilesasa.core.model import INTERMEDIATE, Outbound, Outcome, Settlement


def settlements(
    carrier_id: int,
    outcomes: Sequence[tuple[Outbound, Outcome]],
    at_ms: int,
    second_way_s: float,
    avoided: tuple[int, ...] | None,
) -> list[Settlement]:
    """Return the settlements of what one carrier answered in one turn; for the last two see `Settlement`."""
    return [
        Settlement(message.id, carrier_id, message.attempt, at_ms, outcome, _has_steps(message), second_way_s, avoided)
        for message, outcome in outcomes
    ]


def _has_steps(message: Outbound) -> bool:
    return message.options is not None and INTERMEDIATE in message.options
