"""The table of dialects.

| dialect | evidence |
|---|---|
| africastalking | its documentation, "Handling USSD requests" and "Notifications"; Mobile Sasa and Hellio speak the same |
| bonga, crossgate | field notes, section 1 |
| safaricom | vumi, transports/safaricom: what is new is told by length, since `*` may stand in an answer |
| airtel | Comviva Flares 1.5.0, HTTP Pull API 1.2.0, by vumi, transports/airtel |
| dmark | vumi, transports/dmark |
| mtech | vumi, transports/mtech_ussd: calls within a session do not name the phone, but the page that they answer |
| infobip | "USSD Gateway to Third-party Application HTTP/REST/JSON", by vumi, transports/infobip |
| imimobile | vumi, transports/imimobile: no session, and the code is at the end of the address |
| vodacom | vumi, transports/httprpc/vodacom_messaging |
| hollatags | its documentation, "USSD inbound" |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mobilesasa.carriers.ussd import kinds, replies
from mobilesasa.carriers.ussd.dialect import Dialect

_TABLE: Final = (
    Dialect(
        name="africastalking",
        session=("sessionid",),
        msisdn=("phonenumber",),
        code=("servicecode",),
        text=("text",),
        network=("networkcode",),
        is_cumulative=True,
        kind=kinds.of_africastalking,
        write=replies.con_end,
    ),
    Dialect(
        name="bonga",
        session=("session_id",),
        msisdn=("mobile_number",),
        code=("service_code",),
        text=("message",),
        network=("network",),
        write=replies.con_end,
    ),
    Dialect(
        name="crossgate",
        session=("session_id",),
        msisdn=("msisdn",),
        code=("service_code",),
        text=("ussd_string",),
        network=("network_code",),
        write=replies.con_end,
    ),
    Dialect(
        name="safaricom",
        session=("session_id",),
        msisdn=("orig",),
        code=("dest",),
        text=("ussd_params",),
        is_cumulative=True,
        write=replies.con_end,
    ),
    Dialect(
        name="airtel",
        session=("sessionid",),
        msisdn=("msisdn",),
        text=("input",),
        network=("msc",),
        is_code_typed=True,
        kind=kinds.of_airtel,
        write=replies.flares,
    ),
    Dialect(
        name="dmark",
        session=("transactionid",),
        msisdn=("msisdn",),
        code=("ussdservicecode",),
        text=("ussdrequeststring",),
        tells_start=True,
        kind=kinds.of_dmark,
        write=replies.dmark,
    ),
    Dialect(
        name="mtech",
        session=("session_id",),
        msisdn=("mobile_number",),
        code=("gate",),
        text=("data",),
        repeats_phone=False,
        phone=kinds.phone_of_mtech,
        kind=kinds.of_mtech,
        write=replies.mtech,
    ),
    Dialect(
        name="infobip",
        session=("sessionid",),
        msisdn=("msisdn",),
        code=("shortcode",),
        text=("text",),
        network=("ussdgwid",),
        repeats_phone=False,
        is_session_in_address=True,
        tells_start=True,
        kind=kinds.of_infobip,
        write=replies.infobip,
    ),
    Dialect(
        name="imimobile",
        msisdn=("msisdn",),
        text=("msg", "sms"),
        network=("opnm", "circle"),
        is_code_in_address=True,
        kind=kinds.of_imimobile,
        write=replies.imimobile,
    ),
    Dialect(
        name="vodacom",
        session=("ussdsessionid", "context"),
        msisdn=("msisdn",),
        text=("request",),
        network=("provider",),
        write=replies.vodacom,
    ),
    Dialect(
        name="hollatags",
        session=("session_id",),
        msisdn=("session_msisdn",),
        code=("session_from",),
        text=("session_msg",),
        network=("session_mno",),
        tells_start=True,
        kind=kinds.of_hollatags,
        write=replies.hollatags,
    ),
)
#: All of them by name.
DIALECTS: Final[Mapping[str, Dialect]] = {dialect.name: dialect for dialect in _TABLE}
