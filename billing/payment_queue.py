"""What staff look at of card payments: problems, disputes, what the processor hasn't answered for long, money long on its way."""

from datetime import timedelta

from django.db.models import QuerySet

from billing.models import PayBack, Payment, PaymentNotice
from billing.states import PayBackState, PaymentProblem, PaymentState
from core import clock

UNANSWERED_AFTER = timedelta(minutes=15)
LONG_ON_ITS_WAY = timedelta(days=5)
NOTICES_SHOWN_FOR = timedelta(days=30)


def payments_to_look_at() -> QuerySet[Payment]:
    """The oldest first. Each reason has a small index of its own, however many payments there are."""
    at = clock.now()
    problems = Payment.objects.filter(problem_handled_at=None).exclude(problem=PaymentProblem.NONE)
    disputes = Payment.objects.filter(state=PaymentState.DISPUTED, dispute_closed_at=None)
    unanswered = Payment.objects.filter(state=PaymentState.UNKNOWN, created_at__lt=at - UNANSWERED_AFTER)
    on_its_way = PayBack.objects.filter(state=PayBackState.IN_TRANSIT, created_at__lt=at - LONG_ON_ITS_WAY)
    ids = problems.values("pk").union(
        disputes.values("pk"), unanswered.values("pk"), on_its_way.values("payment")
    )
    rows = Payment.objects.filter(pk__in=ids)
    return rows.select_related("customer__user", "merchant_account__brand").order_by("id")


def notices_of_nothing() -> QuerySet[PaymentNotice]:
    """Events that processors reported of payments that we don't know, of the last weeks, the newest first."""
    since = clock.now() - NOTICES_SHOWN_FOR
    return PaymentNotice.objects.filter(payment=None, received_at__gt=since).order_by("-received_at")
