"""A load of POST /messages of many teams in turn: `python -m bench.growth.requests --accounts FILE …`, else as `bench.rest`."""

from __future__ import annotations

from pathlib import Path

from bench.growth import accounts
from bench.pace import Pace
from bench.rest import Connection, Load, arguments, perform, request


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
    host = f"127.0.0.1:{asked.port}"
    octets = [request(host, each.token, asked.sender) for each in accounts.read(asked.accounts)]
    perform(asked, lambda connections, pace: TeamsLoad(connections, pace, octets, asked.first_token))


if __name__ == "__main__":
    main()
