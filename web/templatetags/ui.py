"""Template filters and tags of the three sites: amounts, times, phones, links."""

from datetime import UTC, date, datetime
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from billing import conf
from core.days import BOOKS_ZONE, write_clock, write_date
from core.money import BPS, as_decimal, format_money
from web import increments, time_zones
from web.redirects import with_next

register = template.Library()

# Most browsers also claim to be others, so the order matters.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Samsung", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", gettext_noop("a Mac")),
    ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def money(amount_minor: int, currency: str = "USD") -> str:
    """399 → "$3.99"."""
    return format_money(amount_minor, currency)


@register.filter
def change(amount_minor: int, currency: str = "USD") -> str:
    """By how much a balance changed: 399 → "+$3.99", -399 → "−$3.99", 0 → "$0.00"."""
    sign = "+" if amount_minor > 0 else "−" if amount_minor < 0 else ""
    return f"{sign}{format_money(abs(amount_minor), currency)}"


@register.filter
def typed(amount_minor: int) -> str:
    """2550 → "25.50": an amount as it stands in a field."""
    return str(as_decimal(amount_minor))


@register.filter
def clock(seconds: int) -> str:
    """323 → "05:23", 3723 → "1:02:03"."""
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes:02}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@register.filter
def in_seconds(milliseconds: int) -> str:
    """183000 → "183 seconds", 1000 → "1 second", 61500 → "61.5 seconds"."""
    count = milliseconds / 1000
    return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": f"{count:g}"}


@register.filter
def in_minutes(seconds: int) -> str:
    """660 → "11 minutes", 60 → "1 minute", 90 → "1.5 minutes"."""
    count = round(seconds / 60, 2)
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": f"{count:g}"}


@register.filter
def phone(number: str) -> str:
    """A number of ours as people read it: "+12125550100" → "(212) 555-0100"; others unchanged. Never a person's."""
    if len(number) == 12 and number.startswith("+1"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


@register.filter
def device(user_agent: str) -> str:
    """What a browser calls itself, for people: "Chrome on Android"; the first word that fits wins."""
    browser = next((name for word, name in _BROWSERS if word in user_agent), _("A browser"))
    system = next((name for word, name in _SYSTEMS if word in user_agent), "")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": _(system)} if system else browser


@register.simple_tag
def talk_counts() -> str:
    """How talk is rounded: "partial minutes round up"."""
    return increments.describe_increments(*conf.increments())


@register.simple_tag
def free_beginning() -> str:
    """How long a call may last that costs nothing: "3 seconds"; empty if every call is charged."""
    grace = conf.grace_seconds()
    return ngettext("%(count)s second", "%(count)s seconds", grace) % {"count": grace} if grace else ""


@register.simple_tag
def least_talk() -> str:
    """The shortest talk that is charged: "minute"."""
    return increments.describe_seconds(conf.increments()[0])


@register.simple_tag
def url_with_next(name: str, target: str) -> str:
    """The address of the page called `name`, which goes on to `target` afterwards: for logging in and signing up."""
    return with_next(reverse(name), target)


@register.simple_tag
def aria_current(path: str, name: str, *, has_pages_below: bool = False) -> str:
    """Mark a menu link if `path` is that of the page called `name` or, if it has pages below it, of one of those."""
    target = reverse(name)
    is_current = path.startswith(target) if has_pages_below else path == target
    return mark_safe(' aria-current="page"') if is_current else ""


@register.filter
def moment(at: datetime, year: str = "") -> str:
    """A time where the reader lives: "Nov 30, 2:31 AM"; its year if it is another one, or if asked for ("year")."""
    local = timezone.localtime(at)
    return f"{day(local, year)}, {dateformat.format(local, 'g:i A')}"


@register.filter
def day(on: date, year: str = "") -> str:
    """A date (of a time: where the reader lives) as `moment` writes it: "Nov 30", "Nov 30, 2025"."""
    local = timezone.localtime(on) if isinstance(on, datetime) else on
    is_of_this_year = not year and local.year == timezone.localtime().year
    return dateformat.format(local, "M j") if is_of_this_year else write_date(local)


@register.filter
def zone(name: str) -> str:
    """A time zone as people say it: "America/New_York" → "Eastern time"."""
    return time_zones.name_of(name)


@register.filter
def from_ms(epoch_ms: int | None) -> datetime | None:
    """Epoch milliseconds of a snapshot as a time where the operator lives; for the `date` filter."""
    if epoch_ms is None:
        return None
    return timezone.localtime(datetime.fromtimestamp(epoch_ms / 1000, UTC))


@register.filter
def clock_here(at: datetime) -> str:
    """A time of day where the reader lives, `7:20 PM`; in New York, said so, for visitors, whose zone isn't known."""
    zone = timezone.get_current_timezone_name()
    if zone == "UTC":
        return _("%(time)s ET") % {"time": write_clock(at, BOOKS_ZONE.key)}
    return write_clock(at, zone)


@register.filter
def percent(bps: int) -> str:
    """8000 → "80%", 1250 → "12.5%"."""
    return f"{bps * 100 / BPS:g}%"


@register.filter
def hundredths(count: int) -> str:
    """433 → "4.33"."""
    return f"{count / 100:.2f}"


@register.filter
def stars(count: float | None) -> str:
    """4.6 → "4.6 of 5"; nothing yet → "not rated yet"."""
    return _("%(count)s of 5") % {"count": f"{count:g}"} if count else _("not rated yet")


@register.simple_tag
@lru_cache(maxsize=200)
def icon(name: str) -> SafeString:
    """A symbol of static/icons/sprite.svg; the words beside it say what it is."""
    sprite = static("icons/sprite.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)
