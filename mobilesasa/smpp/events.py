"""What octets from a peer mean to the owner of a session, beside the PDUs themselves."""

import attrs

from mobilesasa.smpp.pdus import Pdu
from mobilesasa.smpp.statuses import Status


@attrs.frozen
class Reply:
    """The session answered by itself: write `octets`."""

    octets: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Refusal(Reply):
    """The session refused a PDU of the peer by itself: write `octets`, and tell who cares.

    Attributes:
        command_id, sequence: Of the PDU that was refused.
        status: What was answered.
        reason: Why, in words, without any value the peer sent.
    """

    command_id: int
    sequence: int
    status: Status
    reason: str


@attrs.frozen
class Unasked:
    """A response to nothing we asked, or to what we gave up; `pdu` may still be worth reading."""

    pdu: Pdu


@attrs.frozen(kw_only=True)
class Unreadable:
    """A response whose body cannot be read. The request it names counts as answered; nobody knows how.

    Attributes:
        command_id, status, sequence: From the header of the response.
        reason: What is wrong with it, in words.
    """

    command_id: int
    status: int
    sequence: int
    reason: str


@attrs.frozen
class Unbound:
    """The session ends: the peer asked for it, or answered our unbind. See `Session.state` for whether it has ended."""

    by_peer: bool
    sequence: int = attrs.field(default=0, eq=False, repr=False)  # of the unbind or of the answer to ours


Event = Pdu | Reply | Unasked | Unreadable | Unbound
