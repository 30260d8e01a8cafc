"""Reads what is dialled and who answers it, for the picture that every node has in memory.

Whoever keeps a `ussd.directory.CurrentDirectory` listens on `CHANNEL`: triggers of the schema tell it of every change.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from twisted.logger import Logger

from mobilesasa.core.errors import BadValue, Refused
from mobilesasa.core.ussd_gateways import Gateway, gateway_options
from mobilesasa.store.database import Txn
from mobilesasa.ussd.compiled import compiled
from mobilesasa.ussd.directory import Directory, Extension, PublishedMenu, VersionKey
from mobilesasa.ussd.reading import read_menu

CHANNEL: Final = "ussd"

EXTENSIONS = """
SELECT ussd_extension.id, ussd_extension.team_id, digits, extension, menu_id, ussd_menu.version, callback_url, smpp
FROM ussd_extension JOIN ussd_code ON ussd_code.id = code_id LEFT JOIN ussd_menu ON ussd_menu.id = menu_id
WHERE ussd_extension.status = 'approved' AND ussd_code.status = 'approved'
"""

GATEWAYS = "SELECT name, dialect, digest, enabled, options FROM ussd_gateway"

MENUS = """
SELECT menu_id, ussd_menu_version.version, ussd_menu.uuid, definition, country
FROM unnest(%(ids)s::integer[], %(versions)s::integer[]) AS wanted (id, number)
JOIN ussd_menu_version ON menu_id = wanted.id AND ussd_menu_version.version = number
JOIN ussd_menu ON ussd_menu.id = menu_id JOIN team ON team.id = team_id
"""

log = Logger()


def load(txn: Txn, known: Collection[VersionKey]) -> tuple[Directory, list[PublishedMenu]]:
    """Return the picture of one moment, and the menus that answer in it, but those that are known."""
    txn.execute(EXTENSIONS)
    extensions = [
        Extension(
            id=id_, team_id=team_id, code=code, extension=extension, callback_url=url, smpp=smpp,
            menu=None if menu_id is None or version is None else (menu_id, version),
        )
        for id_, team_id, code, extension, menu_id, version, url, smpp in txn.fetchall()
    ]  # fmt: skip
    txn.execute(GATEWAYS)
    gateways = [gateway for row in txn.fetchall() if (gateway := _gateway(*row)) is not None]
    wanted = {each.menu for each in extensions if each.menu is not None} - set(known)
    return Directory(extensions, gateways), menus(txn, sorted(wanted))


def menus(txn: Txn, keys: Sequence[VersionKey]) -> list[PublishedMenu]:
    """Return versions of menus, ready to be walked through; those that there are not are left out."""
    if not keys:
        return []
    txn.execute(MENUS, {"ids": [menu for menu, _ in keys], "versions": [version for _, version in keys]})
    read = []
    for menu_id, version, uuid, definition, country in txn.fetchall():
        try:
            menu = read_menu(definition)
        except Refused as bad:  # what an older release has published; the menu is as good as gone
            log.error("version {version} of menu {menu} cannot be read: {bad}", version=version, menu=uuid, bad=bad)
            continue
        minutes = menu.options.resume_minutes
        read.append(PublishedMenu(key=(menu_id, version), menu=compiled(menu, country), resume_minutes=minutes))
    return read


def _gateway(name: str, dialect: str, digest: memoryview, enabled: bool, options: dict[str, object]) -> Gateway | None:
    try:
        read = gateway_options(options)
    except BadValue as bad:
        log.error("the options of USSD gateway {name} cannot be read: {bad}", name=name, bad=bad)
        return None
    return Gateway(name=name, dialect=dialect, secret_digest=bytes(digest), enabled=enabled, options=read)
