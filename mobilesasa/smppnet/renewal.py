"""A new certificate is taken up while the server runs: files are looked at, and new connections begin with what is new.

Sessions that are there go on with what they began with (decision 103). What cannot be used is said once, and the
server goes on with what it had: a renewal writes two files, and for a moment they do not fit each other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mobilesasa.smppnet.certificates import BadCertificate, Identity
from mobilesasa.smppnet.tls import ServerTls, server_context

LOOK_S: Final = 5.0  # between looks at the files

_Stamp = tuple[int, int, int]


class Renewal(Service):
    """Looks after the files of one server.

    Args:
        tls: what begins TLS; it gets the new context.
        files: what is looked at.
        clock: for the looks.

    Attributes:
        renewed: how many times something new was taken up.
    """

    log = Logger()

    def __init__(self, tls: ServerTls, files: Identity, clock: IReactorTime) -> None:
        """Look at nothing before the start."""
        self.renewed = 0
        self._tls = tls
        self._files = files
        self._seen = self._stamps()
        self._looking = LoopingCall(self.look)
        self._looking.clock = clock
        self._ended: Deferred[LoopingCall] | None = None

    def startService(self) -> None:
        """Begin to look."""
        super().startService()
        self._ended = self._looking.start(LOOK_S, now=False)
        self._ended.addErrback(lambda failure: self.log.failure("certificates are not looked at any more", failure))

    def stopService(self) -> None:
        """Look no more."""
        super().stopService()
        if self._looking.running:
            self._looking.stop()

    def look(self) -> None:
        """Take up what has changed, if it can be used."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        try:
            self._tls.context = server_context(self._files)
        except BadCertificate as bad:
            self.log.warn("the certificate has changed and cannot be used, so the old one stays: {bad}", bad=str(bad))
            return
        self.renewed += 1
        self.log.info("new connections over TLS are shown {file} as it is now", file=str(self._files.certificate_file))

    def _stamps(self) -> tuple[_Stamp | None, ...]:
        return tuple(_stamp(file) for file in self._files.files)


def _stamp(file: Path) -> _Stamp | None:
    """Return what tells one state of a file from another; None when it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
