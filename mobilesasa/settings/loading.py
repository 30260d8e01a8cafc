"""Reads the settings from the file and the environment, and says all that is wrong with them at once."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mobilesasa.settings.model import FIELDS, SECTIONS, Settings

PREFIX = "MOBILESASA_"
CONFIG_VARIABLE = "MOBILESASA_CONFIG"
TEST_PREFIX = "MOBILESASA_TEST_"  # the test suite's own; no node reads them
FILE_NAME = "mobilesasa.toml"


class BadSettings(Exception):
    """Settings that no node can start with; `problems` names each of them in a sentence."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        count = f"{len(self.problems)} settings are" if len(self.problems) > 1 else "one setting is"
        super().__init__("\n".join([f"{count} wrong:", *(f"  - {problem}" for problem in self.problems)]))


def load(
    environ: Mapping[str, str], config_path: Path | None = None, options: Mapping[str, str] = MappingProxyType({})
) -> Settings:
    """The settings of this process. Nothing is made, connected to or bound.

    Args:
        environ: the environment; empty variables count as not set, `MOBILESASA_TEST_…` ones are left alone.
        config_path: the file; else the one that `MOBILESASA_CONFIG` names, else `./mobilesasa.toml` if it is there.
        options: what the command line says, by name (`state_dir`, `smpp.window`); it wins over the environment.

    Raises:
        BadSettings: with all that is wrong: values, unknown names, a file that cannot be read, two listeners on a port.
    """
    problems: list[str] = []
    given = {name: (value, f"--{name.replace('_', '-')}") for name, value in options.items()}
    found = {**_from_file(_config_path(environ, config_path), problems), **_from_environ(environ, problems), **given}
    values: dict[str, Any] = {}
    for field in FIELDS:
        if field.name in found:
            value, source = found[field.name]
            try:
                values[field.name] = field.read(value)
            except ValueError as wrong:
                problems.append(f"{source}: {field.name} {wrong}")
    settings = _built(values, {name: source for name, (_, source) in found.items()})
    problems.extend(_clashes(settings))
    if problems:
        raise BadSettings(problems)
    return settings


def _config_path(environ: Mapping[str, str], config_path: Path | None) -> Path | None:
    if config_path is not None:
        return config_path
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE])
    return Path(FILE_NAME) if Path(FILE_NAME).exists() else None


def _from_file(path: Path | None, problems: list[str]) -> dict[str, tuple[object, str]]:
    """What stands in the file, by full name, with the file as its source."""
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failed:
        problems.append(f"{path}: cannot be read: {failed.strerror}")
        return {}
    except UnicodeDecodeError:
        problems.append(f"{path}: is not UTF-8 text")
        return {}
    except tomllib.TOMLDecodeError as wrong:
        problems.append(f"{path}: is not TOML: {wrong}")
        return {}
    flat: dict[str, object] = {}
    for key, value in content.items():
        if key in SECTIONS and isinstance(value, dict):
            flat.update({f"{key}.{inner}": one for inner, one in value.items()})
        elif key in SECTIONS:
            problems.append(f"{path}: {key} must be a section, [{key}]")
        else:
            flat[key] = value
    known = {field.name for field in FIELDS}
    problems.extend(f"{path}: {name} is no setting{_meant(name, known)}" for name in flat if name not in known)
    return {name: (value, str(path)) for name, value in flat.items() if name in known}


def _from_environ(environ: Mapping[str, str], problems: list[str]) -> dict[str, tuple[object, str]]:
    """What the environment says, by full name, with the variable as its source."""
    known = {field.variable: field for field in FIELDS}
    found: dict[str, tuple[object, str]] = {}
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE or variable.startswith(TEST_PREFIX):
            continue
        if variable not in known:
            problems.append(f"{variable} is no setting{_meant(variable, {*known, CONFIG_VARIABLE})}")
        elif value:
            found[known[variable].name] = (value, variable)
    return found


def _meant(name: str, known: Iterable[str]) -> str:
    """The setting that was probably meant: near in spelling, or the same words elsewhere (`smpp.port`, `smpp_port`)."""
    plain = {each.replace(".", "_"): each for each in known}
    section_less = [each for each in plain.values() if each.rpartition(".")[2] == name]
    near = section_less or [plain[each] for each in difflib.get_close_matches(name.replace(".", "_"), plain, 1, 0.75)]
    return f"; did you mean {near[0]}?" if near else ""


def _built(values: Mapping[str, Any], sources: Mapping[str, str]) -> Settings:
    flat = {name: value for name, value in values.items() if "." not in name}
    sections = {section: kind(**_inside(section, values)) for section, kind in SECTIONS.items()}
    return Settings(**flat, **sections, sources=MappingProxyType(dict(sources)))


def _inside(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(f"{section}."): value for name, value in values.items() if name.startswith(f"{section}.")}


def _clashes(settings: Settings) -> Iterable[str]:
    """What is wrong between settings, or between them and this machine, although each can be read."""
    ports: dict[int, str] = {}
    for name in ("http_port", "https_port", "smpp_port", "smpp_tls_port"):
        port: int | None = getattr(settings, name)
        if port:
            if port in ports:
                yield f"{name} and {ports[port]} are both {port}; two listeners cannot share a port"
            ports[port] = name
    if settings.smpp.enquire_link_s >= settings.smpp.idle_timeout_s:
        yield "smpp.enquire_link_s must be shorter than smpp.idle_timeout_s, or the question comes too late"
    if settings.dispatch.sweep_interval_s >= settings.dispatch.lease_s:
        yield "dispatch.sweep_interval_s must be shorter than dispatch.lease_s, or leases run out"
    for section in ("smpp", "http"):
        served = getattr(settings, section)
        if (served.tls_certificate_file is None) != (served.tls_key_file is None):
            yield f"{section}.tls_certificate_file and {section}.tls_key_file go together: set both or neither"
    if refused := _refused_folder(settings.state_dir):
        yield f"state_dir {refused}"


def _refused_folder(path: Path) -> str:
    """Why the folder can be neither used nor made; empty when it can."""
    try:
        nearest = next(each for each in (path, *path.parents) if each.exists())
    except OSError as failed:
        return f"{path} cannot be reached: {failed.strerror}"
    if not nearest.is_dir():
        return f"{path} cannot be made: {nearest} is not a folder"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{path} cannot be {'used' if nearest == path else 'made'}: no right to write in {nearest}"
    return ""
