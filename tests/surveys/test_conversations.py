"""Whatever people write, and whenever it comes: what always holds of a conversation."""

import json
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.surveys.answers import read_answer
from mobilesasa.surveys.checking import faults_of
from mobilesasa.surveys.engine import answer, begin, is_lapsed, wakes_at_ms
from mobilesasa.surveys.model import ASKED_MAX, END, Conduct, Definition, Kind, Op, Status, state_of
from mobilesasa.surveys.paths import leads
from tests.surveys.making import HOUR_MS, NOON_MS, choice, choices, question, rule, survey

QUESTIONS = st.lists(
    st.sampled_from(["choice", "choices", "yes_no", "number", "rating", "nps", "date", "text"]), min_size=1, max_size=6
)
TEXTS = st.one_of(
    st.sampled_from(["1", "2", "1,2", "yes", "no", "5", "11", "24/12/2026", "skip", "farm", "maize", "?", "STOP"]),
    st.text(max_size=8),
)
#: How long after the last text one comes, and how long it then waits.
TIMES = st.tuples(st.sampled_from([0, 1, 500, HOUR_MS]), st.sampled_from([0, 1, 2000, HOUR_MS]))


@st.composite
def surveys(draw) -> Definition:
    """Draw a survey that could be published: forwards and back, required and not."""
    kinds = draw(QUESTIONS)
    names = [f"q{place}" for place, _ in enumerate(kinds)]
    made = [_question(draw, name, kind, [*names, END]) for name, kind in zip(names, kinds, strict=True)]
    return survey(*made, keyword="farm", conduct=Conduct(reask=draw(st.integers(0, 2))))


def _question(draw, name: str, kind: str, targets: list[str]):
    required = draw(st.booleans())
    to = st.sampled_from(targets)
    if kind == "choice":
        asked = choice(name, "Maize", "Beans", required=required, rules=(rule(Op.EQ, "1", draw(to)),))
    elif kind == "choices":
        asked = choices(name, "Maize", "Beans", required=required, rules=(rule(Op.INCLUDES, "2", draw(to)),))
    elif kind == "yes_no":
        asked = question(name, Kind.YES_NO, required=required, rules=(rule(Op.EQ, draw(st.booleans()), draw(to)),))
    else:
        asked = question(name, Kind(kind), required=required)
    return asked


def played(definition: Definition, texts):
    """Yield each step with when its text came; texts come in order, and each is dealt with after the one before it."""
    step = begin(definition, NOON_MS)
    yield None, step, NOON_MS
    came_at_ms = at_ms = NOON_MS
    for text, (after_ms, waits_ms) in texts:
        if step.ended is not None:
            return
        came_at_ms += after_ms
        at_ms = max(at_ms, came_at_ms + waits_ms)
        before = step.state
        step = answer(definition, step.state, text, "KE", at_ms, came_at_ms)
        yield before, step, came_at_ms


@given(surveys(), st.lists(st.tuples(TEXTS, TIMES), max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_text_asks_or_answers_more_than_one_question_and_none_that_its_writer_could_not_see(definition, texts):
    for before, step, came_at_ms in played(definition, texts):
        if before is None:
            continue
        if step.answered is not None:
            assert step.answered.question == before.question
            assert came_at_ms >= before.asked_at_ms
        assert step.state.asked - before.asked in (0, 1)
        assert (step.state.asked > before.asked) <= (step.answered is not None)
        if step.stray:
            assert (step.state, step.say, step.answered) == (before, None, None)


@given(surveys(), st.lists(st.tuples(TEXTS, TIMES), max_size=15))
@settings(max_examples=150, deadline=None)
def test_the_same_text_twice_before_anything_was_said_is_as_if_it_came_once(definition, texts):
    step, at_ms = begin(definition, NOON_MS), NOON_MS
    for text, (after_ms, waits_ms) in texts:
        if step.ended is not None:
            return
        came_at_ms = at_ms + 1 + after_ms
        at_ms = came_at_ms + waits_ms
        step = answer(definition, step.state, text, "KE", at_ms, came_at_ms)
        if step.ended is None:
            again = answer(definition, step.state, text, "KE", at_ms, came_at_ms)
            assert (again.state, again.say, again.answered) == (step.state, None, None)


@given(surveys(), st.lists(TEXTS, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_whatever_is_answered_it_ends(definition, texts):
    step, at_ms, said = begin(definition, NOON_MS), NOON_MS, 0
    while step.ended is None:
        at_ms += 1000
        step = answer(definition, step.state, texts[said % len(texts)], "KE", at_ms, at_ms)
        said += 1
        assert said <= ASKED_MAX * (definition.conduct.reask + 1)
    assert step.ended.status in (Status.COMPLETED, Status.EXPIRED)
    assert (step.ended.reason is None) == (step.ended.status is Status.COMPLETED)


@given(surveys())
@settings(max_examples=100, deadline=None)
def test_whoever_says_nothing_is_left_alone_in_the_end(definition):
    state = begin(definition, NOON_MS).state
    assert NOON_MS < wakes_at_ms(definition, state) <= NOON_MS + 48 * HOUR_MS
    assert is_lapsed(definition, state, NOON_MS + 48 * HOUR_MS)


@given(surveys(), st.lists(st.tuples(TEXTS, TIMES), max_size=30))
@settings(max_examples=150, deadline=None)
def test_at_every_moment_the_state_comes_back_from_json_the_same(definition, texts):
    for _, step, _ in played(definition, texts):
        assert state_of(json.loads(json.dumps(step.state.as_json()))) == step.state


@given(surveys(), st.lists(st.tuples(TEXTS, TIMES), max_size=30))
@settings(max_examples=150, deadline=None)
def test_what_is_asked_next_is_what_the_answer_may_lead_to(definition, texts):
    for before, step, _ in played(definition, texts):
        if before is not None and step.answered is not None:
            led = END if step.state.question is None else step.state.question
            asked = definition.question(before.question)
            assert led in leads(definition, asked) or step.ended is not None


@given(surveys(), st.data())
@settings(max_examples=150, deadline=None)
def test_in_a_survey_without_faults_every_question_can_be_come_to_and_come_out_of(definition, data):
    if faults_of(definition):
        return
    target = data.draw(st.sampled_from([question.uuid for question in definition.questions]))
    first = definition.questions[0].uuid
    seen, waiting = {first}, [first]
    while waiting:
        for each in leads(definition, definition.question(waiting.pop())) - seen - {END}:
            seen.add(each)
            waiting.append(each)
    assert target in seen


@given(surveys(), st.lists(st.tuples(TEXTS, TIMES), max_size=30))
@settings(max_examples=100, deadline=None)
def test_what_was_kept_means_what_was_written(definition, texts):
    for _, step, came_at_ms in played(definition, texts):
        given_answer = step.answered
        if given_answer is not None and given_answer.value is not None:
            asked = definition.question(given_answer.question)
            assert read_answer(asked, given_answer.raw, "en", _day(came_at_ms)) == given_answer.value


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()
