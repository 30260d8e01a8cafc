"""Files of contacts, as people and programs make them."""

import io
import re
import zipfile
from typing import Any

import openpyxl

from mobilesasa.contacts.reading import tables
from mobilesasa.contacts.reading.shapes import Shape


def workbook(*sheets: Any, titles: tuple[str, ...] = ()) -> io.BytesIO:
    """A workbook with these sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for n, rows in enumerate(sheets):
        sheet = book.create_sheet(titles[n] if titles else f"Sheet{n + 1}")
        for row in rows:
            sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made


def streamed(rows: Any) -> io.BytesIO:
    """A workbook as programs stream it: without its size, the texts in the cells."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("People")
    for row in rows:
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made


_SHARED = """<Override PartName="/xl/sharedStrings.xml"
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>"""


def shared(rows: Any, table: str | None = None) -> io.BytesIO:
    """A workbook as Excel writes it, its texts in a table of their own; or with another table than that."""
    made = workbook(rows)
    texts: list[str] = []

    def numbered(found: re.Match[bytes]) -> bytes:
        texts.append(found[1].decode())
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    with zipfile.ZipFile(made) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        types = archive.read("[Content_Types].xml").decode().replace("</Types>", _SHARED)
    sheet = re.sub(rb't="inlineStr"><is><t>(.*?)</t></is>', numbered, sheet)
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    table = f'<sst xmlns="urn:s">{items}</sst>' if table is None else table
    made = rezipped(made, sheet1=sheet, **{"[Content_Types]": types.encode()})
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", table)
    return made


def rezipped(file: io.BytesIO, **members: bytes) -> io.BytesIO:
    """The same ZIP with other contents of members, named by the end of their paths without the `.xml`."""
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            octets = members.get(name.rpartition("/")[2].removesuffix(".xml"), old.read(name))
            new.writestr(name, octets)
    return made


def zipped(**members: bytes) -> io.BytesIO:
    """A ZIP of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            archive.writestr(name, octets)
    return made


def read(file: io.BytesIO, **mapping: str) -> tuple[Shape, list[tuple[int, list[str]]]]:
    """How a file is read, and all its rows."""
    shape = tables.look(file, mapping)
    with tables.rows(file, shape) as rows:
        return shape, list(rows)


def text(content: str, encoding: str = "utf-8") -> io.BytesIO:
    """A file of text."""
    return io.BytesIO(content.encode(encoding))
