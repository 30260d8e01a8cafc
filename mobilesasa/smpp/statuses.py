"""Every command_status of SMPP 3.4 with its text for people (§5.1.3)."""

import enum
from typing import Final


class Status(enum.IntEnum):
    """What a response says of its request (SMPP 3.4 §5.1.3, table 5-2)."""

    ESME_ROK = 0x00000000
    ESME_RINVMSGLEN = 0x00000001
    ESME_RINVCMDLEN = 0x00000002
    ESME_RINVCMDID = 0x00000003
    ESME_RINVBNDSTS = 0x00000004
    ESME_RALYBND = 0x00000005
    ESME_RINVPRTFLG = 0x00000006
    ESME_RINVREGDLVFLG = 0x00000007
    ESME_RSYSERR = 0x00000008
    ESME_RINVSRCADR = 0x0000000A
    ESME_RINVDSTADR = 0x0000000B
    ESME_RINVMSGID = 0x0000000C
    ESME_RBINDFAIL = 0x0000000D
    ESME_RINVPASWD = 0x0000000E
    ESME_RINVSYSID = 0x0000000F
    ESME_RCANCELFAIL = 0x00000011
    ESME_RREPLACEFAIL = 0x00000013
    ESME_RMSGQFUL = 0x00000014
    ESME_RINVSERTYP = 0x00000015
    ESME_RINVNUMDESTS = 0x00000033
    ESME_RINVDLNAME = 0x00000034
    ESME_RINVDESTFLAG = 0x00000040
    ESME_RINVSUBREP = 0x00000042
    ESME_RINVESMCLASS = 0x00000043
    ESME_RCNTSUBDL = 0x00000044
    ESME_RSUBMITFAIL = 0x00000045
    ESME_RINVSRCTON = 0x00000048
    ESME_RINVSRCNPI = 0x00000049
    ESME_RINVDSTTON = 0x00000050
    ESME_RINVDSTNPI = 0x00000051
    ESME_RINVSYSTYP = 0x00000053
    ESME_RINVREPFLAG = 0x00000054
    ESME_RINVNUMMSGS = 0x00000055
    ESME_RTHROTTLED = 0x00000058
    ESME_RINVSCHED = 0x00000061
    ESME_RINVEXPIRY = 0x00000062
    ESME_RINVDFTMSGID = 0x00000063
    ESME_RX_T_APPN = 0x00000064
    ESME_RX_P_APPN = 0x00000065
    ESME_RX_R_APPN = 0x00000066
    ESME_RQUERYFAIL = 0x00000067
    ESME_RINVOPTPARSTREAM = 0x000000C0
    ESME_ROPTPARNOTALLWD = 0x000000C1
    ESME_RINVPARLEN = 0x000000C2
    ESME_RMISSINGOPTPARAM = 0x000000C3
    ESME_RINVOPTPARAMVAL = 0x000000C4
    ESME_RDELIVERYFAILURE = 0x000000FE
    ESME_RUNKNOWNERR = 0x000000FF


#: What each status means, in words for people.
TEXTS: Final[dict[Status, str]] = {
    Status.ESME_ROK: "no error",
    Status.ESME_RINVMSGLEN: "the message is too long or its length is wrong",
    Status.ESME_RINVCMDLEN: "the length of the command is wrong",
    Status.ESME_RINVCMDID: "unknown command",
    Status.ESME_RINVBNDSTS: "this command is not allowed in the present bind state",
    Status.ESME_RALYBND: "already bound",
    Status.ESME_RINVPRTFLG: "invalid priority flag",
    Status.ESME_RINVREGDLVFLG: "invalid registered delivery flag",
    Status.ESME_RSYSERR: "system error",
    Status.ESME_RINVSRCADR: "invalid source address",
    Status.ESME_RINVDSTADR: "invalid destination address",
    Status.ESME_RINVMSGID: "invalid message id",
    Status.ESME_RBINDFAIL: "the bind failed",
    Status.ESME_RINVPASWD: "invalid password",
    Status.ESME_RINVSYSID: "invalid system id",
    Status.ESME_RCANCELFAIL: "the message could not be cancelled",
    Status.ESME_RREPLACEFAIL: "the message could not be replaced",
    Status.ESME_RMSGQFUL: "the message queue is full",
    Status.ESME_RINVSERTYP: "invalid service type",
    Status.ESME_RINVNUMDESTS: "invalid number of destinations",
    Status.ESME_RINVDLNAME: "invalid name of a distribution list",
    Status.ESME_RINVDESTFLAG: "invalid destination flag",
    Status.ESME_RINVSUBREP: "the message cannot replace another",
    Status.ESME_RINVESMCLASS: "invalid esm_class",
    Status.ESME_RCNTSUBDL: "cannot submit to a distribution list",
    Status.ESME_RSUBMITFAIL: "the message was not accepted",
    Status.ESME_RINVSRCTON: "invalid type of number of the source",
    Status.ESME_RINVSRCNPI: "invalid numbering plan of the source",
    Status.ESME_RINVDSTTON: "invalid type of number of the destination",
    Status.ESME_RINVDSTNPI: "invalid numbering plan of the destination",
    Status.ESME_RINVSYSTYP: "invalid system type",
    Status.ESME_RINVREPFLAG: "invalid replace_if_present flag",
    Status.ESME_RINVNUMMSGS: "invalid number of messages",
    Status.ESME_RTHROTTLED: "too many messages at once",
    Status.ESME_RINVSCHED: "invalid scheduled delivery time",
    Status.ESME_RINVEXPIRY: "invalid validity period",
    Status.ESME_RINVDFTMSGID: "unknown predefined message",
    Status.ESME_RX_T_APPN: "the receiving application has a temporary error",
    Status.ESME_RX_P_APPN: "the receiving application has a permanent error",
    Status.ESME_RX_R_APPN: "the receiving application rejected the message",
    Status.ESME_RQUERYFAIL: "the query failed",
    Status.ESME_RINVOPTPARSTREAM: "the optional parameters cannot be read",
    Status.ESME_ROPTPARNOTALLWD: "an optional parameter is not allowed here",
    Status.ESME_RINVPARLEN: "the length of a parameter is wrong",
    Status.ESME_RMISSINGOPTPARAM: "an expected optional parameter is missing",
    Status.ESME_RINVOPTPARAMVAL: "the value of an optional parameter is wrong",
    Status.ESME_RDELIVERYFAILURE: "the delivery failed",
    Status.ESME_RUNKNOWNERR: "unknown error",
}


def text_of(status: int) -> str:
    """Return what a command_status means in words, whether the specification knows it or not."""
    text = TEXTS.get(status)  # type: ignore[call-overload]  # a Status is an int of the same hash
    if text is not None:
        return str(text)
    owner = "a status of the carrier's own" if 0x400 <= status <= 0x4FF else "a status the specification does not know"
    return f"{owner} (0x{status:08X})"
