"""Notices in the account itself: the list behind the bell."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from brands.models import Brand
from notices.states import NoticeKind


class PageNotice(models.Model):
    """One line of one person on one site, whatever else they were told. `path`: the page that it is about."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30, choices=NoticeKind.choices)
    text = models.CharField(max_length=200)
    path = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "brand", "-id"], name="page_notice_of_person"),
            models.Index(fields=["person", "brand"], name="page_notice_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.text
