"""What a message would take and cost, before it is sent; nothing is stored or charged."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.refusals import of_refusal
from mobilesasa.api.requests import Said, parse
from mobilesasa.api.resources.batches import judged
from mobilesasa.api.resources.message_bodies import BATCH_MOST
from mobilesasa.api.resources.shown import ENCODING_OF, Encoding
from mobilesasa.api.routes import route
from mobilesasa.core.gateway import measure
from mobilesasa.core.model import Priced, Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.core.senders import find_sender
from mobilesasa.core.teams import Sender
from mobilesasa.sms.estimate import estimate
from mobilesasa.sms.numbers import calling_code, shown
from mobilesasa.sms.replacements import gsm_replacement, lacking
from mobilesasa.sms.segments import room

LACKING_MOST = 100  # characters that are told one by one
_HEADER_OCTETS = 6  # of a part of several

_ESTIMATE = """curl -X POST https://api.yourdomain.com/api/v1/messages/estimate \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "message": "Hello from “Mobile Sasa”!",
    "to": ["+254712345678", "+254733345678"]
  }'"""


@attrs.frozen(kw_only=True)
class EstimateMessage:
    """A message that might be sent."""

    message: Annotated[str, Said("Message text", example="Hello from “Mobile Sasa”!")] = attrs.field(repr=False)
    to: Annotated[
        str | list[str] | None, Said("A number, or up to 1,000", example=["+254712345678"], most=BATCH_MOST)
    ] = None
    sender_id: Annotated[str | None, Said("Your approved sender name or its uuid", example="MYAPP")] = None


class LackingShown(TypedDict):
    """A character that the GSM alphabet lacks."""

    position: Annotated[int, Said("How many characters (code points) stand before it", example=11)]
    character: Annotated[str, Said("With its accents, where those are characters of their own", example="“")]
    replacement: Annotated[str | None, Said("What may stand instead, perhaps nothing; null: nothing is like it")]


class SavingShown(TypedDict):
    """The same text in the GSM alphabet."""

    gsm_text: Annotated[str, Said("With what may stand instead", example='Hello from "Mobile Sasa"!')]
    parts: Annotated[int, Said("Parts it would be sent in", example=1)]
    units: Annotated[int, Said("What it would cost", example=2)]
    units_saved: Annotated[int, Said("How much less that is", example=0)]


class NumberShown(TypedDict):
    """What the message would cost to one number, or why it would not be sent there."""

    to: Annotated[str, Said("The number; in E.164 where it can be read", example="+254712345678")]
    units: Annotated[int, Said("What it would cost; 0 where it would be refused", example=1)]
    units_per_part: Annotated[int, Said("Of that for each part", example=1)]
    error: NotRequired[Annotated[str, Said("Why it would be refused, in a sentence")]]
    code: NotRequired[Annotated[str, Said("The same as a stable word", example="bad_recipient")]]


class EstimateShown(TypedDict):
    """What a message would take and cost."""

    encoding: Annotated[Encoding, Said("The alphabet it would be sent in", example="ucs2")]
    appended: Annotated[
        str | None, Said("What the rules of the country append to it, which is counted; null: nothing", example=None)
    ]
    parts: Annotated[int, Said("Parts it would be sent in", example=1)]
    characters: Annotated[int, Said("As phones count them: two for a € in gsm7, two for an emoji in ucs2", example=25)]
    characters_per_part: Annotated[int, Said("How many a part holds", example=70)]
    characters_left: Annotated[int, Said("How many more the last part holds", example=45)]
    units: Annotated[int, Said("What it would cost to all numbers that would be sent to", example=2)]
    recipients: Annotated[list[NumberShown], Said("In the order of `to`; none: the price is that of a number at home")]
    lacking: Annotated[list[LackingShown], Said("What forces the text into ucs2: the first hundred of them")]
    lacking_count: Annotated[int, Said("How many there are", example=2)]
    saving: Annotated[SavingShown | None, Said("Where the whole text can be had in gsm7")]


class Estimates:
    """Tells what messages would take and cost."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._gateway = node.gateway
        self._directory = node.directory
        self._clock = node.clock

    @route(
        "POST",
        "/messages/estimate",
        scopes=("messages",),
        body=EstimateMessage,
        answers=EstimateShown,
        refusals=(400,),
        curl=_ESTIMATE,
        reads=True,
    )
    async def estimate_message(self, request: IRequest, caller: Caller) -> bytes:
        """Estimate what a message would take and cost.

        Alphabet, parts, and what each number would cost are those of sending, by the same rules; a text or a sender that
        would be refused is refused here. To a promotional message the rules of a country may append how to hear no more,
        which is counted: of several countries, alphabet and parts are those of the first number. Where characters that
        GSM 03.38 lacks force the text into ucs2, each is told with its place and what may stand instead, and `saving` has
        the whole text so. Nothing is replaced unasked. Suppressions and the balance are not looked at.
        """
        asked = parse(EstimateMessage, request)
        numbers = [asked.to] if isinstance(asked.to, str) else asked.to or []
        sender = self._sender(caller, asked)
        submissions = [self._submission(caller, asked, number) for number in numbers]
        verdicts = await judged(self._gateway, self._clock, submissions)
        home = next(
            (each.recipient for each in verdicts if isinstance(each, Priced)), calling_code(caller.team.country)
        )
        rules = None if sender is None else self._gateway.rules.find(sender.sender_class, home)
        text, _, _ = measure(self._submission(caller, asked, ""), self._gateway.limits.max_parts, rules)
        recipients = [_number_shown(number, verdict) for number, verdict in zip(numbers, verdicts, strict=True)]
        return answer(request, self._shown(caller, asked.message, text or "", recipients))

    def _sender(self, caller: Caller, asked: EstimateMessage) -> Sender | None:
        """Return the sender that is asked for, which may be used, or else the team's default, if it has one."""
        known = self._directory.now
        if asked.sender_id is not None:
            return find_sender(known, caller.team, asked.sender_id)
        return known.senders.get(caller.team.default_sender_id or 0)

    def _submission(self, caller: Caller, asked: EstimateMessage, number: str) -> Submission:
        return Submission(caller.team.id, asked.sender_id, number, asked.message)

    def _shown(self, caller: Caller, written: str, text: str, recipients: list[NumberShown]) -> EstimateShown:
        found = estimate(text)
        units_a_part = sum(each["units_per_part"] for each in recipients)
        if not recipients:
            units_a_part = self._directory.now.units_a_part(calling_code(caller.team.country))
        faults = lacking(written)
        return {
            "encoding": ENCODING_OF[found.alphabet],
            "appended": text.removeprefix(written.replace("\r\n", "\n")) or None,
            "parts": found.parts,
            "characters": found.characters,
            "characters_per_part": room(found.alphabet, _HEADER_OCTETS if found.parts > 1 else 0),
            "characters_left": found.characters_left,
            "units": sum(each["units"] for each in recipients) if recipients else found.parts * units_a_part,
            "recipients": recipients,
            "lacking": [
                {"position": each.position, "character": each.character, "replacement": each.replacement}
                for each in faults[:LACKING_MOST]
            ],
            "lacking_count": len(faults),
            "saving": _saving(text, found.parts, units_a_part) if faults else None,
        }


def _saving(text: str, parts: int, units_a_part: int) -> SavingShown | None:
    plain = gsm_replacement(text)
    if plain is None or not plain.strip():
        return None
    least = estimate(plain).parts
    return {
        "gsm_text": plain,
        "parts": least,
        "units": least * units_a_part,
        "units_saved": (parts - least) * units_a_part,
    }


def _number_shown(number: str, verdict: Verdict) -> NumberShown:
    if isinstance(verdict, Priced):
        units_a_part = verdict.price_units // verdict.parts
        return {"to": shown(verdict.recipient), "units": verdict.price_units, "units_per_part": units_a_part}
    wrong = of_refusal(verdict)
    return {"to": number, "units": 0, "units_per_part": 0, "error": wrong.message, "code": wrong.code}
