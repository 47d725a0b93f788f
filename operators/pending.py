"""An operator as customers would see them if staff approved everything that waits."""

from django.db.models import QuerySet

from operators.models import Operator, ProfileText
from operators.states import ProfileField, ReviewState


def with_pending_changes(operator: Operator) -> Operator:
    """The row with what waits in place of what is shown, never to be saved. Three queries."""
    pending = Operator.objects.select_related("user").get(pk=operator.pk)
    for field, value in operator.profile_texts.filter(state=ReviewState.WAITING).values_list(
        "field", "value"
    ):
        setattr(pending, field, value)
    photo = operator.photos.filter(state=ReviewState.WAITING).first()
    if photo is not None:
        pending.photo, pending.photo_color, pending.avif_photo = photo.digest, photo.color, ""
    greeting = operator.greetings.filter(state=ReviewState.WAITING).first()
    if greeting is not None:
        pending.greeting, pending.greeting_ms = greeting.digest, greeting.duration_ms
    return pending


def has_pending_changes(operator: Operator) -> bool:
    """Whether anything waits for staff that a preview can show."""
    waits = {"state": ReviewState.WAITING}
    return (
        _texts(operator).exists()
        or operator.photos.filter(**waits).exists()
        or operator.greetings.filter(**waits).exists()
    )


def _texts(operator: Operator) -> QuerySet[ProfileText]:
    """Those of the page; an automatic reply is not on it."""
    return operator.profile_texts.filter(state=ReviewState.WAITING).exclude(field=ProfileField.AUTO_REPLY)
