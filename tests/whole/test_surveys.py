"""Surveys through a real node, which is killed in the middle, and phones that answer at random: wrong, late, twice and out of order.

`SURVEY_PHONES=1000 pytest --log-cli-level info tests/whole/test_surveys.py` does it with so many, in half a minute; with `SURVEY_SEED` it
is the same people again.
"""

import json
import logging
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.whole.programs import Node, Program, eventually, free_port
from tests.whole.surveying import CODE, NAMES, Person, person, survey
from tests.whole.test_load import clean

PHONES = int(os.environ.get("SURVEY_PHONES", "300"))
SEED = int(os.environ.get("SURVEY_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
WINDOW = 50
UNITS = 100 * PHONES
PATIENCE_S = 60.0 + PHONES / 10


@attrs.define(eq=False)
class Respondents:
    """The process that plays the phones, behind the simulated SMSC."""

    folder: Path
    people: list[Person]
    port: int = attrs.field(factory=free_port)
    program: Any = None

    def start(self) -> None:
        plan = self.folder / "plan.json"
        plan.write_text(json.dumps([each.as_json() for each in self.people]))
        arguments = [sys.executable, "-m", "tests.whole.respondents", str(self.port), str(plan), str(self.journal)]
        root = Path(__file__).parents[2]
        self.program = Program(arguments, {**os.environ, "PYTHONPATH": str(root)}, self.folder / "respondents.out")
        self.program.start()

    @property
    def journal(self) -> Path:
        return self.folder / "journal.log"

    def begin(self, phones: list[str]) -> None:
        """Let these send the keyword."""
        told = self.journal.with_suffix(".begin")
        told.with_suffix(".half").write_text(json.dumps(phones))
        told.with_suffix(".half").rename(told)

    def story(self, phone: str | None = None) -> list[dict[str, Any]]:
        """What all phones, or one, got and said so far."""
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return [line for line in map(json.loads, lines) if phone in (None, line["phone"])]

    def asked(self, question: int) -> Counter[str]:
        """How often each phone was asked a question."""
        return Counter(line["phone"] for line in self.story() if f"Q{question}: " in line.get("got", ""))


@pytest.fixture
def respondents(folder: Path) -> Iterator[Respondents]:
    drawn = random.Random(SEED)
    made = Respondents(folder, [person(f"25471{n:07d}", drawn) for n in range(PHONES)])
    made.start()
    yield made
    made.program.end()


def published(node: Node, token: str) -> str:
    """Make and publish the survey; return its uuid."""
    code, made = node.call(token, "/surveys", survey())
    assert code == 200, made
    uuid = str(made["data"]["uuid"])
    code, answer = node.call(token, f"/surveys/{uuid}/publish", {})
    assert (code, answer["data"]["status"]) == (200, "live"), answer
    return uuid


def responses(node: Node, token: str, uuid: str) -> dict[str, dict[str, Any]]:
    """All responses, by phone."""
    found: dict[str, dict[str, Any]] = {}
    cursor = ""
    while True:
        code, page = node.call(token, f"/surveys/{uuid}/responses?page_size=100{cursor}")
        assert code == 200, page
        for each in page["data"]["items"]:
            assert each["phone"] not in found
            found[each["phone"].removeprefix("+")] = each
        if page["data"]["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['data']['next_cursor']}"


def differing(people: list[Person], found: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Whose response is not as it must be, with how it differs."""
    wrong = {phone: f"{phone}: a response of nobody" for phone in found.keys() - {each.phone for each in people}}
    for each in people:
        response = found.get(each.phone)
        if response is None:
            wrong[each.phone] = f"{each.phone}: no response"
            continue
        values = {answer["code"]: answer["value"] for answer in response["answers"]}
        raw = {answer["code"]: answer["raw"] for answer in response["answers"]}
        was = (response["status"], response["reason"], values, raw)
        must = (each.status, each.reason, json.loads(json.dumps(each.answers)), each.raw)
        if was != must:
            beside = f"others {response['others']}, waits for {response['waits_for']}, says {each.says}"
            wrong[each.phone] = f"{each.phone}: {was}\n   must be {must}\n   {beside}"
    return wrong


@pytest.mark.timeout(120 + 2 * PATIENCE_S)
def test_decisions_78_to_81_every_response_is_right_although_the_node_is_killed_in_the_middle(
    node: Node, respondents: Respondents
):
    people = respondents.people
    node.start()
    token = node.team("ACME", UNITS, "--sender", CODE)
    node.carrier(respondents.port, "--window", str(WINDOW))
    uuid = published(node, token)
    invited = [each.phone for each in people if not each.begins]
    respondents.begin([each.phone for each in people if each.begins])
    for at in range(0, len(invited), 1000):
        code, answer = node.call(
            token, f"/surveys/{uuid}/send", {"phones": [f"+{phone}" for phone in invited[at : at + 1000]]}
        )
        assert (code, answer["data"]["skipped"]) == (200, 0), answer

    dies_at = random.Random(SEED).choice((1, 2, 3, 5))
    eventually(lambda: len(respondents.asked(dies_at)) >= PHONES // 4, f"many are asked question {dies_at}", PATIENCE_S)
    node.kill()
    node.start()

    silent = sum(each.status == "in_progress" for each in people)

    def standing() -> Any:
        return node.call(token, f"/surveys/{uuid}")[1]["data"]["responses"]

    with suppress(AssertionError):  # who is wrong says more
        eventually(
            lambda: standing()["completed"] + standing()["expired"] >= PHONES - silent, "all have ended", PATIENCE_S
        )
        # who never ends has something to say still when the others have ended
        eventually(lambda: not differing(people, responses(node, token, uuid)), "all have said all", PATIENCE_S)
    wrong = differing(people, responses(node, token, uuid))
    stories = [f"{words}\n" + "\n".join(map(str, respondents.story(phone)[-8:])) for phone, words in wrong.items()]
    assert wrong == {}, f"{len(wrong)} of {PHONES}, seed {SEED}\n" + "\n".join(stories[:5])
    doubled = sum(times - 1 for n in range(1, len(NAMES) + 1) for times in respondents.asked(n).values())
    told = (PHONES, dies_at, doubled, SEED)
    logging.getLogger(__name__).info("%s phones, a kill at question %s, %s questions came twice (seed %s)", *told)
    assert doubled <= 2 * WINDOW  # what was on its way when it died, and no more (I3)
    shown = standing()
    assert (shown["in_progress"], shown["completed"] + shown["expired"]) == (silent, PHONES - silent)
    assert clean(node) == []
