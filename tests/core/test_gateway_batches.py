"""A batch whose call has a key: its reply is made of what became of each message, in the commit that stores them."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest

from mobilesasa.core.errors import BadRecipient, InsufficientUnits, Refused
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.idempotency import Kept, Mark, Once, Repeated
from mobilesasa.core.model import Lane, Priced, Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory, RouteRecord, Sender, Team

NOW_MS = 1_792_000_000_000
MARK = Mark(1, "POST /messages/batch", "july", b"h" * 32)
TEAM = Team(1, "00000000-0000-4000-8000-000000000001", "ACME", "Acme", default_sender_id=1)
SENDERS = [
    Sender(1, "00000000-0000-4000-8000-00000000000a", 1, "TextBlast"),
    Sender(2, "00000000-0000-4000-8000-00000000000b", 1, "CODES", sender_class="otp"),
]


@attrs.define
class Store:
    """Keeps what it is not told to refuse, with the reply that is made of it."""

    refuses: dict[str, Refused] = attrs.field(factory=dict)
    raises: Exception | None = None
    kept: list[bytes] = attrs.field(factory=list)
    stored: list[Priced] = attrs.field(factory=list)

    async def accept(self, batch: Sequence[Priced]) -> Sequence[Refused | None]:
        return self._take(batch)

    async def accept_many_once(
        self, batch: Sequence[Priced], mark: Mark, reply: Callable[[Sequence[Refused | None]], bytes]
    ) -> Sequence[Refused | None]:
        assert mark == MARK
        if self.raises is not None:
            raise self.raises
        refusals = self._take(batch)
        self.kept.append(reply(refusals))
        return refusals

    def _take(self, batch: Sequence[Priced]) -> list[Refused | None]:
        refusals = [self.refuses.get(message.recipient) for message in batch]
        self.stored += [message for message, refusal in zip(batch, refusals, strict=True) if refusal is None]
        return refusals


class Rig:
    def __init__(self) -> None:
        self.store = Store()
        self.hinted: list[tuple[int, Lane, list[str]]] = []
        known = Directory([TEAM], SENDERS, [], [CarrierRecord(1, "home", "sandbox")], [RouteRecord("", 1)])
        numbers = iter(range(1_000_000))
        self.gateway = Gateway(
            CurrentDirectory(known), self.store, self, lambda: NOW_MS, lambda: f"message-{next(numbers)}"
        )

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[str]) -> None:
        self.hinted.append((carrier_id, lane, list(ids)))

    def accept(self, *batch: Submission, once: Once | None = None) -> list[Verdict]:
        accepting = self.gateway.accept_verdicts(self.gateway.judge(batch), once)
        with pytest.raises(StopIteration) as ended:
            accepting.send(None)
        found: list[Verdict] = ended.value.value
        return found


@pytest.fixture
def rig() -> Rig:
    return Rig()


def asked(recipient: str = "0712345678", **changes: Any) -> Submission:
    return Submission(**{"team_id": 1, "sender": None, "recipient": recipient, "text": "Hi", **changes})


def told(verdicts: Sequence[Verdict]) -> bytes:
    return ",".join("taken" if isinstance(verdict, Priced) else verdict.code for verdict in verdicts).encode()


def test_the_reply_has_what_was_refused_before_and_by_the_store_each_in_its_place(rig):
    rig.store.refuses["254733345678"] = InsufficientUnits(1)
    verdicts = rig.accept(asked(), asked("12"), asked("0733345678"), asked(), once=Once(MARK, told))
    assert [type(verdict) for verdict in verdicts] == [Priced, BadRecipient, InsufficientUnits, Priced]
    assert rig.store.kept == [b"taken,bad_recipient,insufficient_units,taken"]
    assert [ids for _, _, ids in rig.hinted] == [[verdicts[0].id, verdicts[3].id]]


def test_a_batch_of_which_nothing_is_priced_asks_the_store_for_nothing(rig):
    rig.accept(asked("12"), once=Once(MARK, told))
    assert (rig.store.kept, rig.store.stored, rig.hinted) == ([], [], [])


def test_without_a_key_it_is_stored_as_any_other(rig):
    (verdict,) = rig.accept(asked())
    assert rig.store.stored == [verdict]
    assert rig.store.kept == []


def test_a_batch_that_was_done_before_hints_nothing(rig):
    rig.store.raises = Repeated(Kept(MARK, b"taken"))
    accepting = rig.gateway.accept_verdicts(rig.gateway.judge([asked()]), Once(MARK, told))
    with contextlib.suppress(StopIteration), pytest.raises(Repeated):
        accepting.send(None)
    assert rig.hinted == []


def test_what_the_team_calls_a_message_and_its_campaign_go_with_it(rig):
    (verdict,) = rig.accept(asked(client_reference="order 1", campaign_uuid="c"))
    assert isinstance(verdict, Priced)
    assert (verdict.client_reference, verdict.campaign_uuid) == ("order 1", "c")


@pytest.mark.parametrize(("sender", "lane"), [("TextBlast", Lane.BULK), ("CODES", Lane.TRANSACTIONAL)])
def test_decision_47_one_time_passwords_wait_for_no_bulk_message(rig, sender, lane):
    (verdict,) = rig.accept(asked(sender=sender, lane=Lane.BULK))
    assert isinstance(verdict, Priced)
    assert verdict.lane is lane
    assert rig.hinted[0][1] is lane
