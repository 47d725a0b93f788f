"""Whether a customer may deal with an operator, and the words for why not: one rule for calls, texts, ratings, gifts, and pages."""

import logging
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from brands.models import Brand
from brands.selectors import PAUSED, is_paused
from brands.states import Service
from core.errors import NotAllowed
from customers.models import Customer
from operators.account_links import Link
from operators.contact_reads import contact_of, link_of
from operators.models import Operator
from operators.states import ApprovalStatus


class Obstacle(StrEnum):
    """What keeps a customer from calling and texting; the words are stable error codes of the API."""

    ACCOUNT_CLOSED = "account_closed"
    TAKING_A_BREAK = "taking_a_break"
    SELF_EXCLUDED = "self_excluded"
    BLOCKED = "blocked"  # either of the two wants no contact; who decided it is told to neither
    TERMS_CHANGED = "terms_changed"  # there is an edition that the customer has not agreed to
    CALLS_PAUSED = "calls_paused"  # by the owner, for everybody
    AGE_NOT_CONFIRMED = "age_not_confirmed"  # the brand asks for a basis, and the account has none
    OWN_ACCOUNT = "own_account"  # the customer and the operator have one login


_TEXTS = {
    Obstacle.ACCOUNT_CLOSED: gettext_noop(
        "This account is closed. Contact us if you think that’s a mistake."
    ),
    Obstacle.TAKING_A_BREAK: gettext_noop(
        "You asked for a break. Calls and messages are off until it’s over."
    ),
    Obstacle.SELF_EXCLUDED: gettext_noop(
        "You chose self-exclusion. Calls, texts, tips, and adding funds are off until it ends."
    ),
    Obstacle.BLOCKED: gettext_noop("You can’t contact this operator."),
    Obstacle.TERMS_CHANGED: gettext_noop(
        "Our terms or privacy notice changed. Read them on the site and agree first."
    ),
    Obstacle.AGE_NOT_CONFIRMED: (
        gettext_noop(
            "Before your first call, we need to confirm that you’re an adult. Add funds with a credit or debit card, or apply for an access code."
        )
    ),
    Obstacle.CALLS_PAUSED: PAUSED[Service.CALLS],
    Obstacle.OWN_ACCOUNT: gettext_noop("This is your own profile. You can’t call, text, or rate yourself."),
}
log = logging.getLogger(__name__)


def may_spend(customer: Customer, operator: Operator, brand: Brand, at: datetime) -> None:
    """Return if `customer` may call and text `operator` on `brand`. Raises NotAllowed with an `Obstacle` as its code."""
    obstacle = account_obstacle(customer, at)
    if obstacle is not None:
        raise NotAllowed(describe_obstacle(obstacle), code=obstacle)
    contact = contact_of(customer, operator, brand)
    if contact.pending:
        raise NotAllowed(describe_obstacle(Obstacle.TERMS_CHANGED), code=Obstacle.TERMS_CHANGED)
    if contact.is_blocked:
        raise NotAllowed(describe_obstacle(Obstacle.BLOCKED), code=Obstacle.BLOCKED)
    _refuse_link(contact.link, customer, operator)


def refuse_one_person(customer: Customer, operator: Operator, words: str = "") -> None:
    """Raises NotAllowed if the two accounts are one person's (`operators.account_links`).

    Who has the other's phone or browser is told the same as who is blocked, or `words`: the answer never tells whose account
    the other one is.
    """
    _refuse_link(link_of(customer, operator), customer, operator, words)


def _refuse_link(link: Link | None, customer: Customer, operator: Operator, words: str = "") -> None:
    if link is None:
        return
    log.warning("customer %s and operator %s share a %s: refused", customer.pk, operator.pk, link)
    obstacle = Obstacle.OWN_ACCOUNT if link is Link.LOGIN else Obstacle.BLOCKED
    raise NotAllowed(words or describe_obstacle(obstacle), code=obstacle)


def account_obstacle(customer: Customer, at: datetime) -> Obstacle | None:
    """What about the account alone stands in the way, whoever the operator is. No query."""
    if customer.closed_at is not None:
        return Obstacle.ACCOUNT_CLOSED
    if customer.is_excluded(at):
        return Obstacle.SELF_EXCLUDED
    return Obstacle.TAKING_A_BREAK if customer.is_paused(at) else None


def require_account(customer: Customer, at: datetime) -> None:
    """Raise NotAllowed with an `Obstacle` as its code if the account is closed, its owner takes a break, or excluded themselves."""
    obstacle = account_obstacle(customer, at)
    if obstacle is not None:
        raise NotAllowed(describe_obstacle(obstacle), code=obstacle)


def call_obstacle(customer: Customer, brand: Brand, at: datetime) -> Obstacle | None:
    """What stands in the way of any call of this account on `brand`. No query but one in a few seconds."""
    if is_paused(Service.CALLS):
        return account_obstacle(customer, at) or Obstacle.CALLS_PAUSED
    if brand.asks_access_basis and not customer.adult_access_basis:
        return account_obstacle(customer, at) or Obstacle.AGE_NOT_CONFIRMED
    return account_obstacle(customer, at)


def may_call(customer: Customer, operator: Operator, brand: Brand, at: datetime) -> None:
    """As `may_spend`, and what calls on `brand` need beside it. Raises NotAllowed with an `Obstacle` as its code."""
    may_spend(customer, operator, brand, at)
    obstacle = call_obstacle(customer, brand, at)
    if obstacle is not None:
        raise NotAllowed(describe_obstacle(obstacle), code=obstacle)


def may_still_talk(customer: Customer, operator: Operator, brand: Brand, at: datetime) -> bool:
    """Whether `may_spend` allows it to a customer who waits; to a new edition of the terms they agree when they come."""
    try:
        may_spend(customer, operator, brand, at)
    except NotAllowed as error:
        return error.error_code == Obstacle.TERMS_CHANGED
    return True


def is_working(operator: Operator) -> bool:
    """Whether staff let the operator work; presence is not asked: a running call outlasts it. No query."""
    return operator.approval_status == ApprovalStatus.APPROVED


def describe_obstacle(obstacle: Obstacle) -> str:
    """The sentence for the customer; pages and the API say the same."""
    return _(_TEXTS[obstacle])
