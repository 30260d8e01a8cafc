"""A round of conversations: what moves them, who begins, and what becomes of what cannot be said."""

import itertools
from typing import Any

import attrs
import pytest

from mobilesasa.core.errors import BadRecipient, InsufficientUnits, Suppressed
from mobilesasa.surveys.conversing import HEARD_MAX, REPEATED_MS, TRY_AGAIN_MS, Begins, Conversation, Talk, Text
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
            each.is_waiting, each.sent_at_ms = not is_taken, self.now_ms if is_taken else None
        talk.settle()
        for each in talk.changed:
            each.is_new = each.is_reminded = False
            self.kept[each.id] = each
        self.now_ms += 10_000
        return talk

    def hear(self, *texts: str, late_ms: int = 0, is_taken: bool = True) -> Talk:
        talk = self.round()
        for text in texts:
            talk.hear(Text(CODE, PHONE, text, self.now_ms - late_ms))
        return self.end(talk, is_taken)

    def wake(self) -> Talk:
        talk = self.round()
        for each in self.kept.values():
            if each.wake_at_ms is not None and each.wake_at_ms <= self.now_ms:
                talk.wake(each)
        return self.end(talk)

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
    rig.only.sent_at_ms = None  # nobody has answered the carrier's question yet
    rig.hear("4")
    assert rig.values == [4]
    rig.hear("5")
    assert rig.values == [4, "5"]


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
        rig.refusal = refusal
        talk = rig.hear("farm")
        assert (rig.only.status, rig.only.reason, rig.only.say, talk.ended) == (
            Status.EXPIRED,
            reason,
            None,
            [rig.only],
        )


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
