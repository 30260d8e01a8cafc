"""A session that takes receipts, as the outbox sees it."""

from mobilesasa.core.ids import from_smpp_id
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import DeliverSmResp
from mobilesasa.smpp.tlvs import Tag


class FakeReceiver:
    """A session that keeps what it was given until it is told to answer."""

    takes_tlvs = True
    terms = SmppTerms()

    def __init__(self, outbox, team_id=1, window=10):
        self.session_id, self.team_id, self.window = "s1", team_id, window
        self.outbox = outbox
        self.out = []
        self.writes = []
        self.got = []
        self.failing = None
        outbox.receiver_bound(self)

    def room(self):
        return self.window - len(self.out)

    def deliver(self, pdus, contexts):
        if self.failing:
            raise self.failing
        assert 0 < len(pdus) == len(contexts) <= self.room()
        assert [from_smpp_id(pdu.tlvs[Tag.RECEIPTED_MESSAGE_ID]) for pdu in pdus] == [c.message_id for c in contexts]
        self.out += contexts
        self.got += [context.spool_id for context in contexts]
        self.writes.append(len(pdus))

    def answer(self, count=None, status=0, kind=DeliverSmResp):
        """Answer the oldest of what is out, in one turn."""
        count = len(self.out) if count is None else count
        answered, self.out = self.out[:count], self.out[count:]
        self.outbox.answered(self, [(each, kind(status=status)) for each in answered])

    def answer_all(self):
        while self.out:
            self.answer()

    def lose(self):
        contexts, self.out, self.window = self.out, [], 0
        self.outbox.unanswered(self, contexts)
        self.outbox.receiver_gone(self)
