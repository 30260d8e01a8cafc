"""A node for `twistd -ny tac/mobilesasa.tac`: the settings of MOBILESASA_CONFIG, ./mobilesasa.toml and MOBILESASA_*."""

import os
import sys

from twisted.application.service import Application
from twisted.internet import reactor
from twisted.logger import ILogObserver

from mobilesasa.logs import observer
from mobilesasa.settings import BadSettings, load
from mobilesasa.tap import build

try:
    settings = load(os.environ)
except BadSettings as bad:
    sys.exit(str(bad))

application = Application("mobilesasa")
application.setComponent(ILogObserver, observer(settings.log_format, sys.stdout, settings.log_level))
build(reactor, settings).setServiceParent(application)
