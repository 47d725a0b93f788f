"""Four roles, and the rights of today for whoever had those that they were split from.

Roles are groups: superusers may change them afterwards, and a role of the same name that exists is left as it is.
"""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = (
    "auth",
    "brands",
    "core",
    "customers",
    "operators",
    "ledger",
    "billing",
    "notices",
    "telephony",
    "messaging",
)

_SEE_PEOPLE = [
    "customers.view_user", "customers.view_customer", "customers.view_customerphone", "customers.view_consent",
    "operators.view_operator", "operators.view_listing", "operators.view_block", "operators.view_interaction",
    "operators.view_rating", "operators.view_photo", "telephony.view_call",
]  # fmt: skip
_SEE_MONEY = [
    "ledger.view_transaction", "ledger.view_entry", "billing.view_authorization", "billing.view_reservation",
    "billing.view_freeminutespackage", "billing.view_fundsrequest",
]  # fmt: skip
_SUPPORT = [
    *_SEE_PEOPLE, *_SEE_MONEY,
    "messaging.view_message", "messaging.view_report", "messaging.change_report", "notices.view_notice",
    "notices.change_notice", "billing.change_fundsrequest", "customers.manage_phones", "ledger.refund_sale",
    "billing.give_free_minutes",
]  # fmt: skip
_FINANCE = [
    *_SEE_PEOPLE, *_SEE_MONEY,
    "ledger.view_account", "operators.view_operatorday", "telephony.view_correction", "telephony.change_correction",
    "billing.change_fundsrequest", "ledger.credit_wallet", "ledger.refund_sale", "ledger.record_payout",
    "core.view_auditrecord",
]  # fmt: skip
_OPERATIONS = [
    *_SEE_PEOPLE,
    "customers.add_user", "customers.change_user", "operators.add_operator", "operators.change_operator",
    "operators.add_listing", "operators.change_listing", "operators.delete_listing", "operators.change_photo",
    "operators.change_rating", "operators.view_operatorday", "telephony.change_call", "telephony.view_correction",
    "customers.manage_phones", "messaging.view_message", "messaging.view_report", "messaging.change_report",
    "messaging.view_brandrules", "messaging.view_poolnumber", "messaging.view_sms", "notices.view_notice",
    "notices.change_notice", "brands.view_brand", "brands.view_brandhost",
]  # fmt: skip
_ADMINISTRATOR = [
    *_SUPPORT, *_FINANCE, *_OPERATIONS,
    "customers.change_customer", "brands.add_brand", "brands.change_brand", "brands.add_brandhost",
    "brands.change_brandhost", "messaging.add_brandrules", "messaging.change_brandrules", "messaging.add_poolnumber",
    "messaging.change_poolnumber", "messaging.view_conversation", "messaging.view_chatsession",
    "messaging.view_smsconsent", "auth.view_group",
]  # fmt: skip
ROLES = {
    "Support": _SUPPORT,
    "Finance": _FINANCE,
    "Operations": _OPERATIONS,
    "Administrator": _ADMINISTRATOR,
}

# Who had one of these may do what it allowed until now.
SPLIT = {
    "ledger.add_transaction": [
        "ledger.credit_wallet", "ledger.refund_sale", "ledger.record_payout", "telephony.change_correction",
    ],
    "billing.add_freeminutespackage": ["billing.give_free_minutes"],
    "customers.add_customerphone": ["customers.manage_phones"],
    "customers.change_customer": ["customers.manage_phones"],
    "operators.change_operator": ["customers.manage_phones"],
}  # fmt: skip


def make_roles(apps: Any, schema_editor: Any = None) -> None:
    """Give the split rights to their holders and make the roles that are missing."""
    for label in APPS:
        config = apps.get_app_config(label)
        if getattr(config, "models_module", None) is None:
            config.models_module = True  # of a migration's apps there is none, and nothing would be made
        create_permissions(config, apps=apps, verbosity=0)
    for old, new in SPLIT.items():
        former = _permission(apps, old)
        for name in new:
            _give(apps, former, _permission(apps, name))
    Group = apps.get_model("auth", "Group")
    for role, names in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=role)
        if is_new:
            group.permissions.set([_permission(apps, name) for name in dict.fromkeys(names)])


def _give(apps: Any, former: Any, permission: Any) -> None:
    for holder in apps.get_model("auth", "Group").objects.filter(permissions=former):
        holder.permissions.add(permission)
    for holder in apps.get_model("customers", "User").objects.filter(user_permissions=former):
        holder.user_permissions.add(permission)


def _permission(apps: Any, name: str) -> Any:
    label, codename = name.split(".")
    return apps.get_model("auth", "Permission").objects.get(content_type__app_label=label, codename=codename)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("core", "0002_initial"),
        ("brands", "0003_mail_from"),
        ("customers", "0008_staff_permissions"),
        ("operators", "0006_blocked_phone"),
        ("ledger", "0009_staff_permissions"),
        ("billing", "0009_staff_permissions"),
        ("notices", "0001_outbox"),
        ("telephony", "0006_operator_accepted"),
        ("messaging", "0003_sms_id_of_any_provider"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
