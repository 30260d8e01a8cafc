"""The client keeps a bind up."""

import pytest
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.task import Clock

from mobilesasa.smpp.pdus import BindTransceiver, DeliverSm, SubmitSm, Unbind, answer
from mobilesasa.smpp.session import Unbound
from mobilesasa.smpp.statuses import Status
from mobilesasa.smppnet.client import Backoff, Client
from mobilesasa.smppnet.timers import Timers
from tests.fakes.far_end import FakeEndpoint, RecordingUser

BACKOFF = Backoff(first_s=1, factor=2, limit_s=60, spread=0)


class Rig:
    def __init__(self):
        self.clock, self.endpoint, self.user = Clock(), FakeEndpoint(), RecordingUser()
        self.client = Client(
            "upstream", self.endpoint, BindTransceiver(system_id="us", password="secret"), self.user, self.clock,
            Timers(response_timeout_s=20), lambda: 0.5, BACKOFF,
        )  # fmt: skip

    def bound(self):
        self.client.start()
        end = self.endpoint.accept()
        end.take_bind()
        return end


@pytest.fixture
def rig():
    return Rig()


def test_it_binds_when_it_is_connected(rig):
    rig.client.start()
    rig.client.start()
    assert len(rig.endpoint.asked) == 1
    end = rig.endpoint.accept()
    bind = end.take_bind()
    assert (bind.system_id, bind.password) == ("us", "secret")
    assert rig.client.is_up
    assert rig.user.calls == [("up", None)]


def test_it_gives_the_user_what_is_the_users(rig):
    end = rig.bound()
    rig.client.link.request([SubmitSm()], ["a"])
    end.say(*[answer(pdu) for pdu in end.heard()], DeliverSm())
    assert [context for context, _ in rig.user.of("answered")[0]] == ["a"]
    assert len(rig.user.of("received")[0]) == 1


def test_a_lost_bind_is_told_after_its_requests_and_made_again(rig):
    end = rig.bound()
    rig.client.link.request([SubmitSm()], ["a"])
    end.hang_up()
    assert [name for name, _ in rig.user.calls] == ["up", "unanswered", "down"]
    assert not rig.client.is_up
    assert rig.endpoint.asked == []
    rig.clock.advance(1)
    rig.endpoint.accept().take_bind()
    assert rig.client.is_up
    assert rig.client.binds == 2


def test_waits_grow_until_a_bind_has_lasted(rig):
    rig.client.start()
    for wait_s in (1, 2, 4, 8, 16, 32, 60, 60):
        rig.endpoint.refuse(Refused())
        rig.clock.advance(wait_s - 0.01)
        assert rig.endpoint.asked == []
        rig.clock.advance(0.01)
        assert len(rig.endpoint.asked) == 1
    end = rig.endpoint.accept()
    end.take_bind()
    rig.clock.advance(10)
    end.hang_up()
    rig.clock.advance(1)
    assert len(rig.endpoint.asked) == 1


def test_a_bind_that_breaks_at_once_is_no_success(rig):
    rig.bound().hang_up()
    rig.clock.advance(1)
    end = rig.endpoint.accept()
    end.take_bind()
    end.hang_up()
    rig.clock.advance(1)
    assert rig.endpoint.asked == []
    rig.clock.advance(1)
    assert len(rig.endpoint.asked) == 1


def test_a_wait_is_spread_at_random():
    backoff = Backoff(first_s=4, spread=0.25)
    assert backoff.delay_s(1, 0.0) == 4
    assert backoff.delay_s(1, 1.0) == 3
    assert backoff.delay_s(10_000, 0.0) == 60


def test_a_refused_bind_is_said_once_in_words_and_tried_again_late(rig, warnings):
    rig.client.start()
    for _ in range(3):
        end = rig.endpoint.accept()
        end.take_bind(Status.ESME_RINVPASWD)
        assert end.closing
        end.finish()
        rig.clock.advance(59)
        assert rig.endpoint.asked == []
        rig.clock.advance(1)
    assert len([text for text in warnings if "refused the bind of us: invalid password" in text]) == 1
    assert "invalid password" in rig.client.trouble
    assert rig.user.calls == []
    assert not any("secret" in text for text in warnings)


def test_a_bind_that_is_not_answered_is_cut(rig):
    rig.client.start()
    end = rig.endpoint.accept()
    rig.clock.pump([0.5] * 40)
    assert end.closing
    end.hang_up()
    assert rig.user.calls == []
    assert "bind" in rig.client.trouble


def test_a_bind_without_an_answer_in_time_is_cut_where_the_bind_may_take_long(rig):
    rig.client._timers = Timers(response_timeout_s=20, bind_timeout_s=0, enquire_link_s=0, idle_timeout_s=0)
    rig.client.start()
    end = rig.endpoint.accept()
    rig.clock.advance(20)
    assert end.closing


def test_a_server_that_cannot_be_reached_is_said_once(rig, warnings):
    rig.client.start()
    for _ in range(3):
        rig.endpoint.refuse(Refused())
        rig.clock.advance(60)
    assert len(warnings) == 1
    assert "cannot connect" in rig.client.trouble


def test_a_bind_clears_the_trouble(rig):
    rig.client.start()
    rig.endpoint.refuse(Refused())
    rig.clock.advance(1)
    rig.endpoint.accept().take_bind()
    assert rig.client.trouble == ""


def test_stopping_unbinds_and_waits(rig):
    end = rig.bound()
    stopped = rig.client.stop()
    assert not stopped.called
    assert Unbound(by_peer=True) in end.heard()
    rig.clock.advance(5)
    end.finish()
    assert stopped.called
    rig.clock.advance(100)
    assert rig.endpoint.asked == []


def test_stopping_while_connecting_gives_up(rig):
    rig.client.start()
    stopped = rig.client.stop()
    assert stopped.called
    assert rig.endpoint.cancelled == 1
    assert rig.clock.getDelayedCalls() == []


def test_stopping_while_waiting_gives_up(rig):
    rig.client.start()
    rig.endpoint.refuse(Refused())
    assert rig.client.stop().called
    assert rig.clock.getDelayedCalls() == []


def test_stopping_while_binding_closes(rig):
    rig.client.start()
    end = rig.endpoint.accept()
    stopped = rig.client.stop()
    assert end.closing
    end.finish()
    assert stopped.called


def test_stopping_what_never_started_is_done_at_once(rig):
    assert rig.client.stop().called


def test_a_server_that_unbinds_is_bound_to_again(rig):
    end = rig.bound()
    end.say(Unbind())
    assert end.closing
    end.finish()
    assert rig.user.of("down")
    rig.clock.advance(1)
    assert len(rig.endpoint.asked) == 1
