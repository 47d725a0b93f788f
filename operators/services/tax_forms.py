"""Tax forms: signed by an applicant or operator, opened by named staff alone, each time on record."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from core import audit, clock
from core.db import transactional
from core.encryption import decrypt_document, encrypt_document, hashes, is_document_under_first_key
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.models import User
from customers.networks import network_of
from customers.own_account import refuse_own_account
from operators.models import Application, Operator, SignedTaxForm
from operators.states import ApplicationState
from operators.tax_forms import EDITION, checked, day_of, number_of, require_signature, valid_until

PURPOSE = "tax form"  # that its key is derived for
_NETWORK = "tax form network"


@transactional
def sign_tax_form(
    *, user: User, kind: str, fields: Mapping[str, Any], typed_name: str, address: str | None
) -> SignedTaxForm:
    """Keep a form as it was signed; it counts instead of the one before. `address`: the network address it came from.

    Raises Invalid with the `field` that is wrong, NotFound for who hasn't applied, Conflict while their application is with us.
    """
    if not Operator.objects.filter(user=user).exists():
        application = Application.objects.select_for_update().filter(user=user).first()
        if application is None:
            raise NotFound("Start your application first.")
        if application.state in (ApplicationState.SUBMITTED, ApplicationState.DECLINED):
            raise Conflict("Your application has been sent. You can’t change it now.")
        application.changed_at = clock.now()
        application.save(update_fields=["changed_at"])
    at = clock.now()
    today = day_of(user, at)
    data = checked(kind, fields, today=today)
    data["typed_name"] = require_signature(kind, data, typed_name)
    network = network_of(address) if address else None
    form = SignedTaxForm.objects.create(
        user=user,
        kind=kind,
        edition=EDITION,
        data=encrypt_document(json.dumps(data).encode(), PURPOSE),
        last_four=number_of(data)[-4:],
        has_withholding=data.get("has_withholding", False),
        valid_until=valid_until(kind, today),
        network_hash=hashes(network, _NETWORK)[0] if network else None,
        signed_at=at,
    )
    audit.record(actor=user, action="tax_form.sign", subject=user, form=form.pk, kind=kind, edition=EDITION)
    return form


@transactional
def open_tax_form(
    *, form_id: int, actor: AbstractBaseUser, reason: str
) -> tuple[SignedTaxForm, dict[str, Any]]:
    """The form and what it says, for a staff member who may see it and says why; on record. Raises Invalid, NotFound, NotAllowed."""
    reason = checked_reason(reason)
    form = SignedTaxForm.objects.select_related("user").filter(pk=form_id).first()
    if form is None:
        raise NotFound("This form isn’t there anymore.")
    refuse_own_account(actor, form)
    audit.record(actor=actor, action="tax_form.view", subject=form.user, reason=reason, form=form.pk)
    return form, json.loads(decrypt_document(bytes(form.data), PURPOSE))


def rotate_tax_forms() -> int:
    """Encrypt anew what is not under the first of AEIMS_DOCUMENT_KEYS; how many. Raises InvalidToken for what is under none."""
    count = 0
    for pk in SignedTaxForm.objects.order_by("pk").values_list("pk", flat=True):
        token = bytes(SignedTaxForm.objects.values_list("data", flat=True).get(pk=pk))
        if not is_document_under_first_key(token, PURPOSE):
            data = encrypt_document(decrypt_document(token, PURPOSE), PURPOSE)
            count += SignedTaxForm.objects.filter(pk=pk).update(data=data)
    return count
