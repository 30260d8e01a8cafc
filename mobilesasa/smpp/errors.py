"""What can be wrong with octets or with a value on its way to the wire."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mobilesasa.smpp.statuses import Status

if TYPE_CHECKING:
    from mobilesasa.smpp.session import Event


class MalformedBody(ValueError):
    """The body of one PDU cannot be read; the stream around it is sound.

    Attributes:
        status: What the specification names for the field that is wrong; a response with it can be sent (SMPP 3.4
            §5.1.3).
        field: The field that is wrong, `body` when the octets ended too early.
    """

    def __init__(self, status: Status, field: str) -> None:
        super().__init__(f"{field} cannot be read ({status.name})")
        self.status = status
        self.field = field


class Unencodable(ValueError):
    """A value does not fit its field on the wire; the text names the field, never the value."""


class WrongState(ValueError):
    """We tried to send what may not be sent in this state of the session: a defect of ours, never of the peer."""


class BadPdu(ValueError):
    """The stream itself is broken: a command_length nobody can follow. The connection is of no more use.

    Attributes:
        reply: Octets to write before the connection is dropped (a generic_nack).
        events: What was read, in order, before the break; it counts like any other event.
        length: The command_length.
    """

    def __init__(self, reason: str, reply: bytes, events: "Sequence[Event]", length: int) -> None:
        super().__init__(reason)
        self.length = length
        self.reply = reply
        self.events = list(events)
