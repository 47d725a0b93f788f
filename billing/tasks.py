"""Work of billing that time brings, done by the worker."""

from procrastinate.contrib.django import app

from billing import conf
from billing.gateways import GATEWAYS
from billing.ledger.heads import append_head, newest_seal
from billing.models import MerchantAccount, Payment
from billing.services.answer_case import close_unappealed
from billing.services.audit_books import audit_books
from billing.services.charge_saved_card import charge_saved_card
from billing.services.check_payment import check_payment
from billing.services.close_days import close_days
from billing.services.count_hours import count_hours
from billing.services.decide_approval import decide_by_time
from billing.services.expire_free_minutes import BATCH, expire_free_minutes
from billing.services.find_weak_links import find_weak_links
from billing.services.pay_back import SEND_PAY_BACK, send_pay_back
from billing.services.read_report import read_report
from billing.services.receive_notice import CHECK_PAYMENT
from billing.services.reconcile import recheck_differences
from billing.services.seal_ledger import seal_ledger
from billing.services.start_payment import CHARGE_SAVED_CARD
from core import clock
from core.deadlines import deadline_now
from core.jobs import Queue

PAYMENTS_PER_MINUTE = 50  # asked for by the sweep: a processor answers in seconds at most


@app.periodic(cron="*/5 * * * *")
@app.task(
    queue=Queue.MONEY, queueing_lock="expire_free_minutes", lock="expire_free_minutes", pass_context=False
)
def expire_unused_free_minutes(timestamp: int) -> None:
    """Every five minutes: write off free minutes whose time is over."""
    while expire_free_minutes(at=deadline_now()) == BATCH:
        pass


@app.periodic(cron="*/5 * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="decide_by_time", lock="decide_by_time", pass_context=False)
def decide_approvals_by_time(timestamp: int) -> int:
    """Every five minutes: expire requests that nobody decided, and do those whose delay is over."""
    return decide_by_time(at=deadline_now())


@app.periodic(cron="3-59/10 * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="find_weak_links", lock="find_weak_links", pass_context=False)
def hold_earnings_of_weak_links(timestamp: int) -> int:
    """Every ten minutes: hold earnings between people who may have more in common."""
    return find_weak_links()


@app.periodic(cron="20 9 * * *")
@app.task(name="billing.count_hours", queueing_lock="billing.count_hours", pass_context=False)
def count_hours_of_operators(timestamp: int) -> int:
    """Every night: in which hours of the week operators earn, for their dashboards."""
    return count_hours()


@app.periodic(cron="* * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="seal_ledger", lock="seal_ledger", pass_context=False)
def seal_new_transactions(timestamp: int) -> int:
    """Every minute: seal what was posted since."""
    return seal_ledger()


@app.periodic(cron="5 9 * * *")
@app.task(queue=Queue.MONEY, queueing_lock="write_ledger_head", lock="write_ledger_head", pass_context=False)
def write_ledger_head(timestamp: int) -> None:
    """Every day: write the head of the seals to the file outside of the database, if there is one."""
    path, seal = conf.ledger_heads_file(), newest_seal()
    if path is not None and seal is not None:
        append_head(path, seal)


@app.periodic(cron="33 8 * * *")
@app.task(queue=Queue.DEFAULT, queueing_lock="audit_books", lock="audit_books", pass_context=False)
def audit_books_of_last_days(timestamp: int) -> int:
    """Every night: derive the books of the last days again; how many rows are wrong."""
    return audit_books(at=clock.now())


@app.periodic(cron="41 8 * * *")
@app.task(queue=Queue.DEFAULT, queueing_lock="close_cases", lock="close_cases", pass_context=False)
def close_answered_cases(timestamp: int) -> int:
    """Every day: close cases whose answer nobody appealed in time; how many, at most a batch."""
    return close_unappealed(at=deadline_now())


@app.task(name=CHECK_PAYMENT, queue=Queue.MONEY)
def check_one_payment(payment_id: int) -> None:
    """Ask the processor what became of a payment."""
    check_payment(payment_id=payment_id)


@app.task(name=CHARGE_SAVED_CARD, queue=Queue.MONEY)
def charge_one_saved_card(payment_id: int) -> None:
    """Have a saved card charged, once."""
    charge_saved_card(payment_id=payment_id)


@app.task(name=SEND_PAY_BACK, queue=Queue.MONEY)
def send_one_pay_back(pay_back_id: int) -> None:
    """Have money given back to a card, once."""
    send_pay_back(pay_back_id=pay_back_id)


@app.periodic(cron="* * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="check_payments", lock="check_payments", pass_context=False)
def check_open_payments(timestamp: int) -> int:
    """Every minute: ask for payments that nobody reported on, a few at a time; how many."""
    due = Payment.objects.filter(next_check_at__lte=deadline_now()).order_by("next_check_at")
    ids = list(due.values_list("pk", flat=True)[:PAYMENTS_PER_MINUTE])
    for payment_id in ids:
        charge_saved_card(payment_id=payment_id)
    return len(ids)


@app.periodic(cron="7-57/10 * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="read_reports", lock="read_reports", pass_context=False)
def read_processors_reports(timestamp: int) -> int:
    """Every ten minutes: ask processors that may be asked by now for their lists of charges; how many lines were new."""
    in_use = MerchantAccount.objects.filter(gateway__in=GATEWAYS).values_list("gateway", flat=True)
    return sum(read_report(gateway_name=name, at=clock.now()) for name in sorted(set(in_use)))


@app.periodic(cron="15 8 * * *")
@app.task(
    queue=Queue.MONEY, queueing_lock="recheck_differences", lock="recheck_differences", pass_context=False
)
def recheck_statements(timestamp: int) -> int:
    """Every night: compare again what differed between statements and our books, and find what no statement has."""
    return recheck_differences()


@app.periodic(cron="25,55 * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="close_days", lock="close_days", pass_context=False)
def close_days_of_books(timestamp: int) -> int:
    """Twice an hour: close the days that are over, soon after midnight in New York; how many."""
    return close_days(at=deadline_now())
