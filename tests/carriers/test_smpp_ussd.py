"""USSD over a carrier's binds: no message comes of it, and screens go back within window and rate."""

import pytest

from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.smpp import ussd
from mobilesasa.carriers.smpp.carrier import SmppCarrier
from mobilesasa.carriers.smpp.ussd import PATIENCE_S, TRIES, TRY_AGAIN_S, shortened
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.core.ussd import Kind, UssdReply
from mobilesasa.smpp.pdus import DataSm, DeliverSm, SubmitSm, SubmitSmResp
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smpp.ussd import SCREEN_SEPTETS, SCREEN_UCS2_UNITS
from tests.carriers.rig import CARRIER_ID, SmppRig
from tests.carriers.ussd.rig import FakeDesk

PHONE, CODE = "254712345678", "384"
OP, INFO, REFERENCE = Tag.USSD_SERVICE_OP, Tag.ITS_SESSION_INFO, Tag.USER_MESSAGE_REFERENCE
ASKS, ENDS = UssdReply("Karibu", end=False), UssdReply("Asante", end=True)


class UssdRig(SmppRig):
    """The rig of any SMPP carrier, before a desk."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.desk = FakeDesk()
        self.world = World(self.world.reactor, self.now_ms, self.world.random, ussd=self.desk)
        given = {"host": "smsc.test", "system_id": "us", "window": 10, "password": "secret", **options}
        record = CarrierRecord(CARRIER_ID, "upstream", "smpp", options=given)
        self.carrier = SmppCarrier(record, parse_options("smpp", given), self.world, self.endpoint)
        self.start()

    def counts(self) -> tuple[int, ...]:
        standing = self.carrier.standing()
        return tuple(standing[f"ussd_{name}"] for name in ("events", "replies", "refused", "dropped"))


@pytest.fixture
def rig():
    return UssdRig()


def step(op=1, text=b"*384*7#", **fields):
    tlvs = {OP: op, **fields.pop("tlvs", {INFO: b"\x2a\x06"})}
    given = {"service_type": "USSD", "source_addr": PHONE, "destination_addr": CODE, "short_message": text, **fields}
    return DeliverSm(**given, tlvs=tlvs)


def test_a_step_goes_to_the_desk_and_its_screen_comes_back(rig):
    rig.ends[0].say(step())
    response, shown = rig.ends[0].heard()
    assert (response.status, response.message_id) == (0, "")
    assert isinstance(shown, SubmitSm)
    assert (shown.service_type, shown.source_addr, shown.destination_addr) == ("USSD", CODE, PHONE)
    assert (shown.short_message, shown.registered_delivery) == (b"Karibu", 0)
    assert dict(shown.tlvs) == {OP: 2, INFO: b"\x2a\x06"}
    (event,) = rig.desk.events
    assert (event.key, event.kind) == (("upstream", "42", PHONE), Kind.START)
    assert (event.code, event.dialled, event.input, event.sequence) == ("384", "*384*7#", "", 3)
    rig.ok([shown])
    assert rig.counts() == (1, 1, 0, 0)


def test_a_national_number_is_known_in_full_and_answered_as_it_came(rig):
    rig.ends[0].say(step(source_addr="0712345678"))
    _, shown = rig.ends[0].heard()
    assert (rig.desk.events[0].msisdn, shown.destination_addr) == (PHONE, "0712345678")


def test_it_is_no_message_and_no_outcome_comes_of_it(rig):
    rig.ends[0].say(step(), step(18, b"1"))
    rig.ok(rig.submits())
    assert (rig.listener.from_phones, rig.listener.reports, rig.listener.outcomes) == ([], [], [])
    assert rig.carrier.standing()["parts_sent"] == rig.carrier.standing()["parts_taken"] == 0


def test_the_last_screen_ends_the_session(rig):
    rig.desk.reply = ENDS
    rig.ends[0].say(step(18, b" 1 "))
    (shown,) = rig.submits()
    assert dict(shown.tlvs) == {OP: 17, INFO: b"\x2a\x07"}
    assert (rig.desk.events[0].kind, rig.desk.events[0].input) == (Kind.INPUT, "1")


@pytest.mark.parametrize(
    ("op", "text", "kind"), [(129, b"", Kind.ABORT), (129, b"timeout", Kind.TIMEOUT), (19, b"", Kind.END)]
)
def test_an_end_is_acknowledged_and_has_no_answer(rig, op, text, kind):
    rig.ends[0].say(step(op, text))
    assert [type(pdu).__name__ for pdu in rig.ends[0].heard()] == ["DeliverSmResp"]
    assert rig.desk.events[0].kind is kind


@pytest.mark.parametrize(
    ("dialect", "first", "tlvs", "session"),
    [
        ("standard", step(), {OP: 2, INFO: b"\x2a\x06"}, "42"),
        ("mica", step(tlvs={REFERENCE: 77}), {OP: 2, REFERENCE: 77}, "77"),
        ("sixdee", step(), {OP: 2, INFO: b"\x2a\x06"}, "5379"),
        ("huawei", step(tlvs={}), {OP: 2}, ""),
    ],
)
def test_each_dialect_names_the_session_in_its_way(dialect, first, tlvs, session):
    rig = UssdRig(ussd_dialect=dialect)
    rig.ends[0].say(first)
    (shown,) = rig.submits()
    assert dict(shown.tlvs) == tlvs
    event = rig.desk.events[0]
    assert (event.carrier_session_id, event.dialled, event.code) == (session, "*384*7#", "384")


def test_a_code_longer_than_an_address_is_answered_from_its_digits():
    rig = UssdRig(ussd_dialect="mica")
    rig.ends[0].say(step(text=b"*384*" + b"7" * 20 + b"#", tlvs={REFERENCE: 77}))
    (shown,) = rig.submits()
    assert shown.source_addr == "384"


def test_a_carrier_that_does_not_count_has_no_sequence(rig):
    rig.ends[0].say(step(18, b"1", tlvs={INFO: b"\x2a\x00"}))
    assert rig.desk.events[0].sequence is None


def test_what_makes_no_sense_is_refused_for_good(rig, warnings):
    rig.ends[0].say(step(tlvs={INFO: b"\x01"}))
    (response,) = rig.ends[0].heard()
    assert response.status == Status.ESME_RX_P_APPN
    assert (rig.desk.events, rig.counts()) == ([], (0, 0, 1, 0))
    assert "two octets" in warnings[0]


@pytest.mark.parametrize("pdu", [step(), DataSm(service_type="USSD", source_addr=PHONE, destination_addr=CODE)])
def test_without_a_dialect_it_is_refused_for_now(pdu):
    rig = UssdRig(ussd_dialect="none")
    rig.ends[0].say(pdu)
    (response,) = rig.ends[0].heard()
    assert response.status == Status.ESME_RX_T_APPN
    assert (rig.desk.events, rig.listener.from_phones) == ([], [])


def test_in_a_data_sm_it_is_refused_for_now(rig):
    rig.ends[0].say(DataSm(service_type="USSD", source_addr=PHONE, destination_addr=CODE))
    assert rig.ends[0].heard()[0].status == Status.ESME_RX_T_APPN


def test_a_screen_goes_before_all_messages_that_wait():
    rig = UssdRig(window=2)
    rig.carrier.submit(rig.messages(4))
    first = rig.submits()
    assert len(first) == 2
    rig.ends[0].say(step())
    assert rig.submits() == []  # the window is full
    rig.ok(first[:1])
    (shown,) = rig.submits()
    assert shown.service_type == "USSD"
    rig.ok([first[1], shown])
    assert len(rig.submits()) == 2


def test_a_screen_waits_for_the_rate():
    rig = UssdRig(tps=10)
    rig.carrier.submit(rig.messages(1))
    assert len(rig.submits()) == 1
    rig.ends[0].say(step(), step(18, b"1", source_addr="254700000009"))
    assert rig.submits() == []
    rig.pass_time(0.4, 0.02)
    assert len(rig.submits()) == 2


def test_a_screen_that_cannot_go_in_time_is_dropped(warnings):
    rig = UssdRig(window=1)
    rig.carrier.submit(rig.messages(1))
    (message,) = rig.submits()
    rig.ends[0].say(step())
    rig.pass_time(PATIENCE_S + 0.5)
    rig.ok([message])
    assert rig.submits() == []
    assert rig.counts() == (1, 0, 0, 1)
    assert "could not be sent in time" in warnings[-1]


def test_no_more_than_so_many_screens_wait(monkeypatch, warnings):
    monkeypatch.setattr(ussd, "WAITING_LIMIT", 2)  # a thousand would make the test long
    rig = UssdRig(window=1)
    rig.carrier.submit(rig.messages(1))
    rig.ends[0].say(*[step(source_addr=f"25470000000{n}") for n in range(4)])
    assert rig.counts() == (4, 0, 0, 2)


def test_a_screen_that_is_throttled_is_tried_again_a_few_times(rig, warnings):
    rig.ends[0].say(step())
    for _ in range(TRIES):
        (shown,) = rig.submits()
        rig.refuse([shown], Status.ESME_RTHROTTLED)
        rig.pass_time(TRY_AGAIN_S + 0.1, 0.1)
    assert rig.submits() == []
    assert rig.counts() == (1, 0, 1, 0)


def test_a_screen_that_is_refused_is_said_and_not_tried_again(rig, warnings):
    rig.ends[0].say(step())
    rig.refuse(rig.submits(), Status.ESME_RINVDSTADR)
    assert (rig.submits(), rig.counts()) == ([], (1, 0, 1, 0))
    assert "a reply was refused" in warnings[0]


def test_answers_to_screens_and_to_messages_come_in_one_turn(rig):
    message = rig.message()
    rig.carrier.submit([message])
    rig.ends[0].say(step())
    part, shown = rig.submits()
    rig.ends[0].say(
        SubmitSmResp(sequence=shown.sequence, message_id="u1"), SubmitSmResp(sequence=part.sequence, message_id="m1")
    )
    assert [outcome.refs for outcome in rig.listener.of(message)] == [("m1",)]
    assert rig.counts() == (1, 1, 0, 0)


def test_a_connection_that_is_lost_takes_its_screens_along(rig):
    message = rig.message()
    rig.carrier.submit([message])
    rig.ends[0].say(step())
    assert len(rig.submits()) == 2
    rig.ends[0].hang_up()
    assert rig.counts() == (1, 0, 0, 1)
    rig.reconnect()
    (again,) = rig.submits(1)
    assert again.service_type == ""


def test_a_late_answer_of_the_desk_goes_over_the_next_connection(rig):
    rig.desk.reply = FakeDesk.WAITS
    rig.ends[0].say(step())
    rig.ends[0].hang_up()
    rig.desk.answers[0](ASKS)
    rig.reconnect()
    assert [pdu.service_type for pdu in rig.submits(1)] == ["USSD"]


def test_what_came_over_a_receiver_is_answered_over_a_transmitter():
    rig = UssdRig(bind="txrx")
    rig.ends[1].say(step())
    assert [type(pdu).__name__ for pdu in rig.ends[1].heard()] == ["DeliverSmResp"]
    assert [pdu.service_type for pdu in rig.submits(0)] == ["USSD"]


def test_an_address_that_cannot_be_written_drops_the_screen(warnings):
    rig = UssdRig(ussd_dialect="mica")
    rig.ends[0].say(step(text="*ж#".encode("utf-16-be"), data_coding=8, tlvs={REFERENCE: 77}))
    assert rig.submits() == []
    assert "cannot be written" in warnings[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Karibu", "Karibu"),
        ("x" * 200, "x" * SCREEN_SEPTETS),
        ("ж" * 100, "ж" * SCREEN_UCS2_UNITS),
        ("neno " * 60, "neno " * 36),
        ("€" * 100, "€" * 82),
        ("\U0001f600" * 50, "\U0001f600" * 30),
    ],
)
def test_a_text_is_cut_to_a_screen_at_a_word(rig, text, shown):
    assert shortened(text).rstrip() == shown.rstrip()
    rig.desk.reply = UssdReply(text, end=True)
    rig.ends[0].say(step())
    assert len(rig.submits()) == 1
