"""Messages that a carrier took and that may go on to others, in each of their places, for tests of `store.second_ways`."""

from mobilesasa.core.model import Failure, Later, Never, Sent, Settlement
from mobilesasa.store import outcomes
from mobilesasa.store.claims import take_due
from tests.store.given import NOW_MS, accepted, add_run, claimed, delivered, failed, told

ELSEWHERE = Never(Failure.REFUSED, "no such route", "0x0b", elsewhere=True)
WAITS = "SELECT carrier_id, fallbacks, claimed_by, attempts, due_at <= now() FROM pending WHERE message_id = %(id)s"


def answered(txn, message_id, carrier, outcome, attempt=1, second_way_s=86_400.0, at_ms=NOW_MS):
    """Write down what a carrier answered; `second_way_s` is 0 for one without the policy."""
    return outcomes.settle(txn, [Settlement(message_id, carrier, attempt, at_ms, outcome, second_way_s=second_way_s)])


def taken(txn, team, carriers, *refs, **changes):
    """A message that the first carrier took, and that may go on to the others."""
    fallbacks = tuple(carriers[1:])
    (message_id,) = accepted(txn, team, parts=len(refs), carrier_id=carriers[0], fallbacks=fallbacks, **changes)
    claimed(txn, add_run(txn), message_id)
    answered(txn, message_id, carriers[0], Sent(refs))
    return message_id


def failure(ref, carrier, kind=Failure.UNDELIVERED, **more):
    """A failure that lets the message go on."""
    return failed(ref, kind, carrier_id=carrier, **{"second_way": True, **more})


def success(ref, carrier):
    return delivered(ref, carrier_id=carrier, second_way=False)


def taken_up(txn, message_id):
    """Let the next carrier have the message in hand."""
    assert [place[0] for place in take_due(txn, 10)] == [message_id]
    (outbound,) = claimed(txn, add_run(txn), message_id)
    return outbound


def gone_on(txn, team, carriers, ref="b", **changes):
    """A message that the first carrier reported as failed, and that the second one took."""
    message_id = taken(txn, team, carriers, "a", **changes)
    told(txn, failure("a", carriers[0]))
    attempt = taken_up(txn, message_id).attempt
    answered(txn, message_id, carriers[1], Sent((ref,)), attempt)
    return message_id


def halved(txn, team, carriers):
    """One of two parts that the first carrier reported as failed, and of which the second one took the first part alone.

    Returns its id, and the attempt in which the second carrier is to have the rest.
    """
    message_id = taken(txn, team, carriers, "a1", "a2")
    told(txn, failure("a1", carriers[0]), failure("a2", carriers[0]))
    return message_id, half_taken(txn, message_id, carriers[1])


def half_taken(txn, message_id, carrier, ref="b1"):
    """Let a carrier take the first part, and say of the other that it is busy; return the attempt that follows."""
    answered(txn, message_id, carrier, Later(0.0, "busy", refs=(ref, None)), taken_up(txn, message_id).attempt)
    return taken_up(txn, message_id).attempt
