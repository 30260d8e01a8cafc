"""Room for large bodies: only for whoever may send them, and only for so many at once (I7).

A body is kept before its request is looked at. So the credentials of a call to a route that takes a file are looked at when its
head has come, and what follows is bounded as any other body unless they open the route. Places are few: a body that holds one must
come at a least rate, which `channel` sees to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from mobilesasa.api.auth import Authentication
from mobilesasa.api.refusals import of_refusal
from mobilesasa.api.routes import PREFIX, Route
from mobilesasa.core.errors import Overloaded, Refused

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

AT_ONCE: Final = 8
OF_A_TEAM: Final = 2


class Room:
    """Who sends large bodies at this moment.

    Args:
        limit_octets: of such a body.
        at_once: bodies on this node.
        of_a_team: … of one team.
    """

    def __init__(self, limit_octets: int, at_once: int = AT_ONCE, of_a_team: int = OF_A_TEAM) -> None:
        """Begin with nobody, and no route that takes them."""
        self.limit_octets = limit_octets
        self._at_once = at_once
        self._of_a_team = of_a_team
        self._routes: dict[tuple[bytes, bytes], Route] = {}
        self._authentication: Authentication | None = None
        self._inside: list[int] = []  # the teams

    def open(self, table: Iterable[Route], authentication: Authentication) -> None:
        """Say which routes there are, and who knows whether they are open to somebody."""
        self._routes = {(row.method.encode(), f"{PREFIX}{row.path}".encode()): row for row in table if row.form}
        self._authentication = authentication

    def has(self, method: bytes, target: bytes) -> bool:
        """Say whether a request is for a route that takes large bodies."""
        return self._find(method, target) is not None

    def enter(self, request: ApiRequest, method: bytes, target: bytes) -> Callable[[], None]:
        """Let a large body in; returns what is to be called when its request has ended.

        Raises:
            Problem: nobody known, no right to it, or no room.
        """
        row, authentication = self._find(method, target), self._authentication
        if row is None or authentication is None:
            raise LookupError("the route takes no large bodies")
        try:
            team_id = authentication.caller(request, row.scopes, row.reads, row.person).team_id
            if len(self._inside) >= self._at_once or self._inside.count(team_id) >= self._of_a_team:
                raise Overloaded("too many files are being sent at this moment; send this one again in a while")
        except Refused as refusal:
            raise of_refusal(refusal) from refusal
        self._inside.append(team_id)
        return lambda: self._inside.remove(team_id)

    def _find(self, method: bytes, target: bytes) -> Route | None:
        return self._routes.get((method, target.partition(b"?")[0].rstrip(b"/")))
