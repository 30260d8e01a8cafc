"""What holds of every walk through every menu, drafts with faults included.

Menus and what happens in them are drawn from a seed, which is a hundred times faster than to have Hypothesis draw their parts.
"""

from random import Random
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.errors import BadDefinition
from mobilesasa.ussd import engine
from mobilesasa.ussd.checking import check
from mobilesasa.ussd.compiled import CompiledMenu
from mobilesasa.ussd.model import HISTORY_MAX, Mode, Result, Session, Step, read_session, session_json
from mobilesasa.ussd.paging import Limit
from mobilesasa.ussd.reading import menu_json, read_menu
from tests.ussd.menus import FACTS, SURVEY, URL, ready

IDS = ["a", "b", "c", "d", "e"]
APOLOGY = "Sorry, something went wrong. Please try again later."
WORDS = ["{x}", "{first_name:you}", "word ", "ab ", "€", "漢字", "😀", "\n", "a" * 100, "{", "}}", ":"]
TYPED = ["1", "1", "1", "2", "3", "0", "0", "98", "98", "98", "", "x", "0712345678", "24/12/2026", "{x}", "漢"]
SHOWN = {"kind": "webhook", "url": URL, "show": True, "variables": ["x"]}
LIMITS = [Limit.of(182), Limit.of(160), Limit.of(100)]
LONG_WORDS = {"more": "漢" * 12, "back": "漢" * 12, "next": "漢" * 12}

seeds = st.integers(0, 2**32).map(Random)
often = settings(max_examples=100, deadline=None)


def text(random: Random, most: int = 10) -> str:
    return "".join(random.choices(WORDS, k=random.randrange(most)))[:500]


def wanted(random: Random) -> dict[str, Any]:
    kind = random.choice(["text", "text", "number", "phone", "amount", "date"])
    return {"variable": random.choice("xy"), "type": kind, "error": random.choice(["", text(random)])}


def when(random: Random) -> dict[str, Any]:
    asked = random.choice([{"op": "eq", "value": "5"}, {"op": "in", "value": ["5", "{x}"]}, {"op": "set"}])
    return {"variable": random.choice("xy"), **asked}


def some_choice(random: Random, lead: str | None) -> dict[str, Any]:
    label = random.choice(["On", text(random)[:200]])
    return {"key": random.choice(["1", "2", "3", "0", "98"]), "label": label, "next": lead, "set": {"x": text(random)}}


def some_screen(random: Random) -> dict[str, Any]:
    lead, other = random.choice([*IDS, *IDS, None]), random.choice(IDS)
    made = [some_choice(random, random.choice([lead, other])) for _ in range(random.choice([0, 2, 3, 12]))]
    done = random.choice([SHOWN, SHOWN, {"kind": "start_survey", "survey": SURVEY}])
    return random.choice(
        [
            {"kind": "choices", "text": text(random), "choices": made},
            {"kind": "choices", "text": text(random), "choices": [some_choice(random, other) for _ in "123"]},
            {"kind": "input", "text": text(random), "input": wanted(random), "next": lead},
            {"kind": "message", "text": text(random, 30), "next": lead},
            {"kind": "action", "actions": [done], "next": lead},
            {"kind": "condition", "rules": [{"when": when(random), "next": other}], "else": lead},
            {"kind": "end", "text": text(random, 30)},
        ]
    )


def some_menu(random: Random) -> dict[str, Any]:
    """Make a menu, most with faults."""
    return {
        "name": "Any",
        "start": "a",
        "language": random.choice(["en", "sw"]),
        "options": {"more": random.random() < 0.8, "back": random.random() < 0.8},
        "texts": random.choice([{}, LONG_WORDS]),
        "screens": {name: some_screen(random) for name in IDS},
    }


def right_menu(random: Random) -> dict[str, Any]:
    """Make a menu without faults: each screen leads to the next among others, the last is an end, and none goes back unseen."""
    made: dict[str, Any] = {IDS[-1]: {"kind": "end", "text": f"Bye {text(random)}"}}
    for at, name in enumerate(IDS[:-1]):
        ahead, anywhere, further = IDS[at + 1], random.choice(IDS), random.choice(IDS[at + 1 :])
        on = {"key": "1", "label": "On", "next": ahead, "set": {"x": text(random)}}
        made[name] = random.choice(
            [
                {"kind": "choices", "choices": [on, {"key": "2", "label": f"To {text(random, 2)}", "next": anywhere}]},
                {"kind": "input", "text": f"Say {text(random)}", "input": wanted(random), "next": ahead},
                {"kind": "message", "text": f"Know {text(random, 30)}", "next": ahead},
                {"kind": "action", "actions": [SHOWN], "next": ahead},
                {"kind": "condition", "rules": [{"when": when(random), "next": further}], "else": ahead},
            ]
        )
    return {"name": "Right", "start": "a", "screens": made}


def result(random: Random) -> Result:
    return Result(text=text(random, 30), end=random.random() < 0.2, variables={"x": text(random), "z": "no"})


def walk(menu: CompiledMenu, random: Random, limit: Limit, *, fails: float = 0.2) -> list[Step]:
    """Return the steps of somebody who types this and that, is cut off at times, and dials again."""
    steps = [engine.start(menu, FACTS, limit=limit)]
    for _ in range(random.randrange(20)):
        session = steps[-1].session
        if steps[-1].waits is not None:
            answer = None if random.random() < fails else result(random)
            steps.append(engine.answered(menu, session, answer, limit))
        elif random.random() < 0.1:
            steps.append(engine.resume(menu, session, limit))
        elif not steps[-1].end:
            steps.append(engine.reply(menu, session, random.choice(TYPED), limit))
    return steps


@often
@given(seeds, st.sampled_from(LIMITS))
def test_every_screen_that_is_shown_fits_whatever_the_texts(random, limit):
    for step in walk(ready(some_menu(random)), random, limit):
        assert step.say is None or (step.say and limit.holds(step.say))


@often
@given(seeds, st.sampled_from(LIMITS))
def test_every_walk_stays_in_the_menu_waits_for_a_webhook_or_ends(random, limit):
    for step in walk(ready(some_menu(random)), random, limit):
        session = step.session
        assert session.screen in IDS or (step.end and step.say is not None)
        assert (step.say is None) is (session.mode is Mode.WAITING and not session.resuming) is (step.waits is not None)
        assert step.end is (session.mode is Mode.OVER)
        assert len(session.history) <= HISTORY_MAX
        assert {*step.entered, *step.left, *session.history} <= {*IDS}


@often
@given(seeds, st.sampled_from(LIMITS))
def test_a_session_can_be_put_away_as_json_between_any_two_steps(random, limit):
    menu = ready(some_menu(random))
    for step in walk(menu, random, limit):
        again = read_session(session_json(step.session))
        assert again == step.session
        assert engine.reply(menu, again, "1", limit) == engine.reply(menu, step.session, "1", limit)


@often
@given(st.integers(0, 2**32), st.sampled_from(LIMITS))
def test_the_same_walk_is_the_same_always(seed, limit):
    menu = some_menu(Random(seed))
    again = menu_json(read_menu(menu))
    assert walk(ready(menu), Random(seed), limit) == walk(ready(again), Random(seed), limit)


@often
@given(seeds)
def test_what_is_typed_ahead_leads_where_it_leads_one_by_one(random):
    menu = ready(some_menu(random))
    said = random.choices(TYPED, k=6)
    ahead = engine.start(menu, FACTS, said)
    step = engine.start(menu, FACTS)
    for each in said:
        is_last = step.end or step.waits is not None or step.session.hinted
        if is_last or menu.places[step.screen].kind.value == "end":
            break
        step = engine.reply(menu, step.session, each)
    assert attrs.evolve(ahead.session, steps=0, pending=()) == attrs.evolve(step.session, steps=0)
    assert (ahead.say, ahead.end) == (step.say, step.end)


@often
@given(seeds, st.sampled_from(LIMITS))
def test_a_menu_without_faults_never_apologises_for_itself(random, limit):
    menu = right_menu(random)
    assert {fault.code for fault in check(read_menu(menu))} <= {"unknown_variable"}
    assert all(step.say != APOLOGY for step in walk(ready(menu), random, limit, fails=0))


@often
@given(
    seeds,
    st.builds(Session, screen=st.sampled_from([*IDS, "z", ""]), mode=st.sampled_from(Mode), page=st.integers(0, 9)),
)
def test_a_session_of_another_menu_does_no_harm(random, session):
    menu = ready(some_menu(random))
    for step in (
        engine.reply(menu, session, "1"),
        engine.resume(menu, session),
        engine.answered(menu, session, result(random)),
    ):
        assert step.screen in IDS or step.end


keys = ["name", "start", "screens", "kind", "text", "choices", "input", "actions", "rules", "when", "options", "a"]
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(keys), inner, max_size=5)),
    max_leaves=20,
)


def reads_or_refuses(value: object) -> None:
    try:
        menu = read_menu(value)
    except BadDefinition:
        return
    check(menu)
    assert read_menu(menu_json(menu)) == menu


@settings(max_examples=50, deadline=None)
@given(anything)
def test_whatever_is_given_is_read_as_a_menu_or_refused(value):
    reads_or_refuses(value)


@settings(max_examples=50, deadline=None)
@given(anything, st.sampled_from(["end", "choices", "input", "condition"]))
def test_whatever_is_given_is_read_as_part_of_a_screen_or_refused(value, kind):
    parts = {"end": "actions", "choices": "choices", "input": "input", "condition": "rules"}
    screen = {"kind": kind, "text": "x", parts[kind]: value}
    reads_or_refuses({"name": "x", "start": "a", "screens": {"a": screen, "b": value}})
