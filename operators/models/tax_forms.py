"""Tax forms of operators and applicants, as they were signed."""

import pgtrigger
from django.db import models

from core.guards import NO_TRUNCATE
from customers.models import User
from operators.states import TaxForm

# A key may be replaced; nothing else of what somebody signed changes.
_NO_CHANGE = pgtrigger.Protect(
    name="signed_once",
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange(exclude=["data"]),
)
# The IRS asks us to have it for four years; of who was never paid nothing is owed to it.
_STAYS = pgtrigger.Trigger(
    name="kept_for_its_term",
    when=pgtrigger.Before,
    operation=pgtrigger.Delete,
    func="""
        IF OLD.signed_at > statement_timestamp() - interval '1460 days'
            AND EXISTS (SELECT FROM operators_operator WHERE user_id = OLD.user_id)
        THEN RAISE EXCEPTION 'a tax form of an operator stays for its term' USING ERRCODE = 'AE405';
        END IF;
        RETURN OLD;
    """,
)


class SignedTaxForm(models.Model):
    """A W-9 or W-8BEN. The newest of a person counts; those before stay for their term (`privacy.retention`).

    `data` is JSON by the names of `operators.tax_forms`, encrypted under AEIMS_DOCUMENT_KEYS. `edition` is that of our form.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tax_forms")
    kind = models.CharField(max_length=8, choices=TaxForm.choices)
    edition = models.CharField(max_length=20)
    data = models.BinaryField(editable=False)  # a token
    last_four = models.CharField(
        max_length=4, blank=True
    )  # of the taxpayer's number; none: the form has none
    has_withholding = models.BooleanField(default=False, db_default=False)  # item 2 of the W-9 was struck out
    valid_until = models.DateField(null=True)  # of a W-8BEN
    network_hash = models.BinaryField(max_length=32, null=True, editable=False)
    signed_at = models.DateTimeField()

    class Meta:
        permissions = [("view_tax_form", "Can open tax forms of operators")]
        triggers = [_NO_CHANGE, _STAYS, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
