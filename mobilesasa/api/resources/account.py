"""The team that asks: its units and its sender names."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import route

_ACCOUNT = """curl https://api.yourdomain.com/api/v1/account \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_SENDERS = """curl https://api.yourdomain.com/api/v1/sender-ids \\
  -H "Authorization: Bearer mbs_your_token_here\""""


class TeamShown(TypedDict):
    """A team."""

    uuid: str
    code: Annotated[str, Said("Also the system_id of its binds", example="ACME2024")]
    name: str
    country: Annotated[str, Said("In which national numbers are read, ISO 3166-1", example="KE")]


class AccountShown(TypedDict):
    """A team and its units."""

    team: TeamShown
    balance: Annotated[int, Said("`available` and `reserved` together, in units", example=10_000)]
    reserved: Annotated[int, Said("Units of messages that no carrier has taken yet", example=0)]
    available: Annotated[int, Said("Units that can be spent", example=10_000)]


class SenderShown(TypedDict):
    """A sender name."""

    uuid: str
    name: Annotated[str, Said("As the recipient sees it", example="TextBlast")]
    status: Literal["pending", "approved", "rejected", "suspended"]
    is_default: Annotated[bool, Said("Whether it is used when a message names none")]


class SenderList(TypedDict):
    """The sender names of a team."""

    items: list[SenderShown]


class Account:
    """What the team is and has."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._history = node.history
        self._directory = node.directory

    @route("GET", "/account", answers=AccountShown, curl=_ACCOUNT)
    async def account(self, request: IRequest, caller: Caller) -> bytes:
        """Get the team and its units.

        Any token of the team will do. Units are reserved when a message is accepted, spent when a carrier takes it,
        and given back when none does.
        """
        team = caller.team
        available_units, reserved_units = await self._history.units(team.id)
        shown: AccountShown = {
            "team": {"uuid": team.uuid, "code": team.code, "name": team.name, "country": team.country},
            "balance": available_units + reserved_units,
            "reserved": reserved_units,
            "available": available_units,
        }
        return answer(request, shown)

    @route("GET", "/sender-ids", scopes=("messages", "campaigns"), answers=SenderList, curl=_SENDERS)
    async def sender_ids(self, request: IRequest, caller: Caller) -> bytes:
        """List the team's sender names.

        Only approved ones can be used; carriers regard case.
        """
        known = self._directory.now
        default_id = caller.team.default_sender_id
        items = [
            {"uuid": sender.uuid, "name": sender.name, "status": sender.status, "is_default": sender.id == default_id}
            for sender in known.senders_of(caller.team.id)
        ]
        return answer(request, {"items": items})
