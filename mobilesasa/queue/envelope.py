"""What travels over RabbitMQ: a small JSON object with a version and the ids of a batch, `{"v":1,"ids":[…]}`.

Ids and nothing else: the rows are the truth, and no text of a message leaves the store. A body that says anything else is
refused as a whole, and RabbitMQ keeps it as a dead letter for somebody to look at.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from mobilesasa.core.ids import canonical
from mobilesasa.core.lanes import IDS_A_BODY
from mobilesasa.core.model import MessageId

VERSION = 1
LIMIT_OCTETS = 8192  # a hundred ids are 3,900


class BadBody(ValueError):
    """Octets are no body of ours; the text says why."""


def write_body(ids: Sequence[MessageId]) -> bytes:
    """Return the body that names up to 100 messages."""
    return orjson.dumps({"v": VERSION, "ids": ids})


def read_body(octets: bytes) -> list[MessageId]:
    """Return the ids that a body names, 1 to 100.

    Raises:
        BadBody: it is none, or of another version.
    """
    if len(octets) > LIMIT_OCTETS:
        raise BadBody(f"it has {len(octets)} octets, {LIMIT_OCTETS} are the limit")
    try:
        read = orjson.loads(octets)
    except orjson.JSONDecodeError:
        raise BadBody("it is no JSON") from None
    if not isinstance(read, dict) or type(read.get("v")) is not int:
        raise BadBody("it is no JSON object with a version v")
    if read["v"] != VERSION:
        raise BadBody(f"its version is {read['v']}, this release reads {VERSION}")
    ids = read.get("ids")
    if read.keys() != {"v", "ids"} or not isinstance(ids, list) or not 1 <= len(ids) <= IDS_A_BODY:
        raise BadBody(f"it has something else than 1 to {IDS_A_BODY} ids")
    if not all(isinstance(each, str) and canonical(each) == each for each in ids):
        raise BadBody("it names something that is no id of a message")
    return ids
