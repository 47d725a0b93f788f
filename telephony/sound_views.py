"""Sounds for the adapters: one file by its content id, for whoever has the key that Django and the adapters share."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from operators.models import GreetingFile
from operators.states import ApprovalStatus, GreetingFormat, ReviewState
from telephony import wire
from telephony.models import SoundFile


@require_safe
def sound(request: HttpRequest, content_id: str) -> HttpResponseBase:
    """200 with the WAV file, which never changes; 401 without the key, 404 for a sound that is not made (yet)."""
    if not _has_key(request):
        return JsonResponse({"ok": False, "error": "unauthorized"}, status=401)
    data = _spoken(content_id) or _recorded(content_id)
    if data is None:
        return JsonResponse({"ok": False, "error": "unknown_sound"}, status=404)
    response = HttpResponse(data, content_type="audio/wav")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _spoken(content_id: str) -> bytes | None:
    file = SoundFile.objects.filter(content_id=content_id).first()
    return bytes(file.data) if file else None


def _recorded(content_id: str) -> bytes | None:
    """An operator's greeting, if customers may hear it now."""
    file = GreetingFile.objects.filter(
        greeting__digest=content_id,
        greeting__state=ReviewState.SHOWN,
        greeting__operator__approval_status=ApprovalStatus.APPROVED,
        format=GreetingFormat.PHONE,
    ).first()
    return bytes(file.data) if file else None


def _has_key(request: HttpRequest) -> bool:
    keys = (settings.AEIMS_API_KEY, *settings.AEIMS_API_KEY_FALLBACKS)
    return wire.bearer_matches(keys, request.headers.get("Authorization", ""))
