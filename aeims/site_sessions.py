"""A session belongs to the site, and brand, where somebody logged in; elsewhere its holder is nobody.

Browsers keep the cookie to its host anyway. This stops a stolen session key from being used on another site: the key of a
customer's session opens neither the operators' nor the staff's site.
"""

from collections.abc import Mapping
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from aeims.session_lifetimes import is_over
from brands.models import Brand
from customers.models import User
from web.requests import Site

SITE_KEY = "_site"


def belongs_here(session: Mapping[str, Any], site: Site, brand: Brand | None) -> bool:
    """Whether the session was made on this site, not too long ago. One that says nothing was made before sessions did."""
    here = _name(site, brand)
    return bool(session.get(SITE_KEY, here) == here) and not is_over(session, site)


class SiteAuthenticationMiddleware(AuthenticationMiddleware):
    """Django's, to which the holder of another site's session is anonymous. Reads the session when it is asked."""

    def process_request(self, request: HttpRequest) -> None:
        def user() -> User | AnonymousUser:
            if not _is_of(request):
                return AnonymousUser()
            return read_along(request.session) or get_user(request)

        async def auser() -> User | AnonymousUser:
            return await sync_to_async(user)()  # made when it is asked, which hardly ever happens

        request.user = cast(Any, SimpleLazyObject(user))
        request.auser = auser


def read_along(session: Any) -> User | None:
    """Who was read with the session, if by Django's rules it is theirs; else None: then Django reads and decides.

    The rules are those of `django.contrib.auth.get_user`: the backend is still one of ours, it lets them log in, and the session was
    made with the password that they have.
    """
    user_id, backend = session.get(SESSION_KEY), session.get(BACKEND_SESSION_KEY)
    holder: User | None = getattr(session, "holder", None)
    if holder is None or user_id != str(holder.pk) or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    made_with = session.get(HASH_SESSION_KEY)
    if not made_with or not constant_time_compare(made_with, holder.get_session_auth_hash()):
        return None
    may_log_in = cast(ModelBackend, load_backend(backend)).user_can_authenticate(holder)
    return holder if may_log_in else None


def _is_of(request: Any) -> bool:
    return belongs_here(request.session, request.site, request.brand)


def _name(site: Site, brand: Brand | None) -> str:
    return f"{site}:{brand.slug}" if brand else str(site)


@receiver(user_logged_in)
def _mark(sender: object, request: Any, **_: Any) -> None:
    if hasattr(request, "site"):
        request.session[SITE_KEY] = _name(request.site, request.brand)
