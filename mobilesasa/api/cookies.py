"""The cookies of a login in a browser: two that no script can read, and one that a page of ours must, to write.

The browser sends them to this site alone (SameSite=Strict), and over HTTPS alone where it came by HTTPS. There their names
begin with `__Host-`, so that no neighbour of our host can set them (RFC 6265bis §4.1.3.2). A write needs the third one's text
in `X-CSRF-Token` as well, which a page of another site can neither read nor send.
"""

from __future__ import annotations

from typing import Final, cast

from twisted.web.http import Request
from twisted.web.iweb import IRequest

from mobilesasa.api.addresses import client_is_secure
from mobilesasa.core.people import ACCESS_S, REFRESH_S

ACCESS: Final = b"mobilesasa_access"
REFRESH: Final = b"mobilesasa_refresh"
CSRF: Final = b"mobilesasa_csrf"
CSRF_HEADER: Final = b"x-csrf-token"
HOST_ALONE: Final = b"__Host-"  # with a name that begins so a browser takes no cookie but one with this path
_WHOLE: Final = b"/"
_API: Final = b"/api/v1"
_LOGIN: Final = b"/api/v1/auth"


def set_cookies(request: IRequest, access: str, refresh: str, csrf: str) -> None:
    """Send the three of a login."""
    _set(request, ACCESS, access, _API, ACCESS_S, hidden=True)
    _set(request, REFRESH, refresh, _LOGIN, REFRESH_S, hidden=True)
    _set(request, CSRF, csrf, _WHOLE, REFRESH_S, hidden=False)


def cookie(request: IRequest, name: bytes) -> bytes:
    """Return what one of the three says, as the browser was given it; empty where there is none."""
    return cast(Request, request).getCookie(HOST_ALONE + name if client_is_secure(request) else name) or b""


def clear_cookies(request: IRequest) -> None:
    """Take the three away."""
    for name, path in ((ACCESS, _API), (REFRESH, _LOGIN), (CSRF, _WHOLE)):
        _set(request, name, "", path, 0, hidden=name != CSRF)


def _set(request: IRequest, name: bytes, value: str, path: bytes, age_s: int, *, hidden: bool) -> None:
    secure = client_is_secure(request)
    cast(Request, request).addCookie(
        HOST_ALONE + name if secure else name,
        value.encode(),
        path=_WHOLE if secure else path,
        max_age=b"%d" % age_s,
        secure=secure,
        httpOnly=hidden,
        sameSite=b"strict",
    )
