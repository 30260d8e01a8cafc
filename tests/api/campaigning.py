"""A node's API with a client that runs campaigns: ACME has two groups, one person in both of them."""

from typing import Any

from mobilesasa.core.teams import Sender
from tests.api.rig import SENDERS, TOKENS, Reply, Rig, directory, token

CAMPAIGNS = "mbs_campaigns"
MYAPP = SENDERS[2].uuid
CODES = Sender(9, "5e000000-0000-4000-8000-000000000009", 1, "CODES", sender_class="otp")
TEXT = "Get 20% off all orders this weekend! Use code: MAY20"
NOWHERE = "90000000-0000-4000-8000-000000009999"


class CampaignRig(Rig):
    """Whose calls are made with a token for campaigns."""

    def __init__(self) -> None:
        super().__init__()
        tokens = [*TOKENS, token("mbs_campaigns_2", 2, ("campaigns",))]
        self.directory.now = directory(senders=[*SENDERS, CODES], tokens=tokens)
        self.jane = self.contacts.give("254712345678", first_name="Jane", attributes={"points": 120})
        self.john = self.contacts.give("254722000111", first_name="John")
        self.anon = self.contacts.give("254733000222")
        self.vips = self.contacts.give_group("VIP", 1, self.jane, self.john)
        self.others = self.contacts.give_group("Others", 1, self.john, self.anon)
        self.theirs = self.contacts.give_group("Theirs", 2)

    def body(self, **more: Any) -> dict[str, Any]:
        """A campaign as the reference has it."""
        groups = [self.vips.uuid, self.others.uuid]
        return {"name": "May Promo", "message": TEXT, "sender_id": MYAPP, "group_ids": groups} | more

    def create(self, **more: Any) -> dict[str, Any]:
        """Make a draft, and return it as it is shown."""
        made: dict[str, Any] = self.post("/campaigns", self.body(**more)).data
        return made

    def wrong(self, **more: Any) -> dict[str, str]:
        """Return what is said to be wrong with a campaign, by field."""
        reply = self.post("/campaigns", self.body(**more))
        assert reply.status == 400, reply.body
        return {each["field"]: each["message"] for each in reply.body["fields"]}

    def get(self, path: str, token: str = CAMPAIGNS, **headers: str) -> Reply:
        return super().get(path, token, **headers)

    def post(self, path: str, body: Any = None, token: str = CAMPAIGNS, **headers: str) -> Reply:
        return super().post(path, body, token, **headers)

    def put(self, path: str, body: Any = None, token: str = CAMPAIGNS) -> Reply:
        return super().put(path, body, token)

    def delete(self, path: str, token: str = CAMPAIGNS) -> Reply:
        return super().delete(path, token)
