"""The live regions about waiting: on an operator's page what there is to do meanwhile and who else is there, on every page the news."""

from collections.abc import Iterable
from typing import Any

from customers.models import Customer
from operators.models import Operator
from storefront.call_panel import CallPanel
from storefront.waiting import callback_box, similar_people, wait_box
from web.live import Audience, Hint, Region, Update, render_region
from web.waiting_news import OBJECT, REGION, waiting_news

WAIT = "wait"  # of an operator's page: to be told, to leave a message
CALLBACK = "callback"  # of an operator's page: asking for a callback, and how that stands
NEWS = REGION  # on every page: who is free now
SIMILAR = "similar"  # of an operator's page: who can be called instead

OF_OPERATORS = frozenset({WAIT, CALLBACK, SIMILAR})
KINDS = OF_OPERATORS | {NEWS}


def to_fetch(hint: Hint, regions: Iterable[Region], operator_id: int) -> list[Update]:
    """Something about this customer and this operator changed: pages fetch what they show of it."""
    updates = []
    for region in regions:
        if region.kind == NEWS:
            updates.append(Update(str(region), OBJECT, hint.sequence))
        elif region.kind in OF_OPERATORS and region.number == operator_id:
            updates.append(Update(str(region), f"operator.{operator_id}", hint.sequence))
    return updates


def operator_page_update(
    region: Region, operator: Operator, panel: CallPanel, audience: Audience, customer: Customer | None
) -> Update | None:
    """What WAIT, CALLBACK, or SIMILAR shows now; None: not for visitors. `panel`: the call module of the same page."""
    assert audience.brand is not None, "operators are shown on a brand's site"
    context: dict[str, Any]
    if region.kind == SIMILAR:
        people = similar_people(operator, audience.brand, panel, customer)
        template, context, sequence = "similar_people", {"people": people}, people.sequence
    elif customer is not None and region.kind == CALLBACK:
        asked = callback_box(customer, operator, panel)
        template, context, sequence = "callback_box", {"box": asked}, asked.sequence
    elif customer is not None:
        box = wait_box(customer, operator, audience.brand, panel)
        template, context, sequence = "wait_box", {"box": box}, box.sequence
    else:
        return None
    html = render_region(f"components/{template}.html", context, audience)
    return Update(str(region), f"operator.{operator.pk}", sequence, html)


def news_update(region: Region, customer: Customer, audience: Audience) -> Update:
    """What NEWS shows now."""
    assert audience.brand is not None, "customers are on a brand's site"
    news = waiting_news(customer, audience.brand.currency)
    html = render_region("components/waiting_news.html", {"news": news}, audience)
    return Update(str(region), OBJECT, news.sequence, html, {"waiting-said": news.said})
