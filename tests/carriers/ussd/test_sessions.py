"""Sessions as gateways tell them, call by call: an answer is an answer, what comes twice counts once, and nobody's place is lost."""

from typing import Any

import attrs
import pytest

from mobilesasa.core.ussd import Kind, UssdReply
from mobilesasa.ussd.directory import Directory, Extension
from mobilesasa.ussd.repeats import INPUT_AGAIN_MS, START_AGAIN_MS
from mobilesasa.ussd.views import SessionStatus
from tests.carriers.ussd.rig import PHONE, read
from tests.carriers.ussd.test_transcripts import AIRTEL, BONGA, DMARK, IMIMOBILE, SAFARICOM, form, query
from tests.ussd.menus import asks, choices, end, screens
from tests.ussd.visiting import KEY, MENU, Phone, published

RIVAL = Extension(id=9, team_id=6, code="384", extension="7*2", callback_url="https://rival.example/ussd")
SMS = {"kind": "action", "actions": [{"kind": "send_sms", "text": "Hi"}], "next": "main"}
NAMES = screens(
    "main",
    main=choices("name", "sms", text="Hi"),
    name=asks("name", "other", "Name?", type="text"),
    other=asks("other", "both", "Other?", type="text"),
    both=end("{name}+{other}"),
    sms=SMS,
)
MORE = INPUT_AGAIN_MS + 1


@attrs.define
class Caller:
    """A phone behind a gateway that calls in one dialect; each call comes some seconds after the answer before."""

    dialect: str
    dialled: str = "*384*7#"
    phone: Phone = attrs.field(factory=lambda: Phone(menus={KEY: published(NAMES)}))

    def __call__(self, text: str, after_ms: int = MORE, **fields: Any) -> str:
        """Tell what was typed, and return the first line of what is shown."""
        reply = self.taken(text, after_ms, **fields).reply
        return "" if reply is None else reply.text.splitlines()[0]

    def taken(self, text: str, after_ms: int = MORE, **fields: Any) -> Any:
        self.phone.at_ms += after_ms
        event = read(self.dialect, self._call(text, fields))
        assert event is not None
        return self.phone.tell(event)

    def over(self) -> None:
        event = read(self.dialect, self._call("", {}))
        self.phone.tell(attrs.evolve(event, kind=Kind.ABORT, text_all=None, if_answer=None))

    def _call(self, text: str, fields: dict[str, Any]) -> Any:
        if self.dialect == "africastalking":
            known = {"sessionId": "A", "phoneNumber": f"+{PHONE}", "serviceCode": self.dialled, "text": text}
            return form(**known | fields)
        if self.dialect == "safaricom":
            return query(**SAFARICOM | fields, USSD_PARAMS=text)
        if self.dialect == "dmark":
            return query(
                **DMARK | {"ussdServiceCode": self.dialled, "response": "true"} | fields, ussdRequestString=text
            )
        if self.dialect == "airtel":
            return query(**AIRTEL | fields, input=text)
        if self.dialect == "imimobile":
            return query("384", **IMIMOBILE | fields, msg=text)
        return query(**BONGA | {"service_code": self.dialled} | fields, message=text)


def test_an_answer_that_spells_another_teams_extension_stays_with_the_session():
    acme = Caller(
        "africastalking", phone=Phone(menus={KEY: published(NAMES)}, directory=Directory([MENU, RIVAL]), suspended={6})
    )
    acme("")
    assert acme("1") == "Name?"
    assert acme("1*2") == "Other?"
    fresh = Caller(
        "africastalking", phone=Phone(menus={KEY: published(NAMES)}, directory=Directory([MENU, RIVAL]), suspended={6})
    )
    fresh("")
    assert fresh("2") == "Hi"
    assert fresh.phone.visit.team_id == MENU.team_id


def test_a_team_that_is_suspended_is_answered_for_and_its_session_ends():
    caller = Caller("bonga")
    caller("")
    caller.phone.suspended.add(MENU.team_id)
    assert caller("1").startswith("Sorry")
    visit = caller.phone.visit
    assert (visit.outcome, visit.trouble) == (SessionStatus.ENDED, "the team is suspended")
    assert caller("", sessionId="B", session_id="b2").startswith("Sorry")
    assert len(caller.phone.visits) == 1


@pytest.mark.parametrize("answer", ["*100#", "##", "*1#", "*999*1#"])
@pytest.mark.parametrize("dialect", ["bonga", "airtel"])
def test_an_answer_that_looks_dialled_is_an_answer(dialect, answer):
    caller = Caller(dialect)
    assert caller("384*7" if dialect == "airtel" else "") == "Hi"
    assert caller("1") == "Name?"
    assert caller(answer) == "Other?"
    assert caller("x") == f"{answer}+x"


def test_cumulative_text_that_looks_dialled_is_an_answer_too():
    caller = Caller(
        "africastalking",
        phone=Phone(
            menus={
                KEY: published(
                    screens(
                        "main",
                        main=asks("name", "other", "Name?", type="text"),
                        other=asks("other", "both", "Other?", type="text"),
                        both=end("{name}+{other}"),
                    )
                )
            }
        ),
    )
    assert caller("") == "Name?"
    assert caller("*100#") == "Other?"
    assert caller("*100#*1") == "*100#+1"


def test_who_dials_the_session_s_own_string_begins_anew():
    caller = Caller("bonga")
    caller("*384*7#")
    caller("1")
    assert caller("*384*7#") == "You were cut off. Do you want to go on?"


def test_without_ids_of_sessions_what_somebody_answers_begins_anew():
    other = Extension(id=8, team_id=6, code="384", extension="8", menu=KEY)
    caller = Caller("imimobile", phone=Phone(menus={KEY: published(NAMES)}, directory=Directory([MENU, other])))
    caller("*384*7#")
    caller("1")
    assert caller("*384*8#") == "Hi"
    assert caller.phone.visit.extension == "8"


@pytest.mark.parametrize("dialect", ["safaricom", "africastalking"])
def test_a_first_call_with_all_that_was_dialled_leaves_the_answers_whole(dialect):
    caller = Caller(dialect)
    assert caller("*384*7*1#") == "Name?"
    assert caller("*384*7*1#*Joe") == "Other?"
    assert caller("*384*7*1#*Joe*A*B") == "Joe+A*B"


def test_a_gateway_that_counts_anew_behind_what_was_dialled_is_read_whole():
    caller = Caller("safaricom")
    caller("*384*7*1#")
    assert caller("A*B") == "Other?"
    assert caller("A*B*C") == "A*B+C"


def test_blanks_at_the_end_of_an_answer_do_not_spoil_the_next():
    caller = Caller("africastalking")
    caller("")
    caller("1")
    caller("1*Ann ")
    assert caller("1*Ann *A*B") == "Ann+A*B"


def test_what_is_sent_again_within_seconds_is_done_once():
    caller = Caller("bonga")
    caller("")
    done = [len(caller.taken("2", after_ms).does) for after_ms in (MORE, 1000, 1000)]
    assert done == [1, 0, 0]
    assert len(caller.taken("2").does) == 1  # somebody chose it again


def test_the_same_long_answer_within_seconds_is_no_answer_to_the_next_question():
    caller = Caller("bonga")
    caller("")
    caller("1")
    assert [caller("A*B", after_ms) for after_ms in (MORE, 1000)] == ["Other?", "Other?"]
    assert caller("A*B") == "A*B+A*B"


@pytest.mark.parametrize("dialect", ["bonga", "dmark"])
def test_an_empty_answer_leaves_the_session_where_it_is(dialect):
    caller = Caller(dialect)
    caller("", response="false")
    caller("1")
    assert caller("") != "You were cut off. Do you want to go on?"
    assert caller("Ann") == "Other?"
    assert len(caller.phone.visits) == 1


def test_a_beginning_that_comes_late_is_answered_with_the_screen_of_now():
    caller = Caller("africastalking")
    caller("")
    caller("1")
    assert caller("", 5000) == "Name?"
    assert caller("1*Ann") == "Other?"
    assert len(caller.phone.visits) == 1


@pytest.mark.parametrize(
    ("dialect", "first"), [("bonga", "*384*7#"), ("bonga", ""), ("dmark", "*384*7#"), ("airtel", "384*7")]
)
def test_a_late_copy_of_the_beginning_is_answered_as_before(dialect, first):
    caller = Caller(dialect)
    start = {"response": "false"}
    assert [caller(first, **start), caller(first, START_AGAIN_MS - 1, **start)] == ["Hi", "Hi"]
    caller("1")
    if dialect != "airtel":
        assert caller(first, 1000, **start) == "Name?"
    assert caller("Ann") == "Other?"
    assert len(caller.phone.visits) == 1


def test_a_beginning_long_after_the_last_screen_begins_anew():
    caller = Caller("africastalking")
    caller("")
    caller("1")
    assert caller("", START_AGAIN_MS) == "You were cut off. Do you want to go on?"


def test_all_that_was_dialled_begins_anew_where_its_id_is_used_again():
    caller = Caller("safaricom")
    caller("*384*7#")
    caller("*384*7#*1")
    assert caller("*384*7#", 1000) == "Name?"  # a late copy
    assert caller("*384*7#", START_AGAIN_MS) == "You were cut off. Do you want to go on?"
    caller("*384*7#*2")
    assert len(caller.phone.visits) == 2


def test_a_session_that_broke_off_gives_no_repeat_to_who_dials_again():
    caller = Caller("imimobile")
    caller("*384*7#")
    caller.over()
    assert caller("*384*7#", 1000) == "Hi"
    assert len(caller.phone.visits) == 2


def test_a_last_screen_is_shown_again_to_what_comes_again():
    caller = Caller("bonga", phone=Phone(menus={KEY: published(screens("a", a=choices("b"), b=end("Bye")))}))
    caller("")
    assert [caller("1"), caller("1", 10_000), caller("2")] == [
        "Bye",
        "Bye",
        "Your session has ended. Please dial again.",
    ]
    single = Caller("imimobile", phone=Phone(menus={KEY: published(screens("b", b=end("Bye")))}))
    single("*384*7#")
    assert single.taken("*384*7#", 1000).is_repeat
    assert not single.taken("*384*7#").is_repeat


@pytest.mark.parametrize("written", ["0712345678", "+254712345678", "254712345678"])
def test_a_phone_is_one_number_everywhere(written):
    event = read("africastalking", form(sessionId="A", phoneNumber=written, serviceCode="*384*7#", text=""))
    assert event.msisdn == PHONE


def test_national_numbers_are_of_the_gateway_s_country():
    asked = form(sessionId="A", phoneNumber="0772123456", serviceCode="*384*7#", text="")
    assert read("africastalking", asked, country="UG").msisdn == "256772123456"


def test_who_goes_on_is_counted_as_shown_and_so_no_screen_is_left_more_often():
    caller = Caller("africastalking")
    shown, left = [], []

    def told(taken):
        shown.extend(screen for _, screen in taken.shown)
        left.extend(screen for _, screen in taken.left)

    told(caller.taken(""))
    told(caller.taken("1"))
    for number in range(3):
        told(caller.taken("", session_id=str(number), sessionId=str(number)))
        told(caller.taken("1", sessionId=str(number)))
    told(caller.taken("", sessionId="9"))  # who leaves at the question leaves no screen
    told(caller.taken("", sessionId="10"))
    assert (shown.count("name"), left.count("name")) == (4, 4)
    assert caller.phone.visit.screen is None


def test_who_dials_the_same_shortcut_again_is_asked_whether_to_go_on():
    caller = Caller("africastalking")
    assert caller("1") == "Name?"
    assert caller("1*Ann") == "Other?"
    assert caller("1", sessionId="B") == "You were cut off. Do you want to go on?"
    assert caller("1*1", sessionId="B") == "Other?"
    assert caller("1", sessionId="C") == "You were cut off. Do you want to go on?"
    assert caller("2", sessionId="D") == "Hi"
    assert isinstance(caller.taken("2*1", sessionId="D").reply, UssdReply)
