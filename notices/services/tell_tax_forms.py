"""Tell operators that their W-8BEN is about to expire: two months before, and two weeks before."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from core import clock
from core.days import write_date
from core.db import transactional
from notices.pages import TAX_FORM
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.models import SignedTaxForm
from operators.tax_forms import EXPIRING_DAYS

_DAYS_BEFORE = (EXPIRING_DAYS, 14)


@transactional
def tell_tax_forms_expiring() -> int:
    """A notice for each form that counts and expires so soon, once for each of the two times; how many forms."""
    today = clock.now().date()
    newer = SignedTaxForm.objects.filter(user=OuterRef("user"), pk__gt=OuterRef("pk"))
    forms = SignedTaxForm.objects.filter(
        ~Exists(newer),
        valid_until__gte=today,
        valid_until__lte=today + timedelta(days=max(_DAYS_BEFORE)),
        user__operator__isnull=False,
    )
    count = 0
    for form in forms.select_related("user").order_by("pk"):
        assert form.valid_until is not None, "chosen by it"
        left = (form.valid_until - today).days
        before = min(days for days in _DAYS_BEFORE if left <= days)
        enqueue(
            NoticeKind.TAX_FORM_EXPIRING,
            recipient=form.user,
            key=f"tax-form:{form.pk}:{before}",
            until=write_date(form.valid_until),
            url=TAX_FORM.url(host=settings.PORTAL_HOSTS[0]),
        )
        count += 1
    return count
