"""Menus for the tests of USSD."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from mobilesasa.ussd import engine
from mobilesasa.ussd.compiled import CompiledMenu, compiled
from mobilesasa.ussd.model import Step
from mobilesasa.ussd.paging import WIDE, Limit
from mobilesasa.ussd.reading import read_menu

SURVEY = "6f1c2f0e-5d6a-4b62-9a0b-0f5b8f3f3a01"
GROUP = "0b7f8f0e-2c41-4d0c-8a55-3f4a0ad1c002"
URL = "https://acme.example/ussd"
FACTS = {"msisdn": "254712345678", "code": "384", "network": "63902", "first_name": "Amina", "last_name": "Otieno"}

SHOP: dict[str, Any] = {
    "name": "Shop",
    "start": "main",
    "screens": {
        "main": {
            "kind": "choices",
            "text": "Hi {first_name:there}",
            "choices": [
                {"key": "1", "label": "Buy", "next": "amount", "set": {"what": "airtime"}},
                {"key": "2", "label": "Balance", "next": "balance"},
                {"key": "3", "label": "Terms", "next": "terms"},
                {"key": "9", "label": "Leave", "next": "bye"},
            ],
        },
        "amount": {
            "kind": "input",
            "text": "How much?",
            "input": {"variable": "sum", "type": "amount", "min": 10, "max": 1000, "error": "10 to 1000, please."},
            "next": "is_much",
        },
        "is_much": {
            "kind": "condition",
            "rules": [{"when": {"variable": "sum", "op": "gt", "value": 500}, "next": "sure"}],
            "else": "pay",
        },
        "sure": {
            "kind": "choices",
            "text": "{sum} is much. Sure?",
            "choices": [{"key": "1", "label": "Yes", "next": "pay"}, {"key": "2", "label": "No", "next": "main"}],
        },
        "pay": {
            "kind": "action",
            "actions": [
                {"kind": "send_sms", "sender_id": "ACME", "text": "You bought {what} for {sum}."},
                {"kind": "start_survey", "survey": SURVEY},
                {"kind": "add_to_group", "group": GROUP},
                {"kind": "webhook", "url": URL},
            ],
            "next": "bye",
        },
        "balance": {
            "kind": "action",
            "actions": [{"kind": "webhook", "url": URL, "show": True, "variables": ["balance"]}],
            "next": "main",
        },
        "terms": {"kind": "message", "text": "Be kind.", "next": "main"},
        "bye": {"kind": "end", "text": "Bye {first_name:you}."},
    },
}


def shop(**changed: Any) -> dict[str, Any]:
    """Return the JSON of the shop's menu with other screens, or without those that are None; `top` changes the rest."""
    menu = copy.deepcopy(SHOP)
    menu |= changed.pop("top", {})
    for name, screen in changed.items():
        if screen is None:
            del menu["screens"][name]
        else:
            menu["screens"][name] = screen
    return menu


def screens(start: str = "a", /, **given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of a menu of these screens."""
    return {"name": "Test", "start": start, "screens": given}


def ready(menu: Mapping[str, Any]) -> CompiledMenu:
    """Return a menu to be walked through."""
    return compiled(read_menu(menu))


def end(text: str = "Bye") -> dict[str, Any]:
    return {"kind": "end", "text": text}


def choices(*leads: str, text: str = "Choose") -> dict[str, Any]:
    """Return a screen whose choices `1`, `2` … lead to these."""
    made = [{"key": str(at), "label": f"To {lead}", "next": lead} for at, lead in enumerate(leads, 1)]
    return {"kind": "choices", "text": text, "choices": made}


def asks(variable: str, lead: str, text: str = "Say", **wanted: Any) -> dict[str, Any]:
    return {"kind": "input", "text": text, "input": {"variable": variable, **wanted}, "next": lead}


def message(lead: str, text: str = "Know") -> dict[str, Any]:
    return {"kind": "message", "text": text, "next": lead}


def told(lead: str | None = None, *variables: str) -> dict[str, Any]:
    """Return an action that shows what a webhook answers."""
    return {
        "kind": "action",
        "actions": [{"kind": "webhook", "url": URL, "show": True, "variables": list(variables)}],
        "next": lead,
    }


def walked(menu: Mapping[str, Any], *said: str, limit: Limit = WIDE, facts: Mapping[str, str] = FACTS) -> list[Step]:
    """Return the steps of somebody who dials and types these, one after the other."""
    ready_menu = ready(menu)
    steps = [engine.start(ready_menu, facts, limit=limit)]
    for each in said:
        steps.append(engine.reply(ready_menu, steps[-1].session, each, limit))
    return steps


def said(menu: Mapping[str, Any], *typed: str, limit: Limit = WIDE) -> str | None:
    """Return what is shown at last."""
    return walked(menu, *typed, limit=limit)[-1].say


def at(steps: Sequence[Step]) -> list[str]:
    """Return the screens where somebody was."""
    return [step.screen for step in steps]
