"""All that is made of the route table, each when somebody first asks for it, and once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import orjson

from mobilesasa.api.fixed import Sent
from mobilesasa.api.openapi import document
from mobilesasa.api.reference.calls import JSON
from mobilesasa.api.reference.page import written
from mobilesasa.api.reference.postman import collection
from mobilesasa.api.routes import Route
from mobilesasa.api.schemas import JsonObject


class Made:
    """The reference in its forms.

    Args:
        table: what it is made of, complete.
    """

    def __init__(self, table: Sequence[Route]) -> None:
        """Make nothing yet."""
        self._table = table

    @cached_property
    def _document(self) -> JsonObject:
        return document(self._table)

    @cached_property
    def page(self) -> str:
        """The page, with the reference's address in its examples."""
        return written(self._table, self._document)

    @cached_property
    def openapi(self) -> Sent:
        """The OpenAPI document."""
        return Sent(JSON, orjson.dumps(self._document, option=orjson.OPT_APPEND_NEWLINE))

    @cached_property
    def postman(self) -> Sent:
        """The Postman collection."""
        return Sent(JSON, orjson.dumps(collection(self._table), option=orjson.OPT_APPEND_NEWLINE))
