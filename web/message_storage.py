"""Where the notes of one page for the next are kept: a cookie of this host, or the session when it gets long."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """Django's, under the name of `settings`."""

    cookie_name = settings.MESSAGES_COOKIE_NAME


class MessageStorage(FallbackStorage):
    """Django's, with our cookie."""

    storage_classes = (HostCookieStorage, SessionStorage)
