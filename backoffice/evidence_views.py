"""One click on a payment: the evidence for a dispute as a file, on record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from backoffice.decorators import staff_page
from backoffice.dispute_evidence import evidence_of
from billing.models import Payment
from core import audit, clock
from customers.models import User
from customers.own_account import refuse_own_account


@require_POST
@staff_page("billing.settle_payment")
def download(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """An HTML file that can be printed and sent; who made it is on record."""
    rows = Payment.objects.select_related("customer__user", "merchant_account__brand")
    payment = get_object_or_404(rows, pk=number)
    refuse_own_account(staff, payment.customer)
    evidence = evidence_of(payment)
    text = render_to_string("backoffice/evidence_file.html", {"evidence": evidence, "at": clock.now()})
    audit.record(
        actor=staff, action="payment.evidence", subject=payment.customer, payment=str(payment.public_id),
        calls=len(evidence.calls), consents=len(evidence.consents),
    )  # fmt: skip
    answer = HttpResponse(text, content_type="text/html; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{payment.public_id}.html"'
    return answer
