"""What tests of surveys begin with: published surveys, texts from phones, and rounds of the machine."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import Refused
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Coding, Lane, Priced, Submission
from mobilesasa.core.teams import CurrentDirectory, Directory, Sender, Team
from mobilesasa.store import survey_lists, survey_rounds, surveys
from mobilesasa.store.database import Txn
from mobilesasa.store.inbound import take_in
from mobilesasa.store.survey_conversations import Works
from mobilesasa.surveys.model import Conduct, Definition, Kind
from mobilesasa.surveys.turns import Done
from mobilesasa.surveys.views import Response, Survey, WantedResponses
from tests.store.given import NOW_MS, add_carrier, add_team, count, one, priced, rows
from tests.store.test_inbound import arrival
from tests.surveys.making import question, survey

CODE = "22141"
PHONE = "254711000001"
OTHER = "254711000002"
FARM = survey(
    question("liked", Kind.RATING, minimum=1, maximum=5),
    question("more", required=False),
    sender_id=CODE,
    keyword="farm",
)
AGAIN = attrs.evolve(FARM, conduct=Conduct(repeat="each_time"))
SENDER = "INSERT INTO sender (team_id, name, status) VALUES (%(team)s, %(name)s, 'approved')"
CLAIMED = "UPDATE pending SET attempts = 1 RETURNING message_id"
TAKEN = "UPDATE message SET sent_at = to_timestamp(%(at_ms)s / 1000.0) WHERE id = ANY(%(ids)s::uuid[])"
_uuids = (f"50000000-0000-4000-8000-{n:012}" for n in itertools.count(1))


def uuid() -> str:
    return next(_uuids)


class Rig:
    """A team with a code, and rounds in the test's own transaction; time goes on by ten seconds with each text."""

    def __init__(self, txn: Txn, units: int = 100) -> None:
        self.txn, self.now_ms = txn, NOW_MS
        self.team, self.carrier = add_team(txn, units), add_carrier(txn)
        txn.execute(SENDER, {"team": self.team, "name": CODE})
        teams = [Team(self.team, "team", "ACME", "A team")]
        directory = Directory(teams, [Sender(1, "5e5e5e5e-0000-4000-8000-000000000002", self.team, CODE)])
        self.directory = CurrentDirectory(directory)
        self.verdict: Callable[[Submission], Priced | Refused] = self.price
        self.judged: list[Submission] = []
        self.works = Works(self.directory, self.judge, lambda: self.now_ms, self.ids())

    def ids(self) -> MessageIds:
        return MessageIds(lambda: self.now_ms, random.Random(5).getrandbits)

    def price(self, asked: Submission) -> Priced:
        return priced(
            asked.team_id, recipient=asked.recipient.removeprefix("+"), text=asked.text, lane=asked.lane, sender=CODE,
            carrier_id=self.carrier, expires_at_ms=self.now_ms + 3_600_000,
        )  # fmt: skip

    def judge(self, batch: Sequence[Submission]) -> list[Any]:
        self.judged.extend(batch)
        return [self.verdict(each) for each in batch]

    def published(self, definition: Definition = FARM) -> Survey:
        made = surveys.create(self.txn, NODE, self.team, uuid(), definition, self.now_ms)
        return surveys.publish(self.txn, NODE, made, self.now_ms)

    def comes(self, *texts: str, phone: str = PHONE, **more: Any) -> None:
        """Let a phone send these to the code; nothing looks at them yet."""
        for text in texts:
            came = {"source": phone, "destination": CODE, "received_at_ms": self.now_ms, "coding": Coding.GSM7}
            take_in(self.txn, [arrival(self.team, self.carrier, text.encode(), **{**came, **more})])

    def hear(self, *texts: str, phone: str = PHONE, **more: Any) -> Done:
        """Let a phone send these, and the machine hear them; what it says is taken by a carrier."""
        self.comes(*texts, phone=phone, **more)
        return self.taken(survey_rounds.hear(self.txn, self.works, 500))

    def taken(self, done: Done) -> Done:
        """Let a carrier take all that waits; time goes on."""
        self.txn.execute(CLAIMED)
        ids = [message_id for (message_id,) in self.txn.fetchall()]
        self.txn.execute(TAKEN, {"at_ms": self.now_ms, "ids": ids})
        self.now_ms += 10_000
        return done

    def begin(self, limit: int = 500) -> Done:
        return self.taken(survey_rounds.begin(self.txn, self.works, limit))

    def wake(self, limit: int = 500) -> Done:
        return self.taken(survey_rounds.wake(self.txn, self.works, limit))

    def responses(self, made: Survey, **wanted: Any) -> list[Response]:
        """Responses to a survey, the oldest first."""
        return survey_lists.page(self.txn, made, WantedResponses(**wanted), 100, 0, None)[0][::-1]

    def only(self, made: Survey) -> Response:
        (response,) = self.responses(made)
        return response

    def texts(self, phone: str = PHONE) -> list[str]:
        """What was said to a phone."""
        found = rows(self.txn, "SELECT text FROM message WHERE recipient = %(phone)s ORDER BY id", phone=phone)
        return [text for (text,) in found]

    def lanes(self) -> list[Lane]:
        return [Lane(lane) for (lane,) in rows(self.txn, "SELECT lane FROM message ORDER BY id")]

    @property
    def inbox(self) -> int:
        return count(self.txn, "survey_inbox")

    @property
    def waiting(self) -> int:
        return int(one(self.txn, "SELECT coalesce(sum(waiting), 0) FROM survey_sums"))


def values(response: Response) -> list[Any]:
    return [answer.value for answer in response.answers]
