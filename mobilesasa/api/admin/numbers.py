"""Networks of numbers, keywords of short codes, and the suppressions that the operator makes."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.admin.prices import checked_prefix
from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, Problem, problem
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.resources.suppressions import SuppressionPage, SuppressionShown, suppression_shown
from mobilesasa.api.routes import route
from mobilesasa.core.administration import KeywordRecord
from mobilesasa.core.errors import NotFound
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.ids import canonical
from mobilesasa.core.optouts import ALL_SENDERS
from mobilesasa.core.scopes import PLATFORM
from mobilesasa.core.teams import Team
from mobilesasa.sms.numbers import BadNumber, normalise

_DEEPER = "suppressions; ask for those of a phone"
_CODE_DIGITS = (5, 6)


@attrs.frozen(kw_only=True)
class SetNetwork:
    """What a network is called."""

    network: Annotated[str, Said("1 to 64 characters", example="Safaricom")]


@attrs.frozen(kw_only=True)
class CreateKeyword:
    """A keyword of a short code, and whose it is."""

    code: Annotated[str, Said("The short code or number", example="22384")]
    keyword: Annotated[str, Said("One word, the first of the messages; empty: all that begin with none", example="WIN")]
    team: Annotated[str, Said("The team's code", example="ACME2024")]


@attrs.frozen(kw_only=True)
class ListKeywords:
    """Which keywords are listed."""

    code: Annotated[str | None, Said("Only those of this short code or number", example="22384")] = None


@attrs.frozen(kw_only=True)
class NameKeyword:
    """Which keyword is meant."""

    code: Annotated[str, Said("The short code or number", example="22384")]
    keyword: Annotated[str, Said("The word; left out: what begins with none", example="WIN")] = ""


@attrs.frozen(kw_only=True)
class ListOperatorSuppressions(ListPage):
    """Which suppressions of a team are listed."""

    phone: Annotated[str | None, Said("Only those of this phone number", example="+254712345678")] = None


@attrs.frozen(kw_only=True)
class SuppressForTeam:
    """Somebody who is to get no more messages of a team."""

    phone: Annotated[str, Said("Phone number, as a recipient is written", example="+254712345678")]
    sender_id: Annotated[str | None, Said("Only from this sender, by name; all if omitted", example="MYAPP")] = None


class PrefixNetwork(TypedDict):
    """The network of a prefix."""

    prefix: Annotated[str, Said("Digits that numbers begin with, country code first", example="25471")]
    network: Annotated[str, Said("What it is called", example="Safaricom")]


class CodeNetwork(TypedDict):
    """The network of a code."""

    code: Annotated[str, Said("MCC and MNC, by which receipts name it", example="63902")]
    network: Annotated[str, Said("What it is called", example="Safaricom")]


class NetworkList(TypedDict):
    """What the operator says of networks; the numbering plans say the rest."""

    prefixes: list[PrefixNetwork]
    codes: list[CodeNetwork]


class KeywordShown(TypedDict):
    """A keyword, and whose it is."""

    code: Annotated[str, Said("The short code or number", example="22384")]
    keyword: Annotated[str, Said("In small letters; empty: all that begin with none", example="win")]
    team: Annotated[str, Said("The team's code", example="ACME2024")]


class KeywordList(TypedDict):
    """All keywords."""

    items: list[KeywordShown]


class PlatformNumbers:
    """Networks, keywords and suppressions, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._numbers = node.desk.numbers
        self._suppressions = node.suppressions
        self._directory = node.directory

    @route("GET", "/admin/networks", scopes=(PLATFORM,), answers=NetworkList)
    async def list_networks(self, request: IRequest, caller: Caller) -> bytes:
        """List what the operator says of networks: which prefixes and which codes are whose."""
        prefixes, codes = await self._numbers.networks()
        shown = {
            "prefixes": [{"prefix": prefix, "network": name} for prefix, name in prefixes.items()],
            "codes": [{"code": code, "network": name} for code, name in codes.items()],
        }
        return answer(request, shown)

    @route(
        "PUT",
        "/admin/networks/prefixes/{prefix}",
        scopes=(PLATFORM,),
        body=SetNetwork,
        answers=PrefixNetwork,
        refusals=(400, 404),
    )
    async def set_prefix_network(self, request: IRequest, caller: Caller, prefix: str) -> bytes:
        """Say which network the numbers of a prefix are in, before what the numbering plans say."""
        name = parse(SetNetwork, request).network.strip()
        digits = checked_prefix(prefix)
        if not digits:
            raise NotFound("the default has no network")
        await self._numbers.set_network(caller.by, digits, name, of_prefix=True)
        return answer(request, {"prefix": digits, "network": name})

    @route("DELETE", "/admin/networks/prefixes/{prefix}", scopes=(PLATFORM,), answers=PrefixNetwork, refusals=(404,))
    async def remove_prefix_network(self, request: IRequest, caller: Caller, prefix: str) -> bytes:
        """Take back what was said of a prefix; the numbering plans hold again."""
        name = await self._numbers.remove_network(caller.by, prefix, of_prefix=True)
        return answer(request, {"prefix": prefix, "network": name})

    @route(
        "PUT",
        "/admin/networks/codes/{code}",
        scopes=(PLATFORM,),
        body=SetNetwork,
        answers=CodeNetwork,
        refusals=(400, 404),
    )
    async def set_code_network(self, request: IRequest, caller: Caller, code: str) -> bytes:
        """Say which network a code of country and network means."""
        name = parse(SetNetwork, request).network.strip()
        if not (code.isascii() and code.isdigit() and len(code) in _CODE_DIGITS):
            raise NotFound(f"a network's code is MCC and MNC, 5 or 6 digits; {code!r} is not")
        await self._numbers.set_network(caller.by, code, name, of_prefix=False)
        return answer(request, {"code": code, "network": name})

    @route("DELETE", "/admin/networks/codes/{code}", scopes=(PLATFORM,), answers=CodeNetwork, refusals=(404,))
    async def remove_code_network(self, request: IRequest, caller: Caller, code: str) -> bytes:
        """Take a network's code away."""
        name = await self._numbers.remove_network(caller.by, code, of_prefix=False)
        return answer(request, {"code": code, "network": name})

    @route("GET", "/admin/keywords", scopes=(PLATFORM,), query=ListKeywords, answers=KeywordList, refusals=(400,))
    async def list_keywords(self, request: IRequest, caller: Caller) -> bytes:
        """List the keywords: to which team messages from phones go by their first word."""
        found = await self._numbers.keywords(parse_query(ListKeywords, request).code)
        return answer(request, {"items": [_keyword_shown(each) for each in found]})

    @route(
        "POST",
        "/admin/keywords",
        scopes=(PLATFORM,),
        body=CreateKeyword,
        answers=KeywordShown,
        refusals=(400, 404, 409),
        idempotent=True,
    )
    async def create_keyword(self, request: IRequest, caller: Caller) -> bytes:
        """Give a keyword of a short code to a team; capitals and small letters are the same."""
        asked = parse(CreateKeyword, request)
        reply = Reply(caller.mark, lambda made: success(_keyword_shown(made)))
        made = await self._numbers.add_keyword(caller.by, asked.code, asked.keyword, asked.team, reply)
        return replay(request, made)

    @route(
        "DELETE", "/admin/keywords", scopes=(PLATFORM,), query=NameKeyword, answers=KeywordShown, refusals=(400, 404)
    )
    async def remove_keyword(self, request: IRequest, caller: Caller) -> bytes:
        """Take a keyword from its team."""
        asked = parse_query(NameKeyword, request)
        return answer(request, _keyword_shown(await self._numbers.remove_keyword(caller.by, asked.code, asked.keyword)))

    @route(
        "GET",
        "/admin/teams/{uuid}/suppressions",
        scopes=(PLATFORM,),
        query=ListOperatorSuppressions,
        answers=SuppressionPage,
        refusals=(400, 404),
    )
    async def list_team_suppressions(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List who gets no messages of a team, newest first."""
        asked, team = parse_query(ListOperatorSuppressions, request), self._team(uuid)
        recipient = None if asked.phone is None else _number(asked.phone, team)
        count = partial(self._suppressions.count, team.id, recipient=recipient)
        read = partial(self._suppressions.page, team.id, recipient=recipient)
        return await answer_page(request, asked, count, read, suppression_shown, _DEEPER)

    @route(
        "POST",
        "/admin/teams/{uuid}/suppressions",
        scopes=(PLATFORM,),
        body=SuppressForTeam,
        answers=SuppressionShown,
        refusals=(400, 404, 409),
        idempotent=True,
    )
    async def suppress_for_team(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Suppress a phone number for a team, which neither the team nor a START from the phone takes away."""
        asked, team = parse(SuppressForTeam, request), self._team(uuid)
        sender = ALL_SENDERS
        if asked.sender_id is not None:
            found = self._directory.now.sender_named(team.id, asked.sender_id)
            if found is None:
                raise _wrong("sender_id", f"the team has no sender {asked.sender_id!r}")
            sender = found.name
        reply = Reply(caller.mark, lambda made: success(suppression_shown(made)))
        octets = await self._numbers.suppress(caller.by, team.id, _number(asked.phone, team), sender, reply)
        self._directory.suppressing.add(team.id)  # from now on, not only when the directory is read again
        return replay(request, octets)

    @route(
        "DELETE",
        "/admin/teams/{uuid}/suppressions/{suppression_uuid}",
        scopes=(PLATFORM,),
        answers=SuppressionShown,
        refusals=(404,),
    )
    async def restore_for_team(self, request: IRequest, caller: Caller, uuid: str, suppression_uuid: str) -> bytes:
        """Take a suppression of a team away, whoever made it."""
        team = self._team(uuid)
        return answer(request, suppression_shown(await self._numbers.restore(caller.by, team.id, suppression_uuid)))

    def _team(self, uuid: str) -> Team:
        known = canonical(uuid)
        for team in self._directory.now.teams.values():
            if team.uuid == known:
                return team
        raise NotFound(f"there is no team {uuid!r}")


def _number(phone: str, team: Team) -> str:
    try:
        return normalise(phone, team.country)
    except BadNumber as bad:
        raise _wrong("phone", str(bad)) from bad


def _wrong(field: str, message: str) -> Problem:
    return problem("bad_request", message, [FieldProblem(field, message)])


def _keyword_shown(found: KeywordRecord) -> KeywordShown:
    return {"code": found.code, "keyword": found.keyword, "team": found.team}
