"""Becoming an operator: the application, photos of an identity document, and the contract as it was signed.

Photos are encrypted under AEIMS_DOCUMENT_KEYS (`core.encryption.encrypt_document`).
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.guards import NO_CHANGE, NO_TRUNCATE
from customers.models import User
from operators.models.operator import Operator
from operators.states import ApplicationState, DocumentKind


class Application(models.Model):
    """What somebody who wants to work told us; one for each login. `operator` once it was approved."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="application")
    operator = models.OneToOneField(
        Operator, null=True, blank=True, on_delete=models.PROTECT, related_name="application"
    )
    state = models.CharField(max_length=10, choices=ApplicationState.choices, default=ApplicationState.DRAFT)
    legal_name = models.CharField(max_length=120, blank=True)
    born_on = models.DateField(null=True)
    region = models.CharField("state of residence", max_length=2, blank=True)
    stage_name = models.CharField(max_length=60, blank=True)
    languages = models.JSONField(default=list, blank=True)
    topics = models.JSONField(default=list, blank=True)
    answer = models.CharField(max_length=300, blank=True)  # what staff wrote last, for the applicant
    changed_at = models.DateTimeField(db_default=Now())  # by either side
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        permissions = [("decide_application", "Can decide about applications of operators")]
        indexes = [
            models.Index(
                fields=["submitted_at"],
                name="application_waiting",
                condition=Q(state=ApplicationState.SUBMITTED),
            )
        ]

    def __str__(self) -> str:
        return f"application {self.pk}"


class IdentityDocument(models.Model):
    """An identity document, which proves the age, too. It counts once staff accepted it."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    expires_on = models.DateField()
    uploaded_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("view_identity_document", "Can open photos of identity documents")]

    def __str__(self) -> str:
        return f"document {self.pk}"


class DocumentFile(models.Model):
    """A photo of one side, drawn by us and encrypted; deleted after its term (`privacy.retention`)."""

    document = models.ForeignKey(
        IdentityDocument, on_delete=models.CASCADE, related_name="files", db_index=False
    )
    side = models.PositiveSmallIntegerField()  # 1: front
    data = models.BinaryField()
    digest = models.CharField(max_length=64)  # SHA-256 of the picture, for the record of who saw it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "side"], name="document_side_once")]

    def __str__(self) -> str:
        return f"side {self.side} of {self.document_id}"


class ContractText(models.Model):
    """The contract exactly as it was shown. From the first time that an edition was, its grace time runs here."""

    edition = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)  # SHA-256 of the text
    text = models.TextField()
    first_shown_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "digest"], name="contract_text_once")]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"contract {self.edition}"


class ContractSignature(models.Model):
    """That somebody signed the contract: which text, by which typed name, when, and from which network (a keyed hash)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.ForeignKey(ContractText, on_delete=models.PROTECT, related_name="+")
    edition = models.CharField(max_length=20)
    typed_name = models.CharField(max_length=120)
    network_hash = models.BinaryField(max_length=32, null=True)
    signed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "edition"], name="contract_signed_once")]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.edition} by {self.user_id}"
