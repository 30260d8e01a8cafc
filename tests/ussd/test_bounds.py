"""What keeps walks in bounds: hints on the page that is read, webhooks that lead to one another, values that are too long."""

import pytest

from mobilesasa.ussd import engine
from mobilesasa.ussd.model import CALLS_MAX, Result, read_session, session_json
from mobilesasa.ussd.paging import WIDE
from tests.ussd.menus import FACTS, asks, choices, end, ready, said, screens, told, walked

APOLOGY = "Sorry, something went wrong. Please try again later."
LONG = " ".join(f"word{n}" for n in range(60))
MANY = {
    "kind": "choices",
    "text": "Choose",
    "choices": [{"key": str(n), "label": f"Label of {n}", "next": "b"} for n in range(10, 60)],
}


@pytest.mark.parametrize("screen", [MANY, asks("x", "b", LONG, type="phone")])
def test_a_wrong_answer_on_a_later_page_shows_the_same_page_with_a_hint(screen):
    menu = screens(a=screen, b=end())
    before, wrong = said(menu, "98"), said(menu, "98", "?")
    hint, _, page = wrong.partition("\n")
    assert hint.startswith(("That is not one", "Please enter a phone"))
    assert page.split("98")[0].strip()
    assert before.startswith(page.split("\n98")[0])


def test_after_a_hint_on_a_later_page_the_next_page_goes_on_where_that_ended():
    menu = screens(a=MANY, b=end())
    hinted, after = said(menu, "98", "?"), said(menu, "98", "?", "98")
    last = [line for line in hinted.splitlines() if "Label" in line][-1]
    first = next(line for line in after.splitlines() if "Label" in line)
    assert int(first.split()[0]) == int(last.split()[0]) + 1
    assert said(menu, "98", "?", "0") == said(menu)


def test_webhooks_that_lead_to_one_another_without_showing_anything_come_to_an_end():
    menu = ready(screens(a=choices("b"), b=told("b")))
    step = engine.reply(menu, engine.start(menu, FACTS).session, "1")
    for _ in range(CALLS_MAX - 1):
        step = engine.answered(menu, read_session(session_json(step.session)), Result())
        assert step.waits is not None
    step = engine.answered(menu, step.session, Result())
    assert (step.waits, step.end, step.say) == (None, True, APOLOGY)
    assert step.trouble == f"the webhooks called one another more than {CALLS_MAX} times, at last that of b"


def test_who_types_is_answered_by_as_many_webhooks_again():
    menu = ready(screens(a=choices("b"), b=told("a")))
    step = engine.start(menu, FACTS)
    for _ in range(3 * CALLS_MAX):
        step = engine.reply(menu, step.session, "1")
        assert step.waits is not None
        step = engine.answered(menu, step.session, Result())
    assert step.say == "Choose\n1 To b"


def test_a_way_that_leads_nowhere_says_so():
    assert walked(screens(a=choices("gone")), "1")[-1].trouble == "nothing comes after a"


def test_choices_without_pages_are_shown_with_their_keys_however_long_their_values_are():
    menu = screens(a=choices("b", "b", text="Pick {first_name}"), b=end()) | {"options": {"more": False}}
    for choice in menu["screens"]["a"]["choices"]:
        choice["label"] = "{first_name}"
    shown = walked(menu, facts=FACTS | {"first_name": "v" * 190})[-1].say
    text, one, two = shown.splitlines()
    assert (text[:4], one[:3], two[:3]) == ("Pick", "1 v", "2 v")
    assert WIDE.holds(shown)
