"""Calls of USSD gateways, and a desk that answers as it is told."""

from twisted.internet.task import Clock

from mobilesasa.carriers.ussd.dialects import DIALECTS
from mobilesasa.carriers.ussd.door import UssdDoor
from mobilesasa.carriers.ussd.said import read_said
from mobilesasa.core.teams import token_digest
from mobilesasa.core.ussd import UssdReply
from mobilesasa.core.ussd_gateways import Gateway, GatewayOptions, UssdCall

SECRET = "s3cret"
PHONE = "254712345678"


def call(query=b"", body=b"", words=(), **fields) -> UssdCall:
    path = "/".join(["/ussd/savanna", SECRET, *words])
    given = {
        "gateway": "savanna", "secret": SECRET, "words": tuple(words), "method": "POST" if body else "GET", "path": path,
        "query": query, "host": "sms.example", "body": body, "peer": "192.0.2.7", **fields,
    }  # fmt: skip
    return UssdCall(**given)


def gateway(dialect="africastalking", name="savanna", enabled=True, **options) -> Gateway:
    return Gateway(
        name=name,
        dialect=dialect,
        secret_digest=token_digest(SECRET),
        enabled=enabled,
        options=GatewayOptions(**options),
    )


def read(dialect, asked, **options):
    """The event of a call, or None."""
    return DIALECTS[dialect].read(read_said(asked), gateway(dialect, **options))


def write(dialect, asked, reply):
    return DIALECTS[dialect].write(read_said(asked), reply)


class FakeDesk:
    """Answers with what stands in `reply`; where that is `WAITS`, when it is told to."""

    WAITS = object()

    def __init__(self) -> None:
        self.events = []
        self.answers = []
        self.reply = UssdReply("Karibu", end=False)
        self.raises = None

    def take(self, event, answer) -> None:
        self.events.append(event)
        if self.raises is not None:
            raise self.raises
        if self.reply is self.WAITS:
            self.answers.append(answer)
        else:
            answer(None if event.kind.is_over else self.reply)


class DoorRig:
    def __init__(self, *gateways: Gateway) -> None:
        self.clock = Clock()
        self.desk = FakeDesk()
        self.gateways = {each.name: each for each in gateways or (gateway(),)}
        self.door = UssdDoor(self.gateways.get, self.desk, self.clock)
