"""Browsers that show notifications (Web Push, RFC 8030). Written by `notices.services.subscriptions` and `send` alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from brands.models import Brand


class PushSubscription(models.Model):
    """One browser of one person on one site. It ends with the login there: logging out, or its expiry.

    `brand`: the customers’ site; none: the operators’ portal.
    `endpoint` is the address at the browser's push service, which takes messages signed with our key alone; `keys` is what
    they are encrypted with. `ended_at`: the account was closed; what was queued before still goes out.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    brand = models.ForeignKey(
        Brand, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    session = models.ForeignKey("usersessions.UserSession", on_delete=models.CASCADE, related_name="+")
    endpoint = models.TextField()
    endpoint_hash = models.CharField(
        max_length=64, unique=True
    )  # SHA-256: endpoints are as long as browsers like
    keys = models.JSONField()  # p256dh, auth
    device = models.CharField(max_length=60)  # in words: "Chrome on Android"
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["person", "brand"], name="push_subscription_live", condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.device} of {self.person_id}"
