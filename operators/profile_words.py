"""The languages and topics that one chooses from: those that people on the same sites show already, so staff have read each."""

from operators.directory import choices
from operators.models import Operator
from operators.states import ProfileField


def known_words(operator: Operator) -> dict[ProfileField, list[str]]:
    """Of all sites that list the operator, in the order of the alphabet; ten minutes old at most."""
    languages: set[str] = set()
    topics: set[str] = set()
    for listing in operator.listings.filter(is_active=True).select_related("brand"):
        words = choices(listing.brand)
        languages.update(words.get("languages", ()))
        topics.update(words.get("specialties", ()))
    return {ProfileField.LANGUAGES: sorted(languages), ProfileField.SPECIALTIES: sorted(topics)}
