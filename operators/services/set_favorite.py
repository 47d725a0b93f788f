"""A customer marks an operator as a favourite, or no longer."""

from django.utils.translation import gettext as _

from core.errors import Conflict
from operators.models import Favourite

MAX_FAVORITES = 200


def set_favorite(*, customer_id: int, operator_id: int, is_favourite: bool) -> None:
    """As the customer wishes; doing it twice changes nothing. Raises Conflict when there are too many."""
    favorites = Favourite.objects.filter(customer=customer_id)
    if not is_favourite:
        favorites.filter(operator=operator_id).delete()
        return
    if favorites.count() >= MAX_FAVORITES:
        raise Conflict(
            _("%(most)s favorites is the limit. Remove one first.") % {"most": MAX_FAVORITES},
            code="too_many_favourites",
        )
    Favourite.objects.get_or_create(customer_id=customer_id, operator_id=operator_id)
