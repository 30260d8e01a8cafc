"""Routes whose paths have no places, found at once.

Klein looks through its rules for each request, which costs more than all else that a short call needs. So a request for a
path that is written exactly as in the route table is answered from here, and Klein answers all others: paths with places,
with a slash at their end or with escapes, methods that a path does not take, and `HEAD`. So is all below a folder that is one
resource's, where no escape is in the path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest
    from mobilesasa.api.whole import WholeRequest

Serve = Callable[["ApiRequest"], None]
ServeWhole = Callable[["WholeRequest"], None]


class Exact:
    """What serves a method and a path; both as they stand in a request, without the query."""

    def __init__(self) -> None:
        """Begin with no route."""
        self._routes: dict[tuple[bytes, bytes], Serve] = {}
        self._folders: dict[bytes, Serve] = {}
        self._whole: dict[bytes, ServeWhole] = {}

    def open(self, method: str, path: str, serve: Serve) -> None:
        """Have requests for a path without places served."""
        self._routes[method.encode(), path.encode()] = serve

    def open_folder(self, folder: str, serve: Serve, whole: ServeWhole | None = None) -> None:
        """Have requests for all that is below a folder of the root served, whatever their method.

        Args:
            folder: its name.
            serve: answers a request.
            whole: answers one that came whole, which costs less; None: that is `serve`, too.
        """
        self._folders[folder.encode()] = serve
        if whole is not None:
            self._whole[folder.encode()] = whole

    def find_whole(self, target: bytes) -> ServeWhole | None:
        """Return what serves a request that came whole by itself, None where it is a request like others.

        Args:
            target: as it was asked for, in printable ASCII.
        """
        folder, _, inside = target[1:].partition(b"/")
        begin = self._whole.get(folder)
        return None if begin is None or not inside or b"%" in inside.partition(b"?")[0] else begin

    def find(self, method: bytes, path: bytes) -> Serve | None:
        """Return what serves a request, None where that is Klein's to say."""
        serve = self._routes.get((method, path))
        if serve is not None or b"%" in path or not path.isascii():
            return serve
        folder, inside, _ = path[1:].partition(b"/")
        return self._folders.get(folder) if inside else None
