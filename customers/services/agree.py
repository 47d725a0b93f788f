"""Somebody agrees to texts: kept word for word, with edition, time, address, and browser."""

import hashlib
import json
from collections.abc import Iterable

from django.db import connection

from brands.models import Brand
from core.db import transactional
from customers.legal import Agreement, Origin
from customers.models import Customer, LegalText

_USER_AGENT_LENGTH = 300


@transactional
def agree(*, customer: Customer, brand: Brand, agreements: Iterable[Agreement], origin: Origin) -> None:
    """Record each agreement once; one that was given already stays as it was given."""
    consents = [
        {
            "customer": customer.pk,
            "kind": agreement.kind,
            "version": agreement.edition,
            "brand": brand.pk,
            "text": _kept(agreement).pk,
            "address": origin.address or None,
            "user_agent": origin.user_agent.replace("\x00", "")[:_USER_AGENT_LENGTH],
        }
        for agreement in agreements
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_record_consents(%s)", [json.dumps(consents)])


def _kept(agreement: Agreement) -> LegalText:
    """The row of the text: one for all who saw the same."""
    digest = hashlib.sha256(agreement.text.encode()).hexdigest()
    row, _ = LegalText.objects.get_or_create(
        kind=agreement.kind, edition=agreement.edition, digest=digest, defaults={"text": agreement.text}
    )
    return row
