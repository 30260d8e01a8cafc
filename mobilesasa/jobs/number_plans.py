"""A child that reads the numbering plans, which would take 30 MB for ever in the node, and says them as ranges.

Told `operator`, the operator's own networks by prefix. Says lists of `[first digits, country, network]`, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mobilesasa.jobs.inside import begin, say
from mobilesasa.sms.networks import networks_below
from mobilesasa.sms.ranges import planned, ranges

AT_ONCE: Final = 5000  # ranges in a line


def lines(operator: Mapping[str, str]) -> Iterator[list[tuple[str, str, str]]]:
    """Return the ranges of the numbering plans, over which goes what the operator says."""
    plans = networks_below("")
    plans = {
        prefix: name for prefix, name in plans.items() if not any(prefix[:n] in operator for n in range(1, len(prefix)))
    }
    found = [
        (first, country, network) for first, (country, network) in ranges(planned({**plans, **operator}), ("", ""))
    ]
    for at in range(0, len(found), AT_ONCE):
        yield found[at : at + AT_ONCE]


if __name__ == "__main__":
    for line in lines(begin()["operator"]):
        say(line)
