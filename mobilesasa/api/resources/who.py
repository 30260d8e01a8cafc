"""Somebody who did something, as a team sees them."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from mobilesasa.api.requests import Said
from mobilesasa.core.actors import ActorKind, Who


class WhoShown(TypedDict):
    """Who did it."""

    kind: Annotated[
        Literal["token", "user", "operator"],
        Said("An API token, somebody who had logged in, or the operator of this platform", example="token"),
    ]
    uuid: Annotated[str | None, Said("Of the token or the user", example="7d0e1bb0-5c00-4d21-9a3b-0c5d7e8f9a10")]
    name: Annotated[
        str | None, Said("Of the token or the user; an operator's is not told", example="Zapier Integration")
    ]


def who_shown(who: Who, *, frank: bool = False) -> WhoShown:
    """Return somebody as a team sees them, or, with `frank`, as another operator does."""
    told = frank or who.kind is not ActorKind.OPERATOR
    return {"kind": who.kind.value, "uuid": who.uuid, "name": (who.name or None) if told else None}


def who_shown_or_none(who: Who | None) -> WhoShown | None:
    """Return somebody as `who_shown` does, or None."""
    return None if who is None else who_shown(who)
