"""Which operator's own link a browser opened first: in a signed cookie of this site until somebody signs up with it.

It holds ids of the operator and the brand and the time, nothing of the visitor; nothing is kept here before they sign up.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from brands.models import Brand
from core import clock
from operators.models import Operator
from operators.referrals import FirstTouch

_SALT = "storefront.first_touch"


def first_touch_of(request: HttpRequest) -> FirstTouch | None:
    """What the browser keeps; None without a cookie, and for one that is none of ours or too old."""
    try:
        value = request.get_signed_cookie(settings.LINK_COOKIE_NAME, salt=_SALT, default="") or ""
        operator_id, brand_id, seconds = (int(part) for part in value.split("."))
        at = datetime.fromtimestamp(seconds, UTC)
    except (BadSignature, ValueError, OverflowError):
        return None
    is_kept = at + timedelta(days=settings.LINK_COOKIE_DAYS) > clock.now()
    return FirstTouch(operator_id, brand_id, at) if is_kept else None


def keep_first_touch(request: HttpRequest, response: HttpResponse, operator: Operator, brand: Brand) -> None:
    """Have the browser keep that it opened the operator's link, unless it opened one before."""
    if first_touch_of(request) is not None:
        return
    value = f"{operator.pk}.{brand.pk}.{int(clock.now().timestamp())}"
    response.set_signed_cookie(
        settings.LINK_COOKIE_NAME, value, salt=_SALT, max_age=settings.LINK_COOKIE_DAYS * 24 * 3600, samesite="Lax",
        httponly=True, secure=request.is_secure(),
    )  # fmt: skip


def forget_first_touch(request: HttpRequest, response: HttpResponse) -> None:
    """Somebody signed up with it: it has done its work."""
    if settings.LINK_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.LINK_COOKIE_NAME, samesite="Lax")
