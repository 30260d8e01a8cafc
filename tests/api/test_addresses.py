"""Who asks, directly and behind proxies."""

import pytest
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.web.http_headers import Headers

from mobilesasa.api.addresses import Client, client_of
from mobilesasa.api.ports.front import DIRECT, Front
from tests.api.rig import Rig

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::/48")
X = Front(trusted_proxies=PROXIES)
FORWARDED = Front(trusted_proxies=PROXIES, proxy_header="forwarded")


class FakeRequest:
    """What a connection and its headers say."""

    def __init__(self, peer: str, secure: bool = False, **headers: str | list[str]) -> None:
        kind = IPv6Address if ":" in peer else IPv4Address
        self.peer = kind("TCP", peer, 40_000) if peer else UNIXAddress(None)
        self.secure = secure
        self.requestHeaders = Headers(
            {name.replace("_", "-"): [value] if isinstance(value, str) else value for name, value in headers.items()}
        )

    def getClientAddress(self):  # noqa: N802 - Twisted's name
        return self.peer

    def isSecure(self):
        return self.secure


def test_without_a_trusted_proxy_no_header_is_believed():
    asked = FakeRequest("192.0.2.7", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https", Forwarded="for=1.2.3.4")
    assert client_of(asked, DIRECT) == client_of(asked, X) == Client("192.0.2.7", False)


def test_a_trusted_proxy_says_who_its_client_is():
    asked = FakeRequest("10.1.2.3", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")
    assert client_of(asked, X) == Client("203.0.113.9", True)


def test_what_the_client_put_before_the_proxy_s_own_word_is_not_believed():
    asked = FakeRequest("10.1.2.3", X_Forwarded_For="6.6.6.6, 203.0.113.9")
    assert client_of(asked, X).address == "203.0.113.9"


@pytest.mark.parametrize("given", ["6.6.6.6, 203.0.113.9, 10.9.9.9", ["6.6.6.6", "203.0.113.9, 10.9.9.9"]])
def test_of_a_chain_of_trusted_proxies_the_first_that_is_none_is_the_client(given):
    assert client_of(FakeRequest("10.1.2.3", X_Forwarded_For=given), X).address == "203.0.113.9"


def test_when_all_of_a_chain_are_proxies_the_farthest_is_the_client():
    assert client_of(FakeRequest("10.1.2.3", X_Forwarded_For="10.4.4.4, 10.5.5.5"), X).address == "10.4.4.4"


@pytest.mark.parametrize(
    "garbage", ["", "unknown", "x" * 5000, "203.0.113.9:abc", "[::1", "999.1.1.1", "2001:db8::1:80:x"]
)
def test_a_word_that_is_no_address_leaves_the_proxy_as_the_client(garbage):
    assert client_of(FakeRequest("10.1.2.3", X_Forwarded_For=garbage), X).address == "10.1.2.3"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_address_is_read_in_each_of_its_forms(written, address):
    assert client_of(FakeRequest("10.1.2.3", X_Forwarded_For=written), X).address == address


def test_ipv4_over_a_socket_of_ipv6_is_ipv4():
    assert client_of(FakeRequest("::ffff:192.0.2.7"), DIRECT).address == "192.0.2.7"
    assert client_of(FakeRequest("::ffff:10.0.0.1", X_Forwarded_For="203.0.113.9"), X).address == "203.0.113.9"
    assert client_of(FakeRequest("::ffff:zz"), DIRECT).address == "::ffff:zz"
    assert client_of(FakeRequest("::1"), DIRECT).address == "::1"


def test_a_peer_without_an_address_has_none_and_is_not_trusted():
    assert client_of(FakeRequest("", X_Forwarded_For="203.0.113.9"), X).address == ""


def test_https_is_that_of_the_hop_nearest_to_us():
    assert client_of(FakeRequest("10.1.2.3", X_Forwarded_For="9.9.9.9", X_Forwarded_Proto="http, https"), X).secure
    assert not client_of(FakeRequest("10.1.2.3", True, X_Forwarded_For="9.9.9.9", X_Forwarded_Proto="http"), X).secure
    assert client_of(FakeRequest("192.0.2.7", True), DIRECT).secure


@pytest.mark.parametrize(
    ("given", "client"),
    [
        ("for=203.0.113.9;proto=https", Client("203.0.113.9", True)),
        ('For="[2001:db8::9]:4711" ; Proto=HTTPS', Client("2001:db8::9", True)),
        ("for=6.6.6.6, for=203.0.113.9;by=10.1.2.3", Client("203.0.113.9", False)),
        ("for=203.0.113.9, for=10.5.5.5", Client("203.0.113.9", False)),
        ('for="_hidden"', Client("10.1.2.3", False)),
        ("for=unknown", Client("10.1.2.3", False)),
        ("proto=https", Client("10.1.2.3", True)),
        ("", Client("10.1.2.3", False)),
        ("=;;, for=203.0.113.9", Client("203.0.113.9", False)),
        ("for=203.0.113.9, =;", Client("10.1.2.3", False)),
    ],
)
def test_forwarded_is_read_as_its_specification_says(given, client):
    assert client_of(FakeRequest("10.1.2.3", Forwarded=given), FORWARDED) == client


def test_only_the_header_that_the_proxy_sets_is_believed():
    asked = FakeRequest("10.1.2.3", Forwarded="for=1.1.1.1", X_Forwarded_For="203.0.113.9")
    assert client_of(asked, X).address == "203.0.113.9"
    assert client_of(asked, FORWARDED).address == "1.1.1.1"


def test_a_chain_that_is_too_long_is_not_followed_to_its_end():
    long = ", ".join(["6.6.6.6", *["10.5.5.5"] * 1000])
    assert client_of(FakeRequest("10.1.2.3", X_Forwarded_For=long), X).address == "10.5.5.5"


def test_bad_tokens_are_counted_by_the_client_and_not_by_its_proxy():
    rig = Rig(front=X)
    tried = [
        rig.begin("GET", "/api/v1/account", host="10.1.2.3", X_API_Key="mbs_bad", X_Forwarded_For=client).reply().status
        for client in ("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2")
    ]
    assert tried == [401, 401, 401, 429, 401]


def test_a_client_who_came_by_https_is_told_to_come_so_again():
    rig = Rig(front=X)
    over = rig.begin("GET", "/healthz", host="10.1.2.3", X_Forwarded_For="203.0.113.1", X_Forwarded_Proto="https")
    assert over.reply().headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in rig.ask("GET", "/healthz").headers
