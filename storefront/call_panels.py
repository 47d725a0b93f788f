"""Gathers what the call module needs for one customer and one operator (the pure part is `storefront.call_panel`)."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing import rating
from billing.fees import describe_tax, fees_of
from billing.first_minutes import minutes_for
from billing.limit_names import amount_words, bound_of, short_bound_name, short_name, this
from billing.models import MerchantAccount
from billing.selectors import Quote
from billing.selectors import quote as quote_for
from billing.tariffs import tariff_for
from billing.tax_terms import visitors_tax_terms
from brands.models import Brand
from core import clock
from core.ids import new_id
from core.money import format_money
from core.push import time_sequence
from core.time_words import describe_time
from customers.models import Customer, CustomerPhone
from operators.eligibility import Obstacle, call_obstacle, describe_obstacle
from operators.models import Operator
from storefront.call_panel import CallPanel, Funds, panel_state, state_of_call, visitor_panel
from storefront.cards import OperatorCard, card_of
from storefront.price_example import Example
from telephony.models import Call
from telephony.selectors import call_of, live_call_of
from telephony.services.reserve_operator import open_reservation
from telephony.snapshots import customer_snapshot
from web.redirects import with_next

EXAMPLE_MINUTES = 10
_NO_PHONE = gettext_noop(
    "Before your first call, we make sure the phone we call is yours. It takes 30 seconds."
)
_BLOCKED_PHONE = gettext_noop(
    "Someone pressed 9 on your phone, so we won’t call it. Verify it again or use another one."
)


def customer_panel(
    customer: Customer,
    operator: Operator,
    brand: Brand,
    *,
    call_id: str | None,
    at: datetime,
    is_favourite: bool = False,
) -> CallPanel:
    """The call module of `operator` for `customer`. `call_id`: a call of theirs to show. Raises UnknownCall."""
    as_of = time_sequence()
    live = live_call_of(customer)
    shown_call = live or (call_of(customer, call_id) if call_id else None)
    if operator.is_reserved(at) and _is_own_reservation(customer, operator, at):
        operator.reserved_until = None  # busy for everybody else alone
    quote = quote_for(customer, operator, brand)
    card = card_of(operator, quote.currency, is_favourite=is_favourite, first_minutes=quote.first_minutes)
    funds = Funds(
        balance_minor=quote.balance_minor,
        free_seconds=quote.free_seconds,
        talk_seconds=quote.affordable_seconds if quote.may_start else 0,
        required_minor=quote.required_minor,
        currency=quote.currency,
        limit_name=short_bound_name(quote.bound_by) if quote.is_shortened_by_limit else "",
    )
    phone = phone_of(customer)
    no_access = describe_obstacle(Obstacle.AGE_NOT_CONFIRMED)
    unready = _not_ready_reason(customer, brand, phone, quote, at)
    snapshot = customer_snapshot(shown_call) if shown_call else None
    return CallPanel(
        state=panel_state(card, funds, live=snapshot if live else None, shown=snapshot, is_ready=not unready),
        operator=card,
        fees=quote.fees,
        tax_words=describe_tax(quote.tariff),
        funds=funds,
        key=new_id("form"),
        call=snapshot,
        phone_hint=phone.hint if phone else "",
        brand_number=_number_shown(live, brand),
        customer_confirms=brand.customer_confirms,
        unready_words=unready,
        unready_links=_access_links(brand, card) if unready == no_access else (),
        unready_url=with_next(reverse("phones"), card.url)
        if unready in (_(_NO_PHONE), _(_BLOCKED_PHONE))
        else "",
        as_of=as_of,
    )


def _is_own_reservation(customer: Customer, operator: Operator, at: datetime) -> bool:
    reservation = open_reservation(customer, at)
    return reservation is not None and reservation.operator_id == operator.pk


def panel_of_call(call: Call, snapshot: dict[str, Any]) -> CallPanel:
    """The call module of the operator of `call` while it runs, or shows how it ended. No query: for pushes."""
    return CallPanel(
        state=state_of_call(snapshot),
        operator=card_of(call.operator, snapshot["currency"]),
        call=snapshot,
        brand_number=call.brand.caller_id,
        customer_confirms=call.brand.customer_confirms,
    )


def visitor_panel_for(operator: Operator, brand: Brand, *, as_of: int) -> CallPanel:
    """The call module of `operator` for somebody without an account. No query but one in a few seconds, and those of `first_minutes`."""
    first = minutes_for([operator], None, clock.now()).get(operator.pk, 0)
    card = card_of(operator, brand.currency, first_minutes=first)
    return visitor_panel(card, price_example_of(operator, brand), brand_number=brand.caller_id, as_of=as_of)


def price_example_of(operator: Operator, brand: Brand) -> Example:
    """What ten minutes with `operator` come to without free minutes, by the rule that every call is charged by."""
    tax = visitors_tax_terms(brand)
    tariff = tariff_for(operator, tax)
    seconds = EXAMPLE_MINUTES * 60
    return Example(
        minutes=EXAMPLE_MINUTES,
        talk_minor=rating.talk(tariff, seconds, 0),
        fees=fees_of(tariff),
        total_minor=rating.cost(tariff, seconds, 0),
        currency=brand.currency,
        tax_minor=rating.tax(tariff, seconds, 0),
        tax_words=describe_tax(tariff),
    )


def phone_of(customer: Customer) -> CustomerPhone | None:
    """The phone that a call would ring."""
    verified = [phone for phone in customer.phones.all() if phone.verified_at is not None]
    return max(verified, key=lambda phone: (phone.is_primary, -phone.pk), default=None)


def _not_ready_reason(
    customer: Customer, brand: Brand, phone: CustomerPhone | None, quote: Quote, at: datetime
) -> str:
    """What about the account stands in the way of any call, and what to do; empty if nothing does."""
    obstacle = call_obstacle(customer, brand, at)
    if obstacle is not None:
        return describe_obstacle(obstacle)
    if phone is None:
        is_blocked = any(phone.blocked_at is not None for phone in customer.phones.all())
        return _(_BLOCKED_PHONE) if is_blocked else _(_NO_PHONE)
    if quote.is_stopped_by_limit:
        return _limit_words(customer, quote, at)
    return ""


def _limit_words(customer: Customer, quote: Quote, at: datetime) -> str:
    """Which limit leaves less than a first increment takes, and until when."""
    limit = min(
        quote.budget.limits, key=lambda limit: bound_of(limit.period, limit.measure) != quote.bound_by
    )
    name, until = (
        short_name(limit.period, limit.measure),
        describe_time(limit.ends_at, at, customer.user.time_zone),
    )
    if limit.is_money:
        left = format_money(limit.left, quote.currency)
        return _(
            "Your %(name)s leaves %(left)s %(this_period)s, less than the first minute costs. It "
            "starts over %(until)s."
        ) % {"name": name, "left": left, "this_period": this(limit.period), "until": until}
    left = amount_words(limit.measure, limit.left // 60)
    return _("Your %(name)s leaves %(left)s %(this_period)s. It starts over %(until)s.") % {
        "name": name,
        "left": left,
        "this_period": this(limit.period),
        "until": until,
    }


def _access_links(brand: Brand, card: OperatorCard) -> tuple[tuple[str, str], ...]:
    """The ways to a basis of access: a card payment where the brand takes cards, and an application."""
    funds = f"{reverse('funds')}?{urlencode({'next': card.url, 'operator': card.slug})}"
    takes_cards = MerchantAccount.objects.filter(brand=brand, is_active=True).exists()
    apply = (_("Get an access code"), reverse("access"))
    return ((_("Add funds"), funds), apply) if takes_cards else (apply,)


def _number_shown(live: Call | None, brand: Brand) -> str:
    return live.brand.caller_id if live else brand.caller_id
