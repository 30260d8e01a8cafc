"""What service codes and extensions may be, and what of both stands in what somebody dials.

>>> dialled_parts("*384*7*2#")
('384', '7*2')
>>> checked_extension("*7*2#")
'7*2'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mobilesasa.core.errors import BadValue
from mobilesasa.ussd.views import (
    CODE_DIGITS,
    EXTENSION_CHARACTERS,
    NETWORKS_MAX,
    WORDS_CHARACTERS,
    CodeKind,
    NewCode,
    NewExtension,
)

_CODE: Final = re.compile(rf"[0-9]{{1,{CODE_DIGITS}}}\Z", re.ASCII)
_EXTENSION: Final = re.compile(r"[0-9]+(?:\*[0-9]+)*\Z", re.ASCII)
_DIALLED: Final = re.compile(r"[*#]{1,3}([0-9]+)((?:\*[^*#]*)*)#\Z", re.ASCII)
_NETWORK_CHARACTERS: Final = 64


def dialled_parts(dialled: str) -> tuple[str, str]:
    """Return the digits of the code, and what stands behind it.

    Raises:
        BadValue: nobody can dial that.
    """
    found = _DIALLED.match(dialled.strip())
    if found is None:
        raise BadValue(f"{dialled!r} is nothing to dial; write it as *384*7#")
    return found[1], found[2].removeprefix("*")


def checked_code(written: str) -> str:
    """Return the digits of a service code, which may be written with its stars.

    Raises:
        BadValue: it is none.
    """
    code = written.strip().strip("*#")
    if not _CODE.match(code):
        raise BadValue(f"a service code is 1 to {CODE_DIGITS} digits, as 384 of *384#; {written!r} is not")
    return code


def checked_extension(written: str) -> str:
    """Return an extension, which may be written with a star before it and a hash behind; empty stays so.

    Raises:
        BadValue: nobody can dial it.
    """
    extension = written.strip().removesuffix("#").removeprefix("*")
    if extension and (len(extension) > EXTENSION_CHARACTERS or not _EXTENSION.match(extension)):
        raise BadValue(
            f"an extension is digits with stars between, {EXTENSION_CHARACTERS} characters at most,"
            f" as 7 of *384*7#; {written!r} is not"
        )
    return extension


def checked_on(kind: CodeKind, extension: str) -> str:
    """Return an extension that can be of a code of this kind.

    Raises:
        BadValue: a dedicated code is a team's as a whole, and a shared one only with something behind it.
    """
    if kind is CodeKind.DEDICATED and extension:
        raise BadValue("a dedicated code has no extensions; ask for the whole of it, with an empty extension")
    if kind is CodeKind.SHARED and not extension:
        raise BadValue("the code is shared; say which extension of it, such as 7")
    return extension


def checked_new_code(new: NewCode) -> NewCode:
    """Return a service code as it is kept.

    Raises:
        BadValue: its digits, its networks, or what is said of it.
    """
    return NewCode(
        code=checked_code(new.code),
        kind=new.kind,
        networks=checked_networks(new.networks),
        status=new.status,
        note=checked_words(new.note, "a note"),
    )


def checked_new_extension(new: NewExtension) -> NewExtension:
    """Return an extension as it is kept.

    Raises:
        BadValue: its code, itself, who is to answer, or what is said of it.
    """
    answering = new.answering
    ways = (answering.menu_uuid is not None, answering.callback_url is not None, answering.smpp)
    if sum(ways) > 1:
        raise BadValue("one answers at an extension: a menu, an address that is called, or a bind")
    return NewExtension(
        code=checked_code(new.code),
        extension=checked_extension(new.extension),
        answering=answering,
        note=checked_words(new.note, "a note"),
    )


def checked_networks(given: Sequence[str]) -> list[str]:
    """Return the names of networks, each once.

    Raises:
        BadValue: one is blank or too long, or there are too many.
    """
    names = list(dict.fromkeys(" ".join(name.split()) for name in given))
    if len(names) > NETWORKS_MAX:
        raise BadValue(f"a code has {NETWORKS_MAX} networks at most")
    for name in names:
        if not name or len(name) > _NETWORK_CHARACTERS or "\x00" in name:
            raise BadValue(f"a network's name has 1 to {_NETWORK_CHARACTERS} characters; {name!r} has not")
    return names


def checked_words(written: str, what: str) -> str:
    """Return what people say of something.

    Raises:
        BadValue: it is too long, or holds what cannot be kept.
    """
    words = written.strip()
    if len(words) > WORDS_CHARACTERS or "\x00" in words:
        raise BadValue(f"{what} has {WORDS_CHARACTERS} characters at most")
    return words
