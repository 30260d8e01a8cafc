"""Where USSD gateways call: ``/ussd/NAME/SECRET``, with the words of their dialect behind it.

Whatever is wrong (no such gateway, a wrong secret, another address) is answered as any path at which there is nothing; a
gateway's own call always gets status 200. The answer is awaited for as long as a screen takes, and on no thread.
"""

from __future__ import annotations

from typing import cast

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from mobilesasa.api.addresses import client_address, client_is_secure
from mobilesasa.api.answers import refuse
from mobilesasa.api.carriers import written
from mobilesasa.api.ports.calls import UssdCalls
from mobilesasa.api.site import ApiRequest, nothing_there
from mobilesasa.api.whole import WholeRequest
from mobilesasa.core.callbacks import CallbackReply
from mobilesasa.core.ussd_gateways import CALL_OCTETS, UssdCall

_METHODS = (b"GET", b"POST", b"PUT")
_WORDS = 3  # behind the secret, at most
_OURS = 2  # the root and the folder, in a path


class UssdGateways(Resource):
    """Takes the calls of USSD gateways."""

    isLeaf = True

    def __init__(self, calls: UssdCalls) -> None:
        """Hand them to whoever answers them."""
        super().__init__()
        self._calls = calls

    def render(self, request: ApiRequest) -> int:
        """Take a call whose path has escapes."""
        self._begin(request, [segment.decode() for segment in request.postpath or ()], _body(request))
        return NOT_DONE_YET

    def serve(self, request: ApiRequest) -> None:
        """Take a call whose path is as it is written."""
        self._begin(request, _segments(request.path), _body(request))

    def serve_whole(self, request: WholeRequest) -> None:
        """Take a call that came whole, whose path is as it is written."""
        self._begin(cast("ApiRequest", request), _segments(request.path), request.body[: CALL_OCTETS + 1])

    def _begin(self, request: ApiRequest, path: list[str], body: bytes) -> None:
        """Begin to take a call; it is gone through to its end, whether its caller waits or not."""
        call = _call(request, path, body)
        if call is None:
            request.conclude(refuse(request, nothing_there(request)))
            return

        def told(reply: CallbackReply | None) -> None:
            if request.is_over:
                return  # the gateway waits no longer; the session stands where it stands
            try:
                request.conclude(refuse(request, nothing_there(request)) if reply is None else written(request, reply))
            except Exception:  # noqa: BLE001 - an edge: whoever answers others must go on
                request.processingFailed(Failure())

        try:
            self._calls.take(call, told)
        except Exception:  # noqa: BLE001 - an edge: the connection must not wait for ever
            request.processingFailed(Failure())


def _segments(path: bytes) -> list[str]:
    return path.decode("ascii").split("/")[_OURS:]


def _body(request: ApiRequest) -> bytes:
    """Return as much of a body as is looked at."""
    return b"" if request.content is None else request.content.read(CALL_OCTETS + 1)


def _call(request: ApiRequest, path: list[str], body: bytes) -> UssdCall | None:
    while len(path) > 2 and not path[-1]:  # some write a slash at the end
        path.pop()
    if request.method not in _METHODS or not 2 <= len(path) <= 2 + _WORDS or not path[1]:
        return None
    where, _, query = request.uri.partition(b"?")
    return UssdCall(
        gateway=path[0].lower(),
        secret=path[1],
        words=tuple(path[2:]),
        method=request.method.decode(),
        path=where.decode("latin-1"),
        query=query[:CALL_OCTETS],
        host=(request.getHeader(b"host") or b"").decode("latin-1"),
        body=body,
        peer=client_address(request),
        scheme="https" if client_is_secure(request) else "http",
    )
