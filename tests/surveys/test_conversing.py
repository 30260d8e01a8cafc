"""A round of conversations: what moves them, who begins, and what becomes of what cannot be said."""

import itertools
from typing import Any

import attrs
import pytest

from mobilesasa.core.errors import BadRecipient, InsufficientUnits, Suppressed
from mobilesasa.surveys.conversation import REPEATED_MS, Begins, Conversation, Text, others_of
from mobilesasa.surveys.conversing import HEARD_MAX, TRY_AGAIN_MS, Talk
from mobilesasa.surveys.model import Conduct, Kind, Reason, Status
from tests.surveys.making import HOUR_MS, NOON_MS, question, survey

CODE, PHONE = "22141", "254712345678"
RATING = question("liked", Kind.RATING, minimum=1, maximum=5)
FARM = survey(RATING, question("more", required=False), keyword="farm")
AGAIN = attrs.evolve(FARM, conduct=Conduct(repeat="each_time"))


def begins(n: int = 1, definition: Any = FARM, **more: Any) -> Begins:
    known = {"id": n, "uuid": f"survey {n}", "team_id": 7, "version": 1, "code": CODE, "keyword": definition.keyword}
    return Begins(**{**known, "definition": definition, **more})


class Rig:
    """Rounds over conversations that are kept as the store keeps them."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS
        self.kept: dict[str, Conversation] = {}
        self.said: list[str] = []
        self.surveys = [begins()]
        self.answered: set[tuple[int, str]] = set()
        self.refusal: Any = None
        self._ids = map("response {}".format, itertools.count(1))
        self._messages = map("message {}".format, itertools.count(1))

    def round(self) -> Talk:
        found = [each for each in self.kept.values() if each.is_open]
        return Talk(self.now_ms, lambda _: "KE", lambda: next(self._ids), found, self.surveys, self.answered)

    def end(self, talk: Talk, is_taken: bool = True) -> Talk:
        """Store what is said, and have a carrier take it two seconds ago, as it were."""
        for each in talk.speaking:
            if self.refusal is not None:
                talk.refused(each, self.refusal)
                continue
            assert each.say is not None
            self.said.append(each.say)
            talk.said(each, next(self._messages))
            each.is_waiting = each.is_held = not is_taken
            each.sent_at_ms = self.now_ms if is_taken else None
        talk.settle()
        for each in talk.changed:
            each.is_new = each.is_reminded = False
            self.kept[each.id] = each
        self.now_ms += 10_000
        return talk

    def hear(self, *texts: str, is_taken: bool = True, **more: Any) -> Talk:
        talk = self.round()
        for text in texts:
            talk.hear(Text(CODE, PHONE, text, self.now_ms, **more))
        return self.end(talk, is_taken)

    def taken(self, at_ms: int) -> None:
        """Let a carrier have taken what waited."""
        self.only.is_waiting = self.only.is_held = False
        self.only.sent_at_ms = at_ms

    def wake(self, is_taken: bool = True) -> Talk:
        talk = self.round()
        for each in self.kept.values():
            if each.wake_at_ms is not None and each.wake_at_ms <= self.now_ms:
                talk.wake(each)
        return self.end(talk, is_taken)

    @property
    def only(self) -> Conversation:
        (conversation,) = self.kept.values()
        return conversation

    @property
    def values(self) -> list[Any]:
        return [answer.value for answer in self.only.state.answers]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_keyword_begins_and_answers_lead_to_the_end(rig):
    rig.hear("Farm!")
    rig.hear("4")
    talk = rig.hear("more maize")
    assert rig.said == ["liked?", "more?", "Asante"]
    assert (rig.only.status, rig.values, rig.only.wake_at_ms) == (Status.COMPLETED, [4, "more maize"], None)
    assert (talk.ended, talk.freed) == ([rig.only], {(CODE, PHONE)})


def test_a_text_that_is_no_keyword_is_for_no_survey(rig):
    assert rig.hear("hello", "", "?").changed == []


def test_who_has_answered_is_told_so_and_may_answer_again_where_the_survey_says_so(rig):
    rig.answered = {(1, PHONE)}
    talk = rig.hear("farm")
    assert ([notice.text for notice in talk.notices], rig.kept) == (
        ["You have answered this survey already. Thank you."],
        {},
    )
    rig.surveys = [begins(definition=AGAIN)]
    rig.hear("farm")
    assert rig.said == ["liked?"]


def test_a_survey_that_is_not_live_says_that_it_is_closed_or_nothing(rig):
    rig.surveys = [begins(is_live=False)]
    assert [notice.text for notice in rig.hear("farm").notices] == ["This survey is closed. Thank you."]
    rig.surveys = [begins(definition=attrs.evolve(FARM, texts={"closed": ""}), is_live=False)]
    assert rig.hear("farm").notices == []


def test_one_answer_that_comes_twice_answers_one_question(rig):
    rig.hear("farm")
    rig.hear("4", "4")
    assert (rig.values, rig.only.state.question) == ([4], "more")
    assert [(each.text, each.stray) for each in rig.only.heard] == [("farm", False), ("4", True)]


def test_what_comes_before_the_question_has_left_answers_nothing(rig):
    rig.hear("farm")
    rig.hear("4", is_taken=False)
    rig.hear("5")
    assert (rig.values, rig.only.state.question) == ([4], "more")
    rig.only.is_waiting = False
    rig.hear("good")
    assert rig.values == [4, "good"]


def test_an_answer_that_a_carrier_brings_again_as_soon_as_the_next_question_is_out_answers_nothing(rig):
    rig.hear("farm")
    rig.hear("4")
    again = rig.round()
    rig.only.sent_at_ms = rig.now_ms - REPEATED_MS + 1
    again.hear(Text(CODE, PHONE, " 4", rig.now_ms))
    rig.end(again)
    assert rig.values == [4]
    rig.only.sent_at_ms = None  # the carrier has not said yet whether it takes the question
    rig.hear("4")
    assert rig.values == [4]
    rig.hear("5")
    assert rig.values == [4, "5"]


def test_the_same_words_answer_a_question_that_a_carrier_may_have_though_it_did_not_say_so(rig):
    rig.hear("farm")
    rig.hear("4", is_taken=False)
    rig.only.is_waiting, rig.only.is_doubted = False, True
    again = rig.round()
    again.hear(Text(CODE, PHONE, "4", rig.only.state.said_at_ms + REPEATED_MS - 1))
    rig.end(again)
    assert rig.values == [4]
    rig.only.is_waiting, rig.only.is_doubted = False, True
    rig.hear("4")
    assert rig.values == [4, "4"]


def test_the_same_words_answer_the_next_question_when_somebody_had_time_to_read_it(rig):
    rig.hear("farm")
    rig.hear("4")
    rig.hear("4")
    assert rig.values == [4, "4"]


def test_what_cannot_be_read_is_asked_for_again_and_kept(rig):
    rig.hear("farm")
    rig.hear("banana")
    assert rig.said[-1].startswith("Please reply with ")
    assert [each.text for each in rig.only.heard] == ["farm", "banana"]
    rig.hear("x")
    rig.hear("y")
    assert (rig.only.status, rig.only.reason, rig.only.say) == (Status.EXPIRED, Reason.INVALID, None)


def test_no_more_texts_are_kept_than_anybody_would_read(rig):
    rig.hear("farm")
    rig.hear(*map(str, range(100, 100 + 2 * HEARD_MAX)))
    assert len(rig.only.heard) == HEARD_MAX


def test_stop_ends_a_conversation_whatever_waits(rig):
    rig.hear("farm", is_taken=False)
    talk = rig.hear("STOP")
    assert (rig.only.reason, talk.speaking) == (Reason.STOP, [])


def test_the_keyword_of_another_survey_waits_until_this_one_has_ended(rig):
    other = begins(2, attrs.evolve(FARM, keyword="fish"))
    rig.surveys = [begins(), other]
    rig.hear("farm")
    talk = rig.hear("Fish")
    assert (talk.invited, talk.is_asked(CODE, PHONE), rig.only.state.asks) == ({(2, PHONE): other}, True, 1)
    rig.answered = {(2, PHONE)}
    assert rig.hear("fish").invited == {}
    assert rig.hear("fish and chips").invited == {}
    assert rig.only.state.asks == 2  # the last one was an answer that cannot be read


def test_what_can_be_an_answer_is_one_although_it_is_a_keyword(rig):
    other = begins(2, attrs.evolve(FARM, keyword="4"))
    rig.surveys = [begins(), other]
    rig.hear("farm")
    assert rig.hear("4").invited == {}
    assert rig.values == [4]


def test_who_is_asked_already_is_not_begun_with(rig):
    talk = rig.round()
    assert talk.begin(begins(), PHONE) is not None
    assert (talk.begin(begins(2), PHONE), talk.is_asked(CODE, PHONE)) == (None, True)
    assert talk.begin(begins(2), "254700000001") is not None
    rig.answered = {(1, PHONE)}
    assert rig.round().begin(begins(), PHONE) is None


def test_what_cannot_be_said_is_tried_again_and_counts_as_asked_from_then_on(rig):
    rig.refusal = InsufficientUnits(1)
    rig.hear("farm")
    assert (rig.only.say, rig.only.say_problem, rig.only.asked_id) == ("liked?", "insufficient_units", None)
    assert rig.only.wake_at_ms == NOON_MS + TRY_AGAIN_MS
    rig.hear("4")
    assert rig.values == []
    rig.now_ms = NOON_MS + TRY_AGAIN_MS
    rig.wake()
    assert rig.only.wake_at_ms == NOON_MS + 2 * TRY_AGAIN_MS
    rig.refusal, rig.now_ms = None, NOON_MS + 2 * TRY_AGAIN_MS
    rig.wake()
    assert (rig.said, rig.only.say_problem, rig.only.state.asked_at_ms) == (
        ["liked?"],
        None,
        NOON_MS + 2 * TRY_AGAIN_MS,
    )
    rig.hear("4")
    assert rig.values == [4]


def test_a_question_that_was_seen_can_be_answered_while_better_words_for_it_wait(rig):
    rig.hear("farm")
    rig.refusal = InsufficientUnits(1)
    rig.hear("banana")
    assert rig.only.say is not None
    rig.refusal = None
    rig.hear("3")
    assert (rig.values, rig.said) == ([3], ["liked?", "more?"])


def test_who_wants_no_messages_or_cannot_get_any_is_asked_no_more(rig):
    for refusal, reason in ((Suppressed("no"), Reason.STOP), (BadRecipient("no"), Reason.LAPSED)):
        rig.kept.clear()
        rig.refusal = None
        rig.hear("farm")
        rig.refusal = refusal
        talk = rig.hear("4")
        assert (rig.only.status, rig.only.reason, rig.only.say, talk.ended) == (
            Status.EXPIRED,
            reason,
            None,
            [rig.only],
        )


def test_who_was_never_asked_has_no_response(rig):
    rig.refusal = Suppressed("no")
    by_word = rig.hear("farm")
    assert (by_word.changed, by_word.ended, by_word.unasked) == ([], [], [])
    talk = rig.round()
    invited = talk.begin(begins(), PHONE)
    rig.end(talk)
    assert (talk.changed, talk.ended, talk.unasked, talk.is_asked(CODE, PHONE)) == ([], [], [invited], False)
    rig.refusal = None
    rig.hear("farm", "STOP")
    assert (rig.kept, rig.said) == ({}, [])


def test_what_is_for_another_team_is_heard_by_no_survey_of_this_one(rig):
    assert rig.hear("farm", team_id=8).changed == []
    rig.hear("farm", team_id=7)
    rig.hear("4", "no", team_id=8)
    rig.hear("STOP BETA", team_id=8, is_opt_out=True)
    rig.hear("STOP ACME", team_id=7, is_opt_out=True)  # another sender of this one
    assert (rig.said, [each.text for each in rig.only.heard], rig.only.is_open) == (["liked?"], ["farm"], True)
    rig.hear("4", team_id=7)
    assert rig.values == [4]


def test_a_stop_to_all_who_have_the_code_ends_the_surveys_of_each(rig):
    rig.hear("farm", team_id=7)
    rig.hear("STOP ALL", team_id=8, is_opt_out=True)
    assert rig.only.is_open
    rig.hear("STOP", team_id=8, is_opt_out=True)
    assert rig.only.reason is Reason.STOP


def test_a_keyword_of_another_team_s_survey_waits_for_the_end_of_this_one_whatever_stands_behind_it(rig):
    other = begins(2, attrs.evolve(FARM, keyword="fish"), team_id=8)
    rig.surveys = [begins(), other]
    rig.hear("farm", team_id=7)
    assert rig.hear("fish please", team_id=8).invited == {(2, PHONE): other}
    assert rig.hear("fish", team_id=7).invited == {}


def test_thanks_that_cannot_be_said_are_tried_again_until_nobody_wants_them_any_more(rig):
    rig.hear("farm")
    rig.hear("4")
    rig.refusal = InsufficientUnits(1)
    rig.hear("good")
    ended_at_ms = rig.only.finished_at_ms
    assert (rig.only.say, rig.only.wake_at_ms) == ("Asante", ended_at_ms + TRY_AGAIN_MS)
    rig.now_ms = ended_at_ms + TRY_AGAIN_MS
    rig.wake()
    assert rig.only.say == "Asante"
    rig.now_ms = ended_at_ms + 48 * HOUR_MS
    rig.wake()
    assert (rig.only.say, rig.only.wake_at_ms, rig.only.status) == (None, None, Status.COMPLETED)


def test_somebody_is_reminded_once_and_then_it_lapses(rig):
    rig.hear("farm")
    assert rig.only.wake_at_ms == NOON_MS + 24 * HOUR_MS
    rig.now_ms = NOON_MS + 24 * HOUR_MS
    rig.wake()
    assert rig.said == ["liked?", "We are still waiting for your answer:\nliked?"]
    assert rig.only.wake_at_ms == NOON_MS + 48 * HOUR_MS
    rig.now_ms = NOON_MS + 48 * HOUR_MS
    rig.wake()
    assert (rig.only.status, rig.only.reason, len(rig.said)) == (Status.EXPIRED, Reason.LAPSED, 2)


def test_reminder_and_lapse_are_counted_from_when_a_carrier_took_the_question(rig):
    rig.hear("farm", is_taken=False)
    rig.now_ms = NOON_MS + 30 * HOUR_MS
    rig.taken(NOON_MS + 20 * HOUR_MS)
    rig.wake()
    assert (rig.said, rig.only.wake_at_ms) == (["liked?"], NOON_MS + 44 * HOUR_MS)
    rig.now_ms = NOON_MS + 44 * HOUR_MS
    rig.wake()
    assert (len(rig.said), rig.only.wake_at_ms) == (2, NOON_MS + 68 * HOUR_MS)
    rig.now_ms = NOON_MS + 68 * HOUR_MS
    rig.wake()
    assert rig.only.reason is Reason.LAPSED


def test_what_waits_for_a_carrier_does_not_lapse(rig):
    rig.hear("farm", is_taken=False)
    rig.now_ms = NOON_MS + 48 * HOUR_MS
    rig.wake()
    assert (rig.only.is_open, rig.said, rig.only.wake_at_ms) == (True, ["liked?"], NOON_MS + 72 * HOUR_MS)
    rig.taken(NOON_MS + 50 * HOUR_MS)
    rig.now_ms = NOON_MS + 97 * HOUR_MS
    rig.hear("4")
    assert rig.values == [4]


def test_a_reminder_that_waits_for_a_carrier_is_taken_back_when_it_lapses(rig):
    rig.hear("farm")
    rig.now_ms = NOON_MS + 24 * HOUR_MS
    rig.wake(is_taken=False)
    rig.now_ms = NOON_MS + 48 * HOUR_MS
    talk = rig.wake()
    assert (rig.only.reason, talk.overtaken) == (Reason.LAPSED, {(7, "message 2")})


def test_a_question_that_waits_for_a_carrier_is_taken_back_when_its_survey_is_closed_or_stop_comes(rig):
    rig.hear("farm", is_taken=False)
    rig.only.is_closed, rig.only.wake_at_ms = True, 0
    assert rig.wake().overtaken == {(7, "message 1")}
    rig.kept.clear()
    rig.hear("farm", is_taken=False)
    assert rig.hear("STOP").overtaken == {(7, "message 2")}


def test_better_words_for_a_question_are_taken_back_when_its_answer_comes_first(rig):
    rig.hear("farm")
    rig.hear("banana", is_taken=False)
    rig.only.is_waiting = False
    assert rig.hear("3").overtaken == {(7, "message 2")}
    assert rig.hear("good").overtaken == set()


def test_what_was_no_answer_is_told_but_for_the_keyword_that_began_it(rig):
    rig.hear("farm")
    rig.hear("banana")
    rig.hear("3", "3")
    assert others_of(rig.only.heard, rig.only.started_at_ms) == ("banana", "3")


def test_a_reminder_that_cannot_be_said_is_left_out(rig):
    rig.hear("farm")
    rig.refusal, rig.now_ms = InsufficientUnits(1), NOON_MS + 24 * HOUR_MS
    rig.wake()
    assert (rig.only.say, rig.only.say_problem, rig.only.wake_at_ms) == (None, None, NOON_MS + 48 * HOUR_MS)


def test_nobody_is_reminded_of_what_still_waits_for_a_carrier(rig):
    rig.hear("farm", is_taken=False)
    rig.now_ms = NOON_MS + 24 * HOUR_MS
    rig.wake()
    assert (rig.said, rig.only.wake_at_ms) == (["liked?"], NOON_MS + 24 * HOUR_MS + TRY_AGAIN_MS)


def test_an_answer_that_comes_when_it_has_lapsed_finds_it_lapsed_and_a_keyword_begins_anew(rig):
    rig.hear("farm")
    rig.now_ms = NOON_MS + 49 * HOUR_MS
    rig.hear("farm")
    first, second = rig.kept.values()
    assert (first.reason, second.status) == (Reason.LAPSED, Status.IN_PROGRESS)
    assert [(each.text, each.stray) for each in first.heard] == [("farm", False), ("farm", True)]


def test_a_survey_that_was_closed_ends_what_is_under_way(rig):
    rig.hear("farm")
    rig.only.is_closed, rig.only.wake_at_ms = True, 0
    rig.wake()
    assert (rig.only.status, rig.only.reason) == (Status.EXPIRED, Reason.CLOSED)


def test_an_answer_to_a_survey_that_was_closed_ends_it_too(rig):
    rig.hear("farm")
    rig.only.is_closed = True
    rig.hear("4")
    assert (rig.only.reason, rig.values) == (Reason.CLOSED, [])


def test_who_is_woken_without_need_is_looked_at_again_when_there_is_one(rig):
    rig.hear("farm")
    rig.only.wake_at_ms = 0
    rig.wake()
    assert (rig.said, rig.only.wake_at_ms) == (["liked?"], NOON_MS + 24 * HOUR_MS)


def test_thanks_to_somebody_who_wants_no_messages_are_left_out(rig):
    rig.hear("farm")
    rig.hear("4")
    rig.refusal = Suppressed("no")
    talk = rig.hear("good")
    assert (rig.only.status, rig.only.say, talk.ended) == (Status.COMPLETED, None, [rig.only])


def test_what_was_said_long_before_answers_at_once(rig):
    rig.surveys = [begins(definition=survey(RATING, question("more"), question("last"), keyword="farm"))]
    rig.hear("farm")
    rig.hear("4")
    rig.hear("good")
    rig.only.sent_at_ms = None
    rig.hear("4")
    assert rig.values == [4, "good", "4"]
