"""What a carrier's command_status means for a message: whose fault it is, and what is to be done about it.

| class       | means                                                                  | becomes                   |
|-------------|------------------------------------------------------------------------|---------------------------|
| `permanent` | the message itself is refused: no carrier would take it                | `Never`                   |
| `route`     | this carrier will not take it, for its rules or for how we speak to it | `Never(elsewhere=True)`   |
| `temporary` | the carrier is in trouble, and may take it later                       | `Later`                   |
| `throttle`  | we are too fast: the bind pauses, and what was refused goes first      | (the message stays there) |

What is not in the table, the specification's or a carrier's own, is of the class `route`: most refusals are about
senders, prefixes and contracts, which differ by carrier, and a message that nobody takes fails all the same.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from mobilesasa.carriers.options import from_json
from mobilesasa.core.model import Failure, Later, Never
from mobilesasa.smpp.statuses import Status, text_of

_LATER_FIRST_S: Final = 2.0
_LATER_LIMIT_S: Final = 300.0
_STATUS_LIMIT: Final = 0xFFFFFFFF


class Verdict(enum.StrEnum):
    """The classes."""

    PERMANENT = "permanent"
    ROUTE = "route"
    TEMPORARY = "temporary"
    THROTTLE = "throttle"


#: What is not `route`, before the operator says otherwise.
VERDICTS: Final[Mapping[int, Verdict]] = {
    Status.ESME_RTHROTTLED: Verdict.THROTTLE,
    Status.ESME_RMSGQFUL: Verdict.THROTTLE,
    Status.ESME_RSYSERR: Verdict.TEMPORARY,
    Status.ESME_RX_T_APPN: Verdict.TEMPORARY,
    Status.ESME_RINVBNDSTS: Verdict.TEMPORARY,  # of the bind, not of the message
    Status.ESME_RX_P_APPN: Verdict.PERMANENT,
    Status.ESME_RX_R_APPN: Verdict.PERMANENT,
    Status.ESME_RDELIVERYFAILURE: Verdict.PERMANENT,
    Status.ESME_RINVMSGLEN: Verdict.PERMANENT,
    Status.ESME_RINVEXPIRY: Verdict.PERMANENT,
    Status.ESME_RINVSCHED: Verdict.PERMANENT,
}


def read_errors(given: object) -> Mapping[int, Verdict]:
    """Read the operator's table, such as ``{"0x0B": "permanent", "ESME_RINVSRCADR": "route", "1025": "temporary"}``.

    Raises:
        ValueError: It is no such table; says all that is wrong.
    """
    table = from_json(given)
    if not isinstance(table, Mapping):
        raise ValueError('must be a table such as {"0x0B": "permanent"}')
    read: dict[int, Verdict] = {}
    faults: list[str] = []
    for written, word in table.items():
        try:
            read[_status(written)] = Verdict(word)
        except ValueError:
            faults.append(f"{written}: {word}")
    if faults:
        words = ", ".join(Verdict)
        raise ValueError(f"{'; '.join(faults)} is no command_status with one of {words}")
    return read


def write_errors(errors: Mapping[int, Verdict]) -> dict[str, str]:
    """Return a table as `read_errors` reads it."""
    return {f"0x{status:08X}": verdict.value for status, verdict in errors.items()}


def _status(written: object) -> int:
    if isinstance(written, str) and written in Status.__members__:
        return Status[written]
    status = written if isinstance(written, int) and not isinstance(written, bool) else int(str(written), 0)
    if not 0 < status <= _STATUS_LIMIT:
        raise ValueError(written)
    return int(status)


class Judge:
    """Knows what each command_status means at one carrier."""

    def __init__(self, errors: Mapping[int, Verdict]) -> None:
        """Put the operator's table over ours."""
        self._verdicts = {**VERDICTS, **errors}

    def verdict(self, status: int) -> Verdict:
        """Return the class of a command_status other than ESME_ROK."""
        return self._verdicts.get(status, Verdict.ROUTE)

    def setback(self, status: int, attempt: int, random: float) -> Later | Never:
        """Return what a command_status other than ESME_ROK means for the message; `random` (0 to 1) spreads the wait."""
        try:
            code = Status(status).name
        except ValueError:
            code = f"0x{status:08X}"
        verdict = self.verdict(status)
        if verdict in (Verdict.TEMPORARY, Verdict.THROTTLE):
            return Later(delay_s(attempt, random), text_of(status), code)
        return Never(Failure.REFUSED, text_of(status), code, elsewhere=verdict is Verdict.ROUTE)


def delay_s(attempt: int, random: float) -> float:
    """Return how long to wait after so many attempts (1 or more), in seconds; `random` (0 to 1) spreads it."""
    longest_s: float = min(_LATER_LIMIT_S, _LATER_FIRST_S * 2 ** min(attempt - 1, 16))
    return round(longest_s * (1 - 0.25 * random), 3)
