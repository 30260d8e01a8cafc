"""A load of POST /messages of many teams in turn: `python -m bench.growth.requests --accounts FILE …`, else as `bench.rest`."""

from __future__ import annotations

import json
import time
from pathlib import Path

from bench.growth import accounts
from bench.pace import Pace
from bench.rest import Connection, Load, arguments, connect, request


class TeamsLoad(Load):
    """The load; each message is of the next team."""

    def __init__(self, connections: list[Connection], pace: Pace, octets: list[bytes], first_token: int) -> None:
        """Take what `Load` takes, and a request of each team."""
        super().__init__(connections, pace, octets[0], first_token)
        self._of_teams = octets

    def _request(self, token: int) -> bytes:
        self._octets = self._of_teams[token % len(self._of_teams)]
        return super()._request(token)


def main() -> None:
    """Run one load and print its figures."""
    parser = arguments()
    parser.add_argument("--accounts", type=Path, required=True)
    asked = parser.parse_args()
    connections = [connect(asked.port) for _ in range(asked.connections)]
    host = f"127.0.0.1:{asked.port}"
    octets = [request(host, each.token, asked.sender) for each in accounts.read(asked.accounts)]
    load = TeamsLoad(
        connections, Pace(time.monotonic(), asked.seconds, asked.rate, asked.most), octets, asked.first_token
    )
    load.run(asked.settle_s)
    for connection in connections:
        connection.socket.close()
    if asked.times is not None:
        asked.times.write_bytes(load.due.tobytes() + load.answered.tobytes())
    print(json.dumps(load.figures()))


if __name__ == "__main__":
    main()
