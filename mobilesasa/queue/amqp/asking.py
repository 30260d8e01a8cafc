"""What is asked on a channel, and who waits for which answer: in the place of txamqp's queues."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from txamqp.protocol import AMQChannel

from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.amqp.users import Answer

if TYPE_CHECKING:
    from mobilesasa.queue.amqp.client import Client

ANSWER_S: Final = 30.0  # the longest that a method is without its answer


class Asking(AMQChannel):
    """txamqp's channel, without its queues: an answer is for the first that asked for one of its kind.

    RabbitMQ answers in order but for what a queue decides: it answers the cancel of a quorum queue's consumer later than
    an unbind that was asked after it (3.10.8).
    """

    def __init__(self, number: int, outgoing: None, client: Client) -> None:
        super().__init__(number, outgoing, client)
        self._asked: deque[tuple[Any, Deferred[Answer]]] = deque()

    def invoke(self, method: Any, values: tuple[Any, ...], content: None = None) -> Deferred[Answer]:
        """Say a method; txamqp's methods all come here. The Deferred has the answer, at once when there is none."""
        self.client.say(self.id, method, values)
        answered: Deferred[Answer] = Deferred()
        fields = dict(zip((field.name for field in method.fields), values, strict=True))
        if not method.responses or fields.get("nowait"):
            answered.callback({})
        else:
            self._asked.append((method, answered))
        return answered

    def answer(self, method: Any, answer: Answer) -> None:
        """Take an answer; who no longer waits for it has it all the same."""
        if not self._asked:
            self.client.abort(f"RabbitMQ said {_name(method)}, and nothing was asked")
            return
        for at, (asked, answered) in enumerate(self._asked):
            if method in asked.responses:
                del self._asked[at]
                answered.callback(answer)
                return
        self.client.abort(f"RabbitMQ answered {_name(self._asked[0][0])} with {_name(method)}")

    def end(self, error: ChannelLost) -> None:
        """Let everything that waits fail."""
        asked, self._asked = self._asked, deque()
        for _, answered in asked:
            answered.errback(error)


def _name(method: Any) -> str:
    return f"{method.klass.name}.{method.name}"


class Limit:
    """How long a method may be without its answer; a broker that blocks us answers when it no longer does."""

    def __init__(self, client: Client, method: str) -> None:
        """Begin to wait; `method` is its name for the log."""
        self._client = client
        self._method = method
        self._call: IDelayedCall = client.clock.callLater(ANSWER_S, self._up)

    def _up(self) -> None:
        if self._client.blocked:
            self._call = self._client.clock.callLater(ANSWER_S, self._up)
        else:
            self._client.abort(f"RabbitMQ has not answered {self._method} for {ANSWER_S:.0f} s")

    def over(self, result: Any) -> Any:
        """Stop; pass on what came."""
        if self._call.active():
            self._call.cancel()
        return result
