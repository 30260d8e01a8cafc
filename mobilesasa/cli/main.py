"""The root of the command: which commands there are, and how their errors are told.

An error is one line on standard error and exit status 1; wrong usage is 2, as click has it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mobilesasa.cli.access import Node
from mobilesasa.core.errors import Refused
from mobilesasa.settings import BadSettings
from mobilesasa.store.database import StoreUnavailable
from mobilesasa.store.embedded import EmbeddedError
from mobilesasa.store.migrate import MigrationError

# Where each command is; its module is imported when it is asked for.
COMMANDS: Mapping[str, str] = {
    "team": "mobilesasa.cli.teams:team",
    "units": "mobilesasa.cli.teams:units",
    "token": "mobilesasa.cli.tokens:token",
    "user": "mobilesasa.cli.users:user",
    "sender": "mobilesasa.cli.senders:sender",
    "smpp": "mobilesasa.cli.smpp:smpp",
    "carrier": "mobilesasa.cli.carriers:carrier",
    "route": "mobilesasa.cli.routes:route",
    "price": "mobilesasa.cli.prices:price",
    "network": "mobilesasa.cli.networks:network",
    "keyword": "mobilesasa.cli.keywords:keyword",
    "ussd": "mobilesasa.cli.ussd:ussd",
    "rules": "mobilesasa.cli.rulepacks:rules",
    "suppression": "mobilesasa.cli.suppressions:suppression",
    "receipts": "mobilesasa.cli.receipts:receipts",
    "queue": "mobilesasa.cli.queue:queue",
    "simulate-smsc": "mobilesasa.cli.simulate_smsc:simulate_smsc",
    "trail": "mobilesasa.cli.trail:trail",
    "audit": "mobilesasa.cli.upkeep:audit",
    "retention": "mobilesasa.cli.retention:retention",
    "migrate": "mobilesasa.cli.upkeep:migrate",
    "config": "mobilesasa.cli.upkeep:config",
    "version": "mobilesasa.cli.upkeep:version",
}


class Root(click.Group):
    """All commands, and the one place that turns what they raise into a line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Refused, BadSettings, EmbeddedError, MigrationError) as error:
            raise click.ClickException(str(error)) from error
        except StoreUnavailable as error:
            raise click.ClickException(unreachable(error)) from error


def unreachable(error: StoreUnavailable) -> str:
    """Say in one line what the database answered, and what to do."""
    said = " ".join(str(error).split())
    return f"the database is not available: {said}; see that it runs and that database_url is right, then ask again"


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Settings, as TOML; else MOBILESASA_CONFIG, else ./mobilesasa.toml.",
)
@click.option("--state-dir", metavar="DIR", help="Folder of the node's state; else MOBILESASA_STATE_DIR, else ./var.")
@click.pass_context
def main(ctx: click.Context, config_path: Path | None, state_dir: str | None) -> None:
    """Run a messaging platform: teams, units, carriers, and the health of the store.

    Commands speak to the store of a node, and a running node sees every change within a second. It is the store that the
    node's own settings name: the same file, the same environment.
    """
    options = {} if state_dir is None else {"state_dir": state_dir}
    ctx.obj = Node(os.environ, config_path, options)
