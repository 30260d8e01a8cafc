"""When a campaign stops by itself: too many of its messages fail, or too many people want no more of it.

How to think about it: a refusal comes at once, and what becomes of a message that was taken is known minutes later. So two
shares are looked at: of the messages that carriers have taken or refused, how many have failed until now; and of those of which
a carrier has said what became of them, how many were not delivered.

Somebody of the team may let it go on nevertheless; then what happened before counts no more (`running.counted`).
"""

from __future__ import annotations

import attrs

from mobilesasa.campaigns.model import Options, PausedBy


@attrs.frozen(kw_only=True)
class Sums:
    """What has become of the messages of a campaign so far, as far as it counts for its brakes."""

    ended: int  # delivered or failed
    failed: int
    sent: int  # that a carrier took, whatever became of them
    complaints: int  # recipients who said STOP since, or of whom a carrier said that they want no more
    refused: int = 0  # of those that failed: no carrier took them

    @property
    def answered(self) -> int:
        """How many a carrier took or refused."""
        return self.sent + self.refused


def has_brakes(options: Options) -> bool:
    """Say whether anything can stop a campaign but people."""
    return options.stop_failures_percent is not None or options.stop_complaints_percent is not None


def braked(options: Options, sums: Sums) -> tuple[PausedBy, str] | None:
    """Return which brake stops a campaign, and why in words; None where it may go on.

    A brake looks at nothing before `options.brake_after` messages were answered or have ended (of complaints: were sent), and
    stops what is beyond its percentage, not what is just there.
    """
    most = options.stop_failures_percent
    if most is not None and _beyond(sums.failed, sums.answered, most, options.brake_after):
        return PausedBy.FAILURES, (
            f"{sums.failed:,} of the {sums.answered:,} messages that carriers took or refused failed "
            f"({_percent(sums.failed, sums.answered)} %); this campaign stops above {most} %"
        )
    failed, ended = sums.failed - sums.refused, sums.ended - sums.refused
    if most is not None and _beyond(failed, ended, most, options.brake_after):
        return PausedBy.FAILURES, (
            f"{failed:,} of the {ended:,} messages that have ended failed "
            f"({_percent(failed, ended)} %); this campaign stops above {most} %"
        )
    most = options.stop_complaints_percent
    if most is not None and _beyond(sums.complaints, sums.sent, most, options.brake_after):
        return PausedBy.COMPLAINTS, (
            f"{sums.complaints:,} of the {sums.sent:,} people it was sent to want no more "
            f"({_percent(sums.complaints, sums.sent)} %); this campaign stops above {most} %"
        )
    return None


def _beyond(part: int, of: int, percent: int, least: int) -> bool:
    return of >= max(least, 1) and part * 100 > percent * of


def _percent(part: int, of: int) -> str:
    """Return a share in per cent, with one decimal, never below what it is so that it reads beyond its limit."""
    tenths = -(-part * 1000 // of)
    return f"{tenths / 10:g}"
