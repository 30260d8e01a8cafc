"""CSV as spreadsheets and programs write it: which encoding, which separator, and the rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final, cast

from mobilesasa.contacts.reading.columns import PHONE, guessed
from mobilesasa.core.errors import BadFile

SEPARATORS: Final = (",", ";", "\t", "|")
_LOOKED_AT: Final = 65_536  # octets that tell what a file is
_SLICE: Final = 262_144
_MARKS: Final = (  # the longer ones first: UTF-32's begins as UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_IN_TEXT: Final = frozenset(range(32)) - {9, 10, 11, 12, 13, 26, 27}
#: What the first octets say that is no CSV, in words.
_OTHERS: Final = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "compressed"),
    (b"Rar!", "compressed"),
    (b"7z\xbc\xaf", "compressed"),
)
_MARKUP: Final = (b"<!doctype", b"<html", b"<table", b"<?xml", b"{", b"[")


def encoding_of(file: BinaryIO) -> str:
    """Return the encoding of a text: by its mark, UTF-16 by its zeros, UTF-8 where it is that, else that of Windows.

    Raises:
        BadFile: it is no text.
    """
    file.seek(0)
    begin = file.read(_LOOKED_AT)
    for mark, encoding in _MARKS:
        if begin.startswith(mark):
            return encoding
    _check_kind(begin)
    if zeros := begin.count(0):
        return _wide(begin, zeros)
    if any(octet in _NOT_IN_TEXT for octet in set(begin)):
        raise BadFile("the file is no text; a CSV or an XLSX file is needed")
    return next(encoding for encoding in ("utf-8", "cp1252", "latin-1") if _decodes(file, encoding))


def opened(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """Return a file as text from its beginning, line ends as they are; closing it leaves the file open."""
    file.seek(0)
    return io.TextIOWrapper(cast(Any, _Kept(file)), encoding=encoding, errors="replace", newline="")


def separator_of(text: io.TextIOBase, mapping: Mapping[str, str | None]) -> str:
    """Return the separator: by Excel's own line `sep=;`, else that which finds a phone column, and the most columns.

    Args:
        text: from its beginning.
        mapping: headers that must be there.
    """
    begin = text.read(_LOOKED_AT)
    first = begin.partition("\n")[0].rstrip("\r").strip('"')
    if first[:4].casefold() == "sep=" and first[4:] in SEPARATORS:
        return first[4:]
    named = {header.strip().casefold() for header in mapping}

    def worth(separator: str) -> tuple[bool, int]:
        headers = [cell.strip() for cell in _first_row(begin, separator)]
        known = any(guessed(header) == PHONE or header.casefold() in named for header in headers)
        return known, len(headers)

    return max(SEPARATORS, key=worth)  # of equals the first


def rows_of(text: io.TextIOBase, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with its number from 1 as a spreadsheet counts them.

    Raises:
        BadFile: a cell never ends.
    """
    reader = csv.reader(text, delimiter=separator)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(cells) and any(map(str.strip, cells)) and not (number == 1 and _is_sep(cells, separator)):
                yield number, cells
    except csv.Error as error:
        raise BadFile(f"row {number + 1} cannot be read: {error}; most likely a quote is not closed") from None


def _is_sep(cells: list[str], separator: str) -> bool:
    """Say whether the first row is Excel's own line."""
    return separator.join(cells).casefold() == f"sep={separator}".casefold()


def _first_row(begin: str, separator: str) -> list[str]:
    try:
        return next((cells for _, cells in rows_of(io.StringIO(begin, newline=""), separator)), [])
    except BadFile:
        return []


def _check_kind(begin: bytes) -> None:
    if not begin.strip():
        raise BadFile("the file is empty")
    for mark, kind in _OTHERS:
        if begin.startswith(mark):
            raise BadFile(f"the file is {kind}; a CSV or an XLSX file is needed")
    if begin.lstrip().lower().startswith(_MARKUP):
        raise BadFile("the file is a web page, XML or JSON, whatever its name is; save it as CSV or XLSX")


def _wide(begin: bytes, zeros: int) -> str:
    """Return UTF-16 by where the zeros are; they stand on one side of what is mostly ASCII."""
    even, half = begin[::2].count(0), len(begin) // 2
    if zeros >= half * 0.4 and even in (0, zeros):
        return "utf-16-be" if even else "utf-16-le"
    raise BadFile("the file is no text; a CSV or an XLSX file is needed")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        read: Callable[[], bytes] = lambda: file.read(_SLICE)  # noqa: E731 - for iter
        for piece in iter(read, b""):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Kept(io.RawIOBase):
    """A file that whoever wraps it cannot close."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        octets = self._file.read(len(buffer))
        buffer[: len(octets)] = octets
        return len(octets)
