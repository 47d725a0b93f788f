"""The outbox, and the log of what was sent: one row for each mail, and for each browser that is pushed to. Written by `notices.services` alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from brands.models import Brand
from notices.page_models import PageNotice
from notices.preference_models import DeliverySettings, NoticePreference
from notices.push_models import PushSubscription
from notices.states import UNFINISHED, Channel, NoticeKind, NoticeState

__all__ = ["DeliverySettings", "Notice", "NoticePreference", "PageNotice", "PushSubscription"]


class Notice(models.Model):
    """One notice to one person, written in the transaction of what it is about.

    `payload` holds the finished texts that the template shows and `address` an address that is not looked up from
    `recipient`. Both are emptied once the notice was sent, and `payload` when a secret is given up: kind, subject,
    recipient, state, and times stay.
    """

    kind = models.CharField(max_length=30, choices=NoticeKind.choices)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    brand = models.ForeignKey(
        Brand, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # whose look and name; none: the operators' portal, staff
    address = models.EmailField(blank=True)
    channel = models.CharField(
        max_length=6, choices=Channel.choices, default=Channel.MAIL, db_default=Channel.MAIL
    )
    subscription = models.ForeignKey(
        PushSubscription, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # the browser that a push goes to
    subject = models.CharField(max_length=80)
    payload = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=NoticeState.choices, default=NoticeState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)  # of the last attempt: its kind and code, no address
    message_id = models.CharField(
        max_length=80
    )  # the same in each attempt, so that mail servers can spot a repeat
    key = models.CharField(max_length=150, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="notice_unfinished", condition=Q(state__in=UNFINISHED)),
            models.Index(fields=["recipient", "-id"], name="notice_of_recipient"),
            models.Index(fields=["state", "-id"], name="notice_state"),
            models.Index(fields=["kind", "created_at"], name="notice_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
