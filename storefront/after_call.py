"""What an operator's page offers once a call is over: stars, a message, a tip, and another call or the funds that it takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.services.rate_paid import paid_for
from brands.models import Brand
from core import clock
from customers.models import Customer
from operators.selectors import rating_for
from storefront.call_panel import CallPanel
from storefront.tips import may_tip
from telephony.models import Call
from telephony.selectors import call_of
from web.live import Audience, Region, Update, render_region

AFTER = "call-after"  # the region
_STARS = (
    (1, gettext_noop("Poor")),
    (2, gettext_noop("Not great")),
    (3, gettext_noop("OK")),
    (4, gettext_noop("Good")),
    (5, gettext_noop("Great")),
)


@dataclass(frozen=True, slots=True)
class AfterCall:
    """`panel`: the call module, whose call is over. `stars`: given already. Empty `call_id`: no call is over here."""

    panel: CallPanel
    call_id: str = ""
    may_rate: bool = False
    stars: int = 0
    may_tip: bool = False

    @property
    def operator_id(self) -> int:
        return self.panel.operator.id

    @property
    def sequence(self) -> int:
        return self.panel.as_of

    @property
    def was_joined(self) -> bool:
        return bool(self.panel.call and self.panel.call["joined_at_ms"] is not None)

    @property
    def needs_funds(self) -> bool:
        """Whether money is what another call would fail for."""
        return not self.panel.funds.talk_seconds

    @property
    def star_choices(self) -> tuple[tuple[int, str], ...]:
        return tuple((count, _(words)) for count, words in _STARS)

    @property
    def back(self) -> str:
        """The page that shows this end."""
        return self.panel.operator.url + self.panel.address


def after_call(customer: Customer, panel: CallPanel, brand: Brand, at: datetime) -> AfterCall:
    """What is offered below `panel`; nothing while no call is over there."""
    if not panel.is_over or panel.call is None:
        return AfterCall(panel)
    call_id = panel.call["call_id"]
    if panel.call["joined_at_ms"] is None:
        return AfterCall(panel, call_id)
    rating = rating_for(customer.pk, call_id)
    return AfterCall(
        panel,
        call_id,
        may_rate=rating is None and paid_for(customer.pk, call_id) is not None,
        stars=rating.stars if rating else 0,
        may_tip=may_tip(customer, call_of(customer, call_id), brand, at),
    )


def after_to_fetch(regions: Iterable[Region], call: Call, sequence: int) -> list[Update]:
    """Where `call` is over: what comes after it costs more than a push may, so the page asks."""
    return [
        Update(str(region), f"operator.{call.operator_id}", sequence)
        for region in regions
        if region.kind == AFTER and region.number == call.operator_id and not call.is_live
    ]


def after_update(region: Region, panel: CallPanel, customer: Customer, audience: Audience) -> Update:
    """What the region shows now. `panel`: the call module of the same page."""
    assert audience.brand is not None, "customers are on a brand's site"
    after = after_call(customer, panel, audience.brand, clock.now())
    html = render_region("components/call_after.html", {"after": after}, audience)
    return Update(str(region), f"operator.{region.number}", after.sequence, html)
