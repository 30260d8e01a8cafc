"""A hostile peer: `python -m bench.hostile.attacker ROW NICE TARGET`, where TARGET is JSON.

It runs until its standard input ends, with that nice value, and prints two lines of JSON: the first when the attack has its
strength, the second at the end, with what it did and what it got.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys

from bench.hostile.crowd import Crowd
from bench.hostile.rows import ROWS, Row
from bench.hostile.target import Target, addresses, chance

STRENGTH_S = 30.0  # an attack that never has it is as strong as it can be by then


async def attack(row: Row, number: int, target: Target) -> None:
    """Attack until standard input ends, and say what came of it."""
    crowd = Crowd(addresses(number, row.many), row.per_s)
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), told.set)
    attacking = asyncio.ensure_future(row.deed(crowd, target, chance(number)))
    begun_s = loop.time()
    ready = asyncio.ensure_future(crowd.is_there.wait())
    await asyncio.wait([ready, attacking], timeout=STRENGTH_S, return_when=asyncio.FIRST_COMPLETED)
    if attacking.done():
        attacking.result()
    print(json.dumps({"strength_s": round(loop.time() - begun_s, 1), **crowd.tally.shown()}), flush=True)
    await told.wait()
    print(json.dumps({**crowd.tally.shown(), "held": crowd.tally.held}), flush=True)
    os._exit(0)  # the system closes its connections, all at once; to cancel thousands of tasks takes seconds


def main() -> None:
    """Attack."""
    name, nice, given = sys.argv[1:]
    os.nice(int(nice))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(attack(ROWS[name], list(ROWS).index(name), Target(**json.loads(given))))


if __name__ == "__main__":
    main()
