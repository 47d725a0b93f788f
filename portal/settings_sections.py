"""The sections of the settings: the list that opens each, and what each says of itself there."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from core import clock
from core.money import format_money
from operators.models import Operator
from operators.phones import listed_phones, phone_obstacle
from operators.states import ProfileField, ReviewState


@dataclass(frozen=True, slots=True)
class SectionLink:
    """`anchor`: what the section was called when all of them were one page; links to it are in letters. `detail`: how it stands."""

    label: str
    url: str
    anchor: str
    is_current: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Section:
    label: str
    page: str  # the name of its address, after "settings-"
    anchor: str
    describe: Callable[[Operator], str]


def links_to_sections(current: str) -> list[SectionLink]:
    """For the menu beside a section, whose page is `current`. No query."""
    return [
        SectionLink(section.label, _url(section), section.anchor, section.page == current)
        for section in _SECTIONS
    ]


def sections_of(operator: Operator) -> list[SectionLink]:
    """For the list, with how each stands. Some queries."""
    return [
        SectionLink(section.label, _url(section), section.anchor, detail=section.describe(operator))
        for section in _SECTIONS
    ]


def _url(section: _Section) -> str:
    return reverse(f"portal:settings-{section.page}")


def _profile(operator: Operator) -> str:
    texts = operator.profile_texts.exclude(state=ReviewState.SHOWN).exclude(field=ProfileField.AUTO_REPLY)
    offered = dict(texts.values_list("field", "state"))
    states = {str(ProfileField(field).label): state for field, state in offered.items()}
    photo = operator.photos.exclude(state=ReviewState.SHOWN).values_list("state", flat=True).first()
    if photo:
        states["Photo"] = photo
    for state, words in ((ReviewState.REFUSED, "Declined"), (ReviewState.WAITING, "Waiting for review")):
        if names := sorted(name for name, its in states.items() if its == state):
            return f"{words}: {', '.join(names).lower()}"
    return "Photo, headline, about you, topics"


def _prices(operator: Operator) -> str:
    rate, fee, text = (format_money(amount_minor) for _, amount_minor in operator.prices[:3])
    return f"{rate}/min, {fee} to connect, {text} a text"


def _phones(operator: Operator) -> str:
    count = len(listed_phones(operator))
    if phone_obstacle(operator) is not None:
        return "We can’t call you yet"
    return f"{count} phones" if count > 1 else "1 phone"


def _hours(operator: Operator) -> str:
    if operator.is_on_vacation(clock.now()):
        return "On vacation"
    days = operator.schedule.values("weekday").distinct().count()
    return "Not set" if not days else f"{days} days a week" if days > 1 else "1 day a week"


def _channels(operator: Operator) -> str:
    taken = [
        words for words, on in (("calls", operator.takes_calls), ("texts", operator.takes_messages)) if on
    ]
    sites = operator.listings.filter(is_active=True).count()
    return f"{' and '.join(taken) or 'nothing'} on {sites} {'sites' if sites != 1 else 'site'}".capitalize()


def _greeting(operator: Operator) -> str:
    state = operator.greetings.exclude(state=ReviewState.SHOWN).values_list("state", flat=True).first()
    if state == ReviewState.REFUSED:
        return "Declined"
    if state:
        return "Waiting for review"
    return "Customers can play it" if operator.greeting else "Not recorded yet"


def _notifications(operator: Operator) -> str:
    return "What we tell you, and how"


def _privacy(operator: Operator) -> str:
    return "Login, your data, contract, tax form"


_SECTIONS = (
    _Section("Profile", "profile", "profile", _profile),
    _Section("Prices", "prices", "prices", _prices),
    _Section("Phones", "phones", "phone", _phones),
    _Section("Hours and time off", "hours", "schedule", _hours),
    _Section("Sites and channels", "channels", "channels", _channels),
    _Section("Greeting", "greeting", "greeting", _greeting),
    _Section("Notifications", "notifications", "notifications", _notifications),
    _Section("Privacy", "privacy", "login", _privacy),
)
