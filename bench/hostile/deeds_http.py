"""What is done to the port of HTTP."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import random
import zipfile
from collections.abc import Iterator

from bench.hostile.crowd import CUT, SILENCE, Crowd, outcome
from bench.hostile.target import Target

MB = 1_000_000
PIECE = 65_536
_IMPORT = "/api/v1/contacts/import"
_LOGIN = "/api/v1/auth/login"
_BIG_DOCUMENT = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


def head(method: str, path: str, *lines: str) -> bytes:
    """Return the head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: bench", *lines, "", ""]).encode()


def post(path: str, body: bytes, *lines: str) -> bytes:
    """Return a request with a JSON body."""
    return head("POST", path, "Content-Type: application/json", f"Content-Length: {len(body)}", *lines) + body


def bearer(token: str) -> str:
    """Return the line of a head that says who asks."""
    return f"Authorization: Bearer {token}"


def chunked(octets: bytes, count: int) -> Iterator[bytes]:
    """Yield a body in chunks (RFC 9112 §7.1), the same octets so often, with its end."""
    chunk = b"%x\r\n%b\r\n" % (len(octets), octets)
    for _ in range(count):
        yield chunk
    yield b"0\r\n\r\n"


async def idle(crowd: Crowd, target: Target, _: random.Random) -> None:
    """5,000 connections that say nothing."""
    await crowd.hold(5000, target.http)


async def idle_asked(crowd: Crowd, target: Target, _: random.Random) -> None:
    """5,000 connections that ask once for what costs nothing, and then say nothing."""
    await crowd.hold(5000, target.http, begin=head("GET", "/healthz"))


async def slow_heads(crowd: Crowd, target: Target, _: random.Random) -> None:
    """2,000 connections that send a head, a line every two seconds."""
    begin = b"GET /api/v1/messages HTTP/1.1\r\nHost: bench\r\n"
    await crowd.hold(2000, target.http, begin=begin, drip=[b"X-Slow: 1\r\n"], every_s=2)


async def slow_bodies(crowd: Crowd, target: Target, _: random.Random) -> None:
    """2,000 connections that send 90 kB of a body at once and the rest an octet every two seconds."""
    begin = head("POST", _LOGIN, "Content-Type: application/json", "Content-Length: 99000") + b" " * 90_000
    await crowd.hold(2000, target.http, begin=begin, drip=[b" "], every_s=2)


async def unread(crowd: Crowd, target: Target, _: random.Random) -> None:
    """500 connections that ask for the largest document, 400 times at once and then on and on, and read nothing."""
    asked = _BIG_DOCUMENT * 400
    await crowd.hold(500, target.http, begin=asked, drip=[asked], every_s=1, reads=False)


async def pipelines(crowd: Crowd, target: Target, _: random.Random) -> None:
    """10,000 requests on each connection, all sent at once, and the answers read."""
    octets = head("GET", "/api/v1/account") * 10_000

    async def once() -> str:
        async with crowd.line(target.http) as line:
            sending = asyncio.ensure_future(line.send(octets))
            try:
                answers = 0
                while answers < 10_000 and (heard := await line.hear()):
                    answers += heard.count(b"HTTP/1.1 ")
                crowd.tally.requests += answers
                return "all answered" if answers >= 10_000 else CUT
            finally:
                sending.cancel()

    await crowd.always(4, once, first=1)


async def headers(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """Heads with 10,000 headers, with 499 that just pass, with one of 1 MB, and with one of 15 kB."""
    heads = [
        head("GET", "/api/v1/account", *(f"X-{number}: 1" for number in range(10_000))),
        head("GET", "/api/v1/account", *(f"X-{number}: 1" for number in range(490))),
        head("GET", "/api/v1/account", "X-Large: " + "x" * MB),
        head("GET", "/api/v1/account", "X-Large: " + "x" * 15_000),
        b"GET /" + b"x" * MB,
    ]

    async def once() -> str:
        return await crowd.ask(target.http, chance.choice(heads))

    await crowd.always(10, once)


async def uploads(crowd: Crowd, target: Target, _: random.Random) -> None:
    """Six bodies of 100 MB at once: by their length, in chunks, as files of contacts; with a token and without."""
    piece, mine, length = b"x" * PIECE, bearer(target.token), f"Content-Length: {100 * MB}"
    kind, file = "Content-Type: application/json", "Content-Type: multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    heads = [
        (head("POST", "/api/v1/messages", mine, kind, length), False),
        (head("POST", "/api/v1/messages", mine, kind, "Transfer-Encoding: chunked"), True),
        (head("POST", "/api/v1/messages", kind, length), False),
        (head("POST", _IMPORT, mine, file, length) + part, False),
        (head("POST", _IMPORT, mine, file, "Transfer-Encoding: chunked"), True),
        (head("POST", _IMPORT, file, "Transfer-Encoding: chunked"), True),
    ]

    def pieces(begin: bytes, in_chunks: bool) -> Iterator[bytes]:
        yield begin
        if in_chunks:
            yield from chunked(piece, 100 * MB // PIECE)
        else:
            yield from (piece for _ in range(100 * MB // PIECE))

    await asyncio.gather(
        *(
            crowd.always(1, lambda begin=begin, in_chunks=in_chunks: _sent(crowd, target, pieces(begin, in_chunks)), 1)  # type: ignore[misc]
            for begin, in_chunks in heads
        )
    )


async def _sent(crowd: Crowd, target: Target, pieces: Iterator[bytes]) -> str:
    """Send a body at the pace of the crowd, a turn for each piece, until it is over, refused or cut."""
    async with crowd.line(target.http) as line:
        hearing = asyncio.ensure_future(line.hear(120))
        try:
            for piece in pieces:
                if hearing.done():
                    break
                await crowd.pace.turn()
                async with asyncio.timeout(30):
                    await line.send(piece)
            crowd.tally.requests += 1
            heard = await hearing
        except (TimeoutError, ConnectionError):
            heard = hearing.result() if hearing.done() and not hearing.exception() else b""
        finally:
            hearing.cancel()
        return SILENCE if heard is None else outcome(heard)


def zip_bomb() -> bytes:
    """Return an XLSX file of 2 MB whose sheet unpacks to 400 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            piece = b"<row><c><v>1</v></c></row>" * 40_000
            for _ in range(400):
                sheet.write(piece)
    return file.getvalue()


async def bombs(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """Bodies that are small until they are unpacked: gzip, an XLSX of 400 MB, and a CSV of one line of 20 MB."""
    mine, packed = bearer(target.token), gzip.compress(b" " * 50 * MB)
    xlsx = "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    bomb, line = zip_bomb(), b"+254712345678," * (20 * MB // 14)
    asked = [
        post("/api/v1/messages", packed, mine, "Content-Encoding: gzip"),
        post(_LOGIN, packed, "Content-Encoding: gzip"),
        head("POST", f"{_IMPORT}?filename=a.xlsx", mine, xlsx, f"Content-Length: {len(bomb)}") + bomb,
        head("POST", f"{_IMPORT}?filename=a.csv", mine, "Content-Type: text/csv", f"Content-Length: {len(line)}")
        + line,
    ]

    async def once() -> str:
        return await crowd.ask(target.http, chance.choice(asked))

    await crowd.always(4, once)


def awkward_bodies() -> list[bytes]:
    """Return JSON of 1 MB each that is hard on who reads it."""
    keys = [b'"%x":0' % number for number in range(80_000)]
    return [
        b"[" * MB,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b"[" + b",".join([b"[[[[]]]]"] * 110_000) + b"]",
        b'{"to":' + b"9" * (MB - 20) + b"}",
        b"{" + b",".join(keys) + b"}",
        b"{" + b",".join([*keys, *keys[:100]]) + b"}",  # a hundred stand twice
        b"{" + b",".join([b'"a":0'] * 160_000) + b"}",
        b'{"email":"' + b"\\u0000" * 160_000 + b'"}',
        json.dumps({"messages": [{"to": "+254712345678", "message": "x"}] * 20_000}).encode()[:MB],
    ]


async def awkward(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """JSON of 1 MB: deep, of arrays in arrays, huge numbers, 80,000 keys, keys that stand twice; with a token and without."""
    mine = bearer(target.token)
    asked = [post(_LOGIN, body) for body in awkward_bodies()]
    asked += [post("/api/v1/messages", body, mine) for body in awkward_bodies()]

    async def once() -> str:
        return await crowd.ask(target.http, chance.choice(asked))

    await crowd.always(4, once)


async def logins(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """Logins with wrong passwords, half of them for somebody who is there."""

    async def once() -> str:
        email = target.email if chance.random() < 0.5 else f"{chance.getrandbits(40):x}@example.com"
        body = json.dumps({"email": email, "password": f"wrong {chance.getrandbits(40):x}"}).encode()
        return await crowd.ask(target.http, post(_LOGIN, body))

    await crowd.always(20, once)


async def refreshes(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """Refresh tokens that nobody has."""

    async def once() -> str:
        body = json.dumps({"refresh_token": f"mbr_{chance.getrandbits(160):040x}"}).encode()
        return await crowd.ask(target.http, post("/api/v1/auth/refresh", body))

    await crowd.always(20, once)


async def tokens(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """API tokens that nobody has."""

    async def once() -> str:
        guess = bearer(f"mbs_{chance.getrandbits(160):040x}")
        return await crowd.ask(target.http, head("GET", "/api/v1/messages", guess))

    await crowd.always(20, once)


async def links(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """Codes of short links that nobody has."""
    letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

    async def once() -> str:
        code = "".join(chance.choices(letters, k=8))
        asked = f"GET /{code} HTTP/1.1\r\nHost: {target.link_host}\r\n\r\n".encode()
        return await crowd.ask(target.http, asked)

    await crowd.always(20, once)
