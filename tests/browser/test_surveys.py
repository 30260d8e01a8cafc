"""Surveys in a real browser: built with branches, answered on the phone beside them, published, sent, and what people answered."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from mobilesasa.cli.simulated.phones import message_from
from mobilesasa.sms.estimate import count_parts
from mobilesasa.surveys.checking import OPS
from mobilesasa.surveys.jsons import as_json
from mobilesasa.surveys.model import END, Definition, Kind, Op
from mobilesasa.surveys.paths import backwards, leads, reached
from mobilesasa.surveys.reading import read_definition
from mobilesasa.surveys.words import asking, opening
from tests.browser.desk import Desk
from tests.browser.site import Site
from tests.whole.phones import Phones
from tests.whole.programs import HOST, eventually

CODE = "22384"
SCRIPT = "<script>alert('1')</script>"
ECHO = "+254700000008"  # of the sandbox: sends back what it gets
PREFIX = "25479900"  # of phones that a test plays itself

NPS = {
    "sender_id": CODE,
    "introduction": "Habari! This is Acme. 2 questions, free of charge. Reply STOP to end.",
    "thanks": "Asante! Thank you.",
    "questions": [
        {"code": "score", "type": "nps", "text": "Would you recommend us, from 0 to 10?",
         "rules": [{"when": {"op": "gte", "value": 9}, "next": "visit"}]},
        {"code": "why", "type": "text", "text": f"What should we do better? {SCRIPT}"},
        {"code": "visit", "type": "single_choice", "text": "Which branch do you go to?",
         "options": [{"code": "TOWN", "label": "Town"}, {"code": "MALL", "label": f"Mall {SCRIPT}"}, {"code": "NONE", "label": "None"}]},
        {"code": "liked", "type": "multiple_choice", "text": "What do you like?", "required": False,
         "options": [{"label": "Prices"}, {"label": "Staff"}, {"label": "Opening hours"}]},
        {"code": "again", "type": "yes_no", "text": "Will you come again?"},
        {"code": "age", "type": "number", "text": "How old are you?", "min": 10, "max": 120, "whole": True},
        {"code": "service", "type": "rating", "text": "How was our service, from 1 to 5?"},
    ],
}  # fmt: skip
SAID: Sequence[Sequence[str]] = (
    ("10", "1", "1,2", "yes", "31", "5"),
    ("9", "town", "2", "ndiyo", "27", "5"),
    ("10", "2", "1,2,3", "y", "45", "4"),
    ("8", "Longer opening hours would help.", "1", "skip", "yes", "38", "4"),
    ("7", f"Bei ni juu sana {SCRIPT}", "mall", "3", "no", "52", "3"),
    ("3", "Nobody answered the phone.", "3", "1", "hapana", "63", "2"),
    ("9", "1", "2", "yes", "29", "4"),
    ("twelve", "10", "2", "1,2"),  # falls silent
)
TEXTS = ("Bei?", "x" * 158, "€" * 80, "Habari – “sana”", "a€" * 76 + "€", "😀" * 40, "{n}\n" * 60)
#: What the modules of the builder make of definitions: where each question leads, which are never asked, which never end; how many parts
#: each is; and what would be saved.
COUNTED = """async (definitions) => {
    const pages = new URL("pages/surveys/", document.querySelector("script[type=module]").src);
    const [{ fromShown, toBody }, { flowOf }, { measure, sayingAt }] = await Promise.all(
        ["draft.js", "flow.js", "length.js"].map((name) => import(new URL(name, pages))));
    return definitions.map((definition) => {
        const draft = fromShown(definition), flow = flowOf(draft), uuids = draft.questions.map((question) => question.uuid);
        const ways = Object.fromEntries([...flow.ways].map(([uuid, found]) => [uuid, [...new Set(found.map((way) => way.to))].sort()]));
        const told = [ways, uuids.filter((uuid) => !flow.reached.has(uuid)), uuids.filter((uuid) => !flow.ending.has(uuid))];
        return [told, uuids.map((_, place) => measure(sayingAt(draft, place)).parts), toBody(draft)];
    });
}"""


@pytest.fixture
def phones(site: Site) -> Iterator[Phones]:
    """Phones in the hand of the test, behind a carrier that messages to them go to."""
    made = Phones()
    where = ["--host", HOST, "--port", str(made.port), "--system-id", "esme", "--password", "secret", "--tps", "0"]
    site.node.quickly("carrier", "add", "phones", "--kind", "smpp", *where)
    site.node.quickly("route", "add", "--prefix", PREFIX, "--carrier", "phones")
    made.accept()
    yield made
    site.node.quickly("carrier", "disable", "phones")
    made.close()


def have_said(phones: Phones, keyword: str, said: Sequence[Sequence[str]]) -> None:
    """Let people begin by the keyword and say all they have to say, each when they have been asked."""
    for turn in range(1 + max(map(len, said))):
        texts = [(f"{PREFIX}{n:04}", ([keyword, *words])[turn]) for n, words in enumerate(said) if turn <= len(words)]
        phones.say([pdu for n, (phone, text) in enumerate(texts) for pdu in message_from(phone, CODE, text, n)])
        assert len(phones.hear_submits(len(texts))) == len(texts)


def made(site: Site, name: str, **more: object) -> str:
    """Make a survey and publish it; return its uuid."""
    uuid = str(site.api("owner", "POST", "/surveys", {**NPS, "name": name, **more})["uuid"])
    site.api("owner", "POST", f"/surveys/{uuid}/publish", {})
    return uuid


def question(page: Page, number: int) -> Locator:
    """The card of a question in the builder."""
    return page.locator(".sv-question").nth(number - 1)


def add_question(page: Page, kind: str, text: str) -> Locator:
    """Add a question at the end; return its card, which is open."""
    count = page.locator(".sv-question").count()
    page.get_by_role("button", name="Add question").click()
    page.get_by_role("menuitem", name=kind).click()
    card = question(page, count + 1)
    card.get_by_label("Question", exact=True).fill(text)
    return card


def save(page: Page) -> None:
    """Save the draft."""
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("region", name="Draft").get_by_role("status")).to_contain_text("Draft saved")


def test_a_survey_is_built_with_branches_answered_on_the_phone_and_published(desk: Desk) -> None:
    page = desk.open("/surveys")
    page.get_by_role("button", name="New survey").first.click()
    page.get_by_label("Name", exact=True).fill(f"After a visit {SCRIPT}")
    page.get_by_text("Blank", exact=True).click()
    page.get_by_label("Short code or number").select_option(CODE)
    page.get_by_label("Keyword").fill("VISIT")
    page.get_by_role("button", name="Create draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"After a visit {SCRIPT}")
    expect(page.get_by_text("1 thing keeps it from being published")).to_be_visible()

    page.get_by_label("Introduction").fill("Habari! This is Acme, free of charge. Reply STOP to end.")
    service = add_question(page, "One of several", f"How was our service? {SCRIPT}")
    service.get_by_label("Option 1: what people read").fill("Good")
    service.get_by_label("Option 2: what people read").fill("Bad")
    add_question(page, "Own words", "What went wrong?")
    add_question(page, "Recommend", "Would you recommend us, from 0 to 10?")
    page.get_by_label("Thanks").fill("Asante! Thank you.")
    question(page, 1).get_by_role("button", expanded=False).first.click()
    question(page, 1).get_by_label("Option 1: leads to").select_option(label="3. Would you recommend us, from 0 to 10?")
    expect(question(page, 1)).to_contain_text("Good → 3")
    save(page)

    phone = page.get_by_role("region", name="Try it")
    phone.get_by_role("button", name="Begin").click()
    expect(phone.get_by_role("log")).to_contain_text(
        f"How was our service? {SCRIPT}\n1. Good\n2. Bad", use_inner_text=True
    )
    phone.get_by_label("Your answer").fill("what?")
    phone.get_by_role("button", name="Send the answer").click()
    expect(phone.get_by_role("log")).to_contain_text("Not understood")
    phone.get_by_role("button", name="1 · Good").click()
    expect(phone.get_by_role("log")).to_contain_text("Would you recommend us, from 0 to 10?")
    phone.get_by_role("button", name="9", exact=True).click()
    expect(phone.get_by_role("log")).to_contain_text("Asante! Thank you.")
    expect(phone.get_by_role("log")).to_contain_text("Answered to the end. 4 messages were sent.")
    desk.looks("surveys-build")

    page.get_by_role("button", name="Publish").click()
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("VISIT to 22384 begins it")
    asked.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("As published in version 1")).to_be_visible()
    expect(page.locator(".page-status")).to_have_text("Live")
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Version 1").click()
    expect(page.get_by_role("dialog")).to_contain_text("What went wrong?")
    desk.looks("surveys-version")


def test_what_keeps_a_draft_from_being_published_is_said_where_it_is_mended(site: Site, desk: Desk) -> None:
    uuid = site.api("owner", "POST", "/surveys", {**NPS, "name": "Half done", "keyword": "HALF"})["uuid"]
    page = desk.open(f"/surveys/{uuid}")
    question(page, 1).get_by_label("Where it goes on else").select_option("end")
    question(page, 1).get_by_role("button", name="Remove branch 1").click()
    expect(question(page, 2)).to_contain_text("Nobody is asked this: nothing leads to it.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("6 things keep it from being published").first).to_be_visible()
    expect(question(page, 2).get_by_label("Question", exact=True)).to_be_focused()
    question(page, 1).get_by_role("button", expanded=False).first.click()
    question(page, 1).get_by_label("Where it goes on else").select_option("")
    expect(page.get_by_text("Nobody is asked this: nothing leads to it.")).to_have_count(0)

    question(page, 3).get_by_role("button", name="Move question 3 up").click()
    expect(question(page, 2)).to_contain_text("Which branch do you go to?")
    question(page, 2).get_by_role("button", expanded=False).first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(question(page, 3)).to_contain_text("Which branch do you go to?")
    question(page, 1).get_by_role("button", expanded=True).first.click()
    question(page, 4).evaluate("(card) => card.scrollIntoView({ block: 'center' })")
    grip = question(page, 7).locator(".sv-grip")
    grip.drag_to(question(page, 2), target_position={"x": 100, "y": 4}, steps=5)
    expect(question(page, 2)).to_contain_text("How was our service")
    question(page, 2).get_by_role("button", name="More for question 2").click()
    page.get_by_role("menuitem", name="Remove question").click()
    expect(page.locator(".sv-question")).to_have_count(6)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".sv-question")).to_have_count(7)

    page.get_by_role("link", name="Surveys").last.click()
    leave = page.get_by_role("alertdialog")
    expect(leave).to_contain_text("changes that are not saved")
    leave.get_by_role("button", name="Cancel").click()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("region", name="Draft").get_by_role("status")).to_contain_text("Draft saved")
    kept = [each["code"] for each in site.api("owner", "GET", f"/surveys/{uuid}")["questions"]]
    assert kept == ["score", "service", "why", "visit", "liked", "again", "age"]


def test_two_who_edit_one_survey_are_asked_whose_draft_is_to_stay(site: Site, desk: Desk) -> None:
    uuid = site.api("owner", "POST", "/surveys", {**NPS, "name": "Of two people", "keyword": "TWO"})["uuid"]
    page = desk.open(f"/surveys/{uuid}")
    thanks = page.get_by_label("Thanks", exact=True)
    desk.expects(409)

    thanks.fill("Mine")
    site.api("admin", "PUT", f"/surveys/{uuid}", {"introduction": "Theirs"})
    page.get_by_role("button", name="Save draft").click()
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("Somebody else has changed this draft")
    expect(asked).to_contain_text(re.compile("saved it"))
    desk.looks("survey-conflict")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_contain_text("Take theirs instead?")
    asked.get_by_role("button", name="Cancel").click()
    expect(thanks).to_have_value("Mine")
    page.get_by_role("button", name="Save draft").click()
    asked.get_by_role("button", name="Save mine over theirs").click()
    expect(page.get_by_role("region", name="Draft").get_by_role("status")).to_contain_text("Draft saved")
    assert site.api("owner", "GET", f"/surveys/{uuid}")["thanks"] == "Mine"

    thanks.fill("Mine again")
    site.api("admin", "PUT", f"/surveys/{uuid}", {"thanks": "Theirs"})
    page.get_by_role("button", name="Save draft").click()
    asked.get_by_role("button", name="Cancel").click()
    asked.get_by_role("button", name="Take theirs").click()
    expect(thanks).to_have_value("Theirs")

    page.get_by_role("button", name="Publish").click()
    site.api("admin", "PUT", f"/surveys/{uuid}", {"thanks": "Not seen"})
    asked.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Nothing was published.").first).to_be_visible()
    expect(thanks).to_have_value("Not seen")
    assert site.api("owner", "GET", f"/surveys/{uuid}")["version"] == 0


def test_people_are_asked_for_what_was_told_before(site: Site, desk: Desk) -> None:
    only = {"questions": [{"type": "text", "text": f"What should we do better? {SCRIPT}"}], "introduction": None}
    uuid = made(site, "One question", keyword="ONE", **only)
    desk.expects(400)  # of the estimate, where there is no number
    page = desk.open(f"/surveys/{uuid}?tab=people")
    page.get_by_label("Phone numbers").fill(f"{ECHO}, nobody")
    expect(page.get_by_text("nobody: Is no phone number")).to_be_visible()
    page.get_by_label("Phone numbers").fill(ECHO)
    reach = page.get_by_role("region", name="What it comes to")
    expect(reach).to_contain_text("1 person will be asked")
    expect(reach).to_contain_text("1 unit")
    desk.looks("surveys-people")
    reach.get_by_role("button", name="Ask these people").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Ask 1 person").click()
    expect(page.get_by_text("1 person is invited").first).to_be_visible()
    eventually(
        lambda: site.api("owner", "GET", f"/surveys/{uuid}")["responses"]["completed"] == 1, "the phone has answered"
    )

    page.get_by_role("tab", name="Responses").click()
    page.locator(".row-link").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(f"What should we do better? {SCRIPT}")
    expect(drawer.locator(".sv-raw")).to_contain_text(SCRIPT)


def test_what_people_answered_is_seen_by_question_and_by_person_and_taken_as_a_file(
    site: Site, desk: Desk, phones: Phones
) -> None:
    uuid = made(site, f"Score {SCRIPT}", keyword="SCORE")
    have_said(phones, "score", SAID)
    page = desk.open(f"/surveys/{uuid}")
    score = page.get_by_role("region", name="Would you recommend us, from 0 to 10?")
    expect(score).to_contain_text("+50")
    expect(score).to_contain_text("8 answers")
    expect(page.get_by_role("region", name="Which branch do you go to?")).to_contain_text(f"Mall {SCRIPT}")
    expect(page.get_by_role("region", name=f"What should we do better? {SCRIPT}")).to_contain_text(
        f"Bei ni juu sana {SCRIPT}"
    )
    desk.looks("surveys-results")

    page.get_by_role("tab", name="Responses").click()
    expect(page.get_by_role("row")).to_have_count(1 + len(SAID))
    desk.looks("surveys-responses")
    page.get_by_label("Phone").fill(f"+{PREFIX}0004")
    expect(page.get_by_role("row")).to_have_count(2)
    page.locator(".row-link").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(f"Bei ni juu sana {SCRIPT}")
    expect(drawer).to_contain_text("Taken for No (false)")
    desk.looks("surveys-response")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Export").click()
    with page.expect_download() as taken:
        page.get_by_role("menuitem", name="As CSV").click()
    rows = list(csv.reader(io.StringIO(taken.value.path().read_text("utf-8"))))
    assert len(rows) == 2
    assert f"Bei ni juu sana {SCRIPT}" in rows[1]


def test_a_survey_is_paused_resumed_closed_and_deleted_and_a_viewer_only_looks(site: Site, desk: Desk) -> None:
    uuid = made(site, "Short lived", keyword="SHORT")
    desk.log_in("viewer")
    page = desk.open(f"/surveys/{uuid}")
    expect(page.get_by_text("Which branch do you go to?").first).to_be_visible()
    for act in ("Publish", "Save draft", "Pause", "Add question"):
        expect(page.get_by_role("button", name=act)).to_have_count(0)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("log")).to_contain_text("Would you recommend us")

    desk.log_in("owner")
    page = desk.open(f"/surveys/{uuid}")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Pause").click()
    expect(page.locator(".page-status")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".page-status")).to_have_text("Live")
    page.get_by_role("button", name="More acts").click()
    page.get_by_role("menuitem", name="Close for good").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Close for good").click()
    expect(page.locator(".page-status")).to_have_text("Closed")
    page.get_by_role("button", name="More acts").click()
    page.get_by_role("menuitem", name="Delete survey").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete survey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Surveys")
    desk.looks("surveys-list")


def drawn(random: Random) -> Definition:
    """Draw a survey of a few questions that lead about as they like."""
    places = range(random.randint(1, 6))
    uuids = [str(UUID(int=1 + place)) for place in places]
    questions: list[dict[str, Any]] = []
    for place in places:
        kind = random.choice([*Kind])
        asked: dict[str, Any] = {
            "uuid": uuids[place],
            "type": kind,
            "text": random.choice(TEXTS),
            "required": random.random() < 0.8,
        }
        if kind.is_choice:
            codes = random.sample(["A", "B", "C", "LONG"], random.randint(2, 4))
            asked["options"] = [{"code": code, "label": random.choice(TEXTS)[:150] + code} for code in codes]
            for option in asked["options"] if kind is Kind.SINGLE_CHOICE else ():
                option["next"] = random.choice([None, None, "end", *uuids])
        if kind is Kind.NUMBER:
            asked |= {
                "min": random.choice([None, 0, 3]),
                "max": random.choice([None, 7]),
                "whole": random.random() < 0.5,
            }
        asked["rules"] = [drawn_rule(random, asked, [*questions, asked], uuids) for _ in range(random.randint(0, 3))]
        asked["next"] = random.choice([None, None, "end", *uuids])
        questions.append(asked)
    given = {"name": "drawn", "introduction": random.choice(["", *TEXTS]), "questions": questions}
    return read_definition(given, lambda: str(UUID(int=random.getrandbits(128))))


def drawn_rule(random: Random, owner: dict[str, Any], known: list[dict[str, Any]], uuids: list[str]) -> dict[str, Any]:
    """Draw a rule of a question that looks at its own answer as a rule, or else at another one."""
    asked = owner if random.random() < 0.8 else random.choice(known)
    kind = Kind(asked["type"])
    op = random.choice(sorted(OPS[kind]))
    values: dict[Kind, list[Any]] = {
        Kind.YES_NO: [True, False],
        Kind.DATE: ["2026-12-24", "2026-12-25", "2027-01-31"],
        Kind.TEXT: ["Bei", "bei ", "x"],
    }
    if kind.is_choice:
        several: Sequence[Any] = [option["code"] for option in asked["options"]]
    else:
        several = values.get(kind, [0, 1, 2.5, 4, 5, 6, 9, 10])
    value = random.sample([*several], min(2, len(several))) if op == Op.IN else random.choice(several)
    looks = None if asked is owner else asked["uuid"]
    return {"when": {"question": looks, "op": op, "value": value}, "next": random.choice(["end", *uuids])}


def test_the_builder_counts_follows_and_saves_what_the_node_has(desk: Desk) -> None:
    page = desk.open("/surveys")
    random = Random(20261123)
    definitions = [drawn(random) for _ in range(300)]
    for definition, (told, parts, body) in zip(
        definitions, page.evaluate(COUNTED, [as_json(each) for each in definitions]), strict=True
    ):
        ways = {question.uuid: sorted(leads(definition, question)) for question in definition.questions}
        first = definition.questions[0].uuid
        never = [uuid for uuid in ways if uuid not in reached(ways, first)]
        round_ = [uuid for uuid in ways if uuid not in reached(backwards(ways), END)]
        assert told == [ways, never, round_], as_json(definition)
        said = [opening(definition), *map(asking, definition.questions[1:])]
        assert parts == [count_parts(text) for text in said], as_json(definition)
        assert as_json(read_definition(body, lambda: "made anew")) == as_json(definition)
