"""A node's API with a client that runs surveys: ACME sends from 22384 and gets what people answer to it."""

from typing import Any

import attrs

from mobilesasa.core.keywords import Keyword
from mobilesasa.core.teams import CarrierRecord, Directory, Sender
from tests.api.rig import ACME, OTHER, ROUTES, SENDERS, TOKENS, Reply, Rig, token

SURVEYS = "mbs_surveys"
READER = "mbs_surveys_read"
CODE = "22384"
CODE_UUID = "5e000000-0000-4000-8000-000000000010"
NOWHERE = "90000000-0000-4000-8000-000000009999"
NUMBERS = [
    Sender(10, CODE_UUID, 1, CODE),
    Sender(11, "5e000000-0000-4000-8000-000000000011", 1, "22999", status="pending"),
    Sender(12, "5e000000-0000-4000-8000-000000000012", 2, "40404"),
    Sender(13, "5e000000-0000-4000-8000-000000000013", 1, "40404"),  # OTHER's is older, so OTHER gets what is answered
    Sender(14, "5e000000-0000-4000-8000-000000000014", 1, "254700111222"),
]
QUESTIONS: list[dict[str, Any]] = [
    {
        "code": "service",
        "type": "single_choice",
        "text": "How was our service?",
        "options": [{"code": "GOOD", "label": "Good", "next": "nps"}, {"code": "BAD", "label": "Bad"}],
    },
    {"code": "why", "type": "text", "text": "What went wrong?", "required": False},
    {
        "code": "nps",
        "type": "nps",
        "text": "Would you recommend us, from 0 to 10?",
        "rules": [{"when": {"op": "lte", "value": 6}, "next": "end"}],
    },
]


class SurveyRig(Rig):
    """Whose calls are made with a token for surveys."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.knows()

    def knows(self, sender_class: str = "transactional") -> None:
        """Let there be the teams, their tokens, and their senders, of this class."""
        tokens = [
            token(SURVEYS, scopes=("surveys",)),
            token(READER, scopes=("surveys:read",)),
            token("mbs_surveys_2", 2, ("surveys",)),
            token("mbs_all", scopes=("surveys", "contacts", "messages")),
        ]
        self.directory.now = Directory(
            [ACME, OTHER],
            [*SENDERS, *(attrs.evolve(each, sender_class=sender_class) for each in NUMBERS)],
            [*TOKENS, *tokens],
            [CarrierRecord(1, "savanna", "sandbox")],
            ROUTES,
            keywords=[Keyword(CODE, "win", OTHER.id)],
        )

    def body(self, **more: Any) -> dict[str, Any]:
        """A survey of three questions, the second for those alone who were not content."""
        plain = {"name": "After a visit", "sender_id": CODE, "introduction": "This is Acme.", "thanks": "Asante!"}
        return {**plain, "questions": QUESTIONS, **more}

    def create(self, **more: Any) -> dict[str, Any]:
        """Make a survey, and return it as it is shown."""
        made: dict[str, Any] = self.post("/surveys", self.body(**more)).data
        return made

    def wrong(self, **more: Any) -> dict[str, str]:
        """Return what is said to be wrong with a survey, the codes by field."""
        return faults(self.post("/surveys", self.body(**more)))

    def get(self, path: str, token: str = SURVEYS, **headers: str) -> Reply:
        return super().get(path, token, **headers)

    def post(self, path: str, body: Any = None, token: str = SURVEYS, **headers: str) -> Reply:
        return super().post(path, body, token, **headers)

    def put(self, path: str, body: Any = None, token: str = SURVEYS) -> Reply:
        return super().put(path, body, token)

    def delete(self, path: str, token: str = SURVEYS) -> Reply:
        return super().delete(path, token)


def faults(reply: Reply) -> dict[str, str]:
    """Return what keeps a definition from being taken, the codes by field."""
    assert reply.refusal == (400, "bad_definition"), reply.body
    body = reply.body
    assert [each["field"] for each in body["fields"]] == [each["field"] for each in body["faults"]]
    return {each["field"]: each["code"] for each in body["faults"]}
