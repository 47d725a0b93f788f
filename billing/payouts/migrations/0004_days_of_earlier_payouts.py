"""Payouts that staff recorded before days were kept get the day on which they were recorded, which they count on already."""

from django.db import migrations

KEEP_DAYS = """
INSERT INTO payouts_outsidepayout (transaction_id, paid_on, is_early)
SELECT t.id, (t.created_at AT TIME ZONE 'America/New_York')::date, false
  FROM ledger_transaction t
 WHERE t.kind = 'payout' AND t.reference = ''
   AND NOT EXISTS (SELECT FROM payouts_outsidepayout o WHERE o.transaction_id = t.id)
"""


class Migration(migrations.Migration):
    dependencies = [("payouts", "0003_outside_payouts")]

    operations = [migrations.RunSQL(KEEP_DAYS, migrations.RunSQL.noop)]
