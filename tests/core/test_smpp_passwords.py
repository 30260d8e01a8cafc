"""SMPP passwords in the directory: what one looks like, and from where it may be used."""

from ipaddress import ip_network

import pytest

from mobilesasa.core.teams import BASE58, Directory, SmppPassword, Team, Token, may_be_smpp_password


def password(*allowed: str, any_address: bool = False, team_id: int = 1, uuid: str = "a") -> SmppPassword:
    return SmppPassword(uuid, team_id, b"digest", "hash", tuple(map(ip_network, allowed)), any_address)


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("fe80::1%eth0", False),
        ("nowhere", False),
        ("", False),
    ],
)
def test_it_is_taken_from_the_addresses_it_was_made_for(address, taken):
    assert password("192.0.2.0/24", "2001:db8::/32").takes(address) is taken


def test_one_for_any_address_is_taken_from_what_is_no_address_too():
    assert password(any_address=True).takes("a socket")


def test_the_first_characters_of_a_token_are_never_one():
    assert may_be_smpp_password("7Hq3vRkX")
    assert not any(map(may_be_smpp_password, ("mbs_abcd", "7Hq3vRk", "7Hq3vRkXX", "7Hq3vRk0", "7Hq3vRk ", "")))
    assert "_" not in BASE58


def test_passwords_and_tokens_are_found_by_their_team():
    tokens = [Token(f"t{n}", n % 2, bytes([n]), "mbs_", frozenset()) for n in range(3)]
    known = Directory([Team(0, "0", "A", "A")], tokens=tokens, smpp_passwords=[password(), password(uuid="b")])
    assert [token.uuid for token in known.tokens_of(0)] == ["t0", "t2"]
    assert [each.uuid for each in known.smpp_passwords_of(1)] == ["a", "b"]
    assert (known.tokens_of(9), known.smpp_passwords_of(9)) == ((), ())


def test_neither_hash_nor_digest_is_shown():
    assert "hash" not in repr(password()).replace("hash=", "")
    assert "digest" not in repr(password())
