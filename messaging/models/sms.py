"""SMS: our numbers, which conversation a phone's texts belong to, what was sent and received, and the consent to it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from brands.models import E164, Brand
from messaging.models.conversations import Conversation, Message
from messaging.states import ConsentAction, ConsentSource, Side, SmsDirection, SmsKind, SmsState
from phones.models import PhoneNumber


class PoolNumber(models.Model):
    """A number of ours from which texts of conversations are sent."""

    number = models.CharField(max_length=16, unique=True, validators=[E164])
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.number


class SmsRoute(models.Model):
    """Where an SMS from a person's phone to one of our numbers belongs: exactly one conversation, and which side of it.

    The constraint is the rule: two conversations of one phone never share a number of ours.
    """

    phone_number = models.ForeignKey(  # a person's: private
        PhoneNumber, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    pool_number = models.ForeignKey(PoolNumber, on_delete=models.PROTECT, related_name="routes")
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="routes")
    side = models.CharField(max_length=8, choices=Side.choices)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phone_number", "pool_number"], name="route_to_one_conversation"),
            models.UniqueConstraint(fields=["conversation", "phone_number"], name="route_once"),
        ]

    def __str__(self) -> str:
        return f"route {self.pk}"


class Sms(models.Model):
    """One SMS in or out. `reference` is ours and in the callback's address, `sid` is the provider's."""

    reference = models.CharField(max_length=60, unique=True, editable=False)
    sid = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 (unique if any)
    direction = models.CharField(max_length=3, choices=SmsDirection.choices)
    kind = models.CharField(max_length=8, choices=SmsKind.choices)
    phone_number = models.ForeignKey(  # a person's: private
        PhoneNumber, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    our_number = models.CharField(max_length=16)
    message = models.ForeignKey(
        Message, null=True, on_delete=models.PROTECT, related_name="sms", db_index=False
    )
    body = models.TextField(blank=True)  # of what is no message of a conversation
    body_sha256 = models.BinaryField(editable=False)  # tells machines that repeat themselves
    state = models.CharField(max_length=12, choices=SmsState.choices)
    error_code = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "SMS"
        indexes = [
            models.Index(F("phone_number"), F("id").desc(), name="sms_of_phone"),
            models.Index(
                fields=["phone_number"], condition=Q(state=SmsState.QUEUED), name="sms_queued_to_phone"
            ),
            models.Index(
                fields=["changed_at"], condition=Q(state=SmsState.SENDING), name="sms_outcome_unknown"
            ),
            models.Index(fields=["message"], condition=Q(message__isnull=False), name="sms_of_message"),
        ]

    def __str__(self) -> str:
        return self.reference


class SmsConsent(models.Model):
    """What somebody said about SMS to a number, word for word: the evidence. Append-only; the newest counts."""

    phone_number = models.ForeignKey(  # a person's: private
        PhoneNumber, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    action = models.CharField(max_length=6, choices=ConsentAction.choices)
    source = models.CharField(max_length=8, choices=ConsentSource.choices)
    said = models.CharField(max_length=200, blank=True)
    our_number = models.CharField(max_length=16, blank=True)
    sid = models.CharField(max_length=64, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(F("phone_number"), F("id").desc(), name="consent_of_phone"),
            models.Index(fields=["id"], condition=Q(source=ConsentSource.CLAIMED), name="consent_claimed"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.source}"
