"""How many requests there were, how they were answered, and how long they took: by site, never by address or person."""

from functools import cache

from django.http import HttpRequest
from prometheus_client import Counter, Histogram

REQUESTS = Counter("aeims_http_requests", "Requests, by site and class of status.", ["site", "status"])
SECONDS = Histogram(
    "aeims_http_request_duration_seconds",
    "From a request's arrival in the application to its answer.",
    ["site"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


@cache
def _show(site: str) -> None:
    """Have all its series there at zero: of one that begins with its first error no increase is seen."""
    for status_class in range(1, 6):
        REQUESTS.labels(site, f"{status_class}xx")


def count_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count one. A request to a host of nobody has the site `none`."""
    site = str(getattr(request, "site", None) or "none")
    _show(site)
    REQUESTS.labels(site, f"{status // 100}xx").inc()
    SECONDS.labels(site).observe(seconds)
