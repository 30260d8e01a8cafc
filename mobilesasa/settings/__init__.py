"""What an operator may set: a TOML file and the environment over it, read once, checked whole.

A name is flat or in a section; its variable is `MOBILESASA_` and the name in capitals, the section first: `http_port`
is `MOBILESASA_HTTP_PORT`, `window` of `[smpp]` is `MOBILESASA_SMPP_WINDOW`. Only `tap` and `cli` import this package:
everything else is handed the values it needs.
"""

from mobilesasa.settings.loading import BadSettings, load
from mobilesasa.settings.model import Dispatch, Http, Messages, Settings, Smpp, Store
from mobilesasa.settings.shown import Shown, describe

__all__ = ["BadSettings", "Dispatch", "Http", "Messages", "Settings", "Shown", "Smpp", "Store", "describe", "load"]
