"""A campaign of a round: some thousand people of a file, each with a text of their own, over the whole of the load."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import attrs

from bench import campaigns
from bench.chaos.posts import AGAIN_S, call, is_final
from bench.processes import Broken

PATIENCE_S = 60.0


@attrs.define(eq=False)
class Campaign:
    """One campaign.

    Attributes:
        ports: of the nodes, asked in turns.
        token: of the team.
        uuid: its name.
    """

    ports: Sequence[int]
    token: str = attrs.field(repr=False)
    uuid: str = ""

    def prepare(self, first: int, many: int, rate_per_s: int) -> None:
        """Upload the people and make a draft to them.

        Args:
            first: token of the first of them.
            many: how many they are.
            rate_per_s: messages a second at most.
        """
        audience = self._insist("/campaigns/audiences", campaigns.file_of(first, many), "text/csv")
        until_s = time.monotonic() + PATIENCE_S
        while audience["status"] not in ("completed", "failed") and time.monotonic() < until_s:
            time.sleep(AGAIN_S)
            audience = self._insist(f"/campaigns/audiences/{audience['uuid']}")
        asked = campaigns.body_of(audience, many, rate_per_s=rate_per_s)
        self.uuid = str(self._insist("/campaigns", asked)["uuid"])

    def send(self) -> None:
        """Send it; returns when that is answered, whatever happens meanwhile."""
        self._insist(f"/campaigns/{self.uuid}/send", b"{}", key=f"send-{self.uuid}")

    def is_queued(self) -> bool:
        """Say whether all of it is queued; one that a brake has stopped is resumed."""
        status, said = call(self.ports[0], self.token, f"/campaigns/{self.uuid}")
        shown = said.get("data", {}) if status == 200 else {}
        if shown.get("status") == "paused":
            call(self.ports[0], self.token, f"/campaigns/{self.uuid}/resume", b"{}")
        return bool(shown.get("status") == "completed")

    def _insist(self, path: str, body: bytes | None = None, kind: str = "application/json", key: str = "") -> Any:
        """Call until there is an answer, at one node and the other; return its data."""
        until_s, turn = time.monotonic() + PATIENCE_S, 0
        while True:
            status, said = call(
                self.ports[turn % len(self.ports)], self.token, path, body, key or f"{path} {hash(body)}", kind
            )
            if status == 200:
                return said["data"]
            is_unknown_yet = status == 401  # a node that has lost the database does not know the new team
            if (is_final(status, said) and not is_unknown_yet) or time.monotonic() > until_s:
                raise Broken(f"{path}: {status} {said}")
            turn += 1
            time.sleep(AGAIN_S)
