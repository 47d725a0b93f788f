"""End one of one's own sessions, from the list of devices."""

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST


@require_POST
@login_required
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """Log out one device. Somebody else's, or one that has ended, changes nothing."""
    own = list(UserSession.objects.filter(user_id=request.user.pk, pk=number))
    end_sessions(request, own)
    if own:
        messages.success(request, _("That device has been logged out."))
    return redirect("usersessions_list")
