"""The reference as it is served: for people a page, for programs the OpenAPI document and the Postman collection."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from typing import Final, cast

from twisted.web.iweb import IRequest

from mobilesasa.api.fixed import Fixed
from mobilesasa.api.reference.calls import ADDRESS
from mobilesasa.api.reference.made import Made
from mobilesasa.api.routes import Route, route
from mobilesasa.api.sending import finished
from mobilesasa.api.site import ApiRequest, Known

_OPENAPI: Final = "curl https://api.yourdomain.com/api/v1/openapi.json"
_POSTMAN: Final = "curl https://api.yourdomain.com/api/v1/postman.json"
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?\Z")
_SMPP_HOST: Final = "smpp.yourdomain.com"
_POLICY: Final = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    b"object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class Reference:
    """Serves what programs read."""

    def __init__(self) -> None:
        """Serve nothing yet."""
        self.made = Made(())

    def document(self, table: Sequence[Route]) -> None:
        """Serve what is made of a table, which is complete."""
        self.made = Made(table)

    @route("GET", "/openapi.json", public=True, answers=None, curl=_OPENAPI)
    async def openapi(self, request: IRequest) -> bytes:
        """Get this API as an OpenAPI 3.1 document.

        Not in the envelope. It needs no token.
        """
        return self.made.openapi.to(cast(ApiRequest, request))

    @route("GET", "/postman.json", public=True, answers=None, curl=_POSTMAN)
    async def postman(self, request: IRequest) -> bytes:
        """Get this API as a Postman collection.

        Not in the envelope. It needs no token. Set the variables `address` and `token` once it is imported.
        """
        return self.made.postman.to(cast(ApiRequest, request))


class Page(Known):
    """Serves the page; only the addresses in its examples are those of the request and of SMPP.

    Args:
        made: what is shown.
        smpp_host: says where teams bind; None: at the host of the request.
    """

    def __init__(self, made: Made, smpp_host: Callable[[], str | None]) -> None:
        """Keep them, and read its files."""
        super().__init__()
        self._made, self._smpp_host = made, smpp_host
        for name, kind in (("reference.css", "text/css"), ("reference.js", "text/javascript")):
            octets = (files("mobilesasa.api.reference") / "static" / name).read_bytes()
            self.putChild(name.encode(), Fixed(f"{kind}; charset=utf-8", octets))

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer with the page."""
        address = escape(_address(request))
        text = self._made.page.replace(ADDRESS, address)
        host = self._smpp_host() or (_SMPP_HOST if address == ADDRESS else _host(address))
        octets = text.replace(_SMPP_HOST, host).encode()
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Content-Length", b"%d" % len(octets))
        request.setHeader(b"Content-Security-Policy", _POLICY)
        request.setHeader(b"Cache-Control", b"no-cache")
        return finished(request, octets, tagged=True)


def _address(request: ApiRequest) -> str:
    host = (request.getHeader(b"host") or b"").decode("latin-1")
    if not _HOST.match(host):
        return ADDRESS
    return f"{'https' if request.asker.secure else 'http'}://{host}"


def _host(address: str) -> str:
    """Return an address without its scheme and its port."""
    return re.sub(r":[0-9]+\Z", "", address.partition("://")[2])
