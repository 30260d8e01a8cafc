"""What a team shows to prove that it may use a sender name: a PDF or a picture (decision 36)."""

from __future__ import annotations

from typing import Final

from mobilesasa.core.errors import BadFile

OCTETS_MAX: Final = 5_242_880
#: What a document may be, by how it begins; its name says nothing.
KINDS: Final = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


def kind_of(octets: bytes) -> str:
    """Return the content type of a document.

    Raises:
        BadFile: it is neither PDF, PNG nor JPEG, or too large.
    """
    if len(octets) > OCTETS_MAX:
        raise BadFile(f"a document has at most {OCTETS_MAX // 1_048_576} MiB")
    for beginning, kind in KINDS.items():
        if octets.startswith(beginning):
            return kind
    raise BadFile("a document is a PDF, a PNG or a JPEG; this file is none of them")
