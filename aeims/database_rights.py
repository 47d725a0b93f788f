"""What the role that serves may do with each table: the one place that says so. `manage.py migrate` grants it.

What is not named here may be read and written. Nobody but the owner may empty, alter, or drop a table or switch off its
triggers. Wallets, holds, and seals change through the functions of `billing/sql` and `billing/ledger/sql`, which act as the
owner of the tables.
"""

READ = frozenset({"SELECT"})
APPEND = READ | {"INSERT"}
WRITE = APPEND | {"UPDATE", "DELETE"}

DATABASE_RIGHTS = {
    "ledger_account": READ,
    "ledger_transaction": READ,
    "ledger_entry": READ,
    "ledger_seal": READ,
    "core_auditrecord": APPEND,
    "customers_consent": APPEND,
    "customers_legaltext": APPEND,
    "customers_legaledition": APPEND,
    "messaging_smsconsent": APPEND,
    "django_migrations": READ,
}
DATABASE_RIGHTS_OTHERWISE = WRITE
