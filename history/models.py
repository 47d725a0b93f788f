"""Which columns have a history. Triggers write it, so a shell or another program is recorded as a page is.

Nothing personal is tracked: no number, address, name, or date of birth. Nor is what changes by itself (presence, counters).
Each class stands for the table of another app, so that all triggers and tables of histories are this app's.
"""

from typing import Any

import pghistory
from django.contrib.auth.models import Group
from django.db import models

from brands.models import Brand, BrandHost
from core.guards import NO_TRUNCATE
from customers.models import Customer, SpendingLimit, User
from messaging.models import BrandRules
from operators.models import Listing, Operator
from operators.pricing import BOUND_COLUMNS, PRICE_COLUMNS


def tracked(name: str, *fields: str) -> Any:
    """Decorates a proxy: in the table of `name`, each row added, removed, or changed in one of `fields` is written down, with who did it if staff."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        fields=list(fields),
        app_label="history",
        model_name=name,
        obj_field=pghistory.ObjForeignKey(related_name="+", db_index=False),
        context_field=pghistory.ContextJSONField(),
        context_id_field=None,  # type: ignore[arg-type]  # documented, not typed
        append_only=True,
        meta={
            "triggers": [NO_TRUNCATE],
            "default_permissions": (),
            "indexes": [models.Index(fields=["pgh_obj", "pgh_id"])],
        },
    )


@tracked("UserChange", "is_active", "is_staff", "is_superuser", "time_zone")
class TrackedUser(User):
    """Who may log in, and who is staff."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("RoleChange", "user", "group")
class TrackedRole(User.groups.through):  # type: ignore[name-defined,misc]
    """Who has which role."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("RightChange", "user", "permission")
class TrackedRight(User.user_permissions.through):  # type: ignore[name-defined,misc]
    """Who has which right beside those of a role."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("GroupChange", "name")
class TrackedGroup(Group):
    """The roles."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("GroupRightChange", "group", "permission")
class TrackedGroupRight(Group.permissions.through):  # type: ignore[name-defined,misc]
    """What a role may do."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("CustomerChange",
    "home_brand", "adult_access_basis", "paused_until", "excluded_until", "closed_at",
)  # fmt: skip
class TrackedCustomer(Customer):
    """Breaks, closing, and the basis of adult access."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("LimitChange", "customer", "period", "measure", "amount", "next_amount", "next_at")
class TrackedLimit(SpendingLimit):
    """Limits on spending."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("OperatorChange",
    *PRICE_COLUMNS, *BOUND_COLUMNS, "share_bps", "referral_share_bps", "approval_status", "identified_at", "takes_calls", "takes_messages",
    "free_minutes_per_month",
)  # fmt: skip
class TrackedOperator(Operator):
    """Prices, share, bounds, and standing."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("ListingChange", "operator", "brand", "is_active")
class TrackedListing(Listing):
    """Who is shown on which site."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked(
    "BrandChange", "slug", "name", "theme", "currency", "customer_confirms", "asks_access_basis", "is_active"
)
class TrackedBrand(Brand):
    """The sites and their rules."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked("HostChange", "host", "brand")
class TrackedHost(BrandHost):
    """Under which hosts a site answers."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked(
    "RulesChange", "brand", "sms_mode", "answer_within_hours", "masks_contacts", "quiet_from", "quiet_until"
)
class TrackedRules(BrandRules):
    """What a site decides about messages."""

    class Meta:
        proxy = True
        default_permissions = ()
