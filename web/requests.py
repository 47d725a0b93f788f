"""The request as the sites see it: which site and brand it is for, and who is logged in there."""

from enum import StrEnum

from django.http import HttpRequest

from brands.models import Brand
from customers.models import Customer
from operators.models import Operator


class Site(StrEnum):
    """The sites of one installation."""

    BRAND = "brand"  # customers: flirts.nyc, nycflirts.com
    PORTAL = "portal"  # operators: sexacomms.com
    ADMIN = "admin"  # staff
    INTERNAL = "internal"  # our own processes: webhooks, health; and the site index of a developer's machine
    SANDBOX = "sandbox"  # the pretend card company of `billing.gateways.sandbox`; not in production


class SiteRequest(HttpRequest):
    """What `aeims.hosts` makes of every request. `customer` and `operator` are set by the decorators of their sites."""

    site: Site  # type: ignore[assignment]  # the stubs know the attribute of django.contrib.sites, unused here
    brand: Brand | None
    customer: Customer | None
    operator: Operator | None


class BrandRequest(SiteRequest):
    """A request to a customer site: it always has a brand."""

    brand: Brand
