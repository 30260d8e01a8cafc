"""The rig of tests about contacts: what is not said otherwise is asked by a token for contacts, groups and messages."""

from typing import Any

from mobilesasa.api.ports import WebLimits
from tests.api.rig import Reply, Rig

PEOPLE = "mbs_people"


class PeopleRig(Rig):
    """A node's API with a client that keeps contacts."""

    def __init__(self) -> None:
        super().__init__(limits=WebLimits(max_body_octets=100_000))

    def get(self, path: str, token: str = PEOPLE, **headers: str) -> Reply:
        return super().get(path, token, **headers)

    def post(self, path: str, body: Any = None, token: str = PEOPLE, **headers: str) -> Reply:
        return super().post(path, body, token, **headers)

    def put(self, path: str, body: Any = None, token: str = PEOPLE) -> Reply:
        return super().put(path, body, token)

    def delete(self, path: str, token: str = PEOPLE) -> Reply:
        return super().delete(path, token)
