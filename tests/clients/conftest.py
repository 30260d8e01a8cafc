"""One real node for all clients, with a carrier of the sandbox; each module of tests is a team of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import attrs
import pytest

from tests.clients.proxy import Proxy
from tests.whole.programs import Node, eventually, free_port

_numbers = count(1)


@attrs.frozen
class Team:
    """A team with units and the sender TextBlast."""

    code: str
    token: str = attrs.field(repr=False)
    node: Node = attrs.field(repr=False)

    def password(self) -> str:
        """Mint an 8-character SMPP password."""
        made = self.node.command("smpp", "password", "--team", self.code, "--any-address")
        return str(made["password"])

    def messages(self) -> list[dict[str, object]]:
        """What the API shows of its newest messages."""
        status, body = self.node.call(self.token, "/messages")
        assert status == 200
        return list(body["data"]["items"])


@pytest.fixture(scope="session")
def served() -> Iterator[Node]:
    """The node, with both SMPP ports and a carrier whose receipts come soon."""
    folder = Path(tempfile.mkdtemp(prefix="mbs-clients-"))
    folder.chmod(0o711)  # the database runs as a user of its own when we are root
    node = Node(folder, smpp_tls_port=free_port())
    try:
        node.start()
        node.command("carrier", "add", "quick", "--kind", "sandbox", "--option", "delay_s=0.2")
        node.command("route", "add", "--prefix", "", "--carrier", "quick")
        yield node
    finally:
        node.stop()
        said = node.program.said
        shutil.rmtree(folder)
    assert "Traceback" not in said
    assert "stopped in good order" in said


def make_team(node: Node) -> Team:
    code = f"CLIENT{next(_numbers)}"
    token = node.team(code, 1000)
    eventually(lambda: node.call(token, "/account")[0] == 200, "the node knows the team")
    return Team(code, token, node)


@pytest.fixture(scope="module")
def team(served: Node) -> Team:
    return make_team(served)


@pytest.fixture
def another_team(served: Node) -> Team:
    """A team of the test's own, for which no receipt of another test is waiting."""
    return make_team(served)


@pytest.fixture(scope="module")
def password(team: Team) -> str:
    """An 8-character SMPP password of the team."""
    return team.password()


@pytest.fixture
def proxy(served: Node) -> Iterator[Proxy]:
    """A relay before the node's SMPP port."""
    assert served.smpp_port is not None
    with Proxy(served.smpp_port).running() as running:
        yield running
