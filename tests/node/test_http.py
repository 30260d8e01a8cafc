"""Where the API is served: plain and over TLS, on real ports, with a site over a store in memory."""

import datetime as dt
import gzip
import json
import os
import socket
import ssl
import urllib.request
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.logger import globalLogPublisher

from mobilesasa.node.http import HttpServer, NoHttps
from mobilesasa.node.web import Front
from mobilesasa.settings import Settings
from mobilesasa.settings.model import Http
from mobilesasa.smppnet.certificates import self_signed
from tests.api.rig import BODY, TOKEN, Rig
from tests.whole.programs import HOST

PATIENCE_S = 30.0


@pytest.fixture
def settings(tmp_path):
    return Settings(http_port=0, https_port=0, state_dir=tmp_path)


@pytest_twisted.async_yield_fixture
async def served(settings):
    server = HttpServer(reactor, settings)
    server.listen(Rig(front=Front(trusted_proxies=("192.0.2.0/24",))).site)
    yield server
    await server.stop()


def trusting(folder) -> ssl.SSLContext:
    """What trusts the certificate that the node made for itself."""
    context = ssl.create_default_context(cafile=folder / "tls" / "certificate.pem")
    context.check_hostname = False  # it has the host's name, and is asked by address
    return context


def asked(
    port: Any, context: ssl.SSLContext | None, path: str = "/healthz", body: Any = None
) -> tuple[dict[str, str], bytes]:
    scheme = "http" if context is None else "https"
    octets = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - our own
        f"{scheme}://{HOST}:{port.getHost().port}{path}",
        octets,
        {"Content-Type": "application/json", "X-API-Key": TOKEN, "Accept-Encoding": "gzip"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S, context=context) as answer:  # noqa: S310 - our own
        return dict(answer.headers), answer.read()


@pytest_twisted.ensureDeferred
async def test_the_api_is_served_over_https_with_a_certificate_that_is_made_once(served, tmp_path):
    """api-v1: "All API endpoints are served over HTTPS." """
    context = trusting(tmp_path)
    headers, octets = await deferToThread(asked, served.tls, context, "/api/v1/messages", BODY)
    assert json.loads(octets)["success"] is True
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Request-Id"]


@pytest_twisted.ensureDeferred
async def test_the_plain_port_is_there_beside_it_and_speaks_of_no_https(served):
    headers, octets = await deferToThread(asked, served.plain, None)
    assert json.loads(octets) == {"status": "ok"}
    assert "Strict-Transport-Security" not in headers


@pytest_twisted.ensureDeferred
async def test_the_page_shows_the_address_by_which_it_is_read(served, tmp_path):
    context = trusting(tmp_path)
    _, octets = await deferToThread(asked, served.tls, context, "/docs/")
    assert f"https://{HOST}:{served.tls.getHost().port}/api/v1/messages" in gzip.decompress(octets).decode()


@pytest_twisted.ensureDeferred
async def test_who_closes_the_writing_side_behind_a_request_is_answered(served):
    def ask() -> bytes:
        with socket.create_connection((HOST, served.plain.getHost().port), timeout=PATIENCE_S) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(65_536), b""))

    assert (await deferToThread(ask)).startswith(b"HTTP/1.1 200 ")


def old_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("AES128-SHA")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@pytest_twisted.ensureDeferred
async def test_ciphers_that_forget_no_key_are_refused(served):
    def connect() -> str:
        with socket.create_connection((HOST, served.tls.getHost().port), timeout=PATIENCE_S) as plain:
            try:
                old_tls().wrap_socket(plain)
            except ssl.SSLError as refused:
                return str(refused)
        return "connected"

    assert "handshake" in (await deferToThread(connect)).lower()


@pytest_twisted.ensureDeferred
async def test_who_speaks_plain_http_on_the_port_of_https_is_cut_and_the_log_says_so(served):
    said: list[str] = []
    watch = lambda event: said.append(str(event.get("log_format", "")).format(**event))  # noqa: E731
    globalLogPublisher.addObserver(watch)

    def connect() -> bytes:
        with socket.create_connection((HOST, served.tls.getHost().port), timeout=PATIENCE_S) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            try:
                return plain.recv(1024)
            except ConnectionResetError:
                return b""

    assert await deferToThread(connect) == b""
    globalLogPublisher.removeObserver(watch)
    assert [line for line in said if "speaks HTTP on the port of HTTP over TLS" in line]


@pytest_twisted.ensureDeferred
async def test_a_certificate_that_is_renewed_is_shown_to_new_connections(served, tmp_path):
    first = await deferToThread(ssl.get_server_certificate, (HOST, served.tls.getHost().port))
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / "tls" / name).unlink()
    self_signed(tmp_path / "tls", "another", dt.datetime.now(dt.UTC))
    os.utime(tmp_path / "tls" / "certificate.pem")
    served._renewal.look()
    second = await deferToThread(ssl.get_server_certificate, (HOST, served.tls.getHost().port))
    assert first != second


@pytest_twisted.ensureDeferred
async def test_both_ports_share_the_bound_of_connections(tmp_path):
    settings = Settings(http_port=0, https_port=0, state_dir=tmp_path, http=Http(max_connections=1))
    server = HttpServer(reactor, settings)
    server.listen(Rig().site)

    def connect() -> bytes:
        with socket.create_connection((HOST, server.plain.getHost().port), timeout=PATIENCE_S) as first:
            first.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            assert b"200" in first.recv(65_536)
            with socket.create_connection((HOST, server.plain.getHost().port), timeout=PATIENCE_S) as second:
                return second.recv(1024)

    assert await deferToThread(connect) == b""
    await server.stop()


def test_a_certificate_that_cannot_be_used_is_said_so(tmp_path):
    for name in ("chain.pem", "key.pem"):
        (tmp_path / name).write_text("nothing")
    http = Http(tls_certificate_file=tmp_path / "chain.pem", tls_key_file=tmp_path / "key.pem")
    server = HttpServer(reactor, Settings(http_port=None, https_port=0, state_dir=tmp_path, http=http))
    with pytest.raises(NoHttps, match="has no certificate in PEM"):
        server.listen(Rig().site)


def test_nothing_is_wanted_where_both_ports_are_off(tmp_path):
    assert not HttpServer(reactor, Settings(http_port=None, https_port=None, state_dir=tmp_path)).is_wanted
    assert HttpServer(reactor, Settings(http_port=None, https_port=0, state_dir=tmp_path)).is_wanted
