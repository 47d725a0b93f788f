"""The live regions of the customer sites: what each shows when something changed, and when a page asks.

Called by `storefront.consumers` with a hint, in the live thread, and by the `/live/` view.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any

from billing.budget import limit_in_the_way, read_budget
from billing.models import Payment
from billing.push import wallet_message
from billing.tariffs import text_price
from core import clock
from core.money import format_money
from core.push import time_sequence
from customers.models import Customer
from messaging.selectors import unread_of
from notices.selectors import unread_notices_of
from operators.models import Operator
from storefront.after_call import AFTER, after_to_fetch, after_update
from storefront.call_panel import CallPanel
from storefront.call_panels import customer_panel, panel_of_call, visitor_panel_for
from storefront.cards import card_of
from storefront.payment_states import payment_status
from storefront.reserve import reserve_box
from storefront.waiting_live import CALLBACK, NEWS, SIMILAR, WAIT, news_update, operator_page_update, to_fetch
from telephony.models import Call
from telephony.push_reads import budget_for_push, call_budget_for_push, live_call_for_push_to_customer
from telephony.selectors import live_call_of
from telephony.snapshots import customer_snapshot
from web.live import Audience, Hint, Region, Update, Viewer, render_region, sequence_before_reading, shared
from web.live_reads import notices_update, read_call, unread_update
from web.templatetags.ui import in_minutes

PANEL = "call-panel"  # of an operator's page
BAR = "call-bar"  # the running call, on every page; with a number: not for calls with that operator
WIDGET = "active-call"  # the running call on the dashboard
STATUS, ACTIONS = "card-status", "card-actions"  # of an operator's card
PAYMENT = "payment"  # where a card payment stands
RESERVE = "reserve"  # an operator who waits while the customer adds funds
FUNDS = "composer-funds"  # whether the balance covers a message to that operator

OF_OPERATORS = frozenset({PANEL, STATUS, ACTIONS, WAIT, CALLBACK, SIMILAR})
OF_CALLS = frozenset({PANEL, BAR, WIDGET})
OF_CUSTOMERS = frozenset({RESERVE, AFTER})  # of an operator, and of no visitor
SHOW_OPERATORS = OF_OPERATORS | OF_CUSTOMERS
KINDS = OF_OPERATORS | OF_CALLS | OF_CUSTOMERS | {FUNDS, PAYMENT, NEWS}
_FETCHED = (
    frozenset({PANEL, WAIT, CALLBACK, SIMILAR}) | OF_CUSTOMERS
)  # by customers: they depend on who the customer is


def call_updates(
    hint: Hint, customer: Customer, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """A call of this customer changed."""
    sequence = sequence_before_reading(hint)
    call = read_call(hint)
    if not call.is_live:  # another one may have begun already
        call = _live_call(hint, customer) or call
    snapshot = shared.once(("snapshot", hint), lambda: _snapshot(call))
    updates = _call_regions(hint, call, snapshot, regions, audience)
    if not call.is_live or call.joined_at is None:
        updates += to_fetch(hint, regions, call.operator_id)
    updates += after_to_fetch(regions, call, sequence)
    if hint.more.get("wallet"):
        updates.append(_wallet_update(hint, customer, call, sequence))
    return updates


def wallet_updates(
    hint: Hint, customer: Customer, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """What the customer may spend changed: figures, and how long a running call lasts. Pages fetch what else they show."""
    call = _live_call(hint, customer)
    updates = [_wallet_update(hint, customer, call, hint.sequence)]
    if call is not None:
        about = Hint("call", call.call_id, hint.sequence)
        snapshot = shared.once(("snapshot", about), lambda: _snapshot(call))
        updates += _call_regions(about, call, snapshot, regions, audience)
    for region in regions:
        if region.kind in _FETCHED:
            updates.append(Update(str(region), f"operator.{region.number}", hint.sequence))
        elif region.kind == FUNDS:
            updates.append(Update(str(region), "wallet", hint.sequence))
    return updates


def payment_updates(
    hint: Hint, customer: Customer, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """A payment of this customer stands elsewhere now."""
    return [
        _payment_update(region, customer, audience)
        for region in regions
        if region.kind == PAYMENT and region.number == int(hint.key)
    ]


def operator_updates(hint: Hint, regions: Iterable[Region], audience: Audience) -> list[Update]:
    """An operator came, went, or is in a call. A customer's panel is fetched, because it depends on their money."""
    shown = [region for region in regions if region.kind in SHOW_OPERATORS and region.number == int(hint.key)]
    updates = []
    for region in shown:
        if region.kind in _FETCHED and audience.viewer == Viewer.CUSTOMER:
            updates.append(Update(str(region), f"operator.{hint.key}", hint.sequence))
            continue
        operator = shared.once(hint, lambda: Operator.objects.filter(pk=int(hint.key)).first())
        if operator is None:  # erased meanwhile
            continue
        render = partial(_operator_update, region, operator, audience, hint.sequence)
        updates.append(shared.once((region, audience, hint), render))
    return updates


def waiting_updates(hint: Hint, regions: Iterable[Region]) -> list[Update]:
    """What this customer waits for with an operator stands elsewhere now."""
    return to_fetch(hint, regions, int(hint.key))


def visitor_state(regions: Sequence[Region], audience: Audience) -> list[Update]:
    """What the regions of a visitor's page show now."""
    sequence = time_sequence()
    return [
        _operator_update(region, operator, audience, sequence)
        for region, operator in _operators_of(regions, audience)
        if region.kind not in OF_CUSTOMERS | {WAIT, CALLBACK}
    ]


def customer_state(
    customer: Customer, regions: Sequence[Region], audience: Audience, *, call_id: str | None
) -> Iterator[Update]:
    """What the regions of a customer's page show now. `call_id`: the call whose end it shows. Raises UnknownCall."""
    sequence = time_sequence()

    @cache
    def panel_of(operator: Operator) -> CallPanel:
        assert audience.brand is not None, "customers are on a brand's site"
        return customer_panel(customer, operator, audience.brand, call_id=call_id, at=clock.now())

    for region, operator in _operators_of(regions, audience):
        if region.kind == PANEL:
            yield _panel_update(region, panel_of(operator), audience)
        elif region.kind in (WAIT, CALLBACK, SIMILAR):
            waiting = operator_page_update(region, operator, panel_of(operator), audience, customer)
            if waiting is not None:
                yield waiting
        elif region.kind == AFTER:
            yield after_update(region, panel_of(operator), customer, audience)
        elif region.kind == RESERVE:
            assert audience.brand is not None, "customers are on a brand's site"
            box = reserve_box(customer, operator, audience.brand)
            html = render_region("components/reserve_operator.html", {"box": box}, audience)
            yield Update(str(region), f"operator.{operator.pk}", box.sequence, html)
        else:
            yield _operator_update(region, operator, audience, sequence)
    call = live_call_of(customer)
    snapshot = customer_snapshot(call) if call else None
    for region in regions:
        if region.kind in (BAR, WIDGET):
            yield _running_call_update(region, snapshot, audience)
        elif region.kind == NEWS:
            yield news_update(region, customer, audience)
    yield from _money_state(customer, regions, audience, sequence)
    yield unread_update(unread_of(customer), sequence)
    if audience.brand is not None:
        yield notices_update(unread_notices_of(customer.user_id, audience.brand), sequence)


def _money_state(
    customer: Customer, regions: Sequence[Region], audience: Audience, sequence: int
) -> Iterator[Update]:
    wallet = wallet_message(customer.pk)
    yield _wallet_slots(wallet, sequence)
    for region in regions:
        if region.kind == FUNDS:
            budget = read_budget(customer.pk, brand=audience.brand)
            operator = Operator.objects.only("rate_per_message_minor").get(pk=region.number)
            price_minor = text_price(operator, budget.tax).charged_minor
            context = {
                "operator_id": region.number,
                "is_short": budget.spendable_minor < price_minor,
                "limit_name": limit_in_the_way(budget),
                "sequence": sequence,
            }
            html = render_region("components/composer_funds.html", context, audience)
            yield Update(str(region), "wallet", sequence, html)
        elif region.kind == PAYMENT:
            yield _payment_update(region, customer, audience)


def _payment_update(region: Region, customer: Customer, audience: Audience) -> Update:
    """Somebody else's payment, or none, is a page that has to be loaded again."""
    payments = Payment.objects.filter(customer=customer, pk=region.number)
    payment = payments.select_related("merchant_account").first()
    if payment is None:
        return Update(str(region), str(region), time_sequence())
    status = payment_status(payment)
    html = render_region("components/payment_status.html", {"status": status}, audience)
    return Update(str(region), str(region), status.sequence, html)


def _operators_of(regions: Sequence[Region], audience: Audience) -> list[tuple[Region, Operator]]:
    """The regions that show an operator of this brand, with the operator; one query."""
    numbers = {region.number for region in regions if region.kind in SHOW_OPERATORS}
    if not numbers or audience.brand is None:
        return []
    rows = Operator.objects.filter(pk__in=numbers, listings__brand=audience.brand)
    by_number = {row.pk: row for row in rows}
    return [
        (region, by_number[region.number])
        for region in regions
        if region.kind in SHOW_OPERATORS and region.number in by_number
    ]


def _call_regions(
    hint: Hint, call: Call, snapshot: dict[str, Any], regions: Iterable[Region], audience: Audience
) -> list[Update]:
    return [
        shared.once((region, audience, hint), partial(_call_update, region, call, snapshot, audience))
        for region in regions
        if region.kind in OF_CALLS and not _is_shown_above(region, snapshot)
    ]


def _live_call(hint: Hint, customer: Customer) -> Call | None:
    """The call that runs now."""
    return shared.once(("live", hint), lambda: live_call_for_push_to_customer(customer.pk))


def _snapshot(call: Call) -> dict[str, Any]:
    return customer_snapshot(
        call, call_budget_for_push(call) if call.is_live and call.authorization else None
    )


def _wallet_update(hint: Hint, customer: Customer, call: Call | None, sequence: int) -> Update:
    """The figures of the wallet, which was read along with `call` if there is one."""

    def make() -> Update:
        budget = budget_for_push(call) if call and call.authorization else None
        return _wallet_slots(wallet_message(customer.pk, budget), sequence)

    return shared.once(("wallet", hint), make)


def _call_update(region: Region, call: Call, snapshot: dict[str, Any], audience: Audience) -> Update:
    if region.kind != PANEL:
        return _running_call_update(region, snapshot, audience)
    if call.operator_id != region.number:  # elsewhere, or not any more
        return Update(str(region), f"operator.{region.number}", time_sequence())
    return _panel_update(region, panel_of_call(call, snapshot), audience)


def _panel_update(region: Region, panel: CallPanel, audience: Audience) -> Update:
    html = render_region("components/call_panel.html", {"panel": panel}, audience)
    slots = {"call-announcement": panel.announcement, "call-price": panel.operator.price_words}
    return Update(str(region), panel.object, panel.sequence, html, slots)


def _running_call_update(region: Region, snapshot: dict[str, Any] | None, audience: Audience) -> Update:
    """The bar and the widget: the call while it runs, nothing when it is over or shown by the page itself."""
    is_live = snapshot is not None and snapshot["charged_minor"] is None
    is_shown = snapshot is not None and is_live and not _is_shown_above(region, snapshot)
    context = {"call": snapshot if is_shown else None, "region": str(region)}
    template = "components/active_call_bar.html" if region.kind == BAR else "components/active_call.html"
    about = f"call.{snapshot['call_id']}" if snapshot is not None and is_shown else "call."
    html = render_region(template, context, audience)
    return Update(str(region), about, snapshot["sequence"] if snapshot else 0, html)


def _is_shown_above(region: Region, snapshot: dict[str, Any]) -> bool:
    """Whether the page's own panel shows the call, so that its bar stays away."""
    return region.kind == BAR and region.number == snapshot["operator_id"]


def _operator_update(region: Region, operator: Operator, audience: Audience, sequence: int) -> Update:
    assert audience.brand is not None, "operators are shown on a brand's site"
    if region.kind in (PANEL, SIMILAR):
        panel = visitor_panel_for(operator, audience.brand, as_of=sequence)
        similar = operator_page_update(region, operator, panel, audience, None)
        return _panel_update(region, panel, audience) if region.kind == PANEL or not similar else similar
    template = "components/card_status.html" if region.kind == STATUS else "components/card_actions.html"
    context = {"operator": card_of(operator, audience.brand.currency)}
    return Update(
        str(region), f"operator.{operator.pk}", sequence, render_region(template, context, audience)
    )


def _wallet_slots(wallet: dict[str, Any], sequence: int) -> Update:
    slots = {
        "balance": format_money(wallet["balance_minor"], wallet["currency"]),
        "free-minutes": in_minutes(wallet["free_seconds"]),
    }
    return Update("wallet", "wallet", sequence, slots=slots)
