"""What is dialled and who answers it: the longest extension that is dialled, number by number (decision 83)."""

import attrs
import pytest

from mobilesasa.core.ussd import Kind, UssdEvent
from mobilesasa.core.ussd_gateways import Gateway, GatewayOptions
from mobilesasa.ussd.directory import MENUS_KEPT, CurrentDirectory, Directory, Extension
from mobilesasa.ussd.paging import WIDE, Limit
from tests.ussd.visiting import published

SEVEN = Extension(id=1, team_id=5, code="384", extension="7")
SEVEN_TWO = Extension(id=2, team_id=6, code="384", extension="7*2")
WHOLE = Extension(id=3, team_id=7, code="500", extension="")
GATEWAY = Gateway(name="acme", dialect="bonga", secret_digest=b"d" * 32, options=GatewayOptions(screen_septets=160))
KNOWN = Directory([SEVEN, SEVEN_TWO, WHOLE], [GATEWAY])


@pytest.mark.parametrize(
    ("code", "dialled", "found", "ahead"),
    [
        ("384", "*384*7#", SEVEN, ()),
        ("", "*384*7#", SEVEN, ()),
        ("384", "*384*7*3#", SEVEN, ("3",)),
        ("384", "*384*7*2#", SEVEN_TWO, ()),
        ("384", "*384*7*2*1*9#", SEVEN_TWO, ("1", "9")),
        ("384", "*384*7*22#", SEVEN, ("22",)),
        ("384", "7", SEVEN, ()),
        ("500", "*500#", WHOLE, ()),
        ("500", "", WHOLE, ()),
        ("500", "*500*1#", WHOLE, ("1",)),
        ("500", "*500*500#", WHOLE, ("500",)),
    ],
)
def test_decision_83_the_longest_extension_that_was_dialled_answers(code, dialled, found, ahead):
    answers = KNOWN.find(code, dialled)
    assert (answers.extension, answers.ahead) == (found, ahead)


@pytest.mark.parametrize(
    ("code", "dialled"), [("384", "*384#"), ("384", "*384*71#"), ("384", "*384*8#"), ("385", "*385*7#"), ("", "")]
)
def test_what_is_dialled_and_nobodys_is_not_found(code, dialled):
    assert KNOWN.find(code, dialled) is None


def test_one_at_which_nobody_is_set_to_answer_takes_nothing_from_the_one_above():
    above = attrs.evolve(SEVEN, smpp=True)
    known = Directory([above, SEVEN_TWO])
    assert (known.find("384", "*384*7*2#").extension, known.find("384", "*384*7*2#").ahead) == (above, ("2",))
    known = Directory([above, attrs.evolve(SEVEN_TWO, callback_url="https://acme.example/ussd")])
    assert known.find("384", "*384*7*2#").extension.id == SEVEN_TWO.id


def test_text_that_is_there_when_a_session_begins_was_dialled():
    event = UssdEvent("acme", "S", "254712345678", "384", "*384#", Kind.INPUT, text_all="7*2*4")
    assert (KNOWN.answers(event).extension, KNOWN.answers(event).ahead) == (SEVEN_TWO, ("4",))


def test_a_gateway_has_its_own_screen_and_a_carrier_the_usual_one():
    assert KNOWN.limit("acme") == Limit.of(160)
    assert KNOWN.limit("savanna") == WIDE


def test_all_extensions_are_there():
    assert {each.id for each in KNOWN} == {1, 2, 3}


def test_a_newer_picture_keeps_the_menus_of_before():
    current = CurrentDirectory()
    current.replace(Directory([SEVEN]), [published()])
    current.replace(Directory([WHOLE], [GATEWAY]), [published(version=2)])
    assert current.menu((3, 1)) is not None
    assert set(current.known_menus) == {(3, 1), (3, 2)}
    assert current.find_gateway("acme") is GATEWAY
    assert current.find_gateway("other") is None


def test_so_many_menus_are_kept_and_the_oldest_are_forgotten():
    current, menu = CurrentDirectory(), published()
    current.keep(type(menu)(key=(n, 1), menu=menu.menu, resume_minutes=5) for n in range(MENUS_KEPT + 1))
    assert (current.menu((0, 1)), current.menu((1, 1)) is None) == (None, False)
