"""What one carrier answered, counted; metrics and the circuit read it when they look."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from mobilesasa.core.model import Later, Outbound, Outcome, Sent


@attrs.define(eq=False)
class Counts:
    """Messages, but for `on_wire` and `parts_taken`."""

    handed: int = 0  # given to the carrier
    sent: int = 0  # taken by it, or taken for sent
    held: int = 0  # of those, how many are taken for sent without an answer
    postponed: int = 0
    uncertain: int = 0  # of which the carrier may have something although it did not say so; also among the others
    refused: int = 0
    refused_here: int = 0  # of those, how many another carrier may take
    rerouted: int = 0  # gone on to another carrier after a refusal, or because no answer came
    expired: int = 0  # ended here before the carrier had them
    on_wire: int = 0  # parts without an answer
    parts_taken: int = 0  # of messages that were taken and answered; what the carrier took as one is one

    def answered(self, outcomes: Sequence[tuple[Outbound, Outcome]]) -> None:
        """Count what the carrier answered in one turn."""
        for message, outcome in outcomes:
            self.on_wire -= message.parts
            if isinstance(outcome, Sent):
                self.sent += 1
                if outcome.uncertain:
                    self.held += 1
                    self.uncertain += 1
                else:
                    self.parts_taken += len(outcome.refs)
            elif isinstance(outcome, Later):
                self.postponed += 1
                self.uncertain += outcome.uncertain
            else:
                self.refused += 1
                self.refused_here += outcome.elsewhere
