"""The desk: every event is answered once, by the store, a team's machine or its bind, and never late."""

import json
from urllib.parse import parse_qs

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.ussd import Kind, UssdReply
from mobilesasa.dialogue.desk import WAITING_MAX
from mobilesasa.dialogue.posting import Posted
from mobilesasa.ussd.directory import Directory, Extension
from tests.dialogue.desks import APOLOGY, MENU, MemorySteps, Rig
from tests.ussd.menus import choices, end, screens, told
from tests.ussd.visiting import KEY, Phone, event, published
from tests.ussd.visiting import MENU as MENU_AT_7


@pytest.fixture
def rig():
    return Rig()


def good(body, content_type="text/plain"):
    return Posted(status=200, content_type=content_type, body=body)


def test_who_dials_is_answered_with_the_first_screen(rig):
    rig.dial()
    assert rig.said == ("Hi there", False)
    assert (rig.desk.taken, rig.desk.heard_of) == (1, {"acme"})


def test_what_a_menu_gives_to_do_is_begun_after_its_step(rig):
    rig.dial()
    rig.type("1")
    rig.type("120")
    assert rig.said == ("Bye you.", True)
    assert len(rig.doer.acts) == 4


def test_the_end_of_a_session_is_answered_at_once_and_recorded(rig):
    rig.dial()
    rig.steps.held = []
    rig.tell(Kind.ABORT)
    assert rig.replies[-1] is None
    rig.steps.let_go()
    assert not rig.steps.phone.visit.is_live


def test_an_event_that_comes_again_while_it_is_answered_gets_the_same_answer(rig):
    rig.steps.held = []
    rig.dial()
    rig.dial()
    assert rig.replies == []
    rig.steps.let_go()
    assert [reply.text for reply in rig.replies] == [rig.replies[0].text] * 2
    assert len(rig.steps.taken) == 1


def test_a_webhook_is_asked_signed_and_its_answer_is_shown(rig):
    rig.dial()
    rig.poster.answers = [good(b'{"text": "You have 120.", "variables": {"balance": 120}}')]
    rig.type("2")
    assert rig.said == ("You have 120.", False)
    ((url, headers, body, timeout_s),) = rig.poster.posted
    told = json.loads(body)
    assert (url, told["menu"], told["screen"], told["msisdn"], told["version"]) == (
        "https://acme.example/ussd",
        MENU,
        "balance",
        "254712345678",
        1,
    )
    assert headers["webhook-signature"].startswith("v1,")
    assert 0 < timeout_s <= 5


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Posted(status=500), "the webhook of balance: it answered 500"),
        (Posted(error="no answer within 5 s"), "the webhook of balance: no answer within 5 s"),
        (good(b"<html>"), "the webhook of balance: its answer cannot be read: it is no JSON"),
    ],
)
def test_a_webhook_that_fails_is_an_apology_and_the_reason_is_kept(rig, answer, trouble):
    rig.dial()
    rig.poster.answers = [answer]
    rig.type("2")
    assert rig.replies[-1] == APOLOGY
    assert rig.steps.phone.visit.trouble == trouble


def test_a_chain_of_webhooks_has_no_more_time_than_one(rig):
    menu = screens(a=choices("b"), b=told("c"), c=told("d"), d=end())
    rig.steps.phone.menus[KEY] = published(menu)
    rig.dial()
    rig.type("1")
    rig.clock.advance(5)
    rig.poster.hanging[0].callback(good(b"{}"))
    assert rig.replies[-1] == APOLOGY
    assert (len(rig.poster.posted), rig.steps.phone.visit.trouble) == (1, "no answer within 5 s")


def test_a_team_s_machine_answers_in_africas_talking_s_form(rig):
    rig.poster.answers = [good(b"CON Your name?"), good(b"END Bye Amina")]
    rig.dial("*384*8*5#")
    assert rig.said == ("Your name?", False)
    rig.type("Amina", dialled="*384*8#")
    assert rig.said == ("Bye Amina", True)
    form = {name: values[0] for name, values in parse_qs(rig.poster.posted[1][2].decode()).items()}
    assert form == {
        "sessionId": rig.steps.phone.visit.id,
        "serviceCode": "*384*8#",
        "phoneNumber": "+254712345678",
        "text": "5*Amina",
    }


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Posted(status=404), "the callback: it answered 404"),
        (good(b"Hello"), "the callback: its answer begins with neither CON nor END"),
    ],
)
def test_a_team_s_machine_that_answers_badly_ends_the_session_with_an_apology(rig, answer, trouble):
    rig.poster.answers = [answer]
    rig.dial("*384*8#")
    assert rig.replies == [APOLOGY]
    assert rig.steps.phone.visit.trouble == trouble


def test_a_callback_that_is_asked_is_asked_once_however_often_the_gateway_asks(rig):
    rig.dial("*384*8#")
    rig.dial("*384*8#")
    assert (len(rig.poster.posted), rig.replies) == (1, [])
    rig.poster.hanging[0].callback(good(b"END Bye"))
    assert rig.replies == [UssdReply("Bye", end=True)] * 2


def test_a_bind_answers(rig):
    rig.dial("*384*9#")
    ((team_id, offered, answer),) = rig.binds.offered
    assert (team_id, offered.kind) == (5, Kind.START)
    answer(UssdReply("From the bind", end=False))
    assert rig.said == ("From the bind", False)


def test_a_bind_that_is_not_there_is_an_apology(rig):
    rig.dial("*384*9#")
    rig.binds.offered[0][2](None)
    assert rig.replies == [APOLOGY]
    assert rig.steps.phone.visit.trouble == "no bind of the team on this node has answered"


def test_a_bind_is_told_of_the_end(rig):
    rig.dial("*384*9#")
    rig.binds.offered[0][2](UssdReply("Go on", end=False))
    rig.tell(Kind.TIMEOUT, dialled="*384*9#")
    assert rig.binds.offered[1][1].kind is Kind.TIMEOUT
    rig.binds.offered[1][2](None)


def test_a_menu_that_goes_while_its_webhook_is_to_be_asked_is_an_apology(rig):
    rig.dial()
    rig.steps.menus_signed = {}
    rig.type("2")
    assert rig.replies[-1] == APOLOGY
    assert rig.steps.phone.visit.trouble == "the menu is gone"


def test_a_suspended_team_s_extension_apologises_and_nothing_is_kept(rig):
    rig.suspended.add(5)
    rig.dial()
    assert (rig.replies, rig.steps.phone.visits) == ([APOLOGY], {})


def test_an_answer_that_spells_a_suspended_team_s_extension_stays_with_the_session():
    rival = Extension(id=9, team_id=6, code="384", extension="7*1", smpp=True)
    rig = Rig(steps=MemorySteps(phone=Phone(directory=Directory([MENU_AT_7, rival]))), suspended={6})
    rig.dial(text_all="")
    rig.type("", text_all="1")
    assert rig.said == ("How much?", False)


def test_a_network_that_is_named_is_known_by_its_code(rig):
    rig.dial(network="Safaricom")
    assert rig.steps.phone.visit.network == "63902"
    rig.dial(network="MTN", carrier_session_id="S2")
    assert rig.steps.phone.visit.network == "MTN"


def test_a_store_that_is_away_is_apologised_for(rig):
    rig.steps.fails = StoreAway("the database is away")
    rig.dial()
    assert rig.replies == [APOLOGY]


def test_a_defect_is_logged_and_apologised_for_and_the_next_is_answered(rig, flush_logged):
    rig.steps.fails = ZeroDivisionError()
    rig.dial()
    assert rig.replies == [APOLOGY]
    assert len(flush_logged(ZeroDivisionError)) == 1
    rig.steps.fails = None
    rig.dial()
    assert rig.said == ("Hi there", False)


def test_an_answer_that_cannot_be_given_keeps_no_other_from_its_own(rig, flush_logged):
    rig.steps.held = []

    def broken(reply):
        raise ZeroDivisionError

    rig.desk.take(event(), broken)
    rig.desk.take(event(), rig.replies.append)
    rig.clock.advance(0)
    rig.steps.let_go()
    assert rig.said == ("Hi there", False)
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_events_of_one_turn_come_to_the_store_together_and_in_their_order(rig):
    phones = [f"25471234567{n}" for n in range(3)]
    for phone in phones:
        rig.desk.take(event(msisdn=phone, carrier_session_id=phone), rig.replies.append)
    assert rig.steps.lists == []
    rig.clock.advance(0)
    assert (rig.steps.lists, len(rig.replies)) == ([3], 3)
    assert [each.event.msisdn for each in rig.steps.taken] == phones
    rig.type("1")
    assert rig.steps.lists == [3, 1]


def test_an_event_with_a_defect_holds_up_no_other_of_its_turn(rig, flush_logged):
    rig.steps.spoils = "bad"
    answers = {"bad": [], "good": []}
    rig.desk.take(event(Kind.INPUT, input="bad", carrier_session_id="S2"), answers["bad"].append)
    rig.desk.take(event(), answers["good"].append)
    rig.clock.advance(0)
    assert answers["bad"] == [APOLOGY]
    assert answers["good"][0].text.startswith("Hi there")
    assert (rig.steps.lists, len(flush_logged(ZeroDivisionError))) == ([2, 1, 1], 1)


def test_a_store_that_is_away_is_asked_once_for_all_of_a_turn(rig):
    rig.steps.fails = StoreAway("the database is away")
    for session in ("S1", "S2"):
        rig.desk.take(event(carrier_session_id=session), rig.replies.append)
    rig.clock.advance(0)
    assert (rig.replies, rig.steps.lists) == ([APOLOGY] * 2, [2])


def test_what_cannot_even_be_asked_is_logged_and_apologised_for(rig, flush_logged):
    def broken(_):
        raise ZeroDivisionError

    rig.desk._network_code = broken
    rig.dial(network="Safaricom")
    assert (rig.replies, rig.steps.lists) == ([APOLOGY], [])
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_a_defect_of_what_is_to_be_done_is_an_apology(rig, flush_logged):
    rig.dial()
    rig.type("1")
    rig.doer.acts = None  # nothing can be added to that
    rig.type("120")
    assert rig.replies[-1] == APOLOGY
    assert len(flush_logged(TypeError)) == 1


def test_more_than_so_many_events_do_not_wait(rig):
    rig.steps.waiting = WAITING_MAX + 1
    rig.dial()
    assert (rig.replies, rig.steps.taken) == ([APOLOGY], [])


def test_a_desk_that_stops_brings_the_store_what_came_in_this_turn(rig):
    rig.desk.take(event(), rig.replies.append)
    stopped = []
    Deferred.fromCoroutine(rig.desk.stop()).addCallback(stopped.append)
    assert (rig.said, stopped) == (("Hi there", False), [None])
    rig.clock.advance(0)
    assert rig.steps.lists == [1]


def test_a_desk_that_stops_waits_for_what_is_under_way(rig):
    rig.dial("*384*8#")
    stopped = []
    Deferred.fromCoroutine(rig.desk.stop()).addCallback(stopped.append)
    assert stopped == []
    rig.poster.hanging[0].callback(good(b"END Bye"))
    assert stopped == [None]
    Deferred.fromCoroutine(rig.desk.stop()).addCallback(stopped.append)
    assert len(stopped) == 2
