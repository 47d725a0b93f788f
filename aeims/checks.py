"""Production does not start with an unsafe setting: each is an error of Django's check framework."""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connections
from django.db import Error as DatabaseError

from aeims.security_settings import DEVELOPMENT_DATA_KEY, DEVELOPMENT_DOCUMENT_KEY, DEVELOPMENT_HASH_KEY
from billing.checks import complaints as billing_complaints
from billing.gateways import SANDBOX
from billing.models import MerchantAccount
from core.database_roles import owner_login_complaints
from core.secret_strength import STRONG, is_strong
from messaging.gateways import GATEWAYS, sending_gateway_name
from telephony.call_plan import MOST_ASK_AHEAD_SECONDS, MOST_WARN_AT_SECONDS


@register(Tags.security)
def production_is_safe(**_: Any) -> list[Error]:
    """Nothing to say outside production."""
    return [Error(message, id=f"aeims.E{number:03}") for number, message in enumerate(_complaints(), 1)]


def refuse_unsafe() -> None:
    """For servers, which run no checks by themselves. Raises RuntimeError naming each unsafe setting."""
    complaints = [*_complaints(), *owner_login_complaints()]
    if complaints:
        raise RuntimeError("Unsafe settings for production: " + " ".join(complaints))
    if money_complaints := list(billing_complaints()):
        raise RuntimeError("Unsafe settings of money: " + " ".join(money_complaints))


_SANDBOX_IN_USE = "A merchant account at the sandbox takes new payments: nobody would be charged. Switch it off or delete it."
_SANDBOX_ACCOUNTS = "SELECT EXISTS (SELECT FROM billing_merchantaccount WHERE gateway = %s AND is_active)"


@register(Tags.database)
def nobody_pays_to_the_sandbox(databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    """Nothing to say outside production. `migrate` asks, too."""
    if not settings.IS_PRODUCTION:
        return []
    table = MerchantAccount._meta.db_table
    return [
        Error(_SANDBOX_IN_USE, id="aeims.E100")
        for alias in databases or ()
        if table in connections[alias].introspection.table_names()
        and MerchantAccount.objects.using(alias).filter(gateway=SANDBOX, is_active=True).exists()
    ]


def refuse_sandbox_payments() -> None:
    """The same for servers. Raises RuntimeError. A database that is away says nothing: there the checks of `migrate` hold.

    By a connection of its own, so that a server that forks inherits no pool.
    """
    if not settings.IS_PRODUCTION:
        return
    connection = connections[DEFAULT_DB_ALIAS].copy()
    connection.settings_dict["OPTIONS"].pop("pool", None)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_SANDBOX_ACCOUNTS, [SANDBOX])
            [(is_used,)] = cursor.fetchall()
    except DatabaseError:
        return
    finally:
        connection.close()
    if is_used:
        raise RuntimeError(_SANDBOX_IN_USE)


def _complaints() -> Iterator[str]:
    if not settings.IS_PRODUCTION:
        return
    for is_safe, complaint in _rules():
        if not is_safe:
            yield complaint


def _are_named(hosts: Sequence[str]) -> bool:
    """Whether each is a host of the open network, not a pattern and not one of a developer's machine."""
    return bool(hosts) and not any(
        host.startswith((".", "*")) or host.endswith("localhost") for host in hosts
    )


def _are_networks(names: Sequence[str]) -> bool:
    """Whether each is a network in CIDR notation, and none is all addresses."""
    try:
        return all(ipaddress.ip_network(name).prefixlen > 0 for name in names)
    except ValueError:
        return False


def _mail_is_encrypted(backend: str) -> bool:
    """Mail to a server on this machine crosses no network; a provider's API is https always."""
    if not backend.endswith("smtp.EmailBackend"):
        return True
    is_here = settings.EMAIL_HOST in ("localhost", "127.0.0.1", "::1")
    return is_here or bool(settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)


def _opens_figures_alone(key: str, used: set[str]) -> bool:
    """Whether the key of the metrics is none, or one that can't be guessed and opens nothing else."""
    return not key or (is_strong(key) and key not in used | set(settings.AEIMS_API_KEY_FALLBACKS))


def _key_rules() -> Iterator[tuple[bool, str]]:
    secret = settings.SECRET_KEY
    is_own = secret != settings.DEVELOPMENT_KEY and is_strong(secret)
    yield is_own, f"SECRET_KEY must be set, {STRONG}."
    yield is_strong(settings.AEIMS_API_KEY), f"AEIMS_API_KEY must be set, {STRONG}."
    used = {
        DEVELOPMENT_DATA_KEY,
        DEVELOPMENT_HASH_KEY,
        DEVELOPMENT_DOCUMENT_KEY,
        secret,
        settings.AEIMS_API_KEY,
    }
    for name in ("SECRET_KEY_FALLBACKS", "AEIMS_API_KEY_FALLBACKS"):
        keys = getattr(settings, name)
        is_safe = settings.DEVELOPMENT_KEY not in keys and all(map(is_strong, keys))
        yield is_safe, f"{name} must each be {STRONG}."
    for name in ("DATA_KEYS", "HASH_KEYS", "DOCUMENT_KEYS"):
        keys = getattr(settings, name)
        is_own = bool(keys) and not used & set(keys) and all(is_strong(key) for key in keys)
        yield is_own, f"AEIMS_{name} must be set, each {STRONG}, and used for nothing else."
        used |= set(keys)
    yield (
        _opens_figures_alone(settings.METRICS_KEY, used),
        f"AEIMS_METRICS_KEY must be empty, or {STRONG}, and no other key.",
    )
    used |= {settings.METRICS_KEY} - {""}
    is_own = not settings.PUSH_KEY or (is_strong(settings.PUSH_KEY) and settings.PUSH_KEY not in used)
    yield is_own, f"AEIMS_PUSH_KEY must be empty, or {STRONG}, and no other key."
    is_public = not any(":" in host for host in settings.PUSH_HOSTS)
    yield is_public, "AEIMS_PUSH_HOSTS must name hosts without ports."


def _rules() -> Iterator[tuple[bool, str]]:
    yield from _key_rules()
    yield not settings.DEBUG, "DEBUG must be off."
    yield not settings.IS_DEMO, "AEIMS_DEMO must be off: its logins are public."
    for name in ("PORTAL_HOSTS", "ADMIN_HOSTS"):
        yield _are_named(getattr(settings, name)), f"AEIMS_{name} must name the hosts."
    yield not settings.SANDBOX_HOSTS, "AEIMS_SANDBOX_HOSTS must be empty: nobody is charged there."
    has_pattern = any(host.startswith((".", "*")) for host in settings.ALLOWED_HOSTS)
    yield not has_pattern, "AEIMS_INTERNAL_HOSTS must name the hosts."
    origins = settings.CSRF_TRUSTED_ORIGINS
    yield all(o.startswith("https://") for o in origins), "CSRF_TRUSTED_ORIGINS must all begin with https://."
    yield (
        _are_networks(settings.TRUSTED_PROXIES),
        "TRUSTED_PROXIES must be networks such as 10.0.0.0/8, none of them all addresses.",
    )
    yield settings.DATABASE_IS_NAMED, "DATABASE_URL must be set."
    yield bool(settings.REDIS_URL), "REDIS_URL must be set."
    yield not settings.TELEPHONY_LAB_PREFIXES, "TELEPHONY_LAB_PREFIXES must be empty."
    prefixes = settings.TELEPHONY_ALLOWED_PREFIXES
    has_country = any(prefix.startswith("+") for prefix in prefixes)
    named = has_country and all(len(prefix) >= len("+1") for prefix in prefixes)
    yield named, "TELEPHONY_ALLOWED_PREFIXES must name the countries that may be called."
    # The adapter refuses a call plan beyond these, and with it each call.
    ask_ahead, warn_at = settings.BILLING["ASK_AHEAD_SECONDS"], settings.BILLING["WARN_AT_SECONDS"]
    limit = MOST_ASK_AHEAD_SECONDS
    yield 1 <= ask_ahead <= limit, f"AEIMS_ASK_AHEAD_SECONDS must be 1 to {limit}."
    limit = MOST_WARN_AT_SECONDS
    yield (
        all(1 <= seconds <= limit for seconds in warn_at),
        f"AEIMS_WARN_AT_SECONDS must each be 1 to {limit}.",
    )
    backend = settings.EMAIL_BACKEND
    yield not backend.endswith(("console.EmailBackend", "locmem.EmailBackend")), "EMAIL_URL must be set."
    yield (
        _mail_is_encrypted(backend),
        "EMAIL_URL must begin with smtp+tls:// or smtp+ssl://, except on this machine.",
    )
    yield sending_gateway_name() in GATEWAYS, f"SMS_GATEWAY must be one of {', '.join(GATEWAYS)}."
    yield settings.THROTTLES_ON, "AEIMS_THROTTLES must be on."
    yield settings.STAFF_SECOND_FACTOR, "AEIMS_STAFF_SECOND_FACTOR must be on."
    yield settings.STAFF_RECENT_LOGIN_SECONDS > 0, "AEIMS_STAFF_RECENT_LOGIN_SECONDS must be more than 0."
    for who, hours, days in (("CUSTOMER", 30 * 24, 90), ("OPERATOR", 24, 30), ("STAFF", 8, 1)):
        idle, most = getattr(settings, f"{who}_IDLE_SECONDS"), getattr(settings, f"{who}_SESSION_SECONDS")
        is_bounded = 60 <= idle <= min(most, hours * 3600) and most <= days * 86_400
        bounds = f"60 to {hours} hours, and AEIMS_{who}_SESSION_SECONDS no less and at most {days} days"
        yield is_bounded, f"AEIMS_{who}_IDLE_SECONDS must be {bounds}."
    yield settings.MAX_SESSIONS > 0, "AEIMS_MAX_SESSIONS must be more than 0."
