"""Nobody gives money, minutes, or trust to themselves: the one rule that every service asks in which staff decide about people."""

from typing import Protocol

from core.errors import NotAllowed


class OwnAccount(NotAllowed):
    """Whoever decides is the customer or the operator whom it is about."""

    code = "own_account"


class Actor(Protocol):
    """Who decides."""

    pk: int


class Person(Protocol):
    """A customer or an operator."""

    user_id: int


def refuse_own_account(actor: Actor | None, *people: Person | None) -> None:
    """Raises OwnAccount if one of `people` logs in as `actor`. A job (None) is nobody's."""
    if actor is not None and is_own_account(actor, *people):
        raise OwnAccount("This is your own account. Ask a colleague.")


def is_own_account(actor: Actor, *people: Person | None) -> bool:
    """Whether one of `people` logs in as `actor`."""
    return any(person is not None and person.user_id == actor.pk for person in people)
