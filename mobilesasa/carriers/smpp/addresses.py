"""Senders and recipients as one carrier wants them: type of number, numbering plan, and the way a number is written."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mobilesasa.carriers.smpp.options import NumberForm, SmppOptions

Address = tuple[int, int, str]  # type of number, numbering plan, the address itself
#: source_addr and destination_addr have room for so many characters (SMPP 3.4 §5.2.8, §5.2.9).
_CHARACTERS: Final = 20


class AddressWriter:
    """Writes addresses for one carrier."""

    def __init__(self, options: SmppOptions) -> None:
        """Keep the options that bear on an address."""
        self._options = options
        self._international = (options.international_ton, options.international_npi)
        self._national = (options.national_ton, options.national_npi)
        self._plain = options.destination_form is NumberForm.DIGITS
        self.source = lru_cache(4096)(self._source)

    def destination(self, number: str) -> Address:
        """Return the address of a recipient, E.164 without the plus."""
        if self._plain:
            return *self._international, number
        return self._number(number, self._options.destination_form)

    def _source(self, sender: str) -> Address:
        options = self._options
        digits = sender.removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            return options.alphanumeric_ton, options.alphanumeric_npi, sender
        if len(digits) <= options.short_code_digits:
            return options.short_code_ton, options.short_code_npi, digits
        return self._number(digits, options.source_form)

    def _number(self, digits: str, form: NumberForm) -> Address:
        code = self._options.calling_code
        if form is NumberForm.NATIONAL and code and digits.startswith(code):
            return *self._national, self._options.national_prefix + digits.removeprefix(code)
        front = {NumberForm.PLUS: "+", NumberForm.ZEROS: "00"}.get(form, "")
        return *self._international, (front + digits)[:_CHARACTERS]
