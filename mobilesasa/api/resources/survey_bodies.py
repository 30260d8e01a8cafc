"""What a team says of surveys: to make, change, try and send one, and which of them and of their responses to list."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import attrs

from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import ABSENT, Absent, Said
from mobilesasa.surveys.model import NAME_CHARACTERS, QUESTIONS_MAX, RAW_CHARACTERS, TEXT_CHARACTERS
from mobilesasa.surveys.views import GROUPS_MAX, PHONES_MAX

QuestionType: TypeAlias = Literal[
    "single_choice", "multiple_choice", "number", "rating", "nps", "yes_no", "date", "text"
]
RuleOp: TypeAlias = Literal[
    "eq", "ne", "in", "lt", "lte", "gt", "gte", "includes", "excludes", "answered", "unanswered"
]

_ID = "Names it in answers; a uuid of your making, or the one that `GET` showed, so that answers stay with it. If omitted one is made"
_REVISION: Final = Said(
    "The revision that you have read; 409 `survey_busy` where somebody else has changed the draft since",
    minimum=1,
    maximum=2_147_483_647,
)
_NEXT = "Where it goes on: the uuid or the code of a question, or `end`"


@attrs.frozen(kw_only=True)
class OptionBody:
    """An answer that can be chosen."""

    uuid: Annotated[str | None, Said(_ID)] = None
    code: Annotated[
        str | None,
        Said(
            "What programs know it by; people may write it instead of the label. If omitted its place, from 1",
            example="GOOD",
        ),
    ] = None
    label: Annotated[str, Said("What people read, and may write", example="Good")]
    next: Annotated[str | None, Said(f"{_NEXT}, for who chooses this; null: as the question says")] = None


@attrs.frozen(kw_only=True)
class WhenBody:
    """Which answers a rule is for."""

    op: Annotated[
        RuleOp,
        Said(
            "How the answer is compared; `includes`: it is among what was chosen, or in the text. `answered` and `unanswered` "
            "need no value",
            example="lte",
        ),
    ]
    value: Annotated[
        Any,
        Said(
            "With what: a number, a date (YYYY-MM-DD), true or false of yes and no, the code of an option; of `in` an array",
            example=6,
        ),
    ] = None
    question: Annotated[
        str | None, Said("Whose answer is looked at, the uuid or code of a question before; null: this one's")
    ] = None


@attrs.frozen(kw_only=True)
class RuleBody:
    """Where it goes on after some answers; of several rules the first that fits counts."""

    when: Annotated[WhenBody, Said("Which answers")]
    next: Annotated[str, Said(_NEXT, example="end")]


@attrs.frozen(kw_only=True)
class QuestionBody:
    """A question of a survey."""

    uuid: Annotated[str | None, Said(_ID)] = None
    code: Annotated[
        str | None,
        Said("What programs know it by, such as the name of its column in an export", example="service"),
    ] = None
    type: Annotated[
        QuestionType,
        Said("What kind of answer it wants", example="single_choice"),
    ]
    text: Annotated[
        str, Said("What is asked; the options stand behind it, a line each", example="How was our service?")
    ]
    required: Annotated[
        bool, Said("Whether the response ends where no answer can be read; else it goes on with the next question")
    ] = True
    options: Annotated[list[OptionBody] | None, Said("Of a choice: what can be chosen, up to 50")] = None
    show_options: Annotated[bool, Said("Whether the options are put behind the text; else the text names them")] = True
    min: Annotated[
        float | int | None, Said("Of a number: the least that is taken; of a rating if omitted 1", example=1)
    ] = None
    max: Annotated[float | int | None, Said("Of a number: the most; of a rating if omitted 5", example=5)] = None
    whole: Annotated[bool, Said("Of a number: whether it has no fraction")] = False
    min_select: Annotated[int | None, Said("Of a multiple choice: how many must be chosen; 1 if omitted")] = None
    max_select: Annotated[int | None, Said("Of a multiple choice: how many may be; null: all")] = None
    rules: Annotated[list[RuleBody] | None, Said("Where it goes on after some answers")] = None
    next: Annotated[str | None, Said(f"{_NEXT}; null: the question behind it")] = None


@attrs.frozen(kw_only=True)
class OptionsBody:
    """How a survey is held; what is left out stays as it is, of a new one as by default."""

    reask: Annotated[
        int, Said("How often a question is asked again when no answer can be read", minimum=0, maximum=5)
    ] = 2
    reminder_after_h: Annotated[
        int | None,
        Said("After so many hours without an answer it is asked for once more; null: never", minimum=1, maximum=720),
    ] = 24
    lapse_after_h: Annotated[int, Said("After so many hours without an answer it is over", minimum=1, maximum=720)] = 48
    repeat: Annotated[Literal["once", "each_time"], Said("How often a phone may answer")] = "once"
    invitation_valid_h: Annotated[
        int,
        Said(
            "So many hours an invitation waits for its turn where another survey asks the person",
            minimum=1,
            maximum=720,
        ),
    ] = 72


@attrs.frozen(kw_only=True)
class SurveySaid:
    """What a survey is to say."""

    name: Annotated[
        str | Absent, Said("Survey name (internal reference)", example="After a visit", longest=NAME_CHARACTERS)
    ] = ABSENT
    language: Annotated[
        str | Absent,
        Said(
            "Language of what the node says itself, such as that an answer is none: `en` or `sw`; for any other it says that in "
            "English, but for what is in `texts`",
            example="en",
        ),
    ] = ABSENT
    sender_id: Annotated[
        str | Absent | None,
        Said("The short code or number that asks: an approved sender of yours, digits, or its UUID", example="22384"),
    ] = ABSENT
    keyword: Annotated[
        str | Absent | None,
        Said("Who sends this word to the code begins the survey; null: nobody begins it so", example="VISIT"),
    ] = ABSENT
    introduction: Annotated[
        str | Absent | None,
        Said(
            "What stands before the first question: who asks, that answers cost nothing, how to end it",
            example="Habari! This is Acme. 3 questions, free of charge. Reply STOP to end.",
            longest=TEXT_CHARACTERS,
        ),
    ] = ABSENT
    thanks: Annotated[
        str | Absent | None,
        Said("What is said at the end; null: nothing", example="Asante! Thank you.", longest=TEXT_CHARACTERS),
    ] = ABSENT
    texts: Annotated[
        dict[str, str] | Absent | None,
        Said(
            "What the node says itself, in words of yours, by what it is for",
            example={"yes_no": "Reply YES or NO, please."},
        ),
    ] = ABSENT
    questions: Annotated[
        list[QuestionBody] | Absent | None,
        Said("The questions in order; all of them, where any of them is to change", most=QUESTIONS_MAX),
    ] = ABSENT
    options: Annotated[OptionsBody | Absent | None, Said("How it is held")] = ABSENT


@attrs.frozen(kw_only=True)
class ChangeSurvey(SurveySaid):
    """What of a survey is to change."""

    revision: Annotated[int | Absent, _REVISION] = ABSENT


@attrs.frozen(kw_only=True)
class PublishSurvey:
    """Which draft is to be published."""

    revision: Annotated[int | Absent, _REVISION] = ABSENT


@attrs.frozen(kw_only=True)
class CreateSurvey(SurveySaid):
    """A survey by SMS."""

    name: Annotated[str, Said("Survey name (internal reference)", example="After a visit", longest=NAME_CHARACTERS)]


@attrs.frozen(kw_only=True)
class InvitePeople:
    """Who is to be asked; groups, phones, or both."""

    groups: Annotated[
        list[str] | None,
        Said("Contact group UUIDs; who is in several of them is asked once", example=["group-uuid"], most=GROUPS_MAX),
    ] = None
    phones: Annotated[list[str] | None, Said("Phone numbers", example=["+254712345678"], most=PHONES_MAX)] = (
        attrs.field(default=None, repr=False)
    )


@attrs.frozen(kw_only=True)
class SimulateSurvey:
    """A step of a conversation that nobody has."""

    version: Annotated[
        str | int | None,
        Said("Which version, or `draft`; if omitted the last one, or the draft where there is none", example="draft"),
    ] = None
    say: Annotated[
        str | None, Said("What the phone answers; left out where it begins", example="1", longest=RAW_CHARACTERS)
    ] = attrs.field(default=None, repr=False)
    state: Annotated[
        Any, Said("Where the conversation stands: `state` of the step before; left out where it begins")
    ] = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class ListSurveys(ListPage):
    """Which surveys are listed."""

    status: Annotated[
        Literal["draft", "live", "paused", "closed"] | None, Said("Only surveys that stand there", example="live")
    ] = None
    search: Annotated[str | None, Said("Only those with this in their names, in any case", "visit", longest=100)] = None


@attrs.frozen(kw_only=True)
class ListResponses(ListPage):
    """Which responses are listed."""

    phone: Annotated[str | None, Said("Filter responses by respondent phone", example="+254712345678")] = None
    status: Annotated[
        Literal["in_progress", "completed", "expired"] | None, Said("Only responses that stand there")
    ] = None
    version: Annotated[int | None, Said("Only responses to this version", minimum=1, maximum=1_000_000)] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None


@attrs.frozen(kw_only=True)
class AskResults:
    """Of which responses the results are wanted."""

    version: Annotated[int | None, Said("Only of this version; if omitted of all", minimum=1, maximum=1_000_000)] = None


#: A survey as it came: its fields are those of `SurveySaid`, read by `surveys.reading`, which names all that is wrong at once.
GivenSurvey: Final[type] = attrs.make_class(
    "GivenSurvey",
    {field.name: attrs.field(default=ABSENT, type=Any) for field in attrs.fields(SurveySaid)},
    frozen=True,
    kw_only=True,
)
_GIVEN_REVISION: Final[Any] = Annotated[int | Absent, _REVISION]
#: A change of one as it came.
GivenChange: Final[type] = attrs.make_class(
    "GivenChange",
    {"revision": attrs.field(default=ABSENT, type=_GIVEN_REVISION)},
    bases=(GivenSurvey,),
    frozen=True,
    kw_only=True,
)
