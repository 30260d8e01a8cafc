"""The team's live SMPP sessions: what they are, what they say, and the way to end one."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound

_LIST = """curl https://api.yourdomain.com/api/v1/smpp/sessions \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_TRACE = """curl https://api.yourdomain.com/api/v1/smpp/sessions/session-id/trace \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_UNBIND = """curl -X POST https://api.yourdomain.com/api/v1/smpp/sessions/session-id/unbind \\
  -H "Authorization: Bearer mbs_your_token_here\""""


class TlsShown(TypedDict):
    """What a session over TLS speaks."""

    version: Annotated[str, Said("Of TLS", example="TLSv1.3")]
    cipher: Annotated[str, Said("By OpenSSL's name", example="TLS_AES_256_GCM_SHA384")]


class CountsShown(TypedDict):
    """What a session has done since it was bound."""

    submits: Annotated[int, Said("Submits that came")]
    accepted: Annotated[int, Said("Those that were accepted")]
    refused: Annotated[int, Said("Those that were refused")]
    throttled: Annotated[int, Said("Those beyond the rate, answered ESME_RTHROTTLED")]
    failed: Annotated[int, Said("Those that failed on our side, answered ESME_RSYSERR")]
    receipts: Annotated[int, Said("deliver_sm that were sent to it")]


class SubmitErrorShown(TypedDict):
    """A submit that was not accepted."""

    at: Annotated[str, Said("When, UTC")]
    status: Annotated[str, Said("The command_status of the answer", example="ESME_RINVDSTADR")]
    reason: Annotated[str, Said("What was wrong, in words")]


class SessionShown(TypedDict):
    """A session that is bound."""

    id: Annotated[str, Said("Names the session here and in our log", example="node1-17-42")]
    team: Annotated[str, Said("The team's code", example="ACME2024")]
    team_uuid: str
    token_uuid: Annotated[str, Said("The token it was bound with, or beside which its SMPP password stands")]
    address: Annotated[str, Said("Address and port of the peer", example="192.0.2.1:51234")]
    bind_type: Annotated[Literal["transmitter", "receiver", "transceiver"], Said("What it may do")]
    port: Annotated[Literal["plain", "tls"], Said("The kind of port it came to")]
    tls: TlsShown | None
    interface_version: Annotated[str, Said("What the peer said of itself", example="0x34")]
    bound_since: Annotated[str, Said("UTC")]
    last_pdu_at: Annotated[str, Said("When the peer last said anything, UTC")]
    submits_per_s: Annotated[float, Said("Submits in the last whole second")]
    submits_per_s_10: Annotated[float, Said("Submits a second over the last ten whole seconds")]
    submits_per_s_limit: Annotated[int | None, Said("How many it may submit a second; null: as many as it likes")]
    window_in: Annotated[int, Said("Submits that are not answered yet")]
    window_in_limit: Annotated[int, Said("At so many we stop reading until some are answered")]
    window_out: Annotated[int, Said("deliver_sm that the peer has not answered yet")]
    window_out_limit: Annotated[int, Said("At so many we wait for an answer")]
    counts: CountsShown
    last_error: Annotated[SubmitErrorShown | None, Said("The last submit that was not accepted")]


class RefusedBindShown(TypedDict):
    """A bind in the team's name that was refused."""

    at: Annotated[str, Said("When, the last time, UTC")]
    address: Annotated[str, Said("Of the peer", example="192.0.2.1")]
    system_id: Annotated[str, Said("As it was sent", example="ACME2024")]
    status: Annotated[str, Said("The command_status of the answer", example="ESME_RINVPASWD")]
    reason: Annotated[str, Said("Why, in words", example="your client cuts the password to 8 characters")]
    times: Annotated[int, Said("How often it was so in a row", example=1)]


class SessionList(TypedDict):
    """The live sessions of a team."""

    items: Annotated[list[SessionShown], Said("Oldest first")]
    refused_binds: Annotated[list[RefusedBindShown], Said("Of late, newest first")]
    missing_nodes: Annotated[
        int, Said("Nodes of the gateway that did not answer in time: their sessions are missing", example=0)
    ]


class TracedPdu(TypedDict):
    """A PDU that passed."""

    at: Annotated[str, Said("When, UTC, to the millisecond", example="2026-05-11T09:00:00.123Z")]
    direction: Annotated[Literal["in", "out"], Said("`in` is from the peer")]
    command: Annotated[str, Said("As SMPP 3.4 names it; the number of an unknown one", example="submit_sm")]
    status: Annotated[str, Said("command_status", example="ESME_ROK")]
    sequence: Annotated[int, Said("sequence_number", example=7)]
    fields: Annotated[dict[str, int | str], Said("By name; of texts and passwords the size alone")]
    tlvs: Annotated[dict[str, int | str], Said("Optional parameters by name, or by number")]
    note: Annotated[str | None, Said("What was odd about it", example="refused: unknown command")]


class TraceShown(TypedDict):
    """The last PDUs of a session."""

    session: Annotated[str, Said("Whose PDUs they are")]
    items: Annotated[list[TracedPdu], Said("Oldest first, at most 200")]


class UnbindShown(TypedDict):
    """A session that is asked to go."""

    id: Annotated[str, Said("Which session ends")]


class Smpp:
    """The SMPP sessions of the team that asks; another team's are not there."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._smpp = node.smpp

    @route("GET", "/smpp/sessions", scopes=("messages",), answers=SessionList, curl=_LIST)
    async def smpp_sessions(self, request: IRequest, caller: Caller) -> bytes:
        """List live SMPP sessions, and binds that were refused.

        A client that cannot bind finds the reason under `refused_binds`, as long as it names the team's code.
        """
        return answer(request, await self._smpp.look(caller.team.id))

    @route(
        "GET",
        "/smpp/sessions/{session}/trace",
        scopes=("messages",),
        answers=TraceShown,
        refusals=(404,),
        curl=_TRACE,
    )
    async def smpp_trace(self, request: IRequest, caller: Caller, session: str) -> bytes:
        """Get the last 200 PDUs of a live session.

        Both directions, decoded, without texts and passwords; numbers are masked. The trace ends with the session.
        """
        items = await self._smpp.trace(session, caller.team.id)
        if items is None:
            raise _no_such_session()
        return answer(request, {"session": session, "items": items})

    @route(
        "POST",
        "/smpp/sessions/{session}/unbind",
        scopes=("messages",),
        answers=UnbindShown,
        refusals=(404,),
        curl=_UNBIND,
    )
    async def smpp_unbind(self, request: IRequest, caller: Caller, session: str) -> bytes:
        """End a live session.

        What it submitted is answered first, then comes an unbind. Nothing keeps the client from binding again.
        """
        kicked = await self._smpp.kick(caller.by, session, caller.team.id)
        if kicked is None:
            raise _no_such_session()
        return answer(request, {"id": kicked})


def _no_such_session() -> NotFound:
    return NotFound("there is no such live session")
