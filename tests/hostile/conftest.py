"""Fixtures of hostile peers: a server without sockets and one with them, and what the log says of it all."""

from collections.abc import Iterator

import pytest
import pytest_twisted
from twisted.logger import LogLevel

from mobilesasa.smppnet.certificates import Identity
from tests.hostile.served import Served, make_certificate
from tests.logs import heard
from tests.smsc.rig import Rig


@pytest.fixture
def rig() -> Rig:
    """A server without sockets, whose teams may submit as much as they like."""
    return Rig(session_tps=0)


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What was warned of, in words."""
    with heard(LogLevel.warn) as said:
        yield said


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Identity:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def served(certificate: Identity) -> Iterator[Served]:
    """A server on two real ports, one of them over TLS."""
    made = Served(certificate)
    made.start()
    yield made
    pytest_twisted.blockon(made.stop())
