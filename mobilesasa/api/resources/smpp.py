"""The team's SMPP sessions: what they need and may, those that are live, what they say, and the way to end one."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict, cast

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound

_TERMS = """curl https://api.yourdomain.com/api/v1/smpp/terms \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_LIST = """curl https://api.yourdomain.com/api/v1/smpp/sessions \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_TRACE = """curl https://api.yourdomain.com/api/v1/smpp/sessions/session-id/trace \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_UNBIND = """curl -X POST https://api.yourdomain.com/api/v1/smpp/sessions/session-id/unbind \\
  -H "Authorization: Bearer mbs_your_token_here\""""


class SmppTermsShown(TypedDict):
    """What a bind needs, and what a session may do for whose token nothing else was set."""

    system_id: Annotated[str, Said("The team's code", example="ACME2024")]
    host: Annotated[str | None, Said("Where you bind; null: at the host of this API", example="smpp.yourdomain.com")]
    port: Annotated[int | None, Said("Where you bind without TLS; null: nowhere, or ask the operator", example=2775)]
    tls_port: Annotated[int | None, Said("Where you bind over TLS; null: nowhere, or ask the operator", example=2776)]
    max_sessions: Annotated[int, Said("Sessions of the team at once, over all kinds of binds", example=5)]
    submits_per_s_limit: Annotated[
        int | None, Said("Submits a second and session; null: as many as it likes", example=50)
    ]
    window_in_limit: Annotated[int, Said("At so many unanswered submits we stop reading", example=100)]
    window_out_limit: Annotated[int, Said("At so many unanswered deliver_sm we wait for an answer", example=10)]
    enquire_link_s: Annotated[float, Said("Seconds of silence until we ask for a sign; 0: never", example=30)]
    idle_timeout_s: Annotated[float, Said("Seconds of silence until a session is closed; 0: never", example=60)]
    max_validity_h: Annotated[int, Said("Hours to which a longer validity is shortened", example=24)]
    strict_validity: Annotated[bool, Said("Whether a longer one is refused instead", example=False)]
    latin1: Annotated[bool, Said("Whether data_coding 0 is read as Latin-1", example=False)]
    receipt_offset_min: Annotated[int, Said("Minutes east of UTC of the dates in receipts", example=0)]
    inbound_long: Annotated[
        Literal["udh", "payload"], Said("How a long message from a phone comes: in parts, or whole", example="udh")
    ]
    lane: Annotated[Literal["transactional", "bulk"], Said("Where messages wait", example="transactional")]


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
        self._grants = node.smpp_grants

    @route("GET", "/smpp/terms", scopes=("messages",), answers=SmppTermsShown, curl=_TERMS)
    async def smpp_terms(self, request: IRequest, caller: Caller) -> bytes:
        """Get what a bind needs, and what a session may do.

        Without a `host` it is that of this API; the password is a token or an SMPP
        password. A live session says its own limits, which may have been set for its token.
        """
        terms = self._grants.terms(caller.team)
        port, tls_port = self._grants.ports()
        shown: SmppTermsShown = {
            "system_id": caller.team.code,
            "host": self._grants.host(),
            "port": port,
            "tls_port": tls_port,
            "max_sessions": terms.max_sessions,
            "submits_per_s_limit": terms.session_tps or None,
            "window_in_limit": terms.window,
            "window_out_limit": terms.receipt_window,
            "enquire_link_s": terms.enquire_link_s,
            "idle_timeout_s": terms.idle_timeout_s,
            "max_validity_h": terms.max_validity_h,
            "strict_validity": terms.strict_validity,
            "latin1": terms.latin1,
            "receipt_offset_min": terms.receipt_offset_min,
            "inbound_long": cast(Literal["udh", "payload"], terms.inbound_long),
            "lane": cast(Literal["transactional", "bulk"], terms.lane),
        }
        return answer(request, shown)

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
