"""Letters about card payments: received, in dispute, paid back, or refused by the card company."""

from billing.domain_events import pay_back_ended, payment_captured, payment_disputed
from billing.models import PayBack, Payment
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.states import PayBackState
from core.money import format_money
from notices.letters import balance_text, customer_home
from notices.services.enqueue import enqueue
from notices.states import NoticeKind


@payment_captured.listener
def _payment_captured(*, payment: Payment, transaction_id: int) -> None:
    account = payment.merchant_account
    enqueue(
        NoticeKind.PAYMENT_RECEIVED,
        recipient=payment.customer.user,
        brand=account.brand,
        key=f"payment:{payment.public_id}",
        amount=format_money(payment.amount_minor, payment.currency),
        balance=balance_text(payment.customer),
        statement=payment.statement_text,
        support_phone=account.support_phone,
        receipt=receipt_number(ReceiptOf.FUNDS, transaction_id),
        url=customer_home(account.brand),
    )


@payment_disputed.listener
def _payment_disputed(*, payment: Payment, disputed_minor: int) -> None:
    """Once when it begins and once when it is over."""
    totals = payment.totals
    enqueue(
        NoticeKind.PAYMENT_DISPUTED,
        recipient=payment.customer.user,
        brand=payment.merchant_account.brand,
        key=f"dispute:{payment.public_id}:{totals.charged_back_minor}:{totals.won_back_minor}",
        amount=format_money(payment.amount_minor, payment.currency),
        disputed=format_money(disputed_minor, payment.currency) if disputed_minor else "",
        support_phone=payment.merchant_account.support_phone,
    )


@pay_back_ended.listener
def _pay_back_ended(*, pay_back: PayBack) -> None:
    payment, is_done = pay_back.payment, pay_back.state == PayBackState.DONE
    enqueue(
        NoticeKind.PAID_BACK if is_done else NoticeKind.PAY_BACK_REFUSED,
        recipient=pay_back.customer.user,
        brand=payment.merchant_account.brand,
        key=f"pay-back:{pay_back.pk}",
        amount=format_money(pay_back.amount_minor, payment.currency),
        card=payment.card_label,
        support_phone=payment.merchant_account.support_phone,
    )
