"""What operators ask a node: is the process there, can it do its work, what has it counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import orjson
from twisted.internet.defer import Deferred, TimeoutError, ensureDeferred, gatherResults  # noqa: A004 - Twisted's own
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.server import NOT_DONE_YET

from mobilesasa.api.answers import JSON
from mobilesasa.api.site import ApiRequest, Known

_PROMETHEUS = b"text/plain; version=0.0.4; charset=utf-8"


def _written(request: ApiRequest, status: int, kind: bytes, octets: bytes) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b"Content-Type", kind)
    request.setHeader(b"Content-Length", b"%d" % len(octets))
    request.setHeader(b"Cache-Control", b"no-store")
    return octets


class Healthz(Known):
    """Says that the process answers."""

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer 200."""
        return _written(request, 200, JSON, b'{"status":"ok"}\n')


class Readyz(Known):
    """Says whether the node can do its work: 200 when everything it needs is there, else 503, and what is missing.

    Args:
        checks: what is asked, by name; each says yes or no.
        clock: ends a check that takes too long, which is a no.
        timeout_s: how long a check may take.
    """

    log = Logger()

    def __init__(
        self, checks: Mapping[str, Callable[[], Awaitable[bool]]], clock: IReactorTime, timeout_s: float
    ) -> None:
        """Keep the checks."""
        super().__init__()
        self._checks = checks
        self._clock = clock
        self._timeout_s = timeout_s

    def render_GET(self, request: ApiRequest) -> int:
        """Ask everything at once and answer."""
        gone = request.notifyFinish()
        gone.addErrback(lambda _: None)  # the client has left; `_answer` sees it
        answered = Deferred.fromCoroutine(self._answer(request, gone))
        answered.addErrback(request.processingFailed)
        answered.addErrback(lambda _: None)  # answered and logged
        return NOT_DONE_YET

    async def _answer(self, request: ApiRequest, gone: Deferred[None]) -> None:
        names = list(self._checks)
        found = await gatherResults([ensureDeferred(self._ask(name)) for name in names], consumeErrors=True)
        if gone.called:
            return
        ready = all(found)
        body = {"ready": ready, "checks": dict(zip(names, found, strict=True))}
        octets = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
        request.write(_written(request, 200 if ready else 503, JSON, octets))
        request.finish()

    async def _ask(self, name: str) -> bool:
        async def asked() -> bool:
            return await self._checks[name]()

        try:
            return bool(await ensureDeferred(asked()).addTimeout(self._timeout_s, self._clock))
        except TimeoutError:
            self.log.warn(
                "{check} did not say within {timeout_s} s that it is ready", check=name, timeout_s=self._timeout_s
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the node is not ready, and the log says why
            self.log.warn("{check} is not ready: {error}", check=name, error=error)
        return False


class Metrics(Known):
    """Serves what the node has counted, for Prometheus."""

    def __init__(self, metrics: Callable[[], bytes]) -> None:
        """Keep what collects the figures."""
        super().__init__()
        self._metrics = metrics

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer with the figures of this moment."""
        return _written(request, 200, _PROMETHEUS, self._metrics())
