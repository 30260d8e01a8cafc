"""The conversation, a step at a time."""

import attrs
import pytest

from mobilesasa.surveys.engine import (
    answer,
    begin,
    close,
    is_lapsed,
    is_to_remind,
    lapse,
    remind,
    reminded,
    said_at,
    taken_at,
    wakes_at_ms,
    wants_out,
)
from mobilesasa.surveys.model import (
    ASKED_MAX,
    END,
    Answer,
    Conduct,
    Definition,
    Ended,
    Kind,
    Op,
    Reason,
    State,
    Status,
    Step,
    state_of,
)
from tests.surveys.making import HOUR_MS, NOON_MS, choice, choices, question, rule, survey

AGREED = question("agreed", Kind.YES_NO, rules=(rule(Op.EQ, False, END),))
CROP = choice("crop", "Maize", "Beans")
AGE = question("age", Kind.NUMBER, required=False, minimum=0, maximum=120)
WHY = question("why", Kind.TEXT)
FARM = survey(AGREED, CROP, AGE, WHY, introduction="Karibu!", keyword="farm")
GAVE_UP = "Sorry, we could not read your answers, so the survey ends here. Thank you."


@attrs.define
class Talk:
    """A person and the engine; a second passes before each text."""

    definition: Definition
    now_ms: int = NOON_MS
    state: State = attrs.field(factory=State)
    last: Step = attrs.field(factory=lambda: Step(State()))

    def begin(self) -> str | None:
        return self._took(begin(self.definition, self.now_ms))

    def say(self, text: str, *, came_at_ms: int | None = None, country: str = "KE") -> str | None:
        self.now_ms += 1000
        came_at_ms = self.now_ms - 10 if came_at_ms is None else came_at_ms
        return self._took(answer(self.definition, self.state, text, country, self.now_ms, came_at_ms))

    def _took(self, step: Step) -> str | None:
        self.last, self.state = step, step.state
        return step.say


def talk(definition: Definition = FARM, *texts: str) -> Talk:
    talking = Talk(definition)
    talking.begin()
    for text in texts:
        talking.say(text)
    return talking


def values(state: State) -> dict[str, object]:
    return {each.question: each.value for each in state.answers}


def test_it_begins_with_the_introduction_and_the_first_question():
    talking = Talk(FARM)
    assert talking.begin() == "Karibu!\nagreed?"
    assert talking.state == State(question="agreed", asks=1, asked_at_ms=NOON_MS, said_at_ms=NOON_MS, asked=1)


def test_each_answer_brings_the_next_question_and_the_last_one_thanks():
    talking = talk()
    assert talking.say("Yes") == "crop?\n1. Maize\n2. Beans"
    assert talking.last.answered == Answer("agreed", "Yes", True, talking.now_ms - 10)
    assert talking.say("2.") == "age?"
    assert talking.say("35") == "why?"
    assert talking.say("It rained") == "Asante"
    assert talking.last.ended == Ended(Status.COMPLETED)
    assert values(talking.state) == {"agreed": True, "crop": "2", "age": 35, "why": "It rained"}
    assert [each.raw for each in talking.state.answers] == ["Yes", "2.", "35", "It rained"]
    assert talking.state.question is None


def test_an_answer_may_lead_to_the_end():
    talking = talk(FARM, "no")
    assert (talking.last.say, talking.last.ended) == ("Asante", Ended(Status.COMPLETED))


def test_a_survey_without_thanks_ends_in_silence():
    talking = talk(survey(WHY, thanks=""), "so")
    assert (talking.last.say, talking.last.ended) == (None, Ended(Status.COMPLETED))


def test_a_draft_without_questions_is_done_at_once():
    assert begin(survey(), NOON_MS) == Step(State(), "Asante", Ended(Status.COMPLETED))


def test_decision_80_an_answer_that_cannot_be_read_is_asked_for_again_twice_and_then_the_response_ends():
    talking = talk(FARM, "yes")
    told = "Please reply with one of these:\n1. Maize\n2. Beans"
    assert [talking.say("both") for _ in range(3)] == [told, told, GAVE_UP]
    assert talking.last.ended == Ended(Status.EXPIRED, Reason.INVALID)
    assert talking.state.question == "crop"


def test_the_survey_may_give_up_in_silence():
    talking = talk(survey(AGREED, conduct=Conduct(reask=0), texts={"gave_up": ""}), "perhaps")
    assert (talking.last.say, talking.last.ended) == (None, Ended(Status.EXPIRED, Reason.INVALID))


def test_a_question_that_need_not_be_answered_is_left_when_it_was_asked_for_again_in_vain():
    talking = talk(FARM, "yes", "1")
    told = "Please reply with a number from 0 to 120. Or reply SKIP."
    assert [talking.say("old") for _ in range(3)] == [told, told, "why?"]
    assert talking.last.answered == Answer("age", "old", None, talking.now_ms - 10)


def test_a_question_that_need_not_be_answered_can_be_skipped():
    talking = talk(FARM, "yes", "1")
    assert talking.say("Skip") == "why?"
    assert talking.last.answered == Answer("age", "Skip", None, talking.now_ms - 10)


def test_a_required_question_cannot_be_skipped():
    assert talk(FARM, "yes", "skip").state.question == "crop"
    assert values(talk(FARM, "yes", "1", "30", "skip").state)["why"] == "skip"


def test_words_that_need_not_be_given_can_be_skipped_too():
    talking = talk(survey(question("why", required=False)), "skip")
    assert values(talking.state) == {"why": None}


def test_an_option_that_is_called_skip_is_an_answer():
    talking = talk(survey(choice("what", "Go", "Skip", required=False)), "skip")
    assert values(talking.state) == {"what": "2"}


def test_right_after_wrong_is_right_and_the_next_question_is_asked_for_again_as_often():
    talking = talk(FARM, "eh", "eh", "yes", "eh", "eh")
    assert talking.last.ended is None
    assert talking.say("1") == "age?"


@pytest.mark.parametrize(
    "text", ["STOP", "stop.", "Stop all", "STOPALL", "quit", "unsubscribe", "acha", "STOP FARM", "stop 22141"]
)
def test_decision_80_stop_ends_it_in_silence(text):
    talking = talk(FARM, "yes", text)
    assert (talking.last.say, talking.last.ended) == (None, Ended(Status.EXPIRED, Reason.STOP))
    assert values(talking.state) == {"agreed": True}


def test_stop_ends_it_whenever_it_came():
    talking = talk(FARM, "yes")
    talking.say("STOP", came_at_ms=0)
    assert talking.last.ended == Ended(Status.EXPIRED, Reason.STOP)


@pytest.mark.parametrize("text", ["Stop the rain", "please stop", "stop win", "start", "anza"])
def test_what_only_begins_with_stop_is_an_answer(text):
    assert values(talk(survey(WHY, keyword="farm"), text).state) == {"why": text}


def test_words_for_stop_are_those_of_the_country():
    assert wants_out(FARM, "acha", "KE")
    assert not wants_out(FARM, "acha", "FR")


def test_a_survey_without_keyword_and_code_is_stopped_by_stop_alone():
    assert [wants_out(survey(WHY, sender_id=None), text, "KE") for text in ("stop", "stop farm", "stop 22141")] == [
        True,
        False,
        False,
    ]


def test_one_answer_that_came_twice_does_not_answer_two_questions():
    talking = talk(survey(choice("a", "x", "y"), choice("b", "x", "y")))
    came_at_ms = talking.now_ms + 500
    talking.say("1", came_at_ms=came_at_ms)
    before = talking.state
    assert talking.say("1", came_at_ms=came_at_ms + 100) is None
    assert (talking.last.stray, talking.state) == (True, before)
    talking.say("2")
    assert values(talking.state) == {"a": "1", "b": "2"}


def test_two_that_came_in_the_millisecond_in_which_they_are_dealt_with_do_not_answer_two_questions():
    both = survey(choice("a", "x", "y"), choice("b", "x", "y"))
    step = answer(both, begin(both, NOON_MS).state, "1", "KE", NOON_MS, NOON_MS)
    assert step.answered is not None
    assert answer(both, step.state, "1", "KE", NOON_MS, NOON_MS) == Step(step.state, stray=True)


def test_a_wrong_answer_that_came_twice_is_asked_for_again_once():
    talking = talk(FARM, "yes")
    came_at_ms = talking.now_ms + 500
    talking.say("both", came_at_ms=came_at_ms)
    assert talking.say("both", came_at_ms=came_at_ms + 100) is None
    assert (talking.last.stray, talking.state.asks) == (True, 2)


def test_a_correction_that_came_before_it_was_asked_for_counts():
    talking = talk(FARM, "yes")
    came_at_ms = talking.now_ms + 500
    talking.say("both", came_at_ms=came_at_ms)
    assert talking.say("beans", came_at_ms=came_at_ms + 100) == "age?"


def test_the_keyword_again_has_the_question_asked_again():
    talking = talk(FARM)
    assert talking.say("FARM") == "agreed?"
    assert talk(FARM, "yes", "1", "30", "Farm").last.say == "why?"


def test_a_keyword_that_is_an_answer_is_one():
    assert values(talk(survey(AGREED, keyword="yes"), "yes").state) == {"agreed": True}


def test_a_keyword_over_and_over_ends_it_as_any_text_does():
    talking = talk(survey(WHY, keyword="farm"), "farm", "farm", "farm")
    assert talking.last.ended == Ended(Status.EXPIRED, Reason.INVALID)


def test_the_reminder_is_due_once_a_question_and_says_it_again():
    talking = talk()
    assert wakes_at_ms(FARM, talking.state) == NOON_MS + 24 * HOUR_MS
    assert not is_to_remind(FARM, talking.state, NOON_MS + 24 * HOUR_MS - 1)
    assert is_to_remind(FARM, talking.state, NOON_MS + 24 * HOUR_MS)
    assert not is_to_remind(FARM, talking.state, NOON_MS + 48 * HOUR_MS)
    assert remind(FARM, talking.state) == "We are still waiting for your answer:\nagreed?"
    talking.state = reminded(talking.state)
    assert not is_to_remind(FARM, talking.state, NOON_MS + 24 * HOUR_MS)
    assert wakes_at_ms(FARM, talking.state) == NOON_MS + 48 * HOUR_MS
    talking.say("yes")
    assert not talking.state.reminded


@pytest.mark.parametrize("reminder_after_h", [None, 48, 72])
def test_there_may_be_no_reminder(reminder_after_h):
    quiet = survey(WHY, conduct=Conduct(reminder_after_h=reminder_after_h))
    state = begin(quiet, NOON_MS).state
    assert not is_to_remind(quiet, state, NOON_MS + 47 * HOUR_MS)
    assert wakes_at_ms(quiet, state) == NOON_MS + 48 * HOUR_MS


def test_decision_80_it_lapses_after_48_hours_without_an_answer():
    talking = talk(FARM, "yes")
    asked_at_ms = talking.now_ms
    assert not is_lapsed(FARM, talking.state, asked_at_ms + 48 * HOUR_MS - 1)
    assert is_lapsed(FARM, talking.state, asked_at_ms + 48 * HOUR_MS)
    assert lapse(FARM, talking.state) == Step(talking.state, ended=Ended(Status.EXPIRED, Reason.LAPSED))


def test_a_text_that_came_after_the_lapse_finds_it_lapsed_whoever_was_late_to_say_so():
    talking = talk(FARM, "yes")
    asked_at_ms = talking.now_ms
    assert talking.say("1", came_at_ms=asked_at_ms + 48 * HOUR_MS) is None
    assert talking.last.stray
    assert talking.last.ended == Ended(Status.EXPIRED, Reason.LAPSED)


def test_a_text_that_came_before_the_lapse_counts_however_late_it_is_dealt_with():
    talking = talk(FARM, "yes")
    came_at_ms, talking.now_ms = talking.now_ms + 48 * HOUR_MS - 1, talking.now_ms + 90 * HOUR_MS
    assert talking.say("1", came_at_ms=came_at_ms) == "age?"
    assert not is_lapsed(FARM, talking.state, talking.now_ms + 47 * HOUR_MS)


def test_asking_again_begins_the_time_anew():
    talking = talk(FARM, "yes")
    talking.now_ms += 40 * HOUR_MS
    talking.say("both")
    assert wakes_at_ms(FARM, talking.state) == talking.now_ms + 24 * HOUR_MS


def test_a_survey_that_is_closed_ends_what_is_under_way():
    state = talk(FARM, "yes").state
    assert close(FARM, state) == Step(state, ended=Ended(Status.EXPIRED, Reason.CLOSED))


def test_what_could_be_said_only_later_is_asked_later():
    first, again = talk(FARM).state, talk(FARM, "eh").state
    later = NOON_MS + HOUR_MS
    assert (said_at(first, later).asked_at_ms, said_at(first, later).said_at_ms) == (later, later)
    assert (said_at(again, later).asked_at_ms, said_at(again, later).said_at_ms) == (NOON_MS, later)


def test_a_loop_is_gone_through_until_its_answer_leads_out_and_the_last_answer_is_kept():
    again = survey(WHY, question("right", Kind.YES_NO, rules=(rule(Op.EQ, False, "why"),)))
    talking = talk(again, "rain", "no", "sun", "yes")
    assert talking.last.ended == Ended(Status.COMPLETED)
    assert [(each.question, each.value) for each in talking.state.answers] == [("why", "sun"), ("right", True)]


def test_nobody_is_asked_without_end():
    again = survey(WHY, question("right", Kind.YES_NO, rules=(rule(Op.EQ, False, "why"),)))
    talking = talk(again)
    while talking.last.ended is None:
        talking.say("no")
    assert talking.last.ended == Ended(Status.EXPIRED, Reason.TOO_LONG)
    assert (talking.last.say, talking.state.asked) == (None, ASKED_MAX)


def test_an_earlier_answer_can_lead():
    branching = survey(CROP, WHY, choice("more", "Yes", "No", rules=(rule(Op.EQ, "1", END, of="crop"),)), AGE)
    assert talk(branching, "1", "so", "1").last.ended == Ended(Status.COMPLETED)
    assert talk(branching, "2", "so", "1").last.say == "age?"


def test_a_state_is_the_same_when_it_comes_back_from_json():
    crops = survey(choices("crops", "Maize", "Beans"), AGE, AGREED, WHY)
    talking = talk(crops, "1 2", "0.5", "yes")
    assert state_of(talking.state.as_json()) == talking.state
    assert state_of(State().as_json()) == State()


def test_a_long_text_is_cut_and_what_cannot_be_kept_goes():
    talking = talk(survey(WHY), "a\x00" + "b" * 5000)
    assert talking.state.answers[0].raw == "a" + "b" * 1999


@pytest.mark.parametrize("state", [State(), State(question="gone")])
def test_a_question_that_the_definition_has_not_is_a_mistake_of_the_caller(state):
    with pytest.raises(KeyError):
        answer(FARM, state, "1", "KE", 1, 1)


def test_reminder_and_lapse_are_counted_from_when_a_carrier_took_the_question():
    taken = taken_at(talk().state, NOON_MS + 8 * HOUR_MS)
    assert wakes_at_ms(FARM, taken) == NOON_MS + 32 * HOUR_MS
    assert not is_to_remind(FARM, taken, NOON_MS + 31 * HOUR_MS)
    assert not is_lapsed(FARM, taken, NOON_MS + 55 * HOUR_MS)
    assert is_lapsed(FARM, taken, NOON_MS + 56 * HOUR_MS)


def test_a_reminder_counts_as_no_later_question_and_what_is_asked_again_does():
    taken = reminded(taken_at(talk().state, NOON_MS))
    assert taken_at(taken, NOON_MS + 24 * HOUR_MS) == taken
    again = answer(FARM, taken, "perhaps", "KE", NOON_MS + 25 * HOUR_MS, NOON_MS + 25 * HOUR_MS).state
    assert taken_at(again, NOON_MS + 26 * HOUR_MS).waits_since_ms == NOON_MS + 26 * HOUR_MS
