"""What is set for an HTTP carrier as it may be shown: without what is secret, or may be.

Masked are the secrets of the preset and of the operator, whatever has a word in its name that secrets have, all that is
written out under headers, parameters of addresses and those of the token endpoint, and in addresses who we are. A
template that names a secret holds none, and is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from mobilesasa.carriers.http import presets
from mobilesasa.carriers.http.spec import SECRET, TABLES, laid_over, with_tables
from mobilesasa.carriers.masking import MASK

Path = tuple[str, ...]

_WORDS: Final = ("assertion", "auth", "key", "pass", "pwd", "secret", "signature", "token")
_SHOWN: Final = frozenset({"callback_header", "client_auth", "token_url"})  # although one of the words is in them
#: Tables in which everything that is no template is masked: nobody can tell a secret by its name there.
_OPAQUE: Final = (("request", "headers"), ("request", "query"), ("request", "auth", "params"), (SECRET,))
_TEMPLATE: Final = re.compile(r"\{[^{}]+\}")
_USER: Final = re.compile(r"(?<=://)[^/?#]*@")


def shown(given: Mapping[str, object]) -> dict[str, Any]:
    """Return options as they may be shown."""
    nested = with_tables(given)
    hidden = _declared_secrets(nested)
    return {name: _masked((name,), value, hidden) for name, value in nested.items()}


def _declared_secrets(nested: Mapping[str, Any]) -> frozenset[Path]:
    """Return where the values of the options are that are declared as secrets, by the preset or the operator."""
    try:
        declared = dict(presets.tables(str(nested.get("preset", "generic"))).get("options", {}))
    except KeyError:
        declared = {}
    own = nested.get("options")
    declared = laid_over(declared, own) if isinstance(own, Mapping) else declared
    names = [name for name, spec in declared.items() if isinstance(spec, Mapping) and spec.get("secret")]
    return frozenset({path for name in names for path in ((name,), ("options", name, "default"))})


def _masked(path: Path, value: Any, hidden: frozenset[Path]) -> Any:
    if isinstance(value, Mapping):
        return {name: _masked((*path, name), each, hidden) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(path, each, hidden) for each in value]
    if isinstance(value, bool) or value in (None, ""):
        return value
    if path in hidden or _is_secret(path):
        is_template = path[0] in TABLES and path[0] != "options" and _TEMPLATE.fullmatch(str(value))
        return value if is_template else MASK
    if isinstance(value, str) and (len(path) == 1 or path[0] == "request"):
        return _address(path[-1], value)
    return value


def _is_secret(path: Path) -> bool:
    if any(path[: len(table)] == table for table in _OPAQUE):
        return True
    names = (
        path[2:] if path[0] == "request" else path[-1:]
    )  # of what is sent the names of the tables around it count too
    return any(word in name.lower() for name in names if name not in _SHOWN for word in _WORDS)


def _address(name: str, text: str) -> str:
    """Return an address without its user and the values of its parameters; any other text as it is."""
    if "://" not in text and not name.endswith("url"):
        return text
    where, mark, parameters = _USER.sub(f"{MASK}@", text).partition("?")
    return where + mark + "&".join(map(_parameter, parameters.split("&")))


def _parameter(written: str) -> str:
    name, sign, value = written.rpartition("=")
    return name + sign + (value if not value or _TEMPLATE.fullmatch(value) else MASK)
