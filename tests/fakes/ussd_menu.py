"""A menu of USSD that has some of everything."""

from collections.abc import Mapping
from typing import Any

from mobilesasa.core.actors import ActorKind, Who
from mobilesasa.core.changes import LastChange
from mobilesasa.core.errors import MenuChanged
from mobilesasa.ussd.views import MenuRecord

MENU: Mapping[str, Any] = {
    "name": "Acme",
    "start": "welcome",
    "screens": {
        "welcome": {
            "kind": "choices",
            "text": "Hello {first_name:there}, welcome to Acme.",
            "choices": [
                {"key": "1", "label": "Opening hours", "next": "hours"},
                {"key": "2", "label": "Call me back", "next": "number"},
                {"key": "3", "label": "Balance", "next": "balance"},
            ],
        },
        "hours": {"kind": "end", "text": "We are open from 8 to 6."},
        "number": {
            "kind": "input",
            "text": "Your number:",
            "input": {"variable": "number", "type": "phone"},
            "next": "thanks",
        },
        "thanks": {
            "kind": "end",
            "text": "Thank you, we call {number}.",
            "actions": [{"kind": "send_sms", "sender_id": "MYAPP", "text": "We call you."}],
        },
        "balance": {
            "kind": "action",
            "actions": [{"kind": "webhook", "url": "https://acme.example/balance", "show": True}],
        },
    },
}


def check_revision(was: MenuRecord, revision: int | None) -> None:
    """Refuse what is done with a draft that somebody else has changed."""
    if revision not in (None, was.revision):
        last = LastChange(was.revision, was.updated_at_ms, Who(ActorKind.TOKEN, "7d0e1bb0", "CRM"))
        raise MenuChanged("somebody else has changed the draft; read it again", last)
