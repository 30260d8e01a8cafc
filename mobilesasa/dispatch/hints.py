"""Telling the queue where messages wait; a hint that is lost costs time and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from mobilesasa.core.lanes import Queue
from mobilesasa.core.model import Lane, MessageId, Place


def publish(queue: Queue, places: Iterable[Place]) -> None:
    """Name messages to the lanes that they wait in."""
    by_lane: dict[tuple[int, Lane], list[MessageId]] = {}
    for message_id, carrier_id, lane in places:
        by_lane.setdefault((carrier_id, lane), []).append(message_id)
    for (carrier_id, lane), ids in by_lane.items():
        queue.publish(carrier_id, lane, ids)
