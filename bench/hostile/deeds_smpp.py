"""What is done to the ports of SMPP."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator

from bench.hostile.crowd import CUT, SILENCE, Crowd, Line, outcome
from bench.hostile.target import RIVAL, Target
from bench.wire import HEADER, SUBMIT_SM_RESP
from mobilesasa.smpp.pdus import BindReceiver, BindTransceiver, EnquireLink, SubmitSm
from mobilesasa.smpp.session import LIMIT_STRANGER_OCTETS

LENGTHS = (0, 15, 65_537, 2**31, 2**32 - 1)
SESSIONS = 5  # that a team has by default
_ROOM_OCTETS = 65_536  # of what is read at once


def bind_of(password: str, system_id: str = RIVAL) -> bytes:
    """Return the bind of a transceiver."""
    return BindTransceiver(sequence=1, system_id=system_id, password=password).encode()


def client_hello(chance: random.Random) -> bytes:
    """Return the first half of a ClientHello (RFC 8446 §4.1.2), whose other half never comes."""
    return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(32)


async def idle(crowd: Crowd, target: Target, _: random.Random) -> None:
    """5,000 connections that say nothing."""
    await crowd.hold(5000, target.smpp)


async def idle_tls(crowd: Crowd, target: Target, _: random.Random) -> None:
    """5,000 connections that shake hands and say nothing."""
    await crowd.hold(5000, target.smpps, tls=True)


async def slow(crowd: Crowd, target: Target, _: random.Random) -> None:
    """1,000 connections that send a bind, an octet a second."""
    octets = bind_of(target.token)
    await crowd.hold(1000, target.smpp, drip=[octets[at : at + 1] for at in range(len(octets))])


async def large(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """1,000 connections that send most of the longest PDU a stranger may send and then an octet a second."""
    octets = HEADER.pack(LIMIT_STRANGER_OCTETS, 4, 0, 1) + chance.randbytes(LIMIT_STRANGER_OCTETS - 500)
    await crowd.hold(1000, target.smpp, begin=octets, drip=[b"x"])


async def handshakes(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """1,000 connections, over both ports of TLS, that never finish their handshake."""
    hello = client_hello(chance)
    ports = (target.smpps, target.https)
    await asyncio.gather(*(crowd.hold(500, port, begin=hello, drip=[b"\0"], every_s=2) for port in ports))


async def garbage(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """64 kB of noise on every port."""
    ports = [target.smpp, target.smpps, target.http, target.https]

    async def once() -> str:
        return await crowd.ask(chance.choice(ports), chance.randbytes(65_536))

    await crowd.always(20, once)


async def lengths(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """PDUs whose lengths cannot be, or promise what never comes."""

    async def once() -> str:
        return await crowd.ask(target.smpp, HEADER.pack(chance.choice(LENGTHS), 4, 0, 1) + chance.randbytes(2000))

    await crowd.always(20, once)


async def churn(crowd: Crowd, target: Target, _: random.Random) -> None:
    """Connections that come and go, on SMPP and HTTP alike."""
    ports = (target.smpp, target.http)

    async def once(port: int) -> str:
        async with crowd.line(port):
            return "hung up"

    await asyncio.gather(*(crowd.always(20, lambda port=port: once(port)) for port in ports))  # type: ignore[misc]


async def wrong_tokens(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """Binds of a team with tokens that nobody has."""

    async def once() -> str:
        guess = f"mbs_{chance.getrandbits(128):032x}"
        return await crowd.ask(target.smpp, bind_of(guess, target.victim))

    await crowd.always(20, once)


async def wrong_passwords(crowd: Crowd, target: Target, chance: random.Random) -> None:
    """Binds of a team that has an SMPP password good from everywhere, with passwords of 8 characters that are wrong."""

    async def once() -> str:
        return await crowd.ask(target.smpp, bind_of("".join(chance.choices("abcdefgh23456789", k=8))))

    await crowd.always(20, once)


def submits_of(count: int, registered_delivery: int) -> bytes:
    """Return so many submits; they have no token, by which the SMSC tells those of who behaves."""
    return b"".join(
        SubmitSm(
            sequence=sequence,
            source_addr_ton=5,
            source_addr=RIVAL,
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=f"2547{20_000_000 + sequence}",
            registered_delivery=registered_delivery,
            short_message=b"A text of whoever does not behave",
        ).encode()
        for sequence in range(1, count + 1)
    )


@contextlib.asynccontextmanager
async def _bound(crowd: Crowd, target: Target, reads: bool = True) -> AsyncIterator[Line]:
    async with crowd.line(target.smpp, reads=reads) as line:
        await line.send(bind_of(target.token))
        heard = await line.hear()
        if not heard or outcome(heard) != "ESME_ROK":
            raise ConnectionRefusedError("the bind was refused")
        yield line


async def enquiries(crowd: Crowd, target: Target, _: random.Random) -> None:
    """A team's five sessions that send enquiries as fast as they are read, and read no answer."""
    octets = EnquireLink(sequence=2).encode() * 4096

    async def once() -> str:
        async with _bound(crowd, target, reads=False) as line:
            while True:
                await crowd.pace.turn()
                await line.send(octets)
                crowd.tally.requests += 4096

    await crowd.always(SESSIONS, once, first=1 << 60)


async def submits(crowd: Crowd, target: Target, _: random.Random) -> None:
    """A team's five sessions that submit 1,000 a second each, where 50 are theirs, and read what they get."""
    octets = submits_of(100, 0)

    async def once() -> str:
        async with _bound(crowd, target) as line:
            reading = asyncio.ensure_future(_counted(line, crowd))
            try:
                while not reading.done():
                    await crowd.pace.turn()
                    await line.send(octets)
                    crowd.tally.requests += 100
            finally:
                reading.cancel()
            return CUT

    await crowd.always(SESSIONS, once, first=1 << 60)


async def _counted(line: Line, crowd: Crowd) -> None:
    """Count what the answers to submits say."""
    unread = b""
    while heard := await line.reader.read(_ROOM_OCTETS):
        unread += heard
        at = 0
        for at, whole in _pdus(unread):
            _, command, status, _ = HEADER.unpack_from(unread, at)
            if command == SUBMIT_SM_RESP:
                crowd.tally.got[outcome(HEADER.pack(0, command, status, 0))] += 1
            at += whole
        unread = unread[at:]


def _pdus(octets: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each whole PDU begins, and its length."""
    at = 0
    while len(octets) - at >= HEADER.size:
        (length, *_) = HEADER.unpack_from(octets, at)
        if length < HEADER.size or len(octets) - at < length:
            return
        yield at, length
        at += length


async def unread(crowd: Crowd, target: Target, _: random.Random) -> None:
    """A team's sessions that submit what they may and read neither answers nor deliver_sm."""
    octets = submits_of(40, 1)
    receiver = BindReceiver(sequence=1, system_id=RIVAL, password=target.token).encode()

    async def deaf() -> str:
        async with crowd.line(target.smpp, reads=False) as line:
            await line.send(receiver)
            while not line.writer.transport.is_closing():
                await asyncio.sleep(1)
            return CUT

    async def talks() -> str:
        async with _bound(crowd, target, reads=False) as line:
            while not line.writer.transport.is_closing():
                await crowd.pace.turn()
                await line.send(octets)
                crowd.tally.requests += 40
            return SILENCE

    await asyncio.gather(crowd.always(2, deaf, first=1 << 60), crowd.always(2, talks, first=1 << 60))
