"""Where carriers call: ``/carriers/NAME/receipts`` and ``/carriers/NAME/inbound``, the secret behind it or in a header.

Whatever is wrong (no such carrier, a wrong secret, another address) is answered as any path at which there is nothing.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from mobilesasa.api.addresses import client_address
from mobilesasa.api.answers import refuse
from mobilesasa.api.ports.calls import Callbacks
from mobilesasa.api.site import ApiRequest, nothing_there
from mobilesasa.core.callbacks import BODY_OCTETS, About, Callback, CallbackReply

_METHODS = (b"GET", b"POST")


class Carriers(Resource):
    """Takes the calls of carriers."""

    isLeaf = True

    def __init__(self, callbacks: Callbacks) -> None:
        """Hand them to whoever reads them."""
        super().__init__()
        self._callbacks = callbacks

    def render(self, request: ApiRequest) -> bytes | int:
        """Take a call; it is gone through to its end, whether its caller waits or not."""
        callback = _callback(request)
        if callback is None:
            return refuse(request, nothing_there(request))
        gone = request.notifyFinish()
        gone.addErrback(lambda _: None)  # the carrier has left, and will come again
        taken = Deferred.fromCoroutine(self._take(request, callback, gone))
        taken.addErrback(request.processingFailed)
        taken.addErrback(lambda _: None)  # answered and logged
        return NOT_DONE_YET

    async def _take(self, request: ApiRequest, callback: Callback, gone: Deferred[None]) -> None:
        reply = await self._callbacks.take(callback)
        if gone.called:
            return
        request.write(refuse(request, nothing_there(request)) if reply is None else written(request, reply))
        request.finish()


def _callback(request: ApiRequest) -> Callback | None:
    path = [segment.decode() for segment in request.postpath or ()]
    if request.method not in _METHODS or len(path) not in (2, 3) or path[1] not in [each.value for each in About]:
        return None
    body = b"" if request.content is None else request.content.read(BODY_OCTETS + 1)
    if len(body) > BODY_OCTETS:
        return None
    where, _, query = request.uri.partition(b"?")
    return Callback(
        carrier=path[0].lower(),
        about=About(path[1]),
        secret=path[2] if len(path) == 3 else "",
        method=request.method.decode(),
        path=where.decode("latin-1"),
        query=query,
        headers=headers_of(request),
        body=body,
        peer=client_address(request),
    )


def headers_of(request: ApiRequest) -> dict[str, str]:
    """Return the headers of a call by their names in small letters, of several the last."""
    return {
        name.decode("latin-1").lower(): values[-1].decode("latin-1").strip()
        for name, values in request.requestHeaders.getAllRawHeaders()
    }


def written(request: ApiRequest, reply: CallbackReply) -> bytes:
    """Return the octets of an answer, with its status and headers set."""
    request.setResponseCode(reply.status)
    request.setHeader(b"Content-Type", reply.content_type.encode("ascii", "replace"))
    request.setHeader(b"Content-Length", b"%d" % len(reply.body))
    request.setHeader(b"Cache-Control", b"no-store")
    if reply.retry_after_s is not None:
        request.setHeader(b"Retry-After", b"%d" % reply.retry_after_s)
    for name, value in reply.headers:
        request.setHeader(name.encode("ascii"), value.encode("latin-1", "replace"))
    return reply.body
