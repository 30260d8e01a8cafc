"""The curl examples of the pages under docs/, as something that can be run: in process, or by curl itself."""

import re
import shlex
import textwrap
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import attrs

DOCS = Path(__file__).parents[1] / "docs"
ADDRESS = "https://api.yourdomain.com"
TOKEN = "mbs_your_token_here"
FILES = {  # that examples send
    "contacts.csv": "phone,first_name,last_name\n+254712345678,Jane,Doe\n",
    "certificate.pdf": "%PDF-1.7",
    "debtors.xlsx": "phone,first_name,amount_due\n+254712345678,Jane,1250\n",  # it is told by its content
}
_BLOCK = re.compile(r"^\.\. code-block:: shell\n\n((?:    .*\n|\n)+)", re.MULTILINE)


@attrs.frozen
class Example:
    """One command, as it stands in the document."""

    command: str

    def argv(self, address: str, token: str, replaced: Mapping[str, str] | None = None) -> list[str]:
        """The command with its address, its token and what else is to be replaced, ready for `subprocess.run`."""
        command = self.command.split("\n\n")[0].replace(ADDRESS, address).replace(TOKEN, token)
        for old, new in (replaced or {}).items():
            command = command.replace(old, new)
        return shlex.split(command.replace("\\\n", ""))

    def request(self, token: str, replaced: Mapping[str, str] | None = None) -> tuple[str, str, dict[str, str], bytes]:
        """Method, path with query, headers and body of the request that curl would make."""
        method, path, headers, body = "", "", {}, ""
        words = iter(self.argv(ADDRESS, token, replaced)[1:])
        for word in words:
            if word == "-X":
                method = next(words)
            elif word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "-d":
                body = next(words)
            elif word == "-F":
                headers["Content-Type"], body = _form(next(words))
            elif word == "-o":
                next(words)
            else:
                url = urlsplit(word)
                path = url.path + (f"?{url.query}" if url.query else "")
        return method or ("POST" if body else "GET"), path, headers, body.encode()


def _form(field: str) -> tuple[str, str]:
    """The type and the body of a form with one file."""
    name, _, file = field.partition("=@")
    about = f'Content-Disposition: form-data; name="{name}"; filename="{file}"'
    return "multipart/form-data; boundary=line", "\r\n".join(["--line", about, "", FILES[file], "--line--", ""])


def examples(text: str) -> list[Example]:
    """Return the curl commands in the shell blocks of a reStructuredText document."""
    blocks = [textwrap.dedent(block).strip() for block in _BLOCK.findall(text)]
    return [Example(block) for block in blocks if block.startswith("curl ")]


def documented() -> list[tuple[str, Example]]:
    """Return the calls of the API that stand in any page, in their order, each with the name of its page."""
    pages = {page.name: examples(page.read_text()) for page in sorted(DOCS.glob("*.rst"))}
    return [(name, example) for name, found in pages.items() for example in found if ADDRESS in example.command]
