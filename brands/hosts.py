"""What may stand as a host of a brand, and the model field that stores it. Used by `brands.models` alone."""

import ipaddress
import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

MAX_LENGTH = 253  # RFC 1035, in the text form
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def normalize_host(text: str) -> str:
    """A host as browsers send it: without blanks around it, in lower case, without the root's dot."""
    return text.strip().lower().removesuffix(".")


def validate_host(host: str) -> None:
    """Accept a normalized public host name. Raises ValidationError that says what to type instead."""
    if any(sign in host for sign in "@/"):
        raise ValidationError("Only the host, like www.example.com, without https:// and without a path.")
    if ":" in host:
        raise ValidationError("Only the host, like www.example.com, without a port.")
    if not host.isascii():
        raise ValidationError("Type an international name in its ASCII form, like xn--mnchen-3ya.example.")
    labels = host.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValidationError(
            "A host name has letters, digits and hyphens between dots, like www.example.com."
        )
    if labels[-1].isdigit() or _is_address(host):
        raise ValidationError("A host name, not an IP address.")
    if not all(_is_readable(label) for label in labels):
        raise ValidationError("The part that begins with xn-- is not the ASCII form of any name.")
    ours = {
        *settings.PORTAL_HOSTS, *settings.ADMIN_HOSTS, *settings.INTERNAL_HOSTS, *settings.SANDBOX_HOSTS
    }  # fmt: skip
    if host in ours:
        raise ValidationError("This host belongs to the operators' portal, the admin or our own processes.")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_readable(label: str) -> bool:
    """Whether an `xn--` label decodes to a name that encodes to the same label; other labels are as they are."""
    if not label.startswith("xn--"):
        return label[2:4] != "--"  # RFC 5891 reserves these
    try:
        return label.encode("ascii").decode("idna").encode("idna").decode("ascii") == label
    except UnicodeError:
        return False


class HostField(models.CharField[str, str]):
    """A host name. What is assigned, saved or looked up is normalized; forms and `full_clean` also validate it."""

    default_validators = [validate_host]

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_length", MAX_LENGTH)
        super().__init__(*args, **options)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return normalize_host(text) if isinstance(text, str) else text
