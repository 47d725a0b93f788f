"""The files of recorded greetings, the same address on every site. The name is made of the content, so a browser asks once.

An approved greeting is everybody's to hear while its operator may work. One that waits is heard by its operator and by
staff; for all others there is nothing at its address. The file for phones is fetched by nodes (`telephony.sound_views`).
"""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.byte_ranges import answer_with_range
from customers.models import User
from operators.models import GreetingFile
from operators.states import ApprovalStatus, GreetingFormat, ReviewState

# Not for caches that are shared: a greeting that is taken down must not live on in one of them.
_KEPT = "private, max-age=31536000, immutable"
_FORMATS = {"ogg": (GreetingFormat.OPUS, "audio/ogg"), "m4a": (GreetingFormat.AAC, "audio/mp4")}


@require_safe
def greeting(request: HttpRequest, digest: str, ending: str) -> HttpResponse:
    """One file or the part that is asked for, or 404."""
    kind, content_type = _FORMATS[ending]
    files = GreetingFile.objects.filter(greeting__digest=digest, format=kind)
    public = files.filter(
        greeting__state=ReviewState.SHOWN, greeting__operator__approval_status=ApprovalStatus.APPROVED
    ).first()
    file = public or _for_insiders(request, files)
    if file is None:
        raise Http404("Greeting not found.")
    response = answer_with_range(request, bytes(file.data), content_type)
    response["Cache-Control"] = _KEPT if public else "private, no-store"
    return response


def _for_insiders(request: HttpRequest, files: QuerySet[GreetingFile]) -> GreetingFile | None:
    if not isinstance(request.user, User):
        return None
    if request.user.has_perm("operators.view_greeting"):
        return files.first()
    return files.filter(greeting__operator__user=request.user).first()
