"""Surveys: ask people, find out what that would cost, and try a conversation without a phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypedDict

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant_or_none, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, bad_field, bad_fields
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.survey_bodies import InvitePeople
from mobilesasa.api.resources.survey_drafts import SurveyDrafts
from mobilesasa.api.resources.surveys import SCOPES
from mobilesasa.api.routes import route
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.ids import canonical
from mobilesasa.sms.numbers import BadNumber, normalise
from mobilesasa.surveys.outlay import Outlay, outlay_of
from mobilesasa.surveys.views import LEFT, Invited, People

_PEOPLE = '{ "groups": ["group-uuid"], "phones": ["+254712345678"] }'


class LeftOut(TypedDict):
    """How many were not invited, and why."""

    suppressed: Annotated[
        int, Said("Want no messages from the code, or are kept from them for another reason", example=4)
    ]
    answered: Annotated[int, Said("Have answered it, or begun to, and may do so once", example=37)]
    in_progress: Annotated[int, Said("Are being asked by it now", example=2)]
    invited: Annotated[int, Said("Are invited already, and wait for their turn", example=0)]
    unreachable: Annotated[int, Said("No message can be sent to them", example=0)]


class PeopleInvited(TypedDict):
    """Who was invited, and who was not."""

    people: Annotated[int, Said("All that were named, each once", example=523)]
    invited: Annotated[
        int, Said("Will be asked; those in another survey over the same code when that is over", example=480)
    ]
    skipped: Annotated[int, Said("Will not", example=43)]
    reasons: Annotated[LeftOut, Said("Why not, by how many")]


class PartsOfSurvey(TypedDict):
    """Parts of messages to one person who answers so that it can be read; without what is asked again, and reminders."""

    opening: Annotated[int, Said("The first message, with the introduction", example=2)]
    least: Annotated[int, Said("All of them on the shortest way to the end", example=4)]
    all: Annotated[int, Said("All of them, were every question asked", example=5)]


class SurveyEstimate(PeopleInvited):
    """What it would come to were people invited now."""

    units: Annotated[int, Said("Of the first message to each of them", example=960)]
    waiting: Annotated[
        int,
        Said(
            "Of the invited: to whom the first message waits, as each question would now, for the hours that rules allow"
        ),
    ]
    waits_until: Annotated[
        str | None, Said("When the first of those goes out, UTC; null: none waits", example="2026-05-12T05:00:00Z")
    ]
    parts: Annotated[PartsOfSurvey, Said("How long the conversation with one person is")]


class SurveyRunning:
    """What is done with the surveys of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._surveys = node.surveys
        self._drafts = SurveyDrafts(node)
        self._campaigns = node.campaigns
        self._aside = node.aside
        self._now_ms = node.now_ms

    @route(
        "POST",
        "/surveys/{uuid}/send",
        scopes=SCOPES,
        body=InvitePeople,
        answers=PeopleInvited,
        refusals=(400, 404, 409),
        curl=curl("POST", "/surveys/survey-uuid/send", _PEOPLE),
        idempotent=True,
    )
    async def send_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Ask people.

        Each person once, by the last version. Who is being asked something else over the same code waits for that to end, for
        the hours of `invitation_valid_h`. Each message is charged when it is sent; where units do not suffice it waits and is
        tried again. All phones must be numbers: else 400 names those that are none, and nobody is asked. Groups need no scope
        but this one; one without people is no fault, and `people` is 0 then.
        """
        asked = parse(InvitePeople, request)
        survey = await self._surveys.find(caller.team.id, uuid)
        people = await self._people(caller, asked)
        reply = Reply(caller.mark, lambda invited: success(invited_shown(invited)))
        octets = await self._surveys.send(caller.by, caller.team.id, survey.uuid, people, self._now_ms(), reply)
        return replay(request, octets)

    @route(
        "POST",
        "/surveys/{uuid}/estimate",
        scopes=SCOPES,
        body=InvitePeople,
        answers=SurveyEstimate,
        refusals=(400, 404, 409),
        curl=curl("POST", "/surveys/survey-uuid/estimate", _PEOPLE),
        reads=True,
    )
    async def estimate_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Estimate what asking people would come to.

        Nothing is kept. Of a survey that was never published, by its draft: 400 `bad_definition` where it has no question or no
        sender. What keeps `/send` from asking anybody, such as a sender that is suspended, is refused here too. The balance is
        not looked at. What a promotional sender says outside the hours of the recipient's country waits for them: `waiting`.
        """
        asked = parse(InvitePeople, request)
        survey = await self._surveys.find(caller.team.id, uuid)
        people = await self._people(caller, asked)
        if not survey.version:
            await self._drafts.check_needed(caller, survey.draft)
        found = await self._surveys.estimate(survey, people)
        version = await self._surveys.version(survey, survey.version) if survey.version else None
        outlay: Outlay = await self._aside(outlay_of, survey.draft if version is None else version.definition)
        parts: PartsOfSurvey = {"opening": outlay.opening, "least": outlay.least, "all": outlay.all}
        shown: SurveyEstimate = {
            **invited_shown(found.invited),
            "units": found.units,
            "waiting": found.waiting,
            "waits_until": instant_or_none(found.waits_until_ms),
            "parts": parts,
        }
        return answer(request, shown)

    async def _people(self, caller: Caller, asked: InvitePeople) -> People:
        """Return who is meant.

        Raises:
            Problem: 400, with every number that is none, and groups that are not the team's.
        """
        groups = tuple(dict.fromkeys(canonical(each) or each for each in asked.groups or ()))
        wrong: list[FieldProblem] = []
        if groups:
            reach = await self._campaigns.reach(caller.team.id, groups, None)
            if reach.missing_groups:
                missing = ", ".join(reach.missing_groups)
                wrong.append(FieldProblem("groups", f"names groups that you do not have: {missing}"))
        phones: dict[str, None] = {}
        for place, written in enumerate(asked.phones or ()):
            try:
                phones[normalise(written, caller.team.country)] = None
            except BadNumber as bad:
                wrong.append(FieldProblem(f"phones[{place}]", f"is no phone number: {bad}"))
        if wrong:
            raise bad_fields(wrong)
        if not groups and not phones:
            raise bad_field("groups", "must name a group at least, or give phones")
        return People(groups, tuple(phones))


def invited_shown(invited: Invited) -> PeopleInvited:
    """Return who was invited as the team sees it."""
    left: Mapping[str, int] = invited.left
    reasons = {why: left.get(why, 0) for why in LEFT}
    return {
        "people": invited.people,
        "invited": invited.invited,
        "skipped": invited.people - invited.invited,
        "reasons": LeftOut(**reasons),  # type: ignore[typeddict-item]
    }
