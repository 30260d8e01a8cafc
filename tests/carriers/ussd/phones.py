"""A person's phone behind each gateway: it dials and answers as the gateway's dialect tells it, and reads what comes back."""

import re
from html import unescape
from urllib.parse import urlencode

import orjson

from mobilesasa.core.ussd import code_of
from mobilesasa.smpp.pdus import DeliverSm
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smpp.ussd import read_text
from tests.carriers.ussd.rig import PHONE, call

OP, INFO, REFERENCE = Tag.USSD_SERVICE_OP, Tag.ITS_SESSION_INFO, Tag.USER_MESSAGE_REFERENCE


def form(**fields):
    return call(body=urlencode(fields).encode())


def query(*words, **fields):
    return call(urlencode(fields).encode(), words=words)


def tail_of(dialled):
    """What stands behind the code: `*384*7*1#` is `7*1`."""
    return dialled.strip("*#").partition("*")[2]


class Telephone:
    """What is typed is told by itself, and a text is what is shown."""

    def __init__(self, dialled) -> None:
        self.dialled, self.code, self.typed = dialled, code_of(dialled), []

    def dial(self):
        return self.tell(self.dialled)

    def answer(self, text):
        self.typed.append(text)
        return self.tell(text)

    def tell(self, text):
        raise NotImplementedError

    def shown(self, reply):
        """The text, and whether it is the last."""
        word, _, text = reply.body.decode().partition(" ")
        return text, {"CON": False, "END": True}[word]


class Cumulative(Telephone):
    """All that was typed is told each time, with what was dialled behind the code."""

    def tell(self, text):
        return self.tell_all("*".join([each for each in (tail_of(self.dialled), *self.typed) if each or self.typed]))


class AfricasTalking(Cumulative):
    def tell_all(self, text):
        return form(
            sessionId="A1", phoneNumber=f"+{PHONE}", serviceCode=f"*{self.code}#", networkCode="63902", text=text
        )


class Safaricom(Cumulative):
    def tell_all(self, text):
        return query(ORIG=PHONE, DEST=self.code, SESSION_ID="S1", USSD_PARAMS=text)


class Bonga(Telephone):
    def tell(self, text):
        return query(
            mobile_number=PHONE, session_id="B1", message=text, service_code=f"*{self.code}#", network="Safaricom"
        )


class Crossgate(Telephone):
    def tell(self, text):
        return query(session_id="C1", msisdn=PHONE, network_code="1", ussd_string=text, service_code=self.code)


class Airtel(Telephone):
    def tell(self, text):
        first = text.strip("*#") if not self.typed else text
        return query(SessionID="F1", MSISDN=PHONE, MSC="m", input=first)

    def shown(self, reply):
        return reply.body.decode(), dict(reply.headers)["Freeflow"] == "FB"


class Dmark(Telephone):
    def tell(self, text):
        response = "true" if self.typed else "false"
        return query(
            transactionId="D1", msisdn=PHONE, ussdServiceCode=self.code, ussdRequestString=text, response=response
        )

    def shown(self, reply):
        said = orjson.loads(reply.body)
        return said["responseString"], said["action"] == "end"


class Mtech(Telephone):
    page = "0"

    def tell(self, text):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;")
        number = "" if self.typed else f"<mobile_number>{PHONE}</mobile_number><gate>{self.code}</gate>"
        body = f"<page><session_id>M1</session_id><page_id>{self.page}</page_id>{number}<data>{escaped}</data></page>"
        return call(body=body.encode())

    def shown(self, reply):
        page = reply.body.decode()
        link = re.search('pageId="([^"]*)"', page)
        self.page = link[1] if link else ""
        text = re.search("<div>(.*)</div>", page)[1].replace("<br />", "\n")
        return unescape(text), link is None


class Infobip(Telephone):
    def tell(self, text):
        members = {"msisdn": PHONE, "shortCode": f"*{self.code}#", "text": text}
        return call(body=orjson.dumps(members), words=("session", "I1", "response" if self.typed else "start"))

    def shown(self, reply):
        said = orjson.loads(reply.body)
        return said["ussdMenu"], said["shouldClose"]


class Imimobile(Telephone):
    def tell(self, text):
        return query(self.code, msisdn=PHONE, sms=text, opnm="o", circle="c", datetime="d")

    def shown(self, reply):
        return reply.body.decode(), dict(reply.headers)["X-USSD-SESSION"] == "0"


class Vodacom(Telephone):
    def tell(self, text):
        return query(request=text, msisdn=PHONE, ussdSessionId="V1", provider="Vodacom")

    def shown(self, reply):
        page = reply.body.decode()
        return unescape(re.search("<headertext>(.*)</headertext>", page, re.DOTALL)[1]), "<option " not in page


class Hollatags(Telephone):
    def tell(self, text):
        return form(
            session_id="H1", session_msisdn=PHONE, session_from=f"*{self.code}#", session_mno="MTN", session_type="1",
            session_operation="continue" if self.typed else "begin", session_msg=text,
        )  # fmt: skip

    def shown(self, reply):
        said = orjson.loads(reply.body)
        return said["session_msg"], said["session_operation"] == "end"


#: A telephone for each dialect over HTTP.
TELEPHONES = {
    "africastalking": AfricasTalking, "bonga": Bonga, "crossgate": Crossgate, "safaricom": Safaricom, "airtel": Airtel,
    "dmark": Dmark, "mtech": Mtech, "infobip": Infobip, "imimobile": Imimobile, "vodacom": Vodacom, "hollatags": Hollatags,
}  # fmt: skip


class SmppTelephone(Telephone):
    """A phone behind an SMSC, in one of the dialects of SMPP."""

    def __init__(self, dialled, dialect) -> None:
        super().__init__(dialled)
        self._dialect = dialect

    def tell(self, text):
        sequence = len(self.typed)
        session = {
            "standard": {INFO: bytes((42, sequence << 1))},
            "sixdee": {INFO: bytes((42, 6))},
            "mica": {REFERENCE: 77},
            "huawei": {},
        }[self._dialect]
        return DeliverSm(
            service_type="USSD",
            source_addr=PHONE,
            destination_addr=self.code,
            short_message=text.encode("ascii"),
            tlvs={OP: 18 if self.typed else 1, **session},
        )

    def shown(self, pdu):
        return read_text(pdu), pdu.tlvs[OP] == 17
