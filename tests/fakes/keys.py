"""Replies kept under the keys of their calls, in memory."""

from mobilesasa.core.idempotency import Kept, Mark, Repeated

Name = tuple[int, str, str]


class FakeKeys:
    """Keeps the first reply under a key. `overlooked` is how many look-ups find nothing, as while another process works."""

    def __init__(self) -> None:
        self.kept: dict[Name, Kept] = {}
        self.overlooked = 0
        self.failing: Exception | None = None
        self.asked: list[Mark] = []

    async def find(self, mark: Mark) -> Kept | None:
        self.asked.append(mark)
        if self.failing is not None:
            raise self.failing
        if self.overlooked:
            self.overlooked -= 1
            return None
        return self.kept.get(_name(mark))

    def check(self, kept: Kept) -> None:
        """Raise what the store raises for a key that is taken."""
        found = self.kept.get(_name(kept.mark))
        if found is not None:
            raise Repeated(found)

    def keep(self, kept: Kept) -> None:
        self.kept[_name(kept.mark)] = kept


def _name(mark: Mark) -> Name:
    return mark.team_id, mark.route, mark.key
