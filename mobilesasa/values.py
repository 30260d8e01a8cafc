"""Values of the hot path: `attrs.frozen` to mypy and to readers, and as cheap as Python has it when the program runs.

Frozen classes of attrs guard each attribute while they are made, which costs more than what they hold: with 20 attributes
2.3 µs against 1.0, and in `__dict__`, which is cheaper to fill past that guard, reading costs five times as much. A message is
some twenty values on its way. So those are guarded where that is free: strict mypy refuses whoever changes one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as hot_value
else:
    import attrs

    def hot_value(cls=None, *, kw_only=False):
        """Return a class of values, as `attrs.frozen` does: slots, `==` and `hash` by all attributes."""
        make = attrs.define(kw_only=kw_only, unsafe_hash=True, on_setattr=attrs.setters.NO_OP)
        return make if cls is None else make(cls)


__all__ = ["hot_value"]
