"""Messages: send, list, look at, resend (the reference's section Messages; decisions 3-8, 29-46)."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, problem
from mobilesasa.api.pages import offset_of, paged
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.messages import Story
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.resources.shown import MessagePage, MessageShown, MessageStory, message_shown, story_shown
from mobilesasa.api.routes import route
from mobilesasa.core.attributes import BadTlvs, read_message_tlvs
from mobilesasa.core.errors import NotFailed, NotFound, Refused, TextNotKept
from mobilesasa.core.ids import canonical, from_smpp_id
from mobilesasa.core.model import MessageId, Priced, State, Submission
from mobilesasa.sms.numbers import BadNumber, normalise_fast

_MINUTE_MS = 60_000
DEEPER = "messages; go on with before=, the uuid of the last message that you have"

_SEND = """curl -X POST https://api.yourdomain.com/api/v1/messages \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "to": "+254712345678",
    "message": "Hello from Mobile Sasa!",
    "sender_id": "MYAPP"
  }'"""
_LIST = """curl "https://api.yourdomain.com/api/v1/messages?page=1&page_size=20" \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_GET = """curl https://api.yourdomain.com/api/v1/messages/msg-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_RESEND = """curl -X POST https://api.yourdomain.com/api/v1/messages/msg-uuid/resend \\
  -H "Authorization: Bearer mbs_your_token_here\""""


@attrs.frozen(kw_only=True)
class SendMessage:
    """A message to one recipient."""

    to: Annotated[
        str,
        Said(
            "Recipient phone number in E.164 format; national numbers are read in the team's country",
            example="+254712345678",
            if_array="send one request for each recipient",
        ),
    ]
    message: Annotated[
        str,
        Said("Message text. Long messages are split into parts, at most ten", example="Hello from Mobile Sasa!"),
    ] = attrs.field(repr=False)
    sender_id: Annotated[
        str | None,
        Said("Your approved sender name or its uuid. Omit to use the team default", example="MYAPP"),
    ] = None
    validity_minutes: Annotated[
        int | None,
        Said("How long delivery is tried, in minutes; 24 hours if omitted", minimum=1, maximum=1440),
    ] = None
    tlvs: Annotated[
        dict[str, str] | None,
        Said(
            "Vendor TLVs for carriers that want them, such as ids of India's DLT registers: text by tag, 0x1400 to 0x3FFF",
            example={"0x1401": "1107160000000012345"},
        ),
    ] = None

    def submission(self, team_id: int) -> Submission:
        """Return the message as the gateway takes it.

        Raises:
            Problem: 400, with every TLV that cannot be sent.
        """
        tlvs = _tlvs_of(self.tlvs or {})
        return Submission(
            team_id=team_id,
            sender=self.sender_id,
            recipient=self.to,
            text=self.message,
            validity_ms=None if self.validity_minutes is None else self.validity_minutes * _MINUTE_MS,
            options={"written_tlvs": tlvs} if tlvs else None,
        )


@attrs.frozen(kw_only=True)
class ListMessages:
    """Which messages are listed."""

    page: Annotated[int, Said("Page number", minimum=1, maximum=1_000_000_000)] = 1
    page_size: Annotated[int, Said("Results per page", minimum=1, maximum=100)] = 20
    phone: Annotated[str | None, Said("Only messages to this phone number", example="+254712345678")] = None
    status: Annotated[
        Literal["queued", "sent", "delivered", "failed"] | None,
        Said("Only messages that stand there", example="delivered"),
    ] = None
    before: Annotated[
        str | None, Said("Only messages older than the one of this uuid; the way to go back further than pages do")
    ] = None


class Messages:
    """The messages of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._gateway = node.gateway
        self._history = node.history
        self._directory = node.directory
        self._now_ms = node.now_ms

    @route(
        "POST",
        "/messages",
        scopes=("messages",),
        body=SendMessage,
        answers=MessageShown,
        refusals=(400, 402),
        curl=_SEND,
        idempotent=True,
    )
    async def send(self, request: IRequest, caller: Caller) -> bytes:
        """Send a message.

        The message is stored and its units are charged before the answer; it is on its way when the answer is read.
        """
        asked = parse(SendMessage, request)
        message = self._judged(asked.submission(caller.team.id))
        reply = answer(request, message_shown(message))
        await self._gateway.accept_judged(message, caller.kept(reply))
        return reply

    @route(
        "GET",
        "/messages",
        scopes=("messages",),
        query=ListMessages,
        answers=MessagePage,
        refusals=(400,),
        curl=_LIST,
    )
    async def listed(self, request: IRequest, caller: Caller) -> bytes:
        """List messages, newest first.

        A page past the end is empty. `total` is exact up to 100,000; above that it is an estimate, and
        `total_is_estimate` is true.
        """
        asked = parse_query(ListMessages, request)
        team_id = caller.team.id
        state = None if asked.status is None else State[asked.status.upper()]
        before = None if asked.before is None else id_in_query(asked.before)
        recipient = None
        if asked.phone is not None:
            try:
                recipient = normalise_fast(asked.phone, caller.team.country)
            except BadNumber:
                return answer(request, paged(asked, 0))  # nobody has such a number, so nothing went there (decision 43)
        total, estimated = await self._history.count(team_id, recipient=recipient, state=state, before=before)
        offset = offset_of(asked, total, estimated, DEEPER)
        if offset is None:
            return answer(request, paged(asked, total))
        found = await self._history.page(
            team_id, limit=asked.page_size, offset=offset, recipient=recipient, state=state, before=before
        )
        items = [message_shown(message, progress) for message, progress in found]
        return answer(request, paged(asked, total, estimated, items))

    @route("GET", "/messages/{uuid}", scopes=("messages",), answers=MessageStory, refusals=(404,), curl=_GET)
    async def one(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a message.

        Takes the uuid, or the message_id that a submit_sm_resp gave. Beside what the list shows: each part, the
        attempts, and a timeline of what happened; of a part that the team split itself also the whole message.
        """
        story = await self._found(caller, uuid)
        return answer(request, story_shown(story, self._directory.now.carriers, self._now_ms()))

    @route(
        "POST",
        "/messages/{uuid}/resend",
        scopes=("messages",),
        answers=MessageShown,
        refusals=(400, 402, 404, 409),
        curl=_RESEND,
        idempotent=True,
    )
    async def resend(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Resend a failed message.

        It becomes a new message with a uuid and a charge of its own, after all the checks that any message passes;
        `resent_from` names the failed one, which stays as it is. While a resend is not failed there is no other.
        """
        story = await self._found(caller, uuid)
        if story.progress.state is not State.FAILED:
            raise NotFailed(f"the message is {story.progress.state.shown}; only a failed one can be resent")
        failed = story.message
        if failed.text_is_gone:
            raise TextNotKept("the text of the message is no longer kept; send it as a new one")
        again = attrs.evolve(self._judged(_again(failed)), resent_from=failed.id)
        reply = answer(request, message_shown(again))
        await self._history.resend(caller.team.id, failed.id, again, caller.kept(reply))
        self._gateway.hint([again])
        return reply

    def _judged(self, submission: Submission) -> Priced:
        (verdict,) = self._gateway.judge([submission])
        if isinstance(verdict, Refused):
            raise verdict
        return verdict

    async def _found(self, caller: Caller, uuid: str) -> Story:
        message_id = canonical(uuid) or from_smpp_id(uuid)
        story = None if message_id is None else await self._history.find(caller.team.id, message_id)
        if story is None:
            raise NotFound("there is no such message")
        return story


def _tlvs_of(given: dict[str, str]) -> dict[str, str]:
    try:
        return read_message_tlvs(given)
    except BadTlvs as bad:
        fields = [FieldProblem(f"tlvs[{tag}]" if tag else "tlvs", fault) for tag, fault in bad.faults.items()]
        raise problem("bad_request", f"tlvs: {bad}", fields) from bad


def _again(failed: Priced) -> Submission:
    """Return a stored message as if the team handed it in again; its receipts go to nobody's bind (decision 116)."""
    return Submission(
        team_id=failed.team_id,
        sender=failed.sender,
        recipient=f"+{failed.recipient}",
        text=failed.text,
        body=failed.body,
        udh=failed.udh,
        coding=failed.coding,
        lane=failed.lane,
        options=failed.options,
    )


def id_in_query(text: str) -> MessageId:
    """Return the id that `before` names.

    Raises:
        Problem: 400, it is none.
    """
    found = canonical(text) or from_smpp_id(text)
    if found is None:
        fields = [FieldProblem("before", "must be the uuid of a message")]
        raise problem("bad_request", "before must be the uuid of a message", fields)
    return found
