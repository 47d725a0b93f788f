"""Open a case with what is on record attached: on a receipt, on the public page for complaints, of an operator, or because a bank took money back."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.case_evidence import evidence_for
from billing.case_rules import checked_words, due_on
from billing.domain_events import case_opened, payment_disputed
from billing.ledger.models import Transaction
from billing.ledger.states import CALL_SALES, AccountKind, TransactionKind
from billing.models import Authorization, Case, Payment
from billing.models.cases import WAITING_STATES
from billing.receipt_numbers import ReceiptOf, read_receipt_number, receipt_number
from billing.states import CaseKind, CaseProblem
from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, Invalid, LimitReached, NotFound
from customers.models import Customer
from operators.models import Operator

OPEN_AT_MOST = 20  # cases of one customer that wait for us
COMPLAINTS_A_DAY = 3  # with one address: each is answered by mail


@transactional
def open_case(
    *, customer: Customer, brand: Brand, receipt: str, problem: str, words: str, call_id: str = ""
) -> Case:
    """A customer's problem with what has this receipt number; `call_id` where that is a call.

    Raises Invalid, NotFound (also for somebody else's), Conflict `already_open`, LimitReached.
    """
    case = Case(customer=customer, brand=brand, problem=_checked_problem(problem), opened_at=clock.now())
    case.words = checked_words(words, is_needed=problem == CaseProblem.OTHER)
    transaction_id = _name_thing(case, customer, receipt, call_id)
    if Case.objects.filter(customer=customer, state__in=WAITING_STATES).count() >= OPEN_AT_MOST:
        raise LimitReached(_("We’re still working on your other cases. We’ll answer those first."))
    case.evidence = evidence_for(customer, case.reference, transaction_id)
    try:
        with transaction.atomic():
            save_opened(case)
    except IntegrityError:
        raise Conflict(
            _("You’ve already told us about this, and we’re on it."), code="already_open"
        ) from None
    case_opened.tell(case=case)
    return case


@transactional
def open_complaint(*, brand: Brand, email: str, words: str) -> Case:
    """A complaint of anybody; the answer goes to `email`, whose owner may not be a customer. Raises Invalid, LimitReached."""
    case = Case(kind=CaseKind.COMPLAINT, brand=brand, email=email.strip().lower(), opened_at=clock.now())
    case.words = checked_words(words)
    recent = Case.objects.filter(email=case.email, opened_at__gt=case.opened_at - timedelta(days=1))
    if recent.count() >= COMPLAINTS_A_DAY:
        raise LimitReached(_("We already have several complaints from this address. Try again tomorrow."))
    save_opened(case)
    case_opened.tell(case=case)
    return case


@transactional
def open_operator_report(
    *, operator: Operator, customer: Customer, brand: Brand, call_id: str, call_number: int, words: str
) -> Case:
    """What an operator reports about a call of theirs with `customer`: one case for a call, whatever is repeated.

    The answer goes to the operator's email; the customer is told nothing, and it is none of their cases.
    """
    Operator.objects.select_for_update().get(pk=operator.pk)  # of two presses one is first
    reports = Case.objects.filter(kind=CaseKind.COMPLAINT, customer=None, operator=operator)
    earlier = reports.filter(reference=call_id).first()
    if earlier is not None:
        return earlier
    evidence = evidence_for(customer, call_id)
    case = Case(
        kind=CaseKind.COMPLAINT,
        operator=operator,
        brand=brand,
        email=operator.user.email.lower(),
        receipt=receipt_number(ReceiptOf.CALL, call_number),
        reference=call_id,
        words=words,
        evidence={name: evidence[name] for name in ("call", "events") if name in evidence},
        opened_at=clock.now(),
    )
    save_opened(case)
    case_opened.tell(case=case)
    return case


@payment_disputed.listener
def open_dispute(*, payment: Payment, disputed_minor: int) -> None:
    """One case for each payment that a bank took back; the customer's letter is that of the dispute."""
    if not disputed_minor or Case.objects.filter(kind=CaseKind.DISPUTE, reference=payment.reference).exists():
        return
    case = Case(
        kind=CaseKind.DISPUTE,
        customer=payment.customer,
        brand=payment.merchant_account.brand,
        reference=payment.reference,
        opened_at=clock.now(),
    )
    case.evidence = evidence_for(payment.customer, payment.reference)
    save_opened(case)


def save_opened(case: Case) -> None:
    """Write the row, with the day by which it is answered, and the record of it."""
    case.due_on = due_on(case.opened_at)
    case.save(force_insert=True)
    audit.record(
        actor=None, action="case.open", subject=case, kind=str(case.kind), problem=str(case.problem),
        customer=case.customer_id,
    )  # fmt: skip


def _checked_problem(problem: str) -> CaseProblem:
    if problem not in CaseProblem.values or not problem:
        raise Invalid(_("Choose what went wrong."))
    return CaseProblem(problem)


def _name_thing(case: Case, customer: Customer, receipt: str, call_id: str) -> int | None:
    """What the case is about, if it is the customer's. Returns the transaction, where it is one."""
    number = read_receipt_number(receipt)
    case.receipt = str(number)
    if number.of == ReceiptOf.CALL and call_id:
        terms = Authorization.objects.filter(customer=customer, reference=call_id).first()
        if terms is not None:
            case.kind, case.reference, case.operator_id = CaseKind.CALL, call_id, terms.operator_id
            return None
    if number.of == ReceiptOf.FUNDS:
        own = Transaction.objects.filter(
            pk=number.id, entries__account__customer=customer, entries__account__kind=AccountKind.WALLET
        )
        row = own.first()
        if row is not None:
            case.kind, case.reference, case.operator_id = _kind_of(row), row.reference, row.operator_id
            return row.pk
    raise NotFound(_("Receipt not found."))


def _kind_of(row: Transaction) -> CaseKind:
    if row.kind in CALL_SALES:
        return CaseKind.CALL
    return CaseKind.TEXT if row.kind == TransactionKind.MESSAGE else CaseKind.CHARGE
