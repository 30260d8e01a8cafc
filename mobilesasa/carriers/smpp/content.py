"""The octets of a message as one carrier wants them: in its alphabet, and split in its way.

How to think about it: the gateway has counted and charged the parts in GSM 7 or UCS-2. A carrier may read its default
alphabet as something else, and take long messages in four ways; but the parts stay those that were counted, so that each
has its place in what was sent and what is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import attrs

from mobilesasa.carriers.smpp.options import DefaultAlphabet, LongForm, SmppOptions
from mobilesasa.core.model import Coding, Outbound
from mobilesasa.smpp.tlvs import Tag, Tlvs
from mobilesasa.sms.alphabet import encode_gsm, encode_ucs2
from mobilesasa.sms.segments import Alphabet, Segments, TooLong, split, split_octets
from mobilesasa.sms.udh import Udh, read_udh
from mobilesasa.values import hot_value

#: The longest short_message; what is longer goes as message_payload (SMPP 3.4 §5.2.22).
_SHORT_OCTETS: Final = 254
_CODECS: Final = {DefaultAlphabet.LATIN1: "latin-1", DefaultAlphabet.ASCII: "ascii", DefaultAlphabet.UTF8: "utf-8"}
_REFERENCE_MAX: Final = 0xFFFF
_IN_UCS2: Final = Coding.UCS2  # a name of the module is found sooner than a member of an enumeration


class NotSayable(ValueError):
    """The carrier's alphabets cannot say a text in the parts that it has; another carrier's may."""


@attrs.frozen
class Script:
    """How a text is written for the carrier, and under which data_coding."""

    data_coding: int
    encode: Callable[[str], bytes]
    alphabet: Alphabet  # that the parts are counted in


@hot_value
class Content:
    """What goes into the PDUs of one message."""

    data_coding: int
    payloads: list[bytes]
    has_udh: bool = False
    tlvs: list[Tlvs] | None = None  # for each PDU, where any has some


class ContentWriter:
    """Writes the content of messages for one carrier."""

    def __init__(self, options: SmppOptions) -> None:
        """Make the table of alphabets."""
        self._long = options.long_messages
        self._own = _CODECS.get(options.default_alphabet)
        self._latin1 = options.latin1_data_coding if options.default_alphabet is DefaultAlphabet.ASCII else None
        self._gsm7_data_coding = options.gsm7_data_coding
        self._gsm7 = Script(options.gsm7_data_coding, encode_gsm, Alphabet.GSM7)
        self._ucs2 = Script(options.ucs2_data_coding, encode_ucs2, Alphabet.UCS2)
        self._binary_data_coding = options.binary_data_coding

    def write(self, message: Outbound, in_gsm: bool = False) -> Content:
        """Return the content of a message.

        Args:
            message: what is to be sent.
            in_gsm: whether a text in GSM 7 goes as such, whatever the carrier's default alphabet is: its data_coding
                says so, as those of a message class do.

        Raises:
            NotSayable: The carrier's alphabets do not have the text.
            ValueError: The text does not fit its alphabet, or the message its parts.
        """
        text = message.text
        if text is None or self._goes_as_octets(message, in_gsm):
            body = message.body or b""
            data_coding = self._data_coding_of_octets(message)
            if message.parts == 1:
                return Content(data_coding, [message.udh + body], bool(message.udh))
            return self._split(message, Script(data_coding, encode_gsm, Alphabet.BINARY))
        script = self._ucs2 if message.coding is _IN_UCS2 else self._gsm7
        if self._own is not None and script is self._gsm7 and not in_gsm:
            script = self._script(text, self._own, message)
        if message.parts == 1:  # a part that the team split itself goes as it is (decision 121)
            payload = message.udh + script.encode(text)
            if len(payload) <= _SHORT_OCTETS:
                return Content(script.data_coding, [payload], bool(message.udh))
            return Content(script.data_coding, [b""], bool(message.udh), [{Tag.MESSAGE_PAYLOAD: payload}])
        return self._split(message, script)

    def _goes_as_octets(self, message: Outbound, in_gsm: bool) -> bool:
        """Say whether a part that was cut through a character goes as it is: a carrier of another alphabet has no escape."""
        return message.body is not None and (message.coding is not Coding.GSM7 or self._own is None or in_gsm)

    def _data_coding_of_octets(self, message: Outbound) -> int:
        if message.text is None:
            return self._binary_data_coding
        return self._gsm7_data_coding if message.coding is Coding.GSM7 else self._ucs2.data_coding

    def _script(self, text: str, codec: str, message: Outbound) -> Script:
        """Return how a text that is GSM 7 is written where the carrier's default alphabet is another."""
        for name, data_coding in ((codec, self._gsm7_data_coding), ("latin-1", self._latin1)):
            if data_coding is None:
                continue
            try:
                text.encode(name)
            except UnicodeEncodeError:
                continue
            return Script(data_coding, partial(str.encode, encoding=name), Alphabet.GSM7)
        try:
            fits = len(split(text, Alphabet.UCS2, max_parts=message.parts)) == message.parts and not message.udh
        except TooLong:
            fits = False
        if fits:
            return self._ucs2
        raise NotSayable("the carrier's alphabet lacks a character of the text, and in UCS-2 it needs more parts")

    def _split(self, message: Outbound, script: Script) -> Content:
        # The reference comes from the id, so that a part which is sent in a later attempt fits those that were taken.
        reference = int(message.id[-4:], 16)
        form = self._long
        if form is LongForm.PAYLOAD and not message.sent_parts:
            return self._whole(message, script)
        wide = form is LongForm.UDH16
        try:
            segments = _segments(message, script.alphabet, wide)
        except TooLong:
            if not wide:
                raise
            segments = _segments(message, script.alphabet, False)
        if script.alphabet is Alphabet.GSM7 and script is not self._gsm7:
            written = tuple(attrs.evolve(part, octets=script.encode(part.text)) for part in segments.parts)
            segments = attrs.evolve(segments, parts=written)
        if form is LongForm.SAR:
            return _with_sar(segments, reference, script.data_coding)
        return Content(script.data_coding, segments.payloads(reference), segments.has_udh)

    def _whole(self, message: Outbound, script: Script) -> Content:
        octets = message.body or b"" if message.text is None else script.encode(message.text)
        tlvs: Tlvs = {Tag.MESSAGE_PAYLOAD: message.udh + octets}
        return Content(script.data_coding, [b""], bool(message.udh), [tlvs])


def _segments(message: Outbound, alphabet: Alphabet, wide: bool) -> Segments:
    elements = read_udh(message.udh)[0].elements if message.udh else ()  # of the team's, such as ports: in every part
    if message.text is None:
        body = message.body or b""
        return split_octets(body, wide_reference=wide, elements=elements, max_parts=message.parts)
    return split(message.text, alphabet, wide_reference=wide, elements=elements, max_parts=message.parts)


def _with_sar(segments: Segments, reference: int, data_coding: int) -> Content:
    head = Udh(segments.elements).octets if segments.elements else b""
    total = len(segments)
    tlvs: list[Tlvs] = [
        {
            Tag.SAR_MSG_REF_NUM: reference & _REFERENCE_MAX,
            Tag.SAR_TOTAL_SEGMENTS: total,
            Tag.SAR_SEGMENT_SEQNUM: number,
        }
        for number in range(1, total + 1)
    ]
    return Content(data_coding, [head + part.octets for part in segments.parts], bool(head), tlvs)
