"""Reads about cases: a person's own, by number; an operator's, by what is held; and those that wait for staff."""

from collections.abc import Collection
from datetime import datetime

from django.core.signing import Signer
from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from billing.case_rules import RED_AFTER
from billing.models import Case
from billing.models.cases import WAITING_STATES
from billing.receipt_numbers import MistypedReceiptNumber, ReceiptOf, read_receipt_number
from billing.states import CaseKind
from core.days import BOOKS_ZONE, business_days_ago
from core.errors import NotFound
from customers.models import Customer

_SHOWN = 50


def cases_of(customer: Customer) -> list[Case]:
    """The newest first, without their evidence."""
    return list(Case.objects.filter(customer=customer).defer("evidence").order_by("-id")[:_SHOWN])


def case_of(customer: Customer, number: str) -> Case:
    """One's own case by its number. Raises NotFound, also for somebody else's."""
    return _one(Case.objects.filter(customer=customer), number)


def complaint_by_link(number: str, token: str) -> Case:
    """A complaint without an account, for who has the link that was mailed. Raises NotFound."""
    case = _one(Case.objects.filter(customer=None), number)
    if not constant_time_compare(token, link_token(case)):
        raise NotFound(_("Case not found."))
    return case


def contest_of(operator_id: int, reference: str) -> Case | None:
    """The operator's last case about earnings that are or were held under this reference."""
    return contests_of(operator_id, [reference]).get(reference)


def contests_of(operator_id: int, references: Collection[str]) -> dict[str, Case]:
    """The same for several, by reference, without their evidence."""
    rows = Case.objects.filter(kind=CaseKind.CONTEST, operator=operator_id, reference__in=list(references))
    return {case.reference: case for case in rows.defer("evidence").order_by("pk")}


def link_token(case: Case) -> str:
    """What stands in the mailed link beside the number, which everybody could guess."""
    return Signer(salt="billing.case").signature(case.number)


def waiting_cases() -> QuerySet[Case]:
    """Cases and appeals that wait for staff, the earliest due day first, without their evidence."""
    rows = Case.objects.filter(state__in=WAITING_STATES).defer("evidence")
    return rows.select_related("customer", "operator", "brand", "handled_by").order_by("due_on", "id")


def red_cases(at: datetime) -> QuerySet[Case]:
    """Those of them that have waited long enough to be in danger of missing their day: where `Case.is_red`."""
    limit = business_days_ago(RED_AFTER, at, str(BOOKS_ZONE))
    return waiting_cases().filter(Q(appealed_at__lt=limit) | Q(appealed_at=None, opened_at__lt=limit))


def _one(rows: QuerySet[Case], number: str) -> Case:
    try:
        named = read_receipt_number(number)
    except MistypedReceiptNumber as error:
        raise NotFound(error.message) from None
    case = rows.filter(pk=named.id).first() if named.of == ReceiptOf.CASE else None
    if case is None:
        raise NotFound(_("Case not found."))
    return case
