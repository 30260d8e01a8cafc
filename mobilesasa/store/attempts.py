"""Wrong passwords and links, counted over all nodes: 5 within 15 minutes for an account from an address (decision 9).

An attempt is counted before the password is looked at, so that many at once are no way around; a right one resets the
account's count from that address. Other accounts of the address, and the account from elsewhere, go on: up to 100 within
the same time for an address, which is much for an office behind one address and little for who tries all accounts there
are. A right one is taken off that again. What is refused is not counted, so one account does not block its address.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.core.errors import TooManyAttempts
from mobilesasa.core.people import account_digest
from mobilesasa.store.database import Txn, one_row

LIMIT: Final = 5
LIMIT_OF_ADDRESS: Final = 100
SPAN_S: Final = 900

ANY_ACCOUNT: Final = account_digest("all accounts of an address")  # no email address: these have an @

COUNT = """
INSERT INTO login_attempt (account, address, attempts, since) VALUES (%(account)s, %(address)s, 1, now())
ON CONFLICT (account, address) DO UPDATE SET
    attempts = CASE WHEN login_attempt.since <= now() - %(span_s)s * interval '1 second' THEN 1
               ELSE login_attempt.attempts + 1 END,
    since = CASE WHEN login_attempt.since <= now() - %(span_s)s * interval '1 second' THEN now()
            ELSE login_attempt.since END
RETURNING attempts, ceil(extract(epoch FROM since - now()) + %(span_s)s)::integer
"""

TAKE_OFF = """
UPDATE login_attempt SET attempts = attempts - 1
WHERE account = %(account)s AND address = %(address)s AND attempts > 0 AND since > now() - %(span_s)s * interval '1 second'
"""

RESET = "DELETE FROM login_attempt WHERE account = %(account)s AND address = %(address)s"

FORGET = """
DELETE FROM login_attempt WHERE (account, address) IN (
    SELECT account, address FROM login_attempt WHERE since <= now() - %(span_s)s * interval '1 second' LIMIT %(limit)s)
AND since <= now() - %(span_s)s * interval '1 second'
"""


def count(txn: Txn, account: bytes, address: str, what: str = "wrong passwords for this account") -> None:
    """Count an attempt, by account and address and by address alone.

    Args:
        txn: the transaction, which commits before the password is looked at.
        account: digest of the account's name, or of a link.
        address: or network, as `core.attempts.origin` gives it.
        what: was too much of one account or link, in words.

    Raises:
        TooManyAttempts: it was one too many, and is not counted; the password is not to be looked at.
    """
    for counted, limit, too_many in (
        (account, LIMIT, what),
        (ANY_ACCOUNT, LIMIT_OF_ADDRESS, "wrong passwords or links"),
    ):
        txn.execute(COUNT, {"account": counted, "address": address, "span_s": SPAN_S})
        attempts, wait_s = one_row(txn)
        if attempts > limit:
            raise TooManyAttempts(f"too many {too_many} from this address; try again in {wait_s} s", wait_s)


def reset(txn: Txn, account: bytes, address: str) -> None:
    """Forget the attempts at an account from an address, for one was right, and take that one off those of the address."""
    txn.execute(RESET, {"account": account, "address": address})
    txn.execute(TAKE_OFF, {"account": ANY_ACCOUNT, "address": address, "span_s": SPAN_S})


def forget(txn: Txn, limit: int) -> int:
    """Drop counts whose time is over; returns how many."""
    txn.execute(FORGET, {"span_s": SPAN_S, "limit": limit})
    return txn.rowcount
