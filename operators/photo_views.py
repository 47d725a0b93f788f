"""The files of photos, the same address on every site. The name is made of the content, so a browser asks once.

An approved photo is everybody's to see while its operator may work. One that waits is seen by its operator and by
staff; for all others there is nothing at its address.
"""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.models import User
from operators.models import PhotoFile
from operators.portrait_urls import AVIF
from operators.states import ApprovalStatus, ReviewState

# Not for caches that are shared: a photo that is taken down must not live on in one of them.
_KEPT = "private, max-age=31536000, immutable"


@require_safe
def photo(request: HttpRequest, digest: str, width: str, ending: str) -> HttpResponse:
    """One file in one format, or 404."""
    files = PhotoFile.objects.filter(photo__digest=digest, width=int(width))
    public = files.filter(
        photo__state=ReviewState.SHOWN, photo__operator__approval_status=ApprovalStatus.APPROVED
    ).first()
    photo_file = public or _for_insiders(request, files)
    data = None if photo_file is None else photo_file.avif if ending == AVIF else photo_file.data
    if not data:
        raise Http404("Photo not found.")
    response = HttpResponse(bytes(data), content_type=f"image/{ending}")
    response["Cache-Control"] = _KEPT if public else "private, no-store"
    return response


def _for_insiders(request: HttpRequest, files: QuerySet[PhotoFile]) -> PhotoFile | None:
    if not isinstance(request.user, User):
        return None
    if request.user.has_perm("operators.view_photo"):
        return files.first()
    return files.filter(photo__operator__user=request.user).first()
