"""How a file is read, as a value."""

from __future__ import annotations

from collections.abc import Sequence

import attrs


@attrs.frozen(kw_only=True)
class Shape:
    """How a file is read; made by one look at it, and true as long as the file is the same."""

    format: str  # csv, xlsx
    encoding: str | None = None  # of CSV
    separator: str | None = None  # of CSV
    sheet: str | None = None  # of XLSX: its title
    headers: Sequence[str]  # trimmed
    header_row: int  # from 1
    total_rows: int  # that are not empty, without the headers
