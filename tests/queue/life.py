"""What the life of a lane by chance has on any queue: it is carried, handed back, and its consumers come and go."""

import random
from typing import Any


class Life:
    """A lane of a rig with `queue`, `rows` and `consumer`; those that inherit say what else can happen.

    Attributes:
        carried: the messages that were claimed, in order.
        prefetch: of the consumer that there is.
    """

    def __init__(self, chance: random.Random, rig: Any) -> None:
        self.chance = chance
        self.rig = rig
        self.number = 0
        self.subscription: Any = None
        self.prefetch = 0
        self.carried: list[str] = []

    def carry_some(self, count: int) -> None:
        for body in self.rig.consumer.bodies[:count]:
            self.rig.consumer.bodies.remove(body)
            for message_id in body.ids:
                if message_id in self.rig.rows.waiting:  # a claim: whoever is second finds nothing
                    self.rig.rows.waiting.remove(message_id)
                    self.carried.append(message_id)
            body.ack()

    def hand_back(self) -> None:
        if self.rig.consumer.bodies:
            self.rig.consumer.bodies.pop(0).nack()

    def change(self) -> None:
        """Let the consumer go, or another one come."""
        if self.subscription is not None:
            self.subscription.cancel()
            self.rig.consumer.bodies.clear()
            self.subscription = None
        else:
            self.prefetch = self.chance.choice([1, 3, 100])
            self.subscription = self.rig.queue.consume(1, self.rig.consumer.take, self.prefetch)
