"""`twistd mobilesasa`: options, and the one place that builds a node."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.application.service import IService
from twisted.logger import ILogObserver
from twisted.python import usage

from mobilesasa.logs import twistd_logger
from mobilesasa.node.garbage import look_less_often
from mobilesasa.node.rulepacks import BadPacks, packs_of
from mobilesasa.node.service import Node
from mobilesasa.node.timekeeping import count_steadily
from mobilesasa.queue.amqp.url import BadUrl, parse_url
from mobilesasa.settings import BadSettings, Settings, load
from mobilesasa.settings.model import ROLES


class Options(usage.Options):
    """What the command line may say; it wins over MOBILESASA_* and the file."""

    optParameters = [  # noqa: RUF012 - twistd's own form
        ["config", "c", None, "The file of settings (default: MOBILESASA_CONFIG, else ./mobilesasa.toml)."],
        ["state-dir", None, None, "The folder of all that the node keeps."],
        ["roles", None, None, f"Which parts run in this process: {', '.join(ROLES)}."],
    ]
    longdesc = (
        "Starts a node of mobilesasa. With no settings at all: its own database and queue, on this machine alone."
    )

    settings: Settings

    def postOptions(self) -> None:
        """Read all settings once; every wrong one is named."""
        given = {name.replace("-", "_"): self[name] for name in ("state-dir", "roles") if self[name] is not None}
        try:
            self.settings = load(os.environ, Path(self["config"]) if self["config"] else None, given)
            check(self.settings)
        except BadSettings as bad:
            raise usage.UsageError(str(bad)) from bad


def check(settings: Settings) -> None:
    """Refuse settings that do not go together, rather than do something else.

    Raises:
        BadSettings: with each of them.
    """
    problems = []
    if settings.amqp_url:
        try:
            parse_url(settings.amqp_url)
        except BadUrl as bad:
            problems.append(f"amqp_url: {bad}")
    try:
        packs_of(settings)
    except BadPacks as bad:
        problems += bad.problems
    lacking = [name for name in ("database_url", "amqp_url") if not getattr(settings, name)]
    if set(settings.roles) != set(ROLES) and lacking:
        problems.append(f"roles: the parts of several processes meet in {' and '.join(lacking)}, which must be set")
    if problems:
        raise BadSettings(problems)


class _UnderTwistd(Node):
    """A node that brings its own log observer, unless twistd's command line asks for another."""

    def __init__(self, reactor: Any, settings: Settings, begin_logging: Callable[[], ILogObserver] | None) -> None:
        super().__init__(reactor, settings)
        self._begin_logging = begin_logging

    def setServiceParent(self, parent: Any) -> None:
        if self._begin_logging is not None:
            parent.setComponent(ILogObserver, self._begin_logging())
        super().setServiceParent(parent)

    def startService(self) -> None:
        super().startService()
        look_less_often()  # the process is the node's alone


def makeService(options: Options) -> IService:
    """Build the node for twistd."""
    from twisted.internet import reactor

    count_steadily(reactor)
    return _UnderTwistd(reactor, options.settings, begin_logging=twistd_logger(options.settings, options.parent or {}))


def build(reactor: Any, settings: Settings, greet: bool = True) -> Node:
    """Build a node, to which the process belongs; nothing of it runs before `startService`."""
    check(settings)
    count_steadily(reactor)
    return Node(reactor, settings, greet)
