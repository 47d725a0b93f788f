"""Whether two accounts are one person's: the one rule behind "no dealing with oneself". Pure.

What is known of an account's owner are traces by kind: logins, phones, browsers. A new kind of trace (a bank account, a card)
is a word in `Link` and a line in `operators.selectors`.
"""

from collections.abc import Mapping, Set
from enum import StrEnum


class Link(StrEnum):
    """What two accounts have in common, the strongest first."""

    LOGIN = "login"
    PHONE = "phone"
    DEVICE = "device"


Traces = Mapping[Link, Set[str]]


def link_between(one: Traces, other: Traces) -> Link | None:
    """The strongest trace that both have; None if they have none in common."""
    return next((link for link in Link if one.get(link, frozenset()) & other.get(link, frozenset())), None)
