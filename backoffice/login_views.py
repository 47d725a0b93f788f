"""What staff do about somebody's logins: end their sessions, remove a lost second factor, mail a link for a password."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from backoffice.decorators import render_staff_page, staff_page
from customers.login_help import end_sessions, remove_factor, send_password_link
from customers.models import User
from customers.rights import may_change_account
from web.actions import run_service
from web.forms import reason_of


@require_safe
@staff_page("customers.manage_logins")
def logins(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """How somebody logs in, and what can be done for them."""
    person = get_object_or_404(User, pk=number)
    return render_staff_page(
        request,
        "backoffice/logins.html",
        title=f"Logins of {person.email}",
        person=person,
        may_act=may_change_account(staff, person),
        has_factor=Authenticator.objects.filter(user=person).exists(),
        sessions=UserSession.objects.filter(user=person).count(),
    )


@require_POST
@staff_page("customers.manage_logins")
def end(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Log them out everywhere."""
    return run_service(
        request,
        lambda: end_sessions(user_id=number, actor=staff, reason=reason_of(request)),
        then=reverse("backoffice:logins", args=[number]),
        message="They're logged out everywhere. They got an email.",
    )


@require_POST
@staff_page("customers.manage_logins")
def remove(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Remove a lost second factor."""
    return run_service(
        request,
        lambda: remove_factor(user_id=number, actor=staff, reason=reason_of(request)),
        then=reverse("backoffice:logins", args=[number]),
        message="Two-step verification is off, and they're logged out everywhere. They got an email.",
    )


@require_POST
@staff_page("customers.manage_logins")
def mail_link(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Mail them a link by which they choose a password."""
    return run_service(
        request,
        lambda: send_password_link(user_id=number, actor=staff),
        then=reverse("backoffice:logins", args=[number]),
        message="They got an email with a link.",
    )
