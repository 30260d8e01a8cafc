"""Messages: send, list, look at, resend, cancel (the reference's section Messages; decisions 3-8, 29-46)."""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import answer_page_on, cursor_of, paged_on
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.messages import Story
from mobilesasa.api.requests import parse, parse_query
from mobilesasa.api.resources.hiding import Hiding
from mobilesasa.api.resources.message_bodies import ListMessages, SendMessage
from mobilesasa.api.resources.shown import (
    MessagePage,
    MessageShown,
    MessageStory,
    message_shown,
    story_shown,
)
from mobilesasa.api.routes import route
from mobilesasa.core.alterations import Cancel, Obstacle
from mobilesasa.core.errors import NotCancellable, NotFailed, NotFound, Refused, TextNotKept
from mobilesasa.core.ids import canonical, from_smpp_id
from mobilesasa.core.model import MessageId, Priced, State, Submission
from mobilesasa.sms.numbers import BadNumber

_DEEPER = "messages; go on with cursor="

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
_CANCEL = """curl -X POST https://api.yourdomain.com/api/v1/messages/msg-uuid/cancel \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_RESEND = """curl -X POST https://api.yourdomain.com/api/v1/messages/msg-uuid/resend \\
  -H "Authorization: Bearer mbs_your_token_here\""""


class Messages:
    """The messages of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._gateway = node.gateway
        self._history = node.history
        self._alterations = node.alterations
        self._receipt_text = node.receipt_text
        self._directory = node.directory
        self._hiding = Hiding(node.directory)
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
        hopeful=True,
    )
    async def send(self, request: IRequest, caller: Caller) -> bytes:
        """Send a message.

        The message is stored and its units are charged before the answer; it is on its way when the answer is read.
        """
        asked = parse(SendMessage, request)
        message = self._judged(asked.submission(caller, self._now_ms()))
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

        A page past the end is empty. `total` is exact up to 10,000; above that it is an estimate, and
        `total_is_estimate` is true. `cursor` goes on where a page ended and costs the same however far back it is; the
        Link header has the address. For a `sender`, or a `status` but failed, a page looks at 25,000 messages: with more it
        may be short, or empty, although `next_cursor` goes on, and above 10,000 that may be meant `total` is an estimate.
        """
        asked = parse_query(ListMessages, request)
        team_id, cursor = caller.team.id, cursor_of(request, asked.cursor, canonical)
        try:
            wanted = asked.wanted(caller, self._directory.now)
        except BadNumber:
            nothing: dict[str, Any] = paged_on(request, asked, cursor, (0, False), [], None)
            return answer(request, nothing)  # nobody has such a number, so nothing went there (decision 43)
        if cursor is not None:
            wanted = attrs.evolve(wanted, before=min(cursor.after, wanted.before or cursor.after))

        async def read(*, limit: int, offset: int) -> tuple[list[MessageShown], str | None]:
            found = await self._history.page(team_id, wanted, limit=limit, offset=offset)
            items = [message_shown(message, progress) for message, progress in found.entries]
            for shown in items:
                self._hiding.hide_text(caller, shown)
            return items, found.more

        return await answer_page_on(
            request, asked, cursor, partial(self._history.count, team_id, wanted), read, _DEEPER
        )

    @route("GET", "/messages/{uuid}", scopes=("messages",), answers=MessageStory, refusals=(404,), curl=_GET)
    async def one(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a message.

        Takes the uuid, or the message_id that a submit_sm_resp gave. Beside what the list shows: each part, the
        attempts, and a timeline of what happened; of a part that the team split itself also the whole message. People with
        the role viewer do not see texts from senders that are for one-time passwords.
        """
        story = await self._found(caller, uuid)
        shown = story_shown(story, self._directory.now.carriers, self._now_ms(), self._receipt_text)
        self._hiding.hide_story(caller, shown)
        return answer(request, shown)

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
        again = attrs.evolve(self._judged(_again(failed, caller)), resent_from=failed.id)
        reply = answer(request, message_shown(again))
        await self._history.resend(caller.team.id, failed.id, again, caller.kept(reply))
        self._gateway.hint([again])
        return reply

    @route(
        "POST",
        "/messages/{uuid}/cancel",
        scopes=("messages",),
        answers=MessageShown,
        refusals=(404, 409),
        curl=_CANCEL,
    )
    async def cancel(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Cancel a message that has not been sent.

        It is `failed` with the reason `cancelled` then, and its units are the team's again. One that was cancelled before
        is answered in the same way. 409 when a carrier has it, or it has ended otherwise.
        """
        message_id = named(uuid)
        (done,) = await self._alterations.carry_out(caller.team.id, [Cancel(message_id)], caller.by)
        self._alterations.tell([done])
        if done.obstacle is Obstacle.UNKNOWN:
            raise NotFound("there is no such message")
        if done.obstacle is not None:
            raise NotCancellable("a carrier has the message already, or it has ended; it cannot be taken back")
        story = await self._found(caller, message_id)
        return answer(request, message_shown(story.message, story.progress))

    def _judged(self, submission: Submission) -> Priced:
        (verdict,) = self._gateway.judge([submission])
        if isinstance(verdict, Refused):
            raise verdict
        return verdict

    async def _found(self, caller: Caller, uuid: str) -> Story:
        story = await self._history.find(caller.team.id, named(uuid))
        if story is None:
            raise NotFound("there is no such message")
        return story


def named(uuid: str) -> MessageId:
    """Return the id that a path names, in either form.

    Raises:
        NotFound: it is none, so there is no such message (decision 7).
    """
    message_id = canonical(uuid) or from_smpp_id(uuid)
    if message_id is None:
        raise NotFound("there is no such message")
    return message_id


def _again(failed: Priced, caller: Caller) -> Submission:
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
        by=caller.by,
        client_reference=failed.client_reference,
    )
