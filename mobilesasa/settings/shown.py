"""The settings as a person may see them: with their sources, and without passwords."""

from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from mobilesasa.settings.model import FIELDS, Field, Settings, written

DEFAULT_SOURCE = "default"


class Shown(NamedTuple):
    """One setting for a person: its full name, its value as text, where that came from, and what it does."""

    name: str
    value: str
    source: str  # `default`, a variable's name, an option or the path of the file
    doc: str


def describe(settings: Settings) -> list[Shown]:
    """All settings in the order of the documentation; of a secret only what is not one."""
    return [
        Shown(field.name, _value(settings, field), settings.sources.get(field.name, DEFAULT_SOURCE), field.doc)
        for field in FIELDS
    ]


def _value(settings: Settings, field: Field) -> str:
    section = getattr(settings, field.section) if field.section else settings
    value = getattr(section, field.attribute.name)
    if field.secret:
        return masked(value)
    return "" if value is None and field.name.endswith("_file") else written(value)


def masked(url: str) -> str:
    """An address without its password and without its query, which may hold another one."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if ":" in user:
        user = f"{user.partition(':')[0]}:***"
    return urlunsplit((parts.scheme, f"{user}{at}{host}", parts.path, "***" if parts.query else "", ""))
