"""Wallets and their entries say how much of their money is promotional.

What is on record is told apart by the rule that holds from now on: promotional credits are spent first, and what is given back of a
call or text is paid money first. Closed accounts were promised all that was on them, so theirs counts as paid.
"""

import django.db.models.functions.comparison
from django.db import migrations, models

from core.sql_functions import InstallFunction

# Only wallets that were ever credited from a promotional account; entries in their order.
_TELL_APART = """
ALTER TABLE ledger_entry DISABLE TRIGGER USER;
DO $$
DECLARE
    one record;
    side record;
    balance bigint;
    promo bigint;
    promo_after bigint;
    charged bigint;
    charged_promo bigint;
BEGIN
    FOR one IN
        SELECT DISTINCT a.id
          FROM ledger_account source
          JOIN ledger_entry given ON given.account_id = source.id AND given.amount_minor < 0
          JOIN ledger_entry e ON e.transaction_id = given.transaction_id AND e.amount_minor > 0
          JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'wallet'
          JOIN customers_customer c ON c.id = a.customer_id AND c.closed_at IS NULL
         WHERE source.kind = 'promo'
    LOOP
        balance := 0;
        promo := 0;
        FOR side IN
            SELECT e.id, e.amount_minor, t.reference,
                   EXISTS (SELECT 1 FROM ledger_entry s JOIN ledger_account p ON p.id = s.account_id AND p.kind = 'promo'
                            WHERE s.transaction_id = t.id) AS is_promo
              FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
             WHERE e.account_id = one.id ORDER BY e.id
        LOOP
            balance := balance + side.amount_minor;
            IF side.amount_minor < 0 OR side.is_promo THEN
                promo_after := greatest(promo + side.amount_minor, 0);
            ELSIF side.reference = '' THEN
                promo_after := promo;
            ELSE
                SELECT -coalesce(sum(e.amount_minor), 0), -coalesce(sum(e.promo_minor), 0) INTO charged, charged_promo
                  FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
                 WHERE t.reference = side.reference AND t.reference <> '' AND e.account_id = one.id AND e.id < side.id;
                promo_after := promo
                    + least(greatest(charged_promo - greatest(charged - side.amount_minor, 0), 0), side.amount_minor);
            END IF;
            promo_after := least(promo_after, greatest(balance, 0));
            IF promo_after <> promo THEN
                UPDATE ledger_entry SET promo_minor = promo_after - promo WHERE id = side.id;
            END IF;
            promo := promo_after;
        END LOOP;
        UPDATE ledger_account SET promo_minor = promo WHERE id = one.id;
    END LOOP;
END $$;
ALTER TABLE ledger_entry ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0018_manage_logins"),
        ("ledger", "0012_definer_functions"),
        ("operators", "0013_closed_by_operator"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="promo_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="entry",
            name="promo_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(_TELL_APART, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("promo_minor__gte", 0),
                    models.Q(
                        models.Q(
                            ("kind", "wallet"),
                            (
                                "promo_minor__lte",
                                django.db.models.functions.comparison.Greatest(models.F("balance_minor"), 0),
                            ),
                        ),
                        ("promo_minor", 0),
                        _connector="OR",
                    ),
                ),
                name="account_promo_within_balance",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "promo_minor__gte",
                        django.db.models.functions.comparison.Least(models.F("amount_minor"), 0),
                    ),
                    (
                        "promo_minor__lte",
                        django.db.models.functions.comparison.Greatest(models.F("amount_minor"), 0),
                    ),
                ),
                name="entry_promo_within_amount",
            ),
        ),
        InstallFunction(
            "ledger_promo_parts",
            sha256="3bc8068813e6c6fb2f7fa85c03a1704bf6d56d9626ace615c48aff89323185a6",
            drop="DROP FUNCTION ledger_promo_parts(jsonb, bigint, int[], bigint[], bigint[], text[], bigint[]);",
        ),
        InstallFunction(
            "ledger_post",
            sha256="1c6b4f78d29c517d6d1387691113d9f5a64cd68dbc17949e4915321fc55d4328",
            replaces="9345bf297c5511b825ec6db6fae7a6430830036847b86e0784f5f4d3b312a55c",
        ),
        InstallFunction(
            "ledger_sealed_root_2",
            sha256="e16d2613216246f7094a461de2a1efbad0ecd8a09e75c67a437bb90608a8e059",
            drop="DROP FUNCTION ledger_sealed_root_2(bigint, bigint);",
        ),
    ]
