"""Every PDU of SMPP 3.4 (chapter 4): a class is its table of fields, in wire order.

Values are frozen and every field has a default, so a PDU names only what matters: `SubmitSm(source_addr="TextBlast",
...)`. The `encode` and `decode` of each class are compiled from its table when the class is made (`codec`).

A response with a `status` other than 0 is written without a body, as the specification has it, unless it carries
TLVs: a caller who gives them wants them sent. A response without a body is read whatever its status.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Final, Self

import attrs

from mobilesasa.smpp.codec import HEADER, compile_pdu
from mobilesasa.smpp.errors import MalformedBody
from mobilesasa.smpp.fields import (
    INTERFACE_VERSION,
    AddressNpi,
    AddressRange,
    AddressTon,
    DataCodingOctet,
    DestinationAddress,
    DlName,
    ErrorCode,
    EsmClassOctet,
    FinalDate,
    InterfaceVersion,
    LongDestinationAddress,
    LongSourceAddress,
    MessageId,
    MessageStateOctet,
    Password,
    PriorityFlag,
    ProtocolId,
    RegisteredDeliveryOctet,
    ReplaceIfPresentFlag,
    ScheduleDeliveryTime,
    ServiceType,
    ShortMessage,
    SmDefaultMsgId,
    SourceAddress,
    SystemId,
    SystemType,
    ValidityPeriod,
)
from mobilesasa.smpp.kinds import Listed, Word
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS, Tlvs
from mobilesasa.values import hot_value

#: The bit of command_id that makes a response (§5.1.2.1).
RESPONSE_BIT: Final = 0x80000000
#: Every PDU class by its command_id.
PDUS: Final[dict[int, type["Pdu"]]] = {}


def _tags_only(tlvs: Tlvs) -> str:
    return "{" + ", ".join(f"0x{tag:04X}: ..." for tag in tlvs) + "}"


@hot_value(kw_only=True)
class Pdu:
    """What all PDUs have (§3.2).

    Attributes:
        status: command_status, 0 in requests.
        sequence: sequence_number; 0 means that the session shall number it when it is sent.
        tlvs: The optional parameters, see `tlvs`.
    """

    command_id: ClassVar[int]
    _decode: ClassVar[Callable[[bytes, int, int], Any]]

    status: int = 0
    sequence: int = 0
    tlvs: Tlvs = attrs.field(default=NO_TLVS, hash=False, repr=_tags_only)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        """Compile the codec of a class that has a command_id of its own."""
        if "command_id" in cls.__dict__:
            decode, encode = compile_pdu(cls, cls.command_id)
            encode.__doc__ = Pdu.encode.__doc__
            cls._decode = staticmethod(decode)
            cls.encode = encode  # type: ignore[method-assign]  # the compiled one in place of the base's
            PDUS[cls.command_id] = cls

    def encode(self, sequence: int = 0) -> bytes:
        """Return the octets of the whole PDU; a `sequence` other than 0 stands in place of its own.

        Raises:
            Unencodable: A value does not fit its field.
        """
        raise TypeError(f"{type(self).__name__} has no command_id")

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read one whole PDU of this class, header and all.

        Raises:
            MalformedBody: The octets are not exactly one PDU of this class.
        """
        pdu = decode(octets)
        if not isinstance(pdu, cls):
            raise MalformedBody(Status.ESME_RINVCMDID, "command_id")
        return pdu


def decode(octets: bytes) -> Pdu:
    """Read one whole PDU, header and all; for streams there is `session.Session`.

    Raises:
        MalformedBody: The octets are not exactly one PDU of SMPP 3.4; the error has the status to answer.
    """
    if len(octets) < HEADER.size:
        raise MalformedBody(Status.ESME_RINVCMDLEN, "command_length")
    length, command_id, status, sequence = HEADER.unpack_from(octets)
    if length != len(octets):
        raise MalformedBody(Status.ESME_RINVCMDLEN, "command_length")
    cls = PDUS.get(command_id)
    if cls is None:
        raise MalformedBody(Status.ESME_RINVCMDID, "command_id")
    pdu: Pdu = cls._decode(octets[HEADER.size :], status, sequence)
    return pdu


def response_class(command_id: int) -> type[Pdu]:
    """Return the class that answers a request: its own response, or generic_nack when it has none."""
    return PDUS.get(command_id | RESPONSE_BIT, GenericNack)


def answer(request: Pdu, status: int = Status.ESME_ROK, **fields: Any) -> Pdu:
    """Return the response to `request`, with its sequence number."""
    return response_class(request.command_id)(status=status, sequence=request.sequence, **fields)


@hot_value(kw_only=True)
class GenericNack(Pdu):
    """Refuse a PDU whose header cannot be trusted or whose command is unknown (§4.3.1)."""

    command_id = 0x80000000


@hot_value(kw_only=True)
class Bind(Pdu):
    """What the three binds have in common (§4.1)."""

    system_id: SystemId = ""
    password: Password = attrs.field(default="", repr=False)
    system_type: SystemType = ""
    interface_version: InterfaceVersion = INTERFACE_VERSION
    addr_ton: AddressTon = 0
    addr_npi: AddressNpi = 0
    address_range: AddressRange = ""


@hot_value(kw_only=True)
class BindResp(Pdu):
    """What the answers to the three binds have in common (§4.1); TLV sc_interface_version."""

    system_id: SystemId = ""


@hot_value(kw_only=True)
class BindReceiver(Bind):
    """Ask for a session that receives (§4.1.3)."""

    command_id = 0x00000001


@hot_value(kw_only=True)
class BindReceiverResp(BindResp):
    """Answer to bind_receiver (§4.1.4)."""

    command_id = 0x80000001


@hot_value(kw_only=True)
class BindTransmitter(Bind):
    """Ask for a session that sends (§4.1.1)."""

    command_id = 0x00000002


@hot_value(kw_only=True)
class BindTransmitterResp(BindResp):
    """Answer to bind_transmitter (§4.1.2)."""

    command_id = 0x80000002


@hot_value(kw_only=True)
class BindTransceiver(Bind):
    """Ask for a session that sends and receives (§4.1.5)."""

    command_id = 0x00000009


@hot_value(kw_only=True)
class BindTransceiverResp(BindResp):
    """Answer to bind_transceiver (§4.1.6)."""

    command_id = 0x80000009


@hot_value(kw_only=True)
class Outbind(Pdu):
    """The SMSC asks an ESME to bind as a receiver; it has no answer of its own (§4.1.7)."""

    command_id = 0x0000000B

    system_id: SystemId = ""
    password: Password = attrs.field(default="", repr=False)


@hot_value(kw_only=True)
class Unbind(Pdu):
    """End the session (§4.2.1)."""

    command_id = 0x00000006


@hot_value(kw_only=True)
class UnbindResp(Pdu):
    """Answer to unbind (§4.2.2)."""

    command_id = 0x80000006


@hot_value(kw_only=True)
class SubmitSm(Pdu):
    """Hand a message to the SMSC (§4.4.1). sm_length is not a field of its own: it is the length of `short_message`."""

    command_id = 0x00000004

    service_type: ServiceType = ""
    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: SourceAddress = ""
    dest_addr_ton: AddressTon = 0
    dest_addr_npi: AddressNpi = 0
    destination_addr: DestinationAddress = ""
    esm_class: EsmClassOctet = 0
    protocol_id: ProtocolId = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: ScheduleDeliveryTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: RegisteredDeliveryOctet = 0
    replace_if_present_flag: ReplaceIfPresentFlag = 0
    data_coding: DataCodingOctet = 0
    sm_default_msg_id: SmDefaultMsgId = 0
    short_message: ShortMessage = attrs.field(default=b"", repr=False)


@hot_value(kw_only=True)
class SubmitSmResp(Pdu):
    """Answer to submit_sm (§4.4.2)."""

    command_id = 0x80000004

    message_id: MessageId = ""


@hot_value
class SmeAddress:
    """A destination of submit_multi that is a number (§4.5.1.1)."""

    flag: ClassVar[int] = 1

    dest_addr_ton: AddressTon = 0
    dest_addr_npi: AddressNpi = 0
    destination_addr: DestinationAddress = ""


@hot_value
class DistributionList:
    """A destination of submit_multi that is a list kept at the SMSC (§4.5.1.2)."""

    flag: ClassVar[int] = 2

    dl_name: DlName = ""


@hot_value
class UnsuccessSme:
    """A destination that submit_multi did not reach, and why (§4.5.2.1)."""

    dest_addr_ton: AddressTon = 0
    dest_addr_npi: AddressNpi = 0
    destination_addr: DestinationAddress = ""
    error_status_code: Annotated[int, Word()] = 0


DestAddresses = Annotated[
    tuple[SmeAddress | DistributionList, ...],
    Listed((SmeAddress, DistributionList), 1, 254, Status.ESME_RINVNUMDESTS),
]
UnsuccessSmes = Annotated[tuple[UnsuccessSme, ...], Listed((UnsuccessSme,), 0, 254, Status.ESME_RINVNUMDESTS)]


@hot_value(kw_only=True)
class SubmitMulti(Pdu):
    """Hand a message for up to 254 destinations to the SMSC (§4.5.1)."""

    command_id = 0x00000021

    service_type: ServiceType = ""
    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: SourceAddress = ""
    dest_addresses: DestAddresses = ()
    esm_class: EsmClassOctet = 0
    protocol_id: ProtocolId = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: ScheduleDeliveryTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: RegisteredDeliveryOctet = 0
    replace_if_present_flag: ReplaceIfPresentFlag = 0
    data_coding: DataCodingOctet = 0
    sm_default_msg_id: SmDefaultMsgId = 0
    short_message: ShortMessage = attrs.field(default=b"", repr=False)


@hot_value(kw_only=True)
class SubmitMultiResp(Pdu):
    """Answer to submit_multi, with the destinations it did not reach (§4.5.2)."""

    command_id = 0x80000021

    message_id: MessageId = ""
    unsuccess_smes: UnsuccessSmes = ()


@hot_value(kw_only=True)
class DeliverSm(Pdu):
    """The SMSC hands an ESME a message or a receipt (§4.6.1)."""

    command_id = 0x00000005

    service_type: ServiceType = ""
    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: SourceAddress = ""
    dest_addr_ton: AddressTon = 0
    dest_addr_npi: AddressNpi = 0
    destination_addr: DestinationAddress = ""
    esm_class: EsmClassOctet = 0
    protocol_id: ProtocolId = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: ScheduleDeliveryTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: RegisteredDeliveryOctet = 0
    replace_if_present_flag: ReplaceIfPresentFlag = 0
    data_coding: DataCodingOctet = 0
    sm_default_msg_id: SmDefaultMsgId = 0
    short_message: ShortMessage = attrs.field(default=b"", repr=False)


@hot_value(kw_only=True)
class DeliverSmResp(Pdu):
    """Answer to deliver_sm (§4.6.2); message_id is unused and stays empty, whatever one would like to put there."""

    command_id = 0x80000005

    message_id: MessageId = ""


@hot_value(kw_only=True)
class DataSm(Pdu):
    """Hand over a message with everything optional in TLVs, either way (§4.7.1)."""

    command_id = 0x00000103

    service_type: ServiceType = ""
    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: LongSourceAddress = ""
    dest_addr_ton: AddressTon = 0
    dest_addr_npi: AddressNpi = 0
    destination_addr: LongDestinationAddress = ""
    esm_class: EsmClassOctet = 0
    registered_delivery: RegisteredDeliveryOctet = 0
    data_coding: DataCodingOctet = 0


@hot_value(kw_only=True)
class DataSmResp(Pdu):
    """Answer to data_sm (§4.7.2)."""

    command_id = 0x80000103

    message_id: MessageId = ""


@hot_value(kw_only=True)
class QuerySm(Pdu):
    """Ask for the state of a message (§4.8.1)."""

    command_id = 0x00000003

    message_id: MessageId = ""
    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: SourceAddress = ""


@hot_value(kw_only=True)
class QuerySmResp(Pdu):
    """Answer to query_sm (§4.8.2)."""

    command_id = 0x80000003

    message_id: MessageId = ""
    final_date: FinalDate = ""
    message_state: MessageStateOctet = 0
    error_code: ErrorCode = 0


@hot_value(kw_only=True)
class CancelSm(Pdu):
    """Take back one message, or all to a destination when `message_id` is empty (§4.9.1)."""

    command_id = 0x00000008

    service_type: ServiceType = ""
    message_id: MessageId = ""
    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: SourceAddress = ""
    dest_addr_ton: AddressTon = 0
    dest_addr_npi: AddressNpi = 0
    destination_addr: DestinationAddress = ""


@hot_value(kw_only=True)
class CancelSmResp(Pdu):
    """Answer to cancel_sm (§4.9.2)."""

    command_id = 0x80000008


@hot_value(kw_only=True)
class ReplaceSm(Pdu):
    """Replace a message that still waits (§4.10.1)."""

    command_id = 0x00000007

    message_id: MessageId = ""
    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: SourceAddress = ""
    schedule_delivery_time: ScheduleDeliveryTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: RegisteredDeliveryOctet = 0
    sm_default_msg_id: SmDefaultMsgId = 0
    short_message: ShortMessage = attrs.field(default=b"", repr=False)


@hot_value(kw_only=True)
class ReplaceSmResp(Pdu):
    """Answer to replace_sm (§4.10.2)."""

    command_id = 0x80000007


@hot_value(kw_only=True)
class EnquireLink(Pdu):
    """Ask whether the other side is there (§4.11.1)."""

    command_id = 0x00000015


@hot_value(kw_only=True)
class EnquireLinkResp(Pdu):
    """Answer to enquire_link (§4.11.2)."""

    command_id = 0x80000015


@hot_value(kw_only=True)
class AlertNotification(Pdu):
    """The SMSC says that a phone is there again; it has no answer (§4.12.1)."""

    command_id = 0x00000102

    source_addr_ton: AddressTon = 0
    source_addr_npi: AddressNpi = 0
    source_addr: LongSourceAddress = ""
    esme_addr_ton: AddressTon = 0
    esme_addr_npi: AddressNpi = 0
    esme_addr: LongDestinationAddress = ""
