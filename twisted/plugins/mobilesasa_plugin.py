"""Tells twistd of `twistd mobilesasa`; imports nothing of ours, because twistd reads every plugin at each start."""

from twisted.application.service import ServiceMaker

mobilesasa = ServiceMaker(
    "mobilesasa", "mobilesasa.tap", "A messaging platform: SMS by REST and by SMPP.", "mobilesasa"
)
