"""When tokens opened something last: one statement a minute for all of a node's."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.uses import TokenUse, TokenUses
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.rows import as_json

# In the order of the key, as every node writes; another node may have seen a later use.
WRITE = """
INSERT INTO token_use AS held (token_uuid, used_at, address)
SELECT token_uuid, to_timestamp(at_ms / 1000.0), address
FROM json_to_recordset(%(uses)s) AS seen (token_uuid uuid, at_ms bigint, address text) ORDER BY token_uuid
ON CONFLICT (token_uuid) DO UPDATE SET used_at = excluded.used_at, address = excluded.address
WHERE held.used_at < excluded.used_at
"""


def write(txn: Txn, uses: Sequence[TokenUse]) -> None:
    """Keep the last uses of tokens; of two of a token the later counts."""
    txn.execute(WRITE, {"uses": as_json([attrs.asdict(use) for use in uses])})


async def write_gathered(database: Database, gathered: TokenUses) -> None:
    """Write down what is gathered, if anything; it stays gathered while the store is away.

    Raises:
        StoreAway: nothing was written.
    """
    uses = gathered.take()
    if not uses:
        return
    try:
        await database.run("token_uses.write", write, uses)
    except StoreAway:
        gathered.put_back(uses)
        raise
