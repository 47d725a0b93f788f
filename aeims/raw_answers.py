"""Answers that a server gives by itself, without Django: their protecting headers, and a whole answer as bytes.

Django's middlewares give each page its headers. What never reaches Django gets these.
"""

from django.conf import settings

POLICY = "default-src 'none'; frame-ancestors 'none'"


def headers() -> list[tuple[str, str]]:
    """Name and value of each. HSTS in production alone, as in Django's answers."""
    of_all = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
        ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
        ("Content-Security-Policy", POLICY),
    ]
    if not settings.SECURE_HSTS_SECONDS:
        return of_all
    subdomains = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    return [*of_all, ("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}{subdomains}")]


def raw_answer(status: str, body: str = "") -> bytes:
    """A whole answer for a connection that is closed after it. `status` is number and reason."""
    lines = [
        *headers(),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Content-Length", str(len(body.encode()))),
        ("Connection", "close"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"HTTP/1.1 {status}\r\n{head}\r\n{body}".encode()
