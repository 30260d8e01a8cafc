"""When a campaign stops by itself: too many of its messages fail, or too many people want no more of it.

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


def braked(options: Options, sums: Sums) -> tuple[PausedBy, str] | None:
    """Return which brake stops a campaign, and why in words; None where it may go on.

    A brake looks at nothing before `options.brake_after` messages have ended (of complaints: were sent), and stops what is
    beyond its percentage, not what is just there.
    """
    most = options.stop_failures_percent
    if most is not None and _beyond(sums.failed, sums.ended, most, options.brake_after):
        return PausedBy.FAILURES, (
            f"{sums.failed:,} of the {sums.ended:,} messages that have ended failed "
            f"({_percent(sums.failed, sums.ended)} %); this campaign stops above {most} %"
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
