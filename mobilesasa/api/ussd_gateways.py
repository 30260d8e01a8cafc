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
from mobilesasa.api.carriers import headers_of, written
from mobilesasa.api.ports.calls import UssdCalls
from mobilesasa.api.site import ApiRequest, nothing_there
from mobilesasa.core.ussd_gateways import CALL_OCTETS, UssdCall

_METHODS = (b"GET", b"POST", b"PUT")
_WORDS = 3  # behind the secret, at most


class UssdGateways(Resource):
    """Takes the calls of USSD gateways."""

    isLeaf = True

    def __init__(self, calls: UssdCalls) -> None:
        """Hand them to whoever answers them."""
        super().__init__()
        self._calls = calls

    def render(self, request: ApiRequest) -> bytes | int:
        """Take a call; it is gone through to its end, whether its caller waits or not."""
        call = _call(request)
        if call is None:
            return refuse(request, nothing_there(request))
        gone = request.notifyFinish()
        gone.addErrback(lambda _: None)  # the gateway waits no longer; the session stands where it stands
        taken = Deferred.fromCoroutine(self._take(request, call, gone))
        taken.addErrback(request.processingFailed)
        taken.addErrback(lambda _: None)  # answered and logged
        return NOT_DONE_YET

    async def _take(self, request: ApiRequest, call: UssdCall, gone: Deferred[None]) -> None:
        reply = await self._calls.take(call)
        if gone.called:
            return
        request.write(refuse(request, nothing_there(request)) if reply is None else written(request, reply))
        request.finish()


def _call(request: ApiRequest) -> UssdCall | None:
    path = [segment.decode() for segment in request.postpath or ()]
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
        headers=headers_of(request),
        body=b"" if request.content is None else request.content.read(CALL_OCTETS + 1),
        peer=client_address(request),
        scheme="https" if client_is_secure(request) else "http",
    )
