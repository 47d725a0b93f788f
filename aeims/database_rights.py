"""What the role that serves may do with each table: the one place that says so. `manage.py migrate` grants it.

What is not named here may be read and written. Nobody but the owner may empty, alter, or drop a table or switch off its
triggers. Wallets, holds, seals, the record of deeds, and consents change through the functions in the `sql` folders of their apps, which act
as the owner of the tables.
"""

READ = frozenset({"SELECT"})
APPEND = READ | {"INSERT"}
DECIDE = APPEND | {"UPDATE"}
WRITE = DECIDE | {"DELETE"}

_HISTORIES = (
    "user", "role", "right", "group", "groupright", "customer", "limit", "operator", "listing", "brand", "host", "rules"
)  # fmt: skip

DATABASE_RIGHTS = {
    "ledger_account": READ,
    "ledger_transaction": READ,
    "ledger_entry": READ,
    "ledger_seal": READ,
    "ledger_accountquarterhour": READ,
    "core_auditrecord": READ,
    "brands_brandtext": APPEND,
    "customers_consent": READ,
    "customers_legaltext": APPEND,
    "customers_legaledition": APPEND,
    "customers_spendinglimit": DECIDE,
    "messaging_smsconsent": READ,
    "operators_contracttext": APPEND,
    "operators_referral": APPEND,
    "operators_contractsignature": APPEND,
    "billing_approvalrequest": DECIDE,
    "billing_earningshold": DECIDE,
    "billing_heldearning": APPEND,
    "billing_referredsale": APPEND,
    "billing_payment": DECIDE,
    "billing_offer": DECIDE,
    "billing_offerday": DECIDE,
    "billing_offerclaim": DECIDE,
    "billing_offermarker": APPEND,
    "billing_paymentnotice": APPEND,
    "billing_reportline": APPEND,
    "billing_processorreport": DECIDE,
    "billing_payback": DECIDE,
    "billing_processorstatement": APPEND,
    "billing_statementline": DECIDE,
    "billing_difference": DECIDE,
    "billing_collusionfinding": DECIDE,
    "payouts_payoutaccount": DECIDE,
    "payouts_payoutrun": DECIDE,
    "payouts_payoutitem": DECIDE,
    "payouts_payoutfile": DECIDE,
    "payouts_outsidepayout": APPEND,
    "billing_dailyclose": APPEND,
    "billing_dailybalance": APPEND,
    **{f"history_{name}change": APPEND for name in _HISTORIES},
    "django_migrations": READ,
}
DATABASE_RIGHTS_OTHERWISE = WRITE
