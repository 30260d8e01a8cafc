import attrs
import pytest
from twisted.internet.task import Clock
from twisted.logger import LogLevel

from mobilesasa.smpp.pdus import BindTransceiver, answer
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.timers import Timers
from tests.fakes.far_end import FarEnd, RecordingUser, take_binds
from tests.logs import heard

TIMERS = Timers(enquire_link_s=30, idle_timeout_s=60, response_timeout_s=20, bind_timeout_s=10)


@attrs.define(eq=False)
class Rig:
    clock: Clock
    user: RecordingUser
    link: Link
    far: FarEnd

    def pass_time(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass as it does: in steps."""
        self.clock.pump([step] * round(seconds / step))


def make_rig(side: Side, timers: Timers = TIMERS, bound: bool = True) -> Rig:
    clock, user = Clock(), RecordingUser()
    if side is Side.SMSC:
        user.on_received = take_binds
    link = Link(side, user, clock, timers)
    rig = Rig(clock, user, link, FarEnd(link))
    if bound and side is Side.SMSC:
        rig.far.say(BindTransceiver(system_id="esme"))
        rig.far.heard()
    elif bound:
        link.request([BindTransceiver(system_id="esme")], ["bind"])
        rig.far.say(answer(rig.far.heard()[0], system_id="smsc"))
    user.calls.clear()
    return rig


@pytest.fixture
def smsc() -> Rig:
    """A bound link of our server."""
    return make_rig(Side.SMSC)


@pytest.fixture
def esme() -> Rig:
    """A bound link of our client."""
    return make_rig(Side.ESME)


@pytest.fixture
def warnings():
    """What was warned of, in words."""
    with heard(LogLevel.warn) as said:
        yield said
