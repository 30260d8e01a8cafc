"""What the API needs for calls that come twice, and for those of carriers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mobilesasa.core.callbacks import Callback, CallbackReply
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.ussd_gateways import UssdCall


class Callbacks(Protocol):
    """What takes the HTTP calls of carriers."""

    async def take(self, callback: Callback) -> CallbackReply | None:
        """Return what a call is answered, once what it brings is written down; None when it is nobody's."""


class UssdCalls(Protocol):
    """What takes the HTTP calls of USSD gateways."""

    def take(self, call: UssdCall, told: Callable[[CallbackReply | None], None]) -> None:
        """Tell once, now or later, what a call is answered, its status always 200; None when it is nobody's."""


class Keys(Protocol):
    """The replies that are kept under the keys of their calls."""

    async def find(self, mark: Mark) -> Kept | None:
        """Return what is kept under a mark's key, which may be of another body; None when there is nothing."""
