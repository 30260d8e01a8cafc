"""Wrong passwords, counted over all nodes: 5 within 15 minutes for an account from an address, then no more (decision 9).

An attempt is counted before the password is looked at, so that many at once are no way around; a right one resets the
account's count from that address. Other accounts of the address, and the account from elsewhere, go on.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.core.errors import TooManyAttempts
from mobilesasa.store.database import Txn, one_row

LIMIT: Final = 5
SPAN_S: Final = 900

COUNT = """
INSERT INTO login_attempt (account, address, attempts, since) VALUES (%(account)s, %(address)s, 1, now())
ON CONFLICT (account, address) DO UPDATE SET
    attempts = CASE WHEN login_attempt.since <= now() - %(span_s)s * interval '1 second' THEN 1
               ELSE login_attempt.attempts + 1 END,
    since = CASE WHEN login_attempt.since <= now() - %(span_s)s * interval '1 second' THEN now()
            ELSE login_attempt.since END
RETURNING attempts, ceil(extract(epoch FROM since - now()) + %(span_s)s)::integer
"""

RESET = "DELETE FROM login_attempt WHERE account = %(account)s AND address = %(address)s"

FORGET = """
DELETE FROM login_attempt WHERE (account, address) IN (
    SELECT account, address FROM login_attempt WHERE since <= now() - %(span_s)s * interval '1 second' LIMIT %(limit)s)
AND since <= now() - %(span_s)s * interval '1 second'
"""


def count(txn: Txn, account: bytes, address: str) -> None:
    """Count an attempt.

    Args:
        txn: the transaction, which commits before the password is looked at.
        account: digest of the account's name.
        address: or network, as `core.attempts.origin` gives it.

    Raises:
        TooManyAttempts: it was one too many; the password is not to be looked at.
    """
    txn.execute(COUNT, {"account": account, "address": address, "span_s": SPAN_S})
    attempts, wait_s = one_row(txn)
    if attempts > LIMIT:
        message = f"too many wrong passwords for this account from this address; try again in {wait_s} s"
        raise TooManyAttempts(message, wait_s)


def reset(txn: Txn, account: bytes, address: str) -> None:
    """Forget the attempts at an account from an address, for one was right."""
    txn.execute(RESET, {"account": account, "address": address})


def forget(txn: Txn, limit: int) -> int:
    """Drop counts whose time is over; returns how many."""
    txn.execute(FORGET, {"span_s": SPAN_S, "limit": limit})
    return txn.rowcount
