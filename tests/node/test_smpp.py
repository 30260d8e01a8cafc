"""What teams are told of binds: the ports as they are, the limits as they were set."""

from typing import Any, cast

import attrs
import pytest

from mobilesasa.core.teams import Team
from mobilesasa.node.smpp import Grants
from mobilesasa.settings import Settings
from mobilesasa.settings.model import Smpp
from mobilesasa.smsc.server import SmppServer

TEAM = Team(1, "uuid 1", "ACME", "Acme")
BOTH = Settings()


def listening(*ports: int) -> SmppServer:
    """A server of which nothing is asked but where it listens."""

    @attrs.frozen
    class Listening:
        ports: Any

    return cast(SmppServer, Listening([*ports]))


@pytest.mark.parametrize(
    ("changes", "server", "told"),
    [
        ({}, None, (2775, 2776)),
        ({"smpp_port": None}, None, (None, 2776)),
        ({"smpp_port": 0, "smpp_tls_port": 0}, None, (None, None)),
        ({"smpp_port": 0, "smpp_tls_port": 0}, listening(41000, 41001), (41000, 41001)),
        ({"smpp_port": None, "smpp_tls_port": 0}, listening(41001), (None, 41001)),
        ({"smpp_port": 0, "smpp_tls_port": None}, listening(41000), (41000, None)),
    ],
)
def test_the_ports_are_told_as_they_are_taken(changes, server, told):
    assert Grants(attrs.evolve(BOTH, **changes), server).ports() == told


@pytest.mark.parametrize(
    ("smpp", "host", "told"),
    [
        ({}, None, (2775, 2776)),
        ({"public_host": "smpp.example.com"}, "smpp.example.com", (2775, 2776)),
        ({"public_port": 3550}, None, (3550, 2776)),
        ({"public_host": "smpp.example.com", "public_tls_port": 3551}, "smpp.example.com", (2775, 3551)),
    ],
)
def test_what_is_public_is_told_in_the_place_of_where_the_node_listens(smpp, host, told):
    grants = Grants(attrs.evolve(BOTH, smpp=Smpp(**smpp)), None)
    assert (grants.host(), grants.ports(), grants.listening()) == (host, told, (2775, 2776))


def test_a_public_port_over_tls_is_told_where_a_proxy_speaks_tls_for_the_node():
    grants = Grants(attrs.evolve(BOTH, smpp_tls_port=None, smpp=Smpp(public_tls_port=2776)), None)
    assert (grants.ports(), grants.listening()) == ((2775, 2776), (2775, None))


def test_what_was_set_for_the_team_lies_over_what_the_node_grants():
    grants = Grants(attrs.evolve(BOTH, smpp=Smpp(session_tps=20, window=7)), None)
    terms = grants.terms(attrs.evolve(TEAM, max_sessions=9, smpp={"window": 500}))
    assert (terms.session_tps, terms.window, terms.max_sessions, terms.receipt_window) == (20, 500, 9, 10)
