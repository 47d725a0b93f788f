"""An operator's own link, and what it has brought: never who came through it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from billing.referral_earnings import extra_minor
from brands.models import BrandHost
from operators.models import Operator
from operators.pages import OWN_LINK
from operators.referrals import referral_count
from operators.selectors import today_of
from web.filters import start_of_day


@dataclass(frozen=True, slots=True)
class SiteLink:
    """The link on one site."""

    site: str
    url: str


@dataclass(frozen=True, slots=True)
class OwnLink:
    """`share_bps`: the larger share of who came through it; None where it is the ordinary one. `extra_minor`: what it earned more
    than that this month. `kept_days`: for how long a browser keeps whose link it opened.
    """

    links: list[SiteLink]
    signed_up: int
    share_bps: int | None
    usual_bps: int
    extra_minor: int
    kept_days: int


def own_link_of(operator: Operator, at: datetime) -> OwnLink:
    """On each site that lists the operator: three queries. Needs the operator's user loaded."""
    larger = operator.referral_share_bps
    month = start_of_day(today_of(operator, at).replace(day=1), ZoneInfo(operator.user.time_zone))
    return OwnLink(
        links=_links(operator),
        signed_up=referral_count(operator),
        share_bps=larger if larger is not None and larger > operator.share_bps else None,
        usual_bps=operator.share_bps,
        extra_minor=extra_minor(operator, month),
        kept_days=settings.LINK_COOKIE_DAYS,
    )


def _links(operator: Operator) -> list[SiteLink]:
    hosts = BrandHost.objects.filter(
        brand__is_active=True, brand__listings__operator=operator, brand__listings__is_active=True
    )
    first_hosts = hosts.order_by("brand_id", "id").distinct("brand_id").select_related("brand")
    return [SiteLink(row.brand.name, OWN_LINK.url(operator.slug, host=row.host)) for row in first_hosts]
