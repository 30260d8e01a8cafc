"""Many messages in one call; each is taken or refused by itself, and all that are taken share one commit (decision 30)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, NotRequired, TypedDict

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import Problem
from mobilesasa.api.openapi import FieldShown
from mobilesasa.api.ports import Node
from mobilesasa.api.refusals import of_refusal
from mobilesasa.api.requests import Said, parse
from mobilesasa.api.resources.message_bodies import SendBatch, SendMessage
from mobilesasa.api.resources.shown import MessageShown, message_shown
from mobilesasa.api.routes import route
from mobilesasa.core.errors import AccessEnded, Refused
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.idempotency import Once
from mobilesasa.core.model import Lane, Priced, Submission
from mobilesasa.core.ports import Verdict

SLICE = 250  # messages that are judged in one turn of the reactor, 2 to 4 ms

_BATCH = """curl -X POST https://api.yourdomain.com/api/v1/messages/batch \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [
      {"to": "+254712345678", "message": "Hello Jane!"},
      {"to": "+254733345678", "message": "Hello John!"}
    ],
    "sender_id": "MYAPP"
  }'"""


class RefusedShown(TypedDict):
    """A message that was not taken; the same words as a call for it alone would be answered with."""

    error: Annotated[str, Said("A sentence", example="the text is blank")]
    code: Annotated[str, Said("A stable word for what went wrong", example="bad_text")]
    fields: NotRequired[Annotated[list[FieldShown], Said("Every field that is missing or wrong")]]


class BatchShown(TypedDict):
    """What became of the messages of one call."""

    items: Annotated[list[MessageShown | RefusedShown], Said("In the order of the request")]
    accepted: Annotated[int, Said("How many were taken", example=2)]
    refused: Annotated[int, Said("How many were not", example=0)]
    units: Annotated[int, Said("What all that were taken cost", example=2)]


class Batches:
    """Takes many messages at once."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._gateway = node.gateway
        self._clock = node.clock
        self._now_ms = node.now_ms

    @route(
        "POST",
        "/messages/batch",
        scopes=("messages",),
        body=SendBatch,
        answers=BatchShown,
        refusals=(400,),
        curl=_BATCH,
        idempotent=True,
    )
    async def send_batch(self, request: IRequest, caller: Caller) -> bytes:
        """Send up to 1,000 messages in one call.

        Either `messages`, each with its own text, or one `message` to all numbers of `to`. Each is taken or refused by
        itself, and the answer has an item for each in the same order: the message, or `error` and `code`. The answer is
        200 also when none was taken. A number that stands twice gets two messages. What is sent so waits in the lane of
        bulk messages, which gives way to single ones, unless the sender is for one-time passwords.

        With an Idempotency-Key the answer is kept as soon as one message was taken, so a repeat sends nothing again.
        """
        asked = parse(SendBatch, request).asked()
        batch = _Batch(asked, caller, self._now_ms())
        verdicts = await judged(self._gateway, self._clock, batch.submissions)
        once = None if caller.mark is None else Once(caller.mark, batch.told)
        final = await self._gateway.accept_verdicts(verdicts, once)
        ended = next((verdict for verdict in final if isinstance(verdict, AccessEnded)), None)
        if ended is not None:
            raise ended
        return replay(request, batch.octets or batch.told(final))


async def judged(gateway: Gateway, clock: IReactorTime, submissions: Sequence[Submission]) -> list[Verdict]:
    """Return the verdict of each; others have their turn of the reactor between slices of them."""
    verdicts: list[Verdict] = []
    for start in range(0, len(submissions), SLICE):
        if start:
            await deferLater(clock, 0)
        verdicts += gateway.judge(submissions[start : start + SLICE])
    return verdicts


class _Batch:
    """The messages of one call, and what cannot be sent of them.

    Attributes:
        submissions: what can be judged.
        octets: the answer, when it has been made.
    """

    def __init__(self, asked: Iterable[SendMessage | Problem], caller: Caller, now_ms: int) -> None:
        self.submissions: list[Submission] = []
        self.octets = b""
        self._wrong: dict[int, RefusedShown] = {}
        self._count = 0
        for n, one in enumerate(asked):
            self._count += 1
            if isinstance(one, Problem):
                self._wrong[n] = _problem_shown(one)
                continue
            try:
                self.submissions.append(one.submission(caller, now_ms, Lane.BULK))
            except Problem as wrong:
                self._wrong[n] = _problem_shown(wrong)
            except Refused as refusal:
                self._wrong[n] = _problem_shown(of_refusal(refusal))

    def told(self, final: Sequence[Verdict]) -> bytes:
        """Return the answer for the verdicts on the submissions."""
        rest = iter(final)
        items: list[MessageShown | RefusedShown] = []
        for n in range(self._count):
            wrong = self._wrong.get(n)
            items.append(_verdict_shown(next(rest)) if wrong is None else wrong)
        taken = [verdict for verdict in final if isinstance(verdict, Priced)]
        shown: BatchShown = {
            "items": items,
            "accepted": len(taken),
            "refused": self._count - len(taken),
            "units": sum(message.price_units for message in taken),
        }
        self.octets = success(shown)
        return self.octets


def _verdict_shown(verdict: Verdict) -> MessageShown | RefusedShown:
    return message_shown(verdict) if isinstance(verdict, Priced) else _problem_shown(of_refusal(verdict))


def _problem_shown(wrong: Problem) -> RefusedShown:
    made: RefusedShown = {"error": wrong.message, "code": wrong.code}
    if wrong.fields:
        made["fields"] = [{"field": each.field, "message": each.message} for each in wrong.fields]
    return made
