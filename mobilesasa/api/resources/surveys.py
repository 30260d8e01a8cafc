"""Surveys: make, list, look at, change, publish, hold and end them (the reference's section Surveys; decisions 78 and 80)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import ListPage, answer_page, paged
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse, parse_query
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.survey_bodies import ChangeSurvey, CreateSurvey, ListSurveys, PublishSurvey
from mobilesasa.api.resources.survey_drafts import SurveyDrafts, meant_by
from mobilesasa.api.resources.survey_shapes import (
    SurveyListed,
    SurveyPage,
    SurveyShown,
    VersionPage,
    VersionShown,
    survey_listed,
    survey_shown,
    version_listed,
    version_shown,
)
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound
from mobilesasa.core.idempotency import Reply
from mobilesasa.surveys.model import SurveyStatus
from mobilesasa.surveys.views import Standing, Survey, Wanted

SCOPES = ("surveys",)
_DEEPER = "surveys; ask for those of a status, or search"
_VERSION_DIGITS = 9

_CREATE = """{
    "name": "After a visit",
    "sender_id": "22384",
    "keyword": "VISIT",
    "introduction": "Habari! This is Acme: 3 questions, free of charge. Reply STOP to end.",
    "thanks": "Asante! Thank you.",
    "questions": [
      { "code": "service", "type": "single_choice", "text": "How was our service?",
        "options": [{ "code": "GOOD", "label": "Good", "next": "nps" }, { "code": "BAD", "label": "Bad" }] },
      { "code": "why", "type": "text", "text": "What went wrong?", "required": false },
      { "code": "nps", "type": "nps", "text": "Would you recommend us, from 0 to 10?" }
    ]
  }"""


class Surveys:
    """The surveys of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._surveys = node.surveys
        self._drafts = SurveyDrafts(node)
        self._new_uuid = node.new_uuid
        self._now_ms = node.now_ms

    @route(
        "GET",
        "/surveys",
        scopes=SCOPES,
        query=ListSurveys,
        answers=SurveyPage,
        refusals=(400,),
        curl=curl("GET", "/surveys"),
    )
    async def list_surveys(self, request: IRequest, caller: Caller) -> bytes:
        """List surveys, newest first."""
        asked = parse_query(ListSurveys, request)
        status = None if asked.status is None else SurveyStatus(asked.status)
        wanted = Wanted(caller.team.id, status, asked.search)

        async def read(*, limit: int, offset: int) -> Sequence[SurveyListed]:
            found = await self._surveys.page(wanted, limit=limit, offset=offset)
            standings = await self._surveys.standings(found)
            return [survey_listed(survey, standing) for survey, standing in zip(found, standings, strict=True)]

        return await answer_page(request, asked, partial(self._surveys.count, wanted), read, dict, _DEEPER)

    @route(
        "POST",
        "/surveys",
        scopes=SCOPES,
        body=CreateSurvey,
        answers=SurveyShown,
        refusals=(400, 409),
        curl=curl("POST", "/surveys", _CREATE),
        idempotent=True,
    )
    async def create_survey(self, request: IRequest, caller: Caller) -> bytes:
        """Make a survey.

        It is a draft: it asks nobody before `/publish`, and may be half done; `faults` says what it lacks. What cannot be kept
        is refused, with all of it in `fields` and `faults`. The sender must be one that people can answer: a short code or
        number of yours. Questions have a uuid, which answers keep; `next` names one by it or by its code.
        """
        definition = await self._drafts.read(request, caller)
        faults, keeps_hours = (
            await self._drafts.faults(caller, definition),
            self._drafts.keeps_hours(caller, definition),
        )

        def told(survey: Survey) -> bytes:
            return success(survey_shown(survey, Standing(), faults, keeps_hours))

        uuid, reply = self._new_uuid(), Reply(caller.mark, told)
        octets = await self._surveys.create(caller.by, caller.team.id, uuid, definition, self._now_ms(), reply)
        return replay(request, octets)

    @route(
        "GET",
        "/surveys/{uuid}",
        scopes=SCOPES,
        answers=SurveyShown,
        refusals=(404,),
        curl=curl("GET", "/surveys/survey-uuid"),
    )
    async def get_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a survey.

        Returns the survey definition including all questions and their answer options: those of the draft, which are those of
        the last version unless `is_changed`.
        """
        return await self._answer(request, caller, await self._surveys.find(caller.team.id, uuid))

    @route(
        "PUT",
        "/surveys/{uuid}",
        scopes=SCOPES,
        body=ChangeSurvey,
        answers=SurveyShown,
        refusals=(400, 404, 409),
        curl=curl("PUT", "/surveys/survey-uuid", '{ "thanks": "Asante sana! Thank you." }'),
    )
    async def update_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change the draft of a survey.

        What is left out stays. Of a published survey nothing changes for anybody before the next `/publish`, and who is being
        asked goes on with the version that they began with. A question that keeps its uuid is the same one in results. Where two
        people edit, the later one who sends the `revision` that they have read is told: 409 `survey_busy`, with who changed it
        and when in `changed_by` and `changed_at`.
        """
        was = await self._surveys.find(caller.team.id, uuid)
        meant, definition = await self._drafts.read_change(request, caller, was)
        changed = await self._surveys.change(caller.by, meant, definition, self._now_ms())
        return await self._answer(request, caller, changed)

    @route(
        "DELETE",
        "/surveys/{uuid}",
        scopes=SCOPES,
        answers=SurveyShown,
        refusals=(404, 409),
        curl=curl("DELETE", "/surveys/survey-uuid"),
    )
    async def delete_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Delete a survey with all its versions and responses.

        One that is live or paused must be closed first: 409.
        """
        found = await self._surveys.find(caller.team.id, uuid)
        (standing,) = await self._surveys.standings([found])
        gone = await self._surveys.delete(caller.by, caller.team.id, uuid)
        return answer(request, await self._shown(caller, gone, standing))

    @route(
        "POST",
        "/surveys/{uuid}/publish",
        scopes=SCOPES,
        body=PublishSurvey,
        answers=SurveyShown,
        refusals=(400, 404, 409),
        curl=curl("POST", "/surveys/survey-uuid/publish"),
    )
    async def publish_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Publish a survey.

        Makes a version of the draft, which never changes, and opens the survey: it can be sent, and its keyword begins it. What
        keeps it from that is named all at once: 400 `bad_definition`. Where nothing has changed there is no new version. With
        the `revision` that you have read nothing is published that you have not seen: 409 `survey_busy`. Where `keeps_hours` is
        true, questions outside the hours that the rules of a country allow wait for them.
        """
        asked = parse(PublishSurvey, request)
        was = await self._surveys.find(caller.team.id, uuid)
        meant = meant_by(was, asked.revision)
        if was.status is not SurveyStatus.CLOSED and meant.revision >= was.revision:
            await self._drafts.check(caller, was.draft)
        return await self._answer(request, caller, await self._surveys.publish(caller.by, meant, self._now_ms()))

    @route(
        "POST",
        "/surveys/{uuid}/pause",
        scopes=SCOPES,
        answers=SurveyShown,
        refusals=(404, 409),
        curl=curl("POST", "/surveys/survey-uuid/pause"),
    )
    async def pause_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Pause a survey.

        It begins with nobody; who is being asked goes on. One that is paused stays so.
        """
        return await self._answer(request, caller, await self._surveys.pause(caller.by, caller.team.id, uuid))

    @route(
        "POST",
        "/surveys/{uuid}/resume",
        scopes=SCOPES,
        answers=SurveyShown,
        refusals=(404, 409),
        curl=curl("POST", "/surveys/survey-uuid/resume"),
    )
    async def resume_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Resume a survey that is paused; one that is live stays so."""
        return await self._answer(request, caller, await self._surveys.resume(caller.by, caller.team.id, uuid))

    @route(
        "POST",
        "/surveys/{uuid}/close",
        scopes=SCOPES,
        answers=SurveyShown,
        refusals=(404, 409),
        curl=curl("POST", "/surveys/survey-uuid/close"),
    )
    async def close_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Close a survey for good.

        Responses under way become `expired`, invitations are dropped, and its keyword is free again. Its responses and results
        stay. One that is closed stays so.
        """
        return await self._answer(request, caller, await self._surveys.close(caller.by, caller.team.id, uuid))

    @route(
        "GET",
        "/surveys/{uuid}/versions",
        scopes=SCOPES,
        query=ListPage,
        answers=VersionPage,
        refusals=(400, 404),
        curl=curl("GET", "/surveys/survey-uuid/versions"),
    )
    async def list_survey_versions(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List the versions of a survey, newest first."""
        asked = parse_query(ListPage, request)
        survey = await self._surveys.find(caller.team.id, uuid)
        offset = (asked.page - 1) * asked.page_size
        found = (
            await self._surveys.versions(survey, limit=asked.page_size, offset=offset)
            if offset < survey.version
            else ()
        )
        return answer(request, paged(asked, survey.version, items=[version_listed(each) for each in found]))

    @route(
        "GET",
        "/surveys/{uuid}/versions/{version}",
        scopes=SCOPES,
        answers=VersionShown,
        refusals=(404,),
        curl=curl("GET", "/surveys/survey-uuid/versions/1"),
    )
    async def get_survey_version(self, request: IRequest, caller: Caller, uuid: str, version: str) -> bytes:
        """Get a version of a survey, with all that it says; it never changes."""
        survey = await self._surveys.find(caller.team.id, uuid)
        return answer(request, version_shown(await self._surveys.version(survey, number_of(version))))

    async def _answer(self, request: IRequest, caller: Caller, survey: Survey) -> bytes:
        (standing,) = await self._surveys.standings([survey])
        return answer(request, await self._shown(caller, survey, standing))

    async def _shown(self, caller: Caller, survey: Survey, standing: Standing) -> SurveyShown:
        faults = await self._drafts.faults_in(caller, survey)
        return survey_shown(survey, standing, faults, self._drafts.keeps_hours(caller, survey.draft))


def number_of(written: str) -> int:
    """Return the number of a version, as it stands in a path.

    Raises:
        NotFound: it is none.
    """
    if not (written.isascii() and written.isdigit() and len(written) <= _VERSION_DIGITS):
        raise NotFound("there is no such version")
    return int(written)
