"""Letters about money that came to a customer's balance: from staff, by a refund, by a corrected charge.

A rule that refunds texts often refunds several within moments: after an outage, when nobody answered, when an operator
blocks somebody. Those are one letter.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from billing import conf
from billing.domain_events import charge_lowered, funds_credited, refunded
from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from billing.models import Authorization
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.refund import Refund
from brands.models import Brand
from core.money import format_money
from customers.models import Customer
from notices.letters import balance_text, customer_home, day_of
from notices.services.enqueue import enqueue
from notices.services.gather import gather
from notices.states import NoticeKind

_CALL = gettext_noop("a call on %(day)s")
_THINGS = {
    TransactionKind.MESSAGE: gettext_noop("a text on %(day)s"),
    TransactionKind.TIP: gettext_noop("a tip on %(day)s"),
}
_RECEIPTS_NAMED = 5
GATHERED_FOR = timedelta(minutes=2)  # so long the first refund of a text by a rule waits for others


@funds_credited.listener
def _funds_credited(
    *, customer: Customer, brand: Brand | None, amount_minor: int, transaction_id: int
) -> None:
    brand = brand or customer.home_brand
    enqueue(
        NoticeKind.FUNDS_CREDITED,
        recipient=customer.user,
        brand=brand,
        key=f"credit:{transaction_id}",
        amount=format_money(amount_minor, conf.currency()),
        balance=balance_text(customer),
        url=customer_home(brand),
        receipt=receipt_number(ReceiptOf.FUNDS, transaction_id),
    )


@refunded.listener
def _refunded(*, refund: Refund, sale: Transaction, actor: AbstractBaseUser | None) -> None:
    """By staff, or by a rule, such as for a text without a reply. The wallet is locked, so a customer's come in a row."""
    assert sale.customer_id is not None, "a customer paid for every sale"
    customer = _customer(sale.customer_id)
    brand = sale.brand or customer.home_brand
    if actor is None and sale.kind == TransactionKind.MESSAGE:
        gather(
            NoticeKind.REFUND,
            recipient=customer.user,
            brand=brand,
            parts=[str(pk) for pk in refund.transaction_ids],
            wait=GATHERED_FOR,
            texts=lambda refund_ids: _texts_refunded(refund_ids, customer, brand),
        )
        return
    several = ngettext(
        "%(count)s call, text, or tip through %(day)s",
        "%(count)s calls, texts, and tips through %(day)s",
        refund.things,
    )
    words = _(_THINGS.get(TransactionKind(sale.kind), _CALL)) if refund.things == 1 else several
    day = day_of(sale.created_at, customer.user)
    enqueue(
        NoticeKind.REFUND,
        recipient=customer.user,
        brand=brand,
        key=f"refund:{refund.transaction_ids[0]}",
        amount=format_money(refund.amount_minor, sale.currency),
        what=words % {"count": refund.things, "day": day},
        receipt=_receipts(refund.transaction_ids),
        **_balance_and_link(customer, brand),
    )


@charge_lowered.listener
def _charge_lowered(*, authorization: Authorization, returned_minor: int) -> None:
    customer = _customer(authorization.customer_id)
    enqueue(
        NoticeKind.CHARGE_CORRECTED,
        recipient=customer.user,
        brand=authorization.brand,
        key=f"charge-corrected:{authorization.pk}",
        amount=format_money(returned_minor, authorization.currency),
        what=_(_CALL) % {"day": day_of(authorization.created_at, customer.user)},
        **_balance_and_link(customer, authorization.brand),
    )


def _texts_refunded(refund_ids: Sequence[str], customer: Customer, brand: Brand) -> dict[str, Any]:
    """What the letter about the refunds of these texts says."""
    refunds = list(Transaction.objects.filter(pk__in=refund_ids).select_related("reverses"))
    days = {day_of(refund.reverses.created_at, customer.user) for refund in refunds if refund.reverses}
    return {
        "amount": format_money(sum(refund.amount_minor for refund in refunds), refunds[0].currency),
        "what": texts_refunded(len({refund.reference for refund in refunds}), days),
        "receipt": _receipts([refund.pk for refund in refunds]),
        **_balance_and_link(customer, brand),
    }


def texts_refunded(count: int, days: Collection[str]) -> str:
    """What was refunded, as the letter says it: `3 texts on March 3, 2027`; without a day where there were several. Pure."""
    what = (
        _("a text") if count == 1 else ngettext("%(count)s text", "%(count)s texts", count) % {"count": count}
    )
    return _("%(texts)s on %(day)s") % {"texts": what, "day": next(iter(days))} if len(days) == 1 else what


def _receipts(refund_ids: Sequence[int]) -> str:
    """The numbers of refunds; of many, the first ones."""
    first = sorted(refund_ids)[:_RECEIPTS_NAMED]
    more = len(refund_ids) - len(first)
    numbers = ", ".join(receipt_number(ReceiptOf.FUNDS, pk) for pk in first)
    return _("%(numbers)s, and %(count)s more") % {"numbers": numbers, "count": more} if more else numbers


def _balance_and_link(customer: Customer, brand: Brand) -> dict[str, Any]:
    return {
        "balance": balance_text(customer),
        "url": "" if customer.closed_at else customer_home(brand),
    }


def _customer(pk: int) -> Customer:
    return Customer.objects.select_related("user", "home_brand").get(pk=pk)
