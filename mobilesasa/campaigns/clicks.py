"""Who followed a short link: what a path names, what led where, and clicks gathered until they are written.

A phone shows a link before anybody touches it, and so does what the message is forwarded with: programs fetch it for its
title and picture. What says of itself that it does so, and whatever asks for the head alone, counts as a preview and not
as a click. Programs that do not say so count as people; so clicks are an upper bound, and a fair comparison between texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

#: A code (8 characters of base58) and the number of the link, if there is one; what stands behind a link in a text is read over.
_PATH: Final = re.compile(r"(?P<code>[1-9A-HJ-NP-Za-km-z]{8})(?P<link>[0-9]{1,2})?[^0-9A-Za-z]{0,4}\Z")

#: Words in the User-Agent of programs that look at links before people do, or instead of them.
_PREVIEWERS: Final = re.compile(
    r"whatsapp|facebookexternalhit|facebookcatalog|facebot|meta-external|slack-img|skypeuripreview|line-poker|embedly|iframely"
    r"|google-safety|google-read-aloud|googleimageproxy|yandeximages|baiduspider|preview|crawler|spider|headlesschrome|lighthouse"
    r"|^(curl|wget|python-|go-http-client|okhttp|java/|apache-httpclient|libwww-perl|axios|node-fetch|ruby)"
    r"|(?<!cu)bot\b",  # Googlebot, Twitterbot and their like; Cubot makes phones
    re.IGNORECASE,
)
_PURPOSES: Final = ("prefetch", "preview", "prerender")
PENDING_MAX: Final = 100_000  # recipients and links whose clicks are remembered at once; of more nothing is counted


@attrs.frozen
class Led:
    """Where the short links of one recipient lead."""

    campaign_id: int
    recipient_n: int  # their row in the snapshot
    urls: Sequence[str]  # in the order of the text
    expires_at_ms: int | None  # from then on they lead nowhere


@attrs.frozen
class LinkClicks:
    """A link of a campaign, and how often it was followed."""

    n: int  # from 1, in the order of the text
    url: str
    expires_at_ms: int | None
    recipients: int  # who did
    clicks: int
    previews: int


@attrs.frozen
class RecipientClicks:
    """A recipient who followed a link, and how often."""

    recipient_n: int  # their row in the snapshot
    phone: str | None  # E.164 without the plus; None: the person was forgotten
    link_n: int
    clicks: int
    previews: int
    first_at_ms: int
    last_at_ms: int


@attrs.frozen
class Followed:
    """How often a recipient followed a link since it was last written down."""

    campaign_id: int
    recipient_n: int
    link_n: int
    clicks: int
    previews: int
    first_at_ms: int  # of clicks; of previews where there is no click
    last_at_ms: int


def read_path(path: str) -> tuple[str, int] | None:
    """Return code and number of the link that a path names, without the slash before it; None: it names none.

    A number that is left out is 1. Signs that were taken for a part of the link, such as the full stop of a sentence, are left out.
    """
    found = _PATH.match(path)
    return None if found is None else (found["code"], int(found["link"] or 1))


def is_preview(method: str, user_agent: str, purpose: str) -> bool:
    """Say whether a program looks at a link, rather than a person.

    Args:
        method: of HTTP.
        user_agent: the header; empty: there is none, as people's browsers always send it.
        purpose: the headers Purpose, Sec-Purpose and X-Purpose, one behind the other.
    """
    if method == "HEAD" or not user_agent:
        return True
    return _PREVIEWERS.search(user_agent) is not None or any(word in purpose.lower() for word in _PURPOSES)


class Clicks:
    """What was followed since it was taken away the last time."""

    def __init__(self, most: int = PENDING_MAX) -> None:
        """Begin with nothing."""
        self._held: dict[tuple[int, int, int], Followed] = {}
        self._most = most

    def seen(self, led: Led, link_n: int, preview: bool, at_ms: int) -> None:
        """Learn that somebody followed a link, or that a program looked at it."""
        clicks = 0 if preview else 1
        self._add(Followed(led.campaign_id, led.recipient_n, link_n, clicks, 1 - clicks, at_ms, at_ms))

    def take(self) -> list[Followed]:
        """Take away what is gathered, in the order of the key."""
        taken, self._held = self._held, {}
        return [taken[key] for key in sorted(taken)]

    def put_back(self, followed: Iterable[Followed]) -> None:
        """Take back what could not be written."""
        for each in followed:
            self._add(each)

    def _add(self, new: Followed) -> None:
        key = (new.campaign_id, new.recipient_n, new.link_n)
        held = self._held.get(key)
        if held is not None:
            self._held[key] = _sum(held, new)
        elif len(self._held) < self._most:
            self._held[key] = new


def _sum(one: Followed, other: Followed) -> Followed:
    timed = [each for each in (one, other) if each.clicks] or [one, other]
    return attrs.evolve(
        one,
        clicks=one.clicks + other.clicks,
        previews=one.previews + other.previews,
        first_at_ms=min(each.first_at_ms for each in timed),
        last_at_ms=max(each.last_at_ms for each in timed),
    )
