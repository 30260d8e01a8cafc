"""The fields of SMPP 3.4 PDUs with their sizes, and the values they can have (SMPP 3.4 §5.2).

An alias such as `ServiceType` is a Python type with its place on the wire beside it; a PDU class is a list of them.
Limits of C-octet strings count the closing NUL, as the tables of the specification do. C-octet strings are `str`
(each octet one character, latin-1, which cannot fail and costs no more than `bytes`); the message itself is `bytes`.
"""

import enum
from typing import Annotated

from mobilesasa.smpp.kinds import COctets, Octet, Sized
from mobilesasa.smpp.statuses import Status

SystemId = Annotated[str, COctets(16, Status.ESME_RINVSYSID)]  # §5.2.1
# The specification says 9. Tokens are longer, so 64 octets and the NUL are taken and sent.
Password = Annotated[str, COctets(65, Status.ESME_RINVPASWD)]  # §5.2.2
SystemType = Annotated[str, COctets(13, Status.ESME_RINVSYSTYP)]  # §5.2.3
InterfaceVersion = Annotated[int, Octet()]  # §5.2.4
AddressTon = Annotated[int, Octet()]  # §5.2.5
AddressNpi = Annotated[int, Octet()]  # §5.2.6
AddressRange = Annotated[str, COctets(41, Status.ESME_RBINDFAIL)]  # §5.2.7
SourceAddress = Annotated[str, COctets(21, Status.ESME_RINVSRCADR)]  # §5.2.8
LongSourceAddress = Annotated[str, COctets(65, Status.ESME_RINVSRCADR)]  # data_sm, alert_notification
DestinationAddress = Annotated[str, COctets(21, Status.ESME_RINVDSTADR)]  # §5.2.9
LongDestinationAddress = Annotated[str, COctets(65, Status.ESME_RINVDSTADR)]  # data_sm, alert_notification (§5.2.10)
ServiceType = Annotated[str, COctets(6, Status.ESME_RINVSERTYP)]  # §5.2.11
EsmClassOctet = Annotated[int, Octet()]  # §5.2.12
ProtocolId = Annotated[int, Octet()]  # §5.2.13
PriorityFlag = Annotated[int, Octet()]  # §5.2.14
ScheduleDeliveryTime = Annotated[str, COctets(17, Status.ESME_RINVSCHED)]  # §5.2.15
ValidityPeriod = Annotated[str, COctets(17, Status.ESME_RINVEXPIRY)]  # §5.2.16
RegisteredDeliveryOctet = Annotated[int, Octet()]  # §5.2.17
ReplaceIfPresentFlag = Annotated[int, Octet()]  # §5.2.18
DataCodingOctet = Annotated[int, Octet()]  # §5.2.19
SmDefaultMsgId = Annotated[int, Octet()]  # §5.2.20
ShortMessage = Annotated[bytes, Sized(254, Status.ESME_RINVMSGLEN)]  # sm_length and short_message, §5.2.21 and §5.2.22
MessageId = Annotated[str, COctets(65, Status.ESME_RINVMSGID)]  # §5.2.23
DlName = Annotated[str, COctets(21, Status.ESME_RINVDLNAME)]  # §5.2.27
MessageStateOctet = Annotated[int, Octet()]  # §5.2.28
FinalDate = Annotated[str, COctets(17, Status.ESME_RINVPARLEN)]  # §4.8.2
ErrorCode = Annotated[int, Octet()]  # §4.8.2


class Ton(enum.IntEnum):
    """Type of number (§5.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER_NUMBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(enum.IntEnum):
    """Numbering plan indicator (§5.2.6)."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP_CLIENT_ID = 18


class EsmClass(enum.IntFlag):
    """Mode, type and features of a message (§5.2.12). Test bits, never equality: clients set more than they need."""

    DATAGRAM = 0x01
    FORWARD = 0x02
    STORE_AND_FORWARD = 0x03
    DELIVERY_RECEIPT = 0x04
    DELIVERY_ACKNOWLEDGEMENT = 0x08
    USER_ACKNOWLEDGEMENT = 0x10
    CONVERSATION_ABORT = 0x18
    INTERMEDIATE_NOTIFICATION = 0x20
    UDHI = 0x40
    REPLY_PATH = 0x80


ESM_MODE_MASK = 0b0000_0011
ESM_TYPE_MASK = 0b0011_1100


class RegisteredDelivery(enum.IntFlag):
    """Which receipts are asked for (§5.2.17). `SUCCESS_ONLY` is of SMPP 5.0, reserved in 3.4, and met in the field."""

    FINAL = 0x01
    FAILURE_ONLY = 0x02
    SUCCESS_ONLY = 0x03
    DELIVERY_ACKNOWLEDGEMENT = 0x04
    USER_ACKNOWLEDGEMENT = 0x08
    INTERMEDIATE = 0x10


RECEIPT_MASK = 0b0000_0011


class Priority(enum.IntEnum):
    """Priority of a message, GSM names (§5.2.14)."""

    BULK = 0
    NORMAL = 1
    URGENT = 2
    VERY_URGENT = 3


class DataCoding(enum.IntEnum):
    """How the octets of a message are to be read (§5.2.19)."""

    DEFAULT = 0x00
    ASCII = 0x01
    OCTETS = 0x02
    LATIN_1 = 0x03
    OCTETS_8_BIT = 0x04
    JIS = 0x05
    CYRILLIC = 0x06
    HEBREW = 0x07
    UCS2 = 0x08
    PICTOGRAM = 0x09
    ISO_2022_JP = 0x0A
    EXTENDED_KANJI_JIS = 0x0D
    KS_C_5601 = 0x0E


class MessageState(enum.IntEnum):
    """State of a message at the SMSC (§5.2.28). `SCHEDULED` and `SKIPPED` are of SMPP 5.0."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9


class ServiceTypes(enum.StrEnum):
    """The service types the specification names (§5.2.11)."""

    DEFAULT = ""
    CELLULAR_MESSAGING = "CMT"
    CELLULAR_PAGING = "CPT"
    VOICE_MAIL_NOTIFICATION = "VMN"
    VOICE_MAIL_ALERTING = "VMA"
    WAP = "WAP"
    USSD = "USSD"


INTERFACE_VERSION = 0x34  # SMPP 3.4 (§5.2.4)
