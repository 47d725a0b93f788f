"""A browser that logs out shows no more notifications."""

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from notices.services.subscriptions import end_with_login


@receiver(user_logged_out)
def _end_with_the_login(request: HttpRequest | None = None, **_: object) -> None:
    key = request.session.session_key if request is not None else None
    if key:
        end_with_login(key)
