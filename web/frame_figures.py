"""The figures around every page of a customer, in one statement: money, unread messages and notices, whether anything is going on.

Written by hand, because every page asks: to compose as many queries costs more than to run them. What is rarely there, such as a
running call, is read by its own selector once this says that it is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from billing import conf
from billing.ledger.models import Account
from billing.ledger.states import AccountKind
from billing.models import FreeMinutesPackage
from brands.models import Brand
from core import clock
from core.push import time_sequence
from customers.models import Customer
from messaging.models import Conversation
from notices.models import PageNotice
from telephony.models import AvailabilityWatch, Call, CallbackRequest
from telephony.states import LIVE_STATUSES, CallbackState, WatchState
from telephony.waiting import NEWS_LASTS


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """As they were after `at`; amounts in minor units. `has_offer`, `has_watch`: whether `web.waiting_news` may find something."""

    at: datetime
    sequence: int
    balance_minor: int
    held_minor: int
    overdraft_minor: int
    free_seconds: int
    unread: int
    notices: int
    has_offer: bool
    has_watch: bool
    has_call: bool


def frame_figures(customer: Customer, brand: Brand) -> FrameFigures:
    """One statement."""
    at, sequence = clock.now(), time_sequence()
    values: dict[str, Any] = {
        "customer": customer.pk,
        "person": customer.user_id,
        "brand": brand.pk,
        "currency": conf.currency(),
        "at": at,
        "news_since": at - NEWS_LASTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(), values)
        row = cursor.fetchone()
    assert row is not None, "one row whatever there is"
    (balance, held, overdraft, free_seconds, unread, notices), (has_offer, has_watch, has_call) = (
        row[:6],
        row[6:],
    )
    return FrameFigures(
        at=at,
        sequence=sequence,
        balance_minor=balance,
        held_minor=held,
        overdraft_minor=overdraft,
        free_seconds=int(free_seconds),
        unread=int(unread),
        notices=notices,
        has_offer=has_offer,
        has_watch=has_watch,
        has_call=has_call,
    )


# What a partial index holds is written out, so that the planner sees that it has all the rows.
_FIGURES = """
SELECT coalesce(wallet.balance_minor, 0), coalesce(wallet.held_minor, 0), coalesce(wallet.overdraft_minor, 0),
       (SELECT coalesce(sum(package.seconds_remaining), 0) FROM {packages} package
         WHERE package.customer_id = own.id AND package.seconds_remaining > 0 AND package.expires_at > %(at)s),
       (SELECT coalesce(sum(conversation.customer_unread), 0) FROM {conversations} conversation
         WHERE conversation.customer_id = own.id AND conversation.customer_unread > 0),
       (SELECT count(*) FROM {notices} notice
         WHERE notice.brand_id = %(brand)s AND notice.person_id = %(person)s AND notice.read_at IS NULL),
       EXISTS (SELECT FROM {callbacks} callback WHERE callback.customer_id = own.id
                  AND callback.state = {offered} AND callback.offered_until > %(at)s),
       EXISTS (SELECT FROM {watches} watch WHERE watch.customer_id = own.id
                  AND watch.state = {told} AND watch.ended_at > %(news_since)s AND watch.dismissed_at IS NULL),
       EXISTS (SELECT FROM {calls} call WHERE call.customer_id = own.id AND call.status IN ({live}))
  FROM (VALUES (%(customer)s::bigint)) own (id)
  LEFT JOIN {accounts} wallet
    ON wallet.customer_id = own.id AND wallet.kind = {wallet} AND wallet.currency = %(currency)s
"""


@cache
def _statement() -> str:
    """Composed once a process."""
    models: dict[str, type[Model]] = {
        "packages": FreeMinutesPackage, "conversations": Conversation, "notices": PageNotice,
        "callbacks": CallbackRequest, "watches": AvailabilityWatch, "calls": Call, "accounts": Account,
    }  # fmt: skip
    tables: dict[str, Any] = {
        name: connection.ops.quote_name(model._meta.db_table) for name, model in models.items()
    }
    return _FIGURES.format(
        **tables,
        offered=_literals([CallbackState.OFFERED]),
        told=_literals([WatchState.TOLD]),
        live=_literals(sorted(LIVE_STATUSES)),
        wallet=_literals([AccountKind.WALLET]),
    )


def _literals(states: Sequence[str]) -> str:
    return ", ".join(f"'{state}'" for state in map(str, states))
