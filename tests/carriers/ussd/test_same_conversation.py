"""The same menu gives the same conversation over every dialect, and over SMPP."""

import pytest

from mobilesasa.carriers.ussd.dialects import DIALECTS
from mobilesasa.core.ussd import UssdReply
from mobilesasa.core.ussd_gateways import DIALECTS as NAMES_OF_DIALECTS
from mobilesasa.smpp.ussd import DIALECTS as SMPP_DIALECTS
from mobilesasa.ussd import taking
from mobilesasa.ussd.compiled import compiled
from mobilesasa.ussd.directory import Directory, Extension, PublishedMenu
from mobilesasa.ussd.paging import WIDE
from mobilesasa.ussd.reading import read_menu
from mobilesasa.ussd.visits import Asked
from tests.carriers.test_smpp_ussd import UssdRig
from tests.carriers.ussd.phones import TELEPHONES, SmppTelephone
from tests.carriers.ussd.rig import DoorRig, gateway

NAMES = ", ".join(f"Jina{n}" for n in range(60))
MENU = {
    "name": "Shop",
    "start": "main",
    "screens": {
        "main": {
            "kind": "choices",
            "text": "Karibu & <salaam>",
            "choices": [
                {"key": "1", "label": "Jina", "next": "name"},
                {"key": "2", "label": "Long", "next": "long"},
                {"key": "3", "label": "Bye", "next": "bye"},
            ],
        },
        "name": {
            "kind": "input",
            "text": "Your name?",
            "input": {"variable": "name", "type": "text", "min": 2, "max": 40},
            "next": "sure",
        },
        "sure": {
            "kind": "choices",
            "text": "{name}?",
            "choices": [{"key": "1", "label": "Yes", "next": "bye"}, {"key": "2", "label": "No", "next": "name"}],
        },
        "long": {"kind": "message", "text": NAMES, "next": "main"},
        "bye": {"kind": "end", "text": "Asante {name:rafiki}."},
    },
}
#: What is dialled, and then typed.
SCRIPTS = {
    "to_the_end": ("*384*7#", ["1", "Amina", "1"]),
    "an_answer_with_stars": ("*384*7#", ["1", "a*1*b", "2", "**x*", "1"]),
    "what_is_no_answer": ("*384*7#", ["7", "hapana", "1", "x", "Amina & <Co>", "9", "1"]),
    "back_and_forth": ("*384*7#", ["2", "98", "98", "0", "0", "0", "1", "0", "3"]),
    "the_same_twice": ("*384*7#", ["1", "11", "1"]),
    "dialled_ahead": ("*384*7*1#", ["Amina", "1"]),
    "dialled_to_the_end": ("*384*7*3#", []),
    "nobody_there": ("*999#", []),
}


class MenuDesk:
    """A desk with its sessions in memory: the rules and the engine of the real one, with no store below."""

    def __init__(self) -> None:
        key = (1, 1)
        menu = compiled(read_menu(MENU))
        self._menus = {key: PublishedMenu(key=key, menu=menu, resume_minutes=0)}
        self._directory = Directory([Extension(id=1, team_id=1, code="384", extension="7", menu=key)])
        self._visits = {}
        self._events = 0

    def take(self, event, answer) -> None:
        self._events += 1
        at_ms = 60_000 * self._events  # a person who thinks for a minute
        asked = Asked(event, f"{self._events:032}", at_ms, self._directory.answers(event), WIDE)
        taken = taking.take(asked, self._visits.get(event.key), None, {}, self._menus.get)
        self._visits |= {visit.key: visit for visit in taken.visits}
        answer(taken.reply)


def over_http(dialect, dialled, typed):
    rig = DoorRig(gateway(dialect))
    rig.desk = rig.door._desk = MenuDesk()
    phone = TELEPHONES[dialect](dialled)

    def shown(asked):
        found = []
        rig.door.take(asked, found.append)
        return phone.shown(found[0])

    return conversation(phone, shown, typed)


def over_smpp(dialect, dialled, typed):
    rig = UssdRig(ussd_dialect=dialect)
    rig.carrier._ussd._desk = MenuDesk()
    phone = SmppTelephone(dialled, dialect)

    def shown(pdu):
        rig.ends[0].say(pdu)
        (screen,) = rig.submits()
        rig.ok([screen])
        return phone.shown(screen)

    return conversation(phone, shown, typed)


def conversation(phone, shown, typed):
    screens = [shown(phone.dial())]
    for text in typed:
        if screens[-1][1]:
            break
        screens.append(shown(phone.answer(text)))
    return screens


def expected(dialled, typed):
    """What the desk says to somebody who is told what was typed, step by step."""
    return over_http("bonga", dialled, typed)


def test_each_dialect_that_can_be_set_for_a_gateway_is_there():
    assert set(DIALECTS) == set(NAMES_OF_DIALECTS)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_menu_is_the_same_over_every_dialect(dialect, script):
    assert over_http(dialect, *SCRIPTS[script]) == expected(*SCRIPTS[script])


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("dialect", SMPP_DIALECTS)
def test_a_menu_is_the_same_over_smpp(dialect, script):
    assert over_smpp(dialect, *SCRIPTS[script]) == expected(*SCRIPTS[script])


def test_the_conversations_are_what_they_are_meant_to_be():
    first, name, sure, bye = expected(*SCRIPTS["to_the_end"])
    assert first == ("Karibu & <salaam>\n1 Jina\n2 Long\n3 Bye", False)
    assert name[0].startswith("Your name?")
    assert sure[0].startswith("Amina?")
    assert bye == ("Asante Amina.", True)
    assert expected(*SCRIPTS["an_answer_with_stars"])[-1] == ("Asante **x*.", True)
    assert expected(*SCRIPTS["dialled_ahead"]) == expected(*SCRIPTS["to_the_end"])[1:]
    assert expected(*SCRIPTS["dialled_to_the_end"]) == [("Asante rafiki.", True)]
    assert expected(*SCRIPTS["what_is_no_answer"])[-1] == ("Asante Amina & <Co>.", True)
    assert expected(*SCRIPTS["the_same_twice"])[-1] == ("Asante 11.", True)
    (nobody,) = expected(*SCRIPTS["nobody_there"])
    assert nobody[1]
    assert len(expected(*SCRIPTS["back_and_forth"])) == 10
    assert UssdReply(*first).end is False


def test_there_is_a_telephone_for_each_dialect():
    assert set(TELEPHONES) == set(DIALECTS)
