import pytest

from mobilesasa.api.resources.shown import DLR_STATES, FAILURE_TEXTS, message_shown, story_shown
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Coding, Failure, State
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.notify.receipts import receipt_text
from mobilesasa.store.messages import Event, Progress, Story
from tests.api.rig import NOW_MS, message_id, stored

CARRIERS = {1: CarrierRecord(1, "savanna", "smpp")}
RECEIPT_WORDS = {"DELIVRD", "UNDELIV", "REJECTD", "EXPIRED"}


def told(progress: Progress, parts=((None, State.QUEUED),), events=(), **more) -> list[tuple[str, str, str | None]]:
    story = Story(stored(1, **more), progress, 1, parts, events, None)
    return [
        (event["event"], event["text"], event["code"])
        for event in story_shown(story, CARRIERS, NOW_MS, receipt_text)["timeline"]
    ]


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_a_word_of_the_four_and_a_sentence(failure):
    assert DLR_STATES[failure] in RECEIPT_WORDS
    shown = message_shown(stored(), Progress(State.FAILED, failure, error="27", done_at_ms=NOW_MS))
    assert (shown["status"], shown["failure_reason"], shown["failure_code"]) == ("failed", failure.value, "27")
    assert shown["failure_detail"] == FAILURE_TEXTS[failure]
    assert shown["dlr_state"] == DLR_STATES[failure]


def test_a_sentence_of_the_carrier_goes_before_ours():
    shown = message_shown(stored(), Progress(State.FAILED, Failure.REFUSED, "ESME_RINVDSTADR", "11", None, NOW_MS))
    assert shown["failure_detail"] == "ESME_RINVDSTADR"


def test_a_message_without_a_receipt_stays_sent_and_says_why():
    shown = message_shown(stored(), Progress(State.SENT, Failure.NO_RECEIPT, sent_at_ms=NOW_MS))
    assert (shown["status"], shown["failure_reason"], shown["done_at"]) == ("sent", "no_receipt", None)


def test_a_part_that_failed_early_is_no_failure_of_the_message_yet():
    shown = message_shown(stored(parts=2), Progress(State.SENT, Failure.UNDELIVERED, error="27", done_at_ms=NOW_MS))
    assert (shown["failure_reason"], shown["done_at"], shown["dlr_state"]) == (None, None, None)


def test_a_delivered_message_shows_no_code_of_a_failure():
    shown = message_shown(stored(), Progress(State.DELIVERED, error="000", sent_at_ms=NOW_MS, done_at_ms=NOW_MS))
    assert (shown["status"], shown["failure_code"], shown["dlr_state"]) == ("delivered", None, "DELIVRD")


@pytest.mark.parametrize(("coding", "word"), [(Coding.GSM7, "gsm7"), (Coding.UCS2, "ucs2"), (Coding.BINARY, "binary")])
def test_the_alphabet_is_shown_by_name(coding, word):
    assert message_shown(stored(coding=coding))["encoding"] == word


def test_a_binary_message_has_an_empty_text_and_its_octets_in_its_story():
    story = Story(stored(text=None, body=b"\xca\xfe"), Progress(State.QUEUED), 0, (), (), message_id(2))
    shown = story_shown(story, CARRIERS, NOW_MS, receipt_text)
    assert (shown["message"], shown["body_hex"], shown["resent_as"]) == ("", "cafe", message_id(2))


def test_a_text_that_is_no_longer_kept_is_null_and_so_are_the_octets():
    story = Story(stored(text=None, body=None), Progress(State.DELIVERED, done_at_ms=NOW_MS), 1, (), (), None)
    shown = story_shown(story, CARRIERS, NOW_MS, receipt_text)
    assert (shown["message"], shown["body_hex"]) == (None, None)


@pytest.mark.parametrize(
    ("progress", "end"),
    [
        (
            Progress(State.DELIVERED, done_at_ms=NOW_MS),
            "sub:002 dlvrd:002 submit date:2605110900 done date:2605110900 stat:DELIVRD err:000",
        ),
        (
            Progress(State.FAILED, Failure.EXPIRED, done_at_ms=NOW_MS),
            "sub:002 dlvrd:000 submit date:2605110900 done date:2605110900 stat:EXPIRED err:002",
        ),
    ],
)
def test_a_message_that_has_ended_shows_its_receipt_as_a_bind_would_get_it(progress, end):
    story = Story(stored(1, parts=2), progress, 1, (), (), None)
    shown = story_shown(story, CARRIERS, NOW_MS, receipt_text)
    assert shown["receipt"] == f"id:{shown['message_id']} {end}"


def test_a_message_that_is_on_its_way_has_no_receipt_yet():
    story = Story(stored(1), Progress(State.SENT, Failure.NO_RECEIPT, sent_at_ms=NOW_MS), 1, (), (), None)
    assert story_shown(story, CARRIERS, NOW_MS, receipt_text)["receipt"] is None


def test_times_are_cut_to_whole_seconds():
    assert message_shown(stored(at_ms=NOW_MS + 999))["created_at"] == "2026-05-11T09:00:00Z"


def test_the_example_of_the_two_ids_is_one_and_the_same_message():
    assert smpp_id("01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10") == "AGLYUPS4AB6SDGR3BROX5D42CA"


def test_a_refused_message_tells_of_the_refusal_and_of_its_end():
    progress = Progress(State.FAILED, Failure.REFUSED, "invalid destination", "11", None, NOW_MS + 3000)
    refused = Event(NOW_MS + 3000, "refused", 1, 1, "11", "invalid destination")
    assert told(progress, events=(refused,)) == [
        ("accepted", "accepted for 1 unit", None),
        ("refused", "refused at attempt 1: invalid destination", "11"),
        ("failed", "invalid destination", "11"),
    ]


def test_an_event_of_no_carrier_and_without_a_reason_is_told_too():
    assert told(Progress(State.QUEUED), events=(Event(NOW_MS, "postponed", 1, None, "", ""),))[1:] == [
        ("postponed", "postponed", None)
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("replaced", "its team put another text in its place"), ("cancelled", "its campaign was cancelled")],
)
def test_the_timeline_tells_in_words_what_was_done_to_a_message_that_waited(kind, text):
    event = Event(NOW_MS, kind, 0, 1, "", "its campaign was cancelled" if kind == "cancelled" else "")
    assert told(Progress(State.QUEUED), events=(event,))[1:] == [(kind, text, None)]


def test_a_carrier_that_was_removed_and_gave_no_id():
    progress = Progress(State.SENT, Failure.NO_RECEIPT, sent_at_ms=NOW_MS + 1000)
    assert told(progress, carrier_id=9)[1:] == [
        ("sent", "sent to a carrier that is no more", None),
        ("no_receipt", "the carrier never said what became of the message", None),
    ]


def test_each_carrier_that_was_tried_is_in_the_story_with_its_reason():
    events = (
        Event(NOW_MS, "uncertain", 1, 1, "uncertain", "no answer within 30 s"),
        Event(NOW_MS + 1000, "rerouted", 2, 1, "ESME_RINVDSTADR", "Invalid destination address"),
        Event(NOW_MS + 2000, "rerouted", 0, 1, "", "it is not connected"),
    )
    assert told(Progress(State.QUEUED), events=events)[1:] == [
        ("uncertain", "no certain answer at attempt 1: no answer within 30 s", "uncertain"),
        ("rerouted", "goes on to another carrier at attempt 2: Invalid destination address", "ESME_RINVDSTADR"),
        ("rerouted", "goes on to another carrier before any attempt: it is not connected", None),
    ]
