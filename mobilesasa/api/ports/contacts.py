"""What the API needs of contacts, of groups, and of forgetting people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from mobilesasa.contacts.model import Added, Contact, Erasure, Group, Order, Scalar, Wanted
from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept, Mark


class ContactsFound(Protocol):
    """A piece of a list."""

    @property
    def contacts(self) -> Sequence[Contact]: ...
    @property
    def last(self) -> str | None: ...  # the key behind which the list goes on; None: this is its end
    @property
    def total(self) -> int | None: ...  # of the list, where the page found out


class ContactLists(Protocol):
    """The lists of contacts of a team; another team's are not there (I6)."""

    async def page(
        self, wanted: Wanted, order: Order, *, limit: int, offset: int, after: str | None = None
    ) -> ContactsFound:
        """Return contacts of a team.

        Args:
            wanted: which.
            order: of which the first come first.
            limit: how many at most; there may be fewer although the list goes on, where no index tells of what is wanted.
            offset: how many are left out.
            after: the `last` of the page before; None: the list begins.

        Raises:
            NotFound: the team has no such group.
            BadValue: `after` is not what a page said.
        """

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        """Return how many are meant, and whether that is an estimate (it may be above 10,000, of a search above 1,000).

        Raises:
            NotFound: the team has no such group.
        """


class Contacts(Protocol):
    """The contacts of a team; another team's are not there (I6). Each call raises AccessEnded as well."""

    async def create(self, by: Actor, team_id: int, contact: Contact, kept: Kept | None) -> None:
        """Keep a contact that the team does not have, and the reply to the call.

        Raises:
            AlreadyExists: the team has one of this phone; the refusal has its uuid.
            Repeated: the call has been done before; nothing was done now.
        """

    async def find(self, team_id: int, uuid: str) -> Contact:
        """Return a contact with its groups.

        Raises:
            NotFound: the team has none of that uuid.
        """

    async def change(
        self,
        by: Actor,
        team_id: int,
        uuid: str,
        *,
        phone: str | None,
        texts: Mapping[str, str | None],
        attributes: Mapping[str, Scalar | None] | None,
    ) -> Contact:
        """Change what is named of a contact, and return what it is then.

        Args:
            by: who does.
            team_id: whose contact.
            uuid: the contact's.
            phone: E.164 without the plus; None: it stays.
            texts: by their fields; None: nothing is left of one.
            attributes: by their names; None takes one away, and None for all of them takes all away.

        Raises:
            NotFound: the team has none of that uuid.
            AlreadyExists: another contact has the phone.
            BadValue: it would have too many attributes.
        """

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Contact:
        """Delete a contact and return what it was.

        Raises:
            NotFound: the team has none of that uuid.
        """

    async def delete_many(self, by: Actor, team_id: int, uuids: Sequence[str]) -> Sequence[str]:
        """Delete contacts; return the uuids of those that there were."""

    async def attributes(self, team_id: int) -> Sequence[str]:
        """Return the names of the attributes that contacts of the team have, or once had."""


class Groups(Protocol):
    """The groups of a team; another team's are not there (I6). Each call raises AccessEnded and NotFound as well."""

    async def create(self, by: Actor, team_id: int, group: Group, kept: Kept | None) -> None:
        """Keep a group that the team does not have, and the reply to the call.

        Raises:
            AlreadyExists: the team has one of this name, whatever the case; the refusal has its uuid.
            Repeated: the call has been done before; nothing was done now.
        """

    async def find(self, team_id: int, uuid: str) -> Group:
        """Return a group."""

    async def change(self, by: Actor, team_id: int, uuid: str, fields: Mapping[str, str | None]) -> Group:
        """Change `name`, `description` or both of a group, and return what it is then.

        Raises:
            AlreadyExists: another group has the name.
        """

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Group:
        """Remove a group and return what it was; its contacts stay.

        Raises:
            InUse: something works with it.
        """

    async def page(
        self, team_id: int, *, search: str | None, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Group], str | None]:
        """Return groups, newest first, and the key behind which the list goes on; None: this is its end.

        Raises:
            BadValue: `after` is not such a key.
        """

    async def count(self, team_id: int, *, search: str | None) -> tuple[int, bool]:
        """Return how many groups there are, and whether that is an estimate (it may be above 10,000)."""

    async def add(
        self,
        by: Actor,
        team_id: int,
        uuid: str,
        phones: Sequence[str],
        *,
        all_new: bool,
        mark: Mark | None,
        told: Callable[[Sequence[Added]], bytes],
    ) -> bytes:
        """Put people into a group; whom the team does not know becomes a contact.

        Args:
            by: who does.
            team_id: whose group.
            uuid: the group's.
            phones: E.164 without the plus, each once.
            all_new: refuse if one of them is in the group already.
            mark: of a call that is to be done once.
            told: makes the reply of what came of each, in order; it runs on a thread and touches no request.

        Returns:
            The reply.

        Raises:
            AlreadyExists: `all_new`, and one was in it; the refusal has the contact's uuid.
            Repeated: the call has been done before; nothing was done now.
        """

    async def remove(self, by: Actor, team_id: int, uuid: str, phone: str) -> Contact:
        """Take somebody out of a group, and return the contact."""

    async def remove_many(self, by: Actor, team_id: int, uuid: str, phones: Sequence[str]) -> Sequence[Contact]:
        """Take people out of a group; return those who were in it."""


class Erasures(Protocol):
    """Forgetting people for a team."""

    async def begin(
        self,
        by: Actor,
        team_id: int,
        contact_uuid: str,
        phone: str,
        *,
        suppress: bool,
        kept: Callable[[Erasure], Kept | None],
    ) -> None:
        """Remove a contact, deleted ones of the same phone as well, and have all else of the person forgotten.

        Args:
            by: who does.
            team_id: whose contact.
            contact_uuid: the contact's, also of one that was deleted.
            phone: must be the contact's, E.164 without the plus.
            suppress: also send nothing to the number from now on.
            kept: gives the reply to the call for the erasure, to be kept in the same commit.

        Raises:
            NotFound: the team has no such contact, and had none.
            BadValue: the contact has another phone.
            Repeated: the call has been done before; nothing was done now.
        """

    async def find(self, team_id: int, uuid: str) -> Erasure:
        """Return how far an erasure has come.

        Raises:
            NotFound: the team has none of that uuid.
        """
