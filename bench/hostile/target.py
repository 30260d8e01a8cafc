"""What an attacker knows of the node: where it is, and the credentials of a team that is one of its customers."""

from __future__ import annotations

import random
from collections.abc import Sequence

import attrs

RIVAL = "RIVAL"  # the team whose credentials an attacker has
MANY = 200  # addresses, where many are meant
SEED = 20261122


@attrs.frozen(kw_only=True)
class Target:
    """The node.

    Attributes:
        http, https, smpp, smpps: its ports.
        token: of the team RIVAL, whose terms are the defaults.
        password: its SMPP password, good from any address.
        victim: a team that has nothing to do with the attack.
        email: somebody who can log in.
        link_host: by which short links are asked for.
    """

    http: int
    https: int
    smpp: int
    smpps: int
    token: str
    password: str
    victim: str
    email: str
    link_host: str


def addresses(row: int, many: bool) -> Sequence[str]:
    """Return the addresses from which a row's attack comes; no two rows have one in common, nor with those who behave."""
    return [f"127.0.{row + 1}.{number}" for number in range(1, (MANY if many else 1) + 1)]


def chance(row: int) -> random.Random:
    """Return what a row's attack draws from; it draws the same every time."""
    return random.Random(SEED + row)
