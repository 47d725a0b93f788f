"""Before money and before what opens an account: a password or code that is not older than a few minutes.

So an open screen alone pays nobody, and nobody takes an account over with it.
"""

import time

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.confirm import is_confirmed
from web.redirects import referring_page, with_next


def is_recent(request: HttpRequest) -> bool:
    """Whether this session's last password or code is young enough (`STAFF_RECENT_LOGIN_SECONDS`; 0: always)."""
    most = settings.STAFF_RECENT_LOGIN_SECONDS
    times = [record["at"] for record in get_authentication_records(request, request.user)]
    return not most or (bool(times) and time.time() - max(times) < most)


_MONEY_WORDS = gettext_noop("Please log in again before you move money. Nothing has been done yet.")


def ask_for_login(request: HttpRequest, words: str = _MONEY_WORDS) -> HttpResponseRedirect | None:
    """To where a password or code is given, and then back to the form; None if there is no need, or it is only read.

    Who has neither password nor app logs in again, by the code that is mailed.
    """
    if request.method != "POST" or is_recent(request):
        return None
    # A confirmation page can't be opened by its address: then from the start.
    back = settings.LOGIN_REDIRECT_URL if is_confirmed(request) else referring_page(request)
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        logout(request)
    messages.info(request, _(words))
    target = methods[0]["url"] if methods else reverse("account_login")
    return HttpResponseRedirect(with_next(target, back))
