"""The policy of each carrier, as its options have it now."""

from __future__ import annotations

from mobilesasa.carriers.options import BadOptions
from mobilesasa.carriers.policy import Policy, policy_of
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory


class Policies:
    """Reads the options of a carrier once, as long as they stay the same."""

    def __init__(self, directory: CurrentDirectory) -> None:
        """Know none yet."""
        self._directory = directory
        self._known: dict[int, tuple[CarrierRecord, Policy]] = {}

    def of(self, carrier_id: int) -> Policy:
        """Return the policy of a carrier; of one that is not there, or whose options cannot be used, the usual one."""
        record = self._directory.now.carriers.get(carrier_id)
        if record is None:
            return Policy()
        known = self._known.get(carrier_id)
        if known is None or known[0] is not record:
            known = self._known[carrier_id] = (record, _read(record))
        return known[1]


def _read(record: CarrierRecord) -> Policy:
    try:
        return policy_of(record.options)
    except BadOptions:  # such a carrier does not run, which was said
        return Policy()
