"""One call in several languages, each with nothing but what comes with the language."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pprint import pformat
from typing import Any, Final

from mobilesasa.api.reference.calls import Call, call_of, curl_of
from mobilesasa.api.routes import Route

_INDENT: Final = "    "
_WITH_A_FILE: Final = """import json
import urllib.request

line = b"--a-line-that-is-not-in-the-file"
about = b'Content-Disposition: form-data; name="FIELD"; filename="NAME"'
with open("NAME", "rb") as file:
    body = b"\\r\\n".join([line, about, b"", file.read(), line + b"--", b""])
request = urllib.request.Request(
    "URL",
    method="METHOD",
    headers=HEADERS,
    data=body,
)
with urllib.request.urlopen(request, timeout=60) as answer:
    print(json.load(answer))"""


@cache
def samples(row: Route) -> Mapping[str, str]:
    """Return the example call of a route by language."""
    call = call_of(row)
    return {"curl": curl_of(row), **{language: write(call) for language, write in _LANGUAGES.items()}}


def _python(call: Call) -> str:
    if call.files:
        return _python_with_a_file(call)
    lines = (
        ["import urllib.request", ""]
        if call.saves and call.body is None
        else ["import json", "import urllib.request", ""]
    )
    given = [f'"{call.url}"', f'method="{call.method}"']
    if call.headers:
        given.append(f"headers={_shown(call.headers)}")
    if call.body is not None:
        lines.append(f"body = {_shown(json.loads(call.body))}")
        given.append("data=json.dumps(body).encode()")
    lines += ["request = urllib.request.Request(", *(f"{_INDENT}{each}," for each in given), ")"]
    lines.append("with urllib.request.urlopen(request, timeout=30) as answer:")
    if call.saves:
        lines += [f'{_INDENT}with open("{call.saves}", "wb") as file:', f"{_INDENT * 2}file.write(answer.read())"]
    else:
        lines.append(f"{_INDENT}print(json.load(answer))")
    return "\n".join(lines)


def _python_with_a_file(call: Call) -> str:
    ((field, name),) = call.files.items()
    headers = {**call.headers, "Content-Type": "multipart/form-data; boundary=a-line-that-is-not-in-the-file"}
    given = {"FIELD": field, "NAME": name, "URL": call.url, "METHOD": call.method, "HEADERS": _shown(headers)}
    text = _WITH_A_FILE
    for word, value in given.items():
        text = text.replace(word, value)
    return text


def _shown(value: Any) -> str:
    """Return a value in Python, on several lines where it is long."""
    text = pformat(dict(value) if isinstance(value, Mapping) else value, width=100, sort_dicts=False)
    return text.replace("\n", f"\n{_INDENT}")


def _php(call: Call) -> str:
    lines = ["<?php", f"$call = curl_init('{call.url}');", "curl_setopt_array($call, ["]
    if call.method != "GET":
        lines.append(f"{_INDENT}CURLOPT_CUSTOMREQUEST => '{call.method}',")
    if call.headers:
        lines.append(f"{_INDENT}CURLOPT_HTTPHEADER => [")
        lines += [f"{_INDENT * 2}'{name}: {value}'," for name, value in call.headers.items()]
        lines.append(f"{_INDENT}],")
    if call.body is not None:
        lines.append(f"{_INDENT}CURLOPT_POSTFIELDS => json_encode({_php_value(json.loads(call.body))}),")
    if call.files:
        inner = ", ".join(f"'{field}' => new CURLFile('{name}')" for field, name in call.files.items())
        lines.append(f"{_INDENT}CURLOPT_POSTFIELDS => [{inner}],")
    lines += [f"{_INDENT}CURLOPT_RETURNTRANSFER => true,", "]);"]
    if call.saves:
        lines.append(f"file_put_contents('{call.saves}', curl_exec($call));")
    else:
        lines += ["$answer = json_decode(curl_exec($call), true);", "print_r($answer);"]
    return "\n".join(lines)


def _php_value(value: Any, depth: int = 1) -> str:
    inner = _INDENT * (depth + 1)
    if isinstance(value, dict):
        if not value:
            return "(object)[]"
        pairs = [f"{inner}{_php_value(key)} => {_php_value(each, depth + 1)}," for key, each in value.items()]
        return "\n".join(["[", *pairs, f"{_INDENT * depth}]"])
    if isinstance(value, list):
        return f"[{', '.join(_php_value(each, depth + 1) for each in value)}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return json.dumps(value)


def _node(call: Call) -> str:
    given = []
    if call.method != "GET":
        given.append(f'method: "{call.method}",')
    if call.headers:
        given.append(f"headers: {json.dumps(dict(call.headers), ensure_ascii=False, indent=2)},")
    if call.body is not None:
        body = json.dumps(json.loads(call.body), ensure_ascii=False, indent=2)
        given.append(f"body: JSON.stringify({body}),")
    lines = []
    if call.files:
        lines = ['import { openAsBlob } from "node:fs";', "", "const form = new FormData();"]
        lines += [
            f'form.append("{field}", await openAsBlob("{name}"), "{name}");' for field, name in call.files.items()
        ]
        given.append("body: form,")
    if call.saves:
        lines = ['import { writeFile } from "node:fs/promises";', ""]
        shown = f'await writeFile("{call.saves}", Buffer.from(await answer.arrayBuffer()));'
    else:
        shown = "console.log(await answer.json());"
    inner = "\n".join(given).replace("\n", "\n  ")
    options = f", {{\n  {inner}\n}}" if given else ""
    return "\n".join([*lines, f'const answer = await fetch("{call.url}"{options});', shown])


_LANGUAGES: Final[Mapping[str, Callable[[Call], str]]] = {"Python": _python, "PHP": _php, "Node": _node}
