"""Surveys: who answered what, and what that comes to (decision 79)."""

from __future__ import annotations

from functools import partial

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.pages import answer_page_on, cursor_of
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse_query
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.survey_answers import (
    SurveyResponse,
    SurveyResponsePage,
    SurveyResults,
    response_shown,
    results_shown,
)
from mobilesasa.api.resources.survey_bodies import AskResults, ListResponses
from mobilesasa.api.resources.surveys import SCOPES
from mobilesasa.api.routes import route
from mobilesasa.sms.numbers import BadNumber, normalise_fast
from mobilesasa.surveys.model import Status
from mobilesasa.surveys.views import WantedResponses

_DEEPER = "responses; go on with cursor="


class SurveyResponses:
    """The responses to the surveys of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._surveys = node.surveys

    @route(
        "GET",
        "/surveys/{uuid}/responses",
        scopes=SCOPES,
        query=ListResponses,
        answers=SurveyResponsePage,
        refusals=(400, 404),
        curl=curl("GET", "/surveys/survey-uuid/responses?phone=%2B254712345678"),
    )
    async def list_survey_responses(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get survey responses, newest first.

        Each with its answers as far as it has come: also those in progress, and those that expired. A phone that may answer
        again has several. Of a version that there is not: 404. All of them as a file: an export of kind `survey_responses`.
        """
        asked = parse_query(ListResponses, request)
        cursor = cursor_of(request, asked.cursor)
        after = None if cursor is None else cursor.after
        survey = await self._surveys.find(caller.team.id, uuid)
        wanted = _wanted(asked, caller.team.country)
        if asked.version is not None:
            await self._surveys.version(survey, asked.version)

        async def read(*, limit: int, offset: int) -> tuple[list[SurveyResponse], str | None]:
            found, last = await self._surveys.responses(survey, wanted, limit=limit, offset=offset, after=after)
            return [response_shown(each) for each in found], last

        count = partial(self._surveys.count_responses, survey, wanted)
        return await answer_page_on(request, asked, cursor, count, read, _DEEPER)

    @route(
        "GET",
        "/surveys/{uuid}/responses/{response}",
        scopes=SCOPES,
        answers=SurveyResponse,
        refusals=(404,),
        curl=curl("GET", "/surveys/survey-uuid/responses/response-uuid"),
    )
    async def get_survey_response(self, request: IRequest, caller: Caller, uuid: str, response: str) -> bytes:
        """Get a response to a survey."""
        survey = await self._surveys.find(caller.team.id, uuid)
        return answer(request, response_shown(await self._surveys.response(survey, response)))

    @route(
        "GET",
        "/surveys/{uuid}/results",
        scopes=SCOPES,
        query=AskResults,
        answers=SurveyResults,
        refusals=(400, 404),
        curl=curl("GET", "/surveys/survey-uuid/results"),
    )
    async def get_survey_results(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get what all answers to a survey come to.

        By question: how many gave each answer and their share, average and median of numbers, the score of NPS. Answers of
        responses in progress and of expired ones count too. A question, and an option, is the same in all versions in which
        it has the same uuid.
        """
        asked = parse_query(AskResults, request)
        survey = await self._surveys.find(caller.team.id, uuid)
        outcome = await self._surveys.results(survey, asked.version)
        return answer(request, results_shown(survey.uuid, asked.version, outcome))


def _wanted(asked: ListResponses, country: str) -> WantedResponses:
    status = None if asked.status is None else Status(asked.status)
    try:
        phone = None if asked.phone is None else normalise_fast(asked.phone, country)
    except BadNumber as bad:
        raise bad_field("phone", f"is no phone number: {bad}") from bad
    return WantedResponses(phone, status, asked.version)
