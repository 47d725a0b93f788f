"""The log of mail: what was sent to whom and when, what was given up, and sending that again."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.decorators import render_staff_page, staff_page
from core.paging import page_before
from core.private_search import open_query, sealed_query, show_search
from customers.models import User
from notices.models import Notice
from notices.services.send_again import send_again
from notices.states import NoticeKind, NoticeState
from web.actions import run_service

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("notices.view_notice")
def log(request: HttpRequest, staff: User) -> HttpResponse:
    """Newest first; by kind, state, or the recipient's whole address. The filters are posted."""
    if request.method == "POST":
        return show_search(request)
    query = open_query(request.GET)
    choices = {"kind": NoticeKind.values, "state": NoticeState.values}
    filters = {name: value for name, values in choices.items() if (value := query.get(name, "")) in values}
    search = query.get("q", "").replace("\x00", "").strip()
    rows = _to(search, Notice.objects.filter(**filters)).select_related("recipient", "brand")
    page = page_before(rows, before=query.get("before"), limit=PAGE)
    older = {**filters, "q": search, "before": page.next_before}
    return render_staff_page(
        request,
        "backoffice/notices.html",
        title="Mail",
        rows=page.items,
        kinds=NoticeKind.choices,
        states=NoticeState.choices,
        filters=filters,
        search=search,
        older_url=f"?{sealed_query(older)}" if page.next_before else None,
    )


@require_POST
@staff_page("notices.change_notice")
def retry(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Send one again that was given up."""
    return run_service(
        request,
        lambda: send_again(notice_id=number, actor=staff),
        then=reverse("backoffice:notices"),
        message="Queued. It will go out in a moment.",
    )


def _to(address: str, rows: QuerySet[Notice]) -> QuerySet[Notice]:
    if not address:
        return rows
    return rows.filter(recipient__in=User.objects.filter(email__iexact=address).values("pk"))
