"""Surveys: a conversation that nobody has, step by step, by the engine that talks to phones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypedDict, cast

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import Problem, bad_field
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.survey_answers import AnswerShown, answer_shown
from mobilesasa.api.resources.survey_bodies import SimulateSurvey
from mobilesasa.api.resources.surveys import SCOPES
from mobilesasa.api.routes import route
from mobilesasa.core.errors import BadDefinition, Fault
from mobilesasa.sms.estimate import count_parts
from mobilesasa.surveys import engine
from mobilesasa.surveys.model import QUESTIONS_MAX, Definition, State, Step, state_of
from mobilesasa.surveys.telling import told_answer
from mobilesasa.surveys.views import Survey

_DRAFT: Final = "draft"
_LATEST_MS: Final = 1 << 47  # of a time; a uuid holds no later one


class EndShown(TypedDict):
    """How a conversation ended."""

    status: Annotated[Literal["completed", "expired"], Said("To its end, or before it", example="completed")]
    reason: Annotated[
        Literal["stop", "invalid", "lapsed", "closed", "too_long"] | None, Said("Why it expired, as of a response")
    ]


class SurveyStep(TypedDict):
    """What becomes of a conversation by an answer."""

    say: Annotated[
        str | None, Said("The next text to the phone; null: nothing is said", example="How was our service?\\n1. Good")
    ]
    parts: Annotated[int, Said("Parts of that text", example=1)]
    question_uuid: Annotated[str | None, Said("The question that waits for an answer; null: none")]
    answered: Annotated[AnswerShown | None, Said("What was answered by it")]
    stray: Annotated[bool, Said("Whether the text answered nothing, as one that comes twice")]
    ended: Annotated[EndShown | None, Said("How the conversation ended; null: it goes on")]
    state: Annotated[dict[str, Any], Said("Where it stands: to be sent with the next answer, as it is", example={})]


class SurveySimulator:
    """Talks as the surveys of the team that asks would."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._surveys = node.surveys
        self._now_ms = node.now_ms

    @route(
        "POST",
        "/surveys/{uuid}/simulate",
        scopes=SCOPES,
        body=SimulateSurvey,
        answers=SurveyStep,
        refusals=(400, 404),
        curl=curl("POST", "/surveys/survey-uuid/simulate", '{ "version": "draft" }'),
        reads=True,
    )
    async def simulate_survey(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Try a survey without a phone.

        The first call, without `say`, begins; each further one has the `state` of the one before, and what the phone says.
        Nothing is sent, charged or kept, and time stands still: there are no reminders. A draft may be half done, but one that
        asks nothing is 400 `bad_definition`.
        """
        asked = parse(SimulateSurvey, request)
        survey = await self._surveys.find(caller.team.id, uuid)
        definition = await self._definition(survey, asked.version)
        if not definition.questions:
            raise BadDefinition([Fault("questions", "no_questions", "are required: add one at least")])
        if asked.state is None:
            if asked.say is not None:
                raise bad_field(
                    "say", "answers nothing yet: leave it out to begin, or give the state of the step before"
                )
            return answer(request, _shown(definition, engine.begin(definition, self._now_ms())))
        state = read_state(asked.state, definition)
        if asked.say is None:
            raise bad_field("say", "is required: what the phone says to the question")
        at_ms = max(state.asked_at_ms, state.said_at_ms)
        return answer(
            request, _shown(definition, engine.answer(definition, state, asked.say, caller.team.country, at_ms, at_ms))
        )

    async def _definition(self, survey: Survey, wanted: str | int | None) -> Definition:
        """Return the version that is wanted, or the draft.

        Raises:
            Problem: 400, it is no version.
            NotFound: there is none of that number.
        """
        if wanted == _DRAFT or (wanted is None and not survey.version):
            return survey.draft
        if isinstance(wanted, str):
            raise bad_field("version", "must be the number of a version, or draft")
        return (await self._surveys.version(survey, survey.version if wanted is None else wanted)).definition


def read_state(given: Any, definition: Definition) -> State:
    """Return the state of a step before, which a client has kept meanwhile.

    Raises:
        Problem: 400, it is none, one of another version, or that of a conversation that has ended.
    """
    if (
        not isinstance(given, Mapping)
        or {*given} != _FIELDS
        or not all(_is(given[name], *_KINDS[name]) for name in _KINDS)
    ):
        raise _bad_state("must be the state of the step before, as it was")
    answers = given["answers"]
    if not isinstance(answers, list) or len(answers) > QUESTIONS_MAX or not all(map(_is_answer, answers)):
        raise _bad_state("must be the state of the step before, as it was")
    if given["question"] is None:
        raise _bad_state("is that of a conversation that has ended")
    if not {given["question"], *(each["question"] for each in answers)} <= {*definition.places}:
        raise _bad_state("is that of another version of the survey")
    return state_of(given)


def _is_answer(given: Any) -> bool:
    if not isinstance(given, Mapping) or {*given} != _ANSWER_FIELDS:
        return False
    value = given["value"]
    is_value = all(map(_is_text, value)) if isinstance(value, list) else _is(value, str, int, float, bool, type(None))
    return is_value and _is_text(given["question"]) and _is_text(given["raw"]) and _is(given["at_ms"], int)


def _is(value: Any, *kinds: type) -> bool:
    return type(value) in kinds and (type(value) is not int or abs(value) < _LATEST_MS)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _shown(definition: Definition, step: Step) -> SurveyStep:
    ended: EndShown | None = None
    if step.ended is not None:
        ended = cast(EndShown, {"status": step.ended.status.value, "reason": step.ended.reason})
    return {
        "say": step.say,
        "parts": count_parts(step.say) if step.say else 0,
        "question_uuid": None if step.ended is not None else step.state.question,
        "answered": None if step.answered is None else answer_shown(told_answer(definition, step.answered)),
        "stray": step.stray,
        "ended": ended,
        "state": {**step.state.as_json(), **({"question": None} if step.ended is not None else {})},
    }


def _bad_state(why: str) -> Problem:
    return bad_field("state", why)


_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "question": (str, type(None)),
    "asks": (int,),
    "asked_at_ms": (int,),
    "said_at_ms": (int,),
    "taken_at_ms": (int,),
    "asked": (int,),
    "reminded": (bool,),
}
_FIELDS: Final = frozenset(field.name for field in attrs.fields(State))
_ANSWER_FIELDS: Final = frozenset({"question", "raw", "value", "at_ms"})
