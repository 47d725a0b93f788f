"""Who may change the account of a member of staff: superusers alone. Asked by every page that changes people or rights."""

from typing import Protocol

# What makes somebody staff, and what staff may do.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class Account(Protocol):
    """Whoever logs in, or nobody who did."""

    is_staff: bool
    is_superuser: bool


def may_change_account(actor: object, person: Account) -> bool:
    """Whether `actor` may change, delete, or set the password or address of `person`: of staff, only a superuser may."""
    return is_superuser(actor) or not (person.is_staff or person.is_superuser)


def is_superuser(actor: object) -> bool:
    """Whether `actor` may give and take rights."""
    return bool(getattr(actor, "is_active", False) and getattr(actor, "is_superuser", False))
