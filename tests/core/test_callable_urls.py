"""What teams may have us call: the internet, and nothing of our own network unless the operator says so."""

from ipaddress import ip_network

import pytest

from mobilesasa.core.callable_urls import LONGEST, Reach
from mobilesasa.core.errors import BadWebhookUrl

ANY_PORT = Reach()
CLOSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "224.0.1.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "3fff::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
    "2002:7f00:1::", "2002:a00:1::", "64:ff9b:1::1", "4000::1",
]  # fmt: skip
OPEN = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "41.90.0.1", "2606:4700::1111", "2a00:1450:4009::1", "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8", "2002:808:808::"]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_that_is_none_of_the_internet_is_not_connected_to(address):
    assert not ANY_PORT.allows(address)


@pytest.mark.parametrize("address", OPEN)
def test_an_address_of_the_internet_is(address):
    assert ANY_PORT.allows(address)


@pytest.mark.parametrize("address", ["", "example.com", "1.2.3", "1.2.3.4.5", "0x7f.1", "127.1"])
def test_what_is_no_address_is_not_connected_to(address):
    assert not ANY_PORT.allows(address)


def test_the_operator_can_open_a_network():
    reach = Reach(networks=[ip_network("10.1.0.0/16"), ip_network("fd00::/64")])
    assert [reach.allows(address) for address in ("10.1.2.3", "10.2.0.1", "fd00::1", "fd01::1")] == [
        True,
        False,
        True,
        False,
    ]


def test_a_network_that_is_open_is_so_for_mapped_addresses():
    assert Reach(networks=[ip_network("10.1.0.0/16")]).allows("::ffff:10.1.2.3")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "http://example.com",
        "https://example.com:8443/a/b?c=d",
        "https://xn--mller-kva.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://a_b.example/",
        "https://0x7f.example/",
        "https://1.example./",
    ],
)
def test_these_can_be_called(url):
    Reach([80, 443, 8443]).check(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.com/", "must begin with"),
        ("example.com", "must begin with"),
        ("", "printable ASCII"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://exa mple.com/", "printable ASCII"),
        ("https://müller.example/", "Punycode"),
        ("https://example.com\\@evil/", "printable ASCII"),
        ("https://example.com/\r\nX: y", "printable ASCII"),
        ("https://user:secret@example.com/", "user names"),
        ("https://example.com/#there", "fragment"),
        ("https://example.com:99999/", "no URL"),
        ("https://example.com:0/", "port 0"),
        ("https://[::1/", "no URL"),
        ("https://exa%41mple.com/", "names no host"),
        ("https://example.com:22/", "port 22"),
        ("https://localhost/", "this machine"),
        ("https://LOCALHOST./", "this machine"),
        ("https://api.localhost/", "this machine"),
        ("https://127.0.0.1/", "not an address of the internet"),
        ("https://169.254.169.254/latest/meta-data", "not an address of the internet"),
        ("https://[::1]/", "not an address of the internet"),
        ("https://[::ffff:10.0.0.1]/", "not an address of the internet"),
        ("http://2130706433/", "no name of a host"),
        ("http://0x7f.1/", "no name of a host"),
        ("http://127.1/", "no name of a host"),
        ("http://0177.0.0.1/", "no name of a host"),
        ("http://127.0.0.1./", "no name of a host"),
        ("http://0x/", "no name of a host"),
        ("https://example.com/" + "a" * LONGEST, "longer than"),
    ],
)
def test_these_cannot(url, words):
    with pytest.raises(BadWebhookUrl, match=words):
        Reach([80, 443]).check(url)


def test_no_list_of_ports_is_any_port():
    ANY_PORT.check("https://example.com:22/")


def test_this_machine_can_be_called_where_its_network_is_open():
    Reach(networks=[ip_network("127.0.0.0/8")]).check("http://localhost:3000/")
