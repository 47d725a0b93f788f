"""The operator's note about a customer, which pages save while it is written (`static/js/note-autosave.js`)."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import dateformat, timezone

from core import clock
from core.errors import DomainError
from operators.models import Operator
from operators.services.save_note import save_note
from web.actions import is_script, refuse
from web.templatetags.ui import moment


@dataclass(frozen=True, slots=True)
class NoteField:
    """The field of a note: its id and label on the page, the text, and when that was saved."""

    id: str
    label: str
    text: str
    saved_at: datetime | None
    rows: int = 3

    @property
    def saved(self) -> str:
        """In words; for templates, which are rendered where the reader lives."""
        return saved_words(self.saved_at)


def saved_words(at: datetime | None) -> str:
    """When the note was saved, where the reader lives: "Saved 6:12 PM", "Saved Nov 3, 6:12 PM"; empty without one."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    is_today = local.date() == timezone.localtime(clock.now()).date()
    return f"Saved {dateformat.format(local, 'g:i A') if is_today else moment(at)}"


def keep_note(request: HttpRequest, operator: Operator, customer_id: int, *, then: str) -> HttpResponse:
    """Save the posted text. A script is answered when that was, in words; a form is redirected to `then`."""
    try:
        note = save_note(operator_id=operator.pk, customer_id=customer_id, text=request.POST.get("text", ""))
    except DomainError as error:
        return refuse(request, error, then=then)
    if is_script(request):
        words = saved_words(note.updated_at) if note else "Note removed"
        return HttpResponse(words, content_type="text/plain; charset=utf-8")
    messages.success(request, "Note saved." if note else "Note removed.")
    return HttpResponseRedirect(then)
