"""The dashboard as it is served: one document for every path of it, and the files that this loads.

The files stand below a digest of all of them, so a browser keeps them for good and a new release has other addresses. All is
read, joined and packed once; no path of a request ever reaches a file system.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from posixpath import dirname, join, normpath, splitext
from typing import Final

import orjson
from twisted.web.resource import Resource

from mobilesasa import dashboard
from mobilesasa.api.answers import refuse
from mobilesasa.api.fixed import FOR_GOOD, Fixed, Sent
from mobilesasa.api.site import ApiRequest, Known, nothing_there

DOCUMENT: Final = "index.html"
MAIN: Final = "main.js"  # the first module
STYLE: Final = "style.css"  # all of the folder `style`, in the order of the names
ICON: Final = "icon.svg"  # where the document says, and where browsers look for one at pages that say nothing
_STATIC: Final = "{static}"
_PRELOAD: Final = "<!-- preload -->"
#: Media types by the end of a name; lists and licences have none.
KINDS: Final = {
    "": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_UNKNOWN: Final = "application/octet-stream"
_IMPORT_MAP: Final = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)
_BEFORE_IMPORT: Final = re.compile(r"(?:\s+|;|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_IMPORT: Final = re.compile(r"""import\s*(?:[\w$*{}\s,]+?\s*from\s*)?["']([^"']+)["']""")
_EXPORT: Final = re.compile(r"""(?:^|;)export\s*(?:\*|\{[^}]*\})[\w\s$]*?from\s*["']([^"']+)["']""", re.MULTILINE)


class Built:
    """The document, its policy and the files, as they are sent.

    Args:
        files: what is in each, by its path; the document is a template in which `{static}` stands for the folder of the others.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Join, name and pack them."""
        self.digest = digest_of(files)
        self.folder = f"/static/{self.digest}"
        served = {path: octets for path, octets in files.items() if path != DOCUMENT and not path.startswith("style/")}
        served[STYLE] = b"\n".join(octets for path, octets in sorted(files.items()) if path.startswith("style/"))
        text = files[DOCUMENT].decode().replace(_STATIC, self.folder)
        imports = import_map(text)
        modules = reached(served, MAIN, {name: path.removeprefix(f"{self.folder}/") for name, path in imports.items()})
        preloads = "\n".join(f'<link rel="modulepreload" href="{self.folder}/{path}">' for path in modules)
        page = text.replace(_PRELOAD, preloads)
        self.document = Sent("text/html; charset=utf-8", page.encode(), policy_of(page))
        self.icon = Fixed(kind_of(ICON), served[ICON]) if ICON in served else None
        self._sent = {path: Sent(kind_of(path), octets, kept=FOR_GOOD) for path, octets in served.items()}

    def find(self, path: str) -> Sent | None:
        """Return what is at a path below `/static`; None: nothing."""
        digest, _, rest = path.partition("/")
        return self._sent.get(rest) if digest == self.digest else None


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return what all files together are known by; any change in one of them changes it."""
    whole = sha256()
    for path, octets in sorted(files.items()):
        whole.update(b"%b\0%d\0%b" % (path.encode(), len(octets), octets))
    return whole.hexdigest()[:16]


def kind_of(path: str) -> str:
    """Return the media type of a file."""
    return KINDS.get(splitext(path)[1], _UNKNOWN)


def import_map(page: str) -> dict[str, str]:
    """Return where the modules are that are imported by name."""
    found = _IMPORT_MAP.search(page)
    imports: dict[str, str] = orjson.loads(found[1])["imports"] if found else {}
    return imports


def policy_of(page: str) -> bytes:
    """Return what a browser may do with the document: what its files do, and its import map, which cannot be a file."""
    maps = "".join(
        f" 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in _IMPORT_MAP.findall(page)
    )
    return (
        f"default-src 'none'; script-src 'self'{maps}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; manifest-src 'self'"
    ).encode()


def imported(source: str) -> Iterator[str]:
    """Yield what a module imports as soon as it is loaded, as it names that; what it imports stands first in it."""
    at = _skipped(source, 0)
    while found := _IMPORT.match(source, at):
        yield found[1]
        at = _skipped(source, found.end())
    yield from _EXPORT.findall(source)


def _skipped(source: str, at: int) -> int:
    """Return where the blanks and comments end that begin here."""
    found = _BEFORE_IMPORT.match(source, at)
    return found.end() if found else at


def named(importer: str, name: str, imports: Mapping[str, str]) -> str:
    """Return the path of a module that another one names, by an import map of paths."""
    return normpath(join(dirname(importer), name)) if name.startswith(".") else imports.get(name, name)


def reached(files: Mapping[str, bytes], first: str, imports: Mapping[str, str]) -> list[str]:
    """Return the modules that a module cannot run without, itself first.

    A browser that is told of all of them asks for them at once, and not for each when it has read who imports it.
    """
    found = {first: None}  # in order
    waiting = [first]
    while waiting:
        path = waiting.pop(0)
        names = imported(files[path].decode()) if path in files else ()
        new = dict.fromkeys(each for each in (named(path, name, imports) for name in names) if each not in found)
        found |= new
        waiting += new
    return [path for path in found if path in files]


@cache
def built() -> Built:
    """Return the dashboard of this release."""
    return Built(dashboard.read())


def add_dashboard(root: Resource, made: Built) -> None:
    """Serve the document at `/` and at all paths below `/app`, the files below `/static`, and the icon."""
    root.putChild(b"", Document(made))
    root.putChild(b"app", Document(made, below=True))
    root.putChild(b"static", Files(made))
    if made.icon is not None:
        root.putChild(b"favicon.ico", made.icon)


class Document(Known):
    """Answers with the document; which page is meant, the dashboard reads from the address.

    Args:
        made: what is served.
        below: whether all paths below this one are answered, too.
    """

    def __init__(self, made: Built, *, below: bool = False) -> None:
        """Keep it."""
        super().__init__()
        self._made = made
        self.isLeaf = below

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer with the document."""
        return self._made.document.to(request)


class Files(Known):
    """Answers with the files; an address of another release has nothing."""

    isLeaf = True

    def __init__(self, made: Built) -> None:
        """Keep them."""
        super().__init__()
        self._made = made

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer with the file that the path names."""
        found = self._made.find(b"/".join(request.postpath or ()).decode())
        return found.to(request) if found is not None else refuse(request, nothing_there(request))
