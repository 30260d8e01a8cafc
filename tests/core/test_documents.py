"""What a document for a sender name may be."""

import pytest

from mobilesasa.core.documents import OCTETS_MAX, kind_of
from mobilesasa.core.errors import BadFile


def test_a_document_is_known_by_how_it_begins():
    assert kind_of(b"%PDF-1.4") == "application/pdf"
    with pytest.raises(BadFile, match="a PDF, a PNG or a JPEG"):
        kind_of(b" %PDF-1.4")


def test_a_document_has_its_bounds():
    assert kind_of(b"%PDF-".ljust(OCTETS_MAX)) == "application/pdf"
    with pytest.raises(BadFile, match="at most 5 MiB"):
        kind_of(b"%PDF-".ljust(OCTETS_MAX + 1))
