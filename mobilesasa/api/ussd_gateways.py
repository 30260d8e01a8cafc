"""Where USSD gateways call: ``/ussd/NAME/SECRET``, with the words of their dialect behind it.

Whatever is wrong (no such gateway, a wrong secret, another address) is answered as any path at which there is nothing; a
gateway's own call always gets status 200. The answer is awaited for as long as a screen takes, and on no thread.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from mobilesasa.api.addresses import client_address, client_is_secure
from mobilesasa.api.answers import refuse
from mobilesasa.api.carriers import written
from mobilesasa.api.ports.calls import UssdCalls
from mobilesasa.api.site import ApiRequest, nothing_there
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
        self._begin(request, [segment.decode() for segment in request.postpath or ()])
        return NOT_DONE_YET

    def serve(self, request: ApiRequest) -> None:
        """Take a call whose path is as it is written."""
        self._begin(request, request.path.decode("ascii").split("/")[_OURS:])

    def _begin(self, request: ApiRequest, path: list[str]) -> None:
        """Begin to take a call; it is gone through to its end, whether its caller waits or not."""
        call = _call(request, path)
        if call is None:
            request.conclude(refuse(request, nothing_there(request)))
            return
        taken = Deferred.fromCoroutine(self._take(request, call))
        taken.addErrback(request.processingFailed)
        taken.addErrback(lambda _: None)  # answered and logged

    async def _take(self, request: ApiRequest, call: UssdCall) -> None:
        reply = await self._calls.take(call)
        if not request.is_over:  # else the gateway waits no longer; the session stands where it stands
            request.conclude(refuse(request, nothing_there(request)) if reply is None else written(request, reply))


def _call(request: ApiRequest, path: list[str]) -> UssdCall | None:
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
        body=b"" if request.content is None else request.content.read(CALL_OCTETS + 1),
        peer=client_address(request),
        scheme="https" if client_is_secure(request) else "http",
    )
