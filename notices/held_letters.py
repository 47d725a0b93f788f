"""Letters to an operator about held earnings: that some are, and what was decided. Never who the customer is."""

from django.conf import settings
from django.utils.translation import ngettext

from billing import conf
from billing.domain_events import earnings_decided, earnings_held
from billing.held_words import REASONS
from billing.models import EarningsHold
from billing.states import HoldKind, HoldState
from core.money import format_money
from notices.pages import OPERATOR_HELD
from notices.services.enqueue import enqueue
from notices.states import NoticeKind

_DECIDED = {
    HoldState.RELEASED: NoticeKind.EARNINGS_RELEASED,
    HoldState.WITHDRAWN: NoticeKind.EARNINGS_WITHDRAWN,
}


@earnings_held.listener
def _held(*, hold: EarningsHold, amount_minor: int, count: int) -> None:
    enqueue(
        NoticeKind.EARNINGS_HELD,
        recipient=hold.operator.user,
        key=f"earnings-held:{hold.pk}",
        amount=format_money(amount_minor, conf.currency()),
        count=ngettext("%(count)s call or text", "%(count)s calls and texts", count) % {"count": count},
        why=REASONS[HoldKind(hold.kind)],
        url=OPERATOR_HELD.url(host=settings.PORTAL_HOSTS[0]),
    )


@earnings_decided.listener
def _decided(*, hold: EarningsHold, amount_minor: int) -> None:
    enqueue(
        _DECIDED[HoldState(hold.state)],
        recipient=hold.operator.user,
        key=f"earnings-decided:{hold.pk}",
        amount=format_money(amount_minor, conf.currency()),
        url=OPERATOR_HELD.url(host=settings.PORTAL_HOSTS[0]),
    )
