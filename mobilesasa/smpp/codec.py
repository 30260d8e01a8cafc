"""Compiles the table of fields of a PDU class into one `decode` and one `encode` function.

How to think about it: a class is a list of (name, kind); each kind knows the source text that reads it and that
writes it (`kinds`). The texts are strung together and executed once, when the class is made, as attrs does for
`__init__`. So the hot path is straight code without a loop over fields. The text is kept in `linecache`: a traceback
shows it.

Numbers of one octet are taken by index, strings by `str.find` in the body read as latin-1, an empty string is seen by
its first octet. Every read is bounded by the size of its field. A value is built without `__init__`, straight in its slots.
"""

import linecache
import struct
from collections.abc import Callable
from typing import Any, Final

import attrs

from mobilesasa.smpp.errors import MalformedBody, Unencodable
from mobilesasa.smpp.kinds import Kind, Listed, Sized
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS, read_tlvs, write_tlvs

#: Length, command_id, command_status, sequence_number (§3.2).
HEADER: Final = struct.Struct(">4L")
_WORD: Final = struct.Struct(">L")
_CHARACTERS: Final = {number: chr(number) for number in range(256)}
_INDENT = "        "


def table_of(cls: type) -> list[tuple[str, Kind]]:
    """Return the fields of a PDU or part class in wire order, each with its kind."""
    found: list[tuple[str, Kind]] = []
    for field in attrs.fields(cls):
        found.extend((field.name, kind) for kind in getattr(field.type, "__metadata__", ()))
    if any(isinstance(kind, Sized) for _, kind in found[:-1]):
        raise TypeError(f"{cls.__name__}: octets with a length must be the last field")
    return found


def unencodable(value: Any) -> Unencodable:
    """Return the error that names the field of `value` which does not fit."""
    for name, kind in table_of(type(value)):
        fault = kind.fault(getattr(value, name))
        if fault:
            return Unencodable(f"{type(value).__name__}.{name} {fault}")
    return Unencodable(f"{type(value).__name__}: the header or the TLVs do not fit")


def refuse(value: Any) -> None:
    """Raise the error that names the field of `value` which does not fit."""
    raise unencodable(value)


def compile_pdu(cls: type, command_id: int) -> tuple[Callable[..., Any], Callable[..., bytes]]:
    """Return the functions `decode(body, status, sequence)` and `encode(pdu, sequence=0)` of a PDU class."""
    table = table_of(cls)
    response = bool(command_id & 0x80000000)
    source = [*_decode_source(table, response), "", *_encode_source(table, command_id, response)]
    made = _execute(cls, source, _names(cls, table))
    return made["decode"], made["encode"]


def compile_part(cls: type) -> tuple[Callable[..., Any], Callable[..., str]]:
    """Return the functions `read(body, text, p) -> (value, p)` and `write(value) -> str` of a part class."""
    table = table_of(cls)
    source = ["def read(body, text, p):", "    find = text.find", *_reading(table, "{}", "    ")]
    values = ", ".join(f"{name}={name}" for name, _ in table)
    source += [f"    return cls({values}), p", "", "def write(pdu):", "    try:"]
    source += _checking(table)
    source += [f"{_INDENT}return {_head(table)}", *_refusing()]
    made = _execute(cls, source, _names(cls, table))
    return made["read"], made["write"]


def _reading(table: list[tuple[str, Kind]], into: str, indent: str) -> list[str]:
    """String the reading statements together; runs of fixed fields move `p` once."""
    lines: list[str] = []
    ahead = 0
    for name, kind in table:
        if kind.octets is None and ahead:
            lines.append(f"p += {ahead}")
            ahead = 0
        lines += kind.reading(name, into.format(name), f"p + {ahead}" if ahead else "p")
        ahead += kind.octets or 0
    if ahead:
        lines.append(f"p += {ahead}")
    return [indent + line for line in lines]


def _decode_source(table: list[tuple[str, Kind]], response: bool) -> list[str]:
    lines = [
        "def decode(body, status, sequence):",
        "    pdu = new(cls)",
        "    pdu.status = status",
        "    pdu.sequence = sequence",
    ]
    if response and table:
        # A response without a body is met everywhere, refused (by the specification) or not.
        lines += ["    if not body:", "        return cls(status=status, sequence=sequence)"]
    lines += ["    p = 0", "    try:", f"{_INDENT}text = body.decode('latin-1')", f"{_INDENT}find = text.find"]
    lines += _reading(table, "pdu.{}", _INDENT)
    lines += [f"{_INDENT}pdu.tlvs = NO_TLVS if p == len(body) else read_tlvs(body, p)"]
    lines += ["    except (IndexError, MalformedBody, StructError) as bad:"]
    if response:
        lines += ["        if status:", "            return cls(status=status, sequence=sequence)"]
    lines += ["        if isinstance(bad, MalformedBody):", "            raise"]
    lines += ["        raise MalformedBody(Status.ESME_RINVCMDLEN, 'body') from None", "    return pdu"]
    return lines


def _encode_source(table: list[tuple[str, Kind]], command_id: int, response: bool) -> list[str]:
    lines = ["def encode(pdu, sequence=0):", "    try:", f"{_INDENT}status = pdu.status", f"{_INDENT}tlvs = pdu.tlvs"]
    if response:
        # "The body is not returned if command_status is not zero" (§4.4.2 and others).
        bare = f"{_INDENT}    return pack_header(16, {command_id:#x}, status, sequence or pdu.sequence)"
        lines += [f"{_INDENT}if status and not tlvs:", bare]
    lines += _checking(table)
    octets = [f"{_head(table)}.encode('latin-1')"] if table else []
    if table and isinstance(table[-1][1], Sized):
        octets.append(table[-1][0])
    lines.append(f"{_INDENT}body = {' + '.join(octets) or repr(b'')}")
    lines += [f"{_INDENT}if tlvs is not NO_TLVS:", f"{_INDENT}    body += write_tlvs(tlvs)"]
    header = f"pack_header(16 + len(body), {command_id:#x}, status, sequence or pdu.sequence)"
    lines += [f"{_INDENT}return {header} + body", *_refusing()]
    return lines


def _checking(table: list[tuple[str, Kind]]) -> list[str]:
    lines: list[str] = []
    for name, kind in table:
        lines += [f"{name} = pdu.{name}", *kind.checking(name)]
    return [_INDENT + line for line in lines]


def _head(table: list[tuple[str, Kind]]) -> str:
    # Joined, not formatted: what is no string is a TypeError then.
    return "''.join((" + ", ".join(kind.writing(name) for name, kind in table) + ",))"


def _refusing() -> list[str]:
    return [
        "    except (KeyError, TypeError, AttributeError, UnicodeEncodeError, StructError):",
        "        raise unencodable(pdu) from None",
    ]


def _names(cls: type, table: list[tuple[str, Kind]]) -> dict[str, Any]:
    """Return what the compiled text refers to."""
    names: dict[str, Any] = {
        "CHARACTERS": _CHARACTERS,
        "MalformedBody": MalformedBody,
        "NO_TLVS": NO_TLVS,
        "Status": Status,
        "StructError": struct.error,
        "cls": cls,
        "new": object.__new__,
        "pack_header": HEADER.pack,
        "pack_word": _WORD.pack,
        "read_tlvs": read_tlvs,
        "refuse": refuse,
        "unencodable": unencodable,
        "unpack_word": _WORD.unpack_from,
        "write_tlvs": write_tlvs,
    }
    for name, kind in table:
        if isinstance(kind, Listed):
            names[f"read_{name}"], names[f"write_{name}"] = _list_functions(name, kind)
    return names


def _list_functions(name: str, kind: Listed) -> tuple[Callable[..., Any], Callable[..., str]]:
    """Return the functions that read and write a list of parts; lists are rare, so a plain loop does."""
    compiled = {part: compile_part(part) for part in kind.parts}
    flagged = len(kind.parts) > 1
    readers = {part.flag if flagged else 0: functions[0] for part, functions in compiled.items()}  # type: ignore[attr-defined]
    flags = {part: chr(part.flag) if flagged else "" for part in kind.parts}  # type: ignore[attr-defined]

    def read(body: bytes, text: str, p: int) -> tuple[tuple[Any, ...], int]:
        count = body[p]
        if not kind.least <= count <= kind.limit:
            raise MalformedBody(kind.refused_with, name)
        p += 1
        parts = []
        for _ in range(count):
            flag = 0
            if flagged:
                flag = body[p]
                p += 1
            if flag not in readers:
                raise MalformedBody(kind.flag_refused_with, name)
            part, p = readers[flag](body, text, p)
            parts.append(part)
        return tuple(parts), p

    def write(parts: tuple[Any, ...]) -> str:
        return "".join([flags[type(part)] + compiled[type(part)][1](part) for part in parts])

    return read, write


def _execute(cls: type, source: list[str], names: dict[str, Any]) -> dict[str, Any]:
    filename = f"<smpp codec of {cls.__name__}>"
    text = "\n".join(source) + "\n"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), names)  # noqa: S102  # our own text, built from our own tables
    return names
