"""How people reach us: hosts of brands, portal, and back office, their names, certificates, and answers."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings

from backoffice.doctor.findings import Finding, ok, problem
from brands.models import Brand

EXPIRES_WITHIN = timedelta(days=14)
_SECONDS = 5.0
_TLS_CURE = "Look at the proxy's certificate for this host: its name, its chain, and its renewal."


def brands_have_hosts() -> Iterator[Finding]:
    """Each active brand answers somewhere."""
    for brand in Brand.objects.filter(is_active=True).prefetch_related("hosts"):
        if not brand.hosts.all():
            cure = "Add one in the admin, or switch the brand off."
            yield problem("Hosts", f"{brand.name} is active and has no host.", cure)
    if not Brand.objects.filter(is_active=True).exists():
        yield problem("Hosts", "No brand is active: no customer can get in.", "Run manage.py setup.")


def hosts_answer(port: int = 443, context: ssl.SSLContext | None = None) -> Iterator[Finding]:
    """Each host has an address, and a certificate that is good for two weeks. In production alone."""
    hosts = Brand.objects.filter(is_active=True, hosts__isnull=False).values_list("hosts__host", flat=True)
    for host in [*hosts.order_by("hosts__id"), *settings.PORTAL_HOSTS, *settings.ADMIN_HOSTS]:
        yield certificate_of(host, port, context)


def certificate_of(host: str, port: int, context: ssl.SSLContext | None = None) -> Finding:
    """What a browser would say of it."""
    part = f"https://{host}"
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
    except OSError:
        cure = "Add an A record for it, or remove the host."
        return problem(part, "The name has no address.", cure)
    try:
        with (
            socket.create_connection((str(address[0]), port), timeout=_SECONDS) as plain,
            (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=host) as secure,
        ):
            certificate = secure.getpeercert() or {}
    except ssl.SSLError as error:
        return problem(part, f"Browsers refuse its certificate: {error.reason or error}", _TLS_CURE)
    except OSError as error:
        cure = "Start the proxy; open port 443 in the firewall."
        return problem(part, f"Nobody answers on port {port}: {error}", cure)
    begins_at, ends_at = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate[name])), UTC)
        for name in ("notBefore", "notAfter")
    )
    words = f"Its certificate ends on {ends_at:%Y-%m-%d}."
    # Proxies renew when a third of the time is left; some authorities sign for days, or hours.
    if ends_at - datetime.now(UTC) < min(EXPIRES_WITHIN, (ends_at - begins_at) / 4):
        return problem(part, words, _TLS_CURE)
    return ok(part, words)
