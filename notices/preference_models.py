"""What a person wants to be told, by which way, and when. Written by `notices.services.preferences` alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from notices.states import Channel, PreferenceGroup


class NoticePreference(models.Model):
    """That a person has a group of notices another way than by default (`notices.preferences`)."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    group = models.CharField(max_length=12, choices=PreferenceGroup.choices)
    channel = models.CharField(max_length=6, choices=Channel.choices)
    is_on = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "group", "channel"], name="notice_preference_once")
        ]

    def __str__(self) -> str:
        return f"{self.group} by {self.channel} of {self.person_id}"


class DeliverySettings(models.Model):
    """When a person wants notices. Times are those of their own clock; without a row they chose nothing yet.

    `page_seen_at`: when a page of theirs was last seen open (`notices.services.open_pages`).
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    has_digest = models.BooleanField(default=False, db_default=False)  # one email a day
    names_people = models.BooleanField(default=False, db_default=False)  # on lock screens
    takes_first_texts = models.BooleanField(
        default=True, db_default=True
    )  # of operators, nothing being asked
    page_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            )
        ]

    def __str__(self) -> str:
        return f"delivery settings of {self.person_id}"
