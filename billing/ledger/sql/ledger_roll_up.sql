-- Adds what new entries moved on payables to the operators' days (operators.OperatorDay.earned_minor), in the
-- transaction that posts them. Called at the end of ledger_post, so that calls, texts, refunds and corrections are all
-- counted, and the day is that of the ledger's own time stamp, where the operator lives. Neither payouts, what is
-- withheld of them, nor a balance brought over or written off earns anything.
-- A reversal that names no brand belongs to the brand of what it reverses.
--
-- The arguments are the new entries, side by side. OFFSET 0 keeps each look-up one by primary key: left to itself, the
-- planner may read every entry that payables ever had.
CREATE OR REPLACE FUNCTION ledger_roll_up(transactions bigint[], accounts bigint[], amounts bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO operators_operatorday AS known
           (operator_id, brand_id, day, calls, seconds, chats, messages, earned_minor)
    SELECT whose.operator_id,
           coalesce(what.brand_id, (SELECT o.brand_id FROM ledger_transaction o WHERE o.id = what.reverses_id)),
           (what.created_at AT TIME ZONE whose.time_zone)::date,
           0, 0, 0, 0, sum(moved.amount)
      FROM unnest(transactions, accounts, amounts) AS moved(transaction_id, account_id, amount)
     CROSS JOIN LATERAL (
            SELECT a.operator_id, u.time_zone
              FROM ledger_account a
              JOIN operators_operator p ON p.id = a.operator_id
              JOIN customers_user u ON u.id = p.user_id
             WHERE a.id = moved.account_id AND a.kind = 'payable'
            OFFSET 0
           ) AS whose
     CROSS JOIN LATERAL (
            SELECT t.brand_id, t.reverses_id, t.created_at
              FROM ledger_transaction t
             WHERE t.id = moved.transaction_id
               AND t.kind NOT IN ('payout', 'opening', 'payout_back', 'payout_fee', 'withholding', 'write_off')
            OFFSET 0
           ) AS what
     GROUP BY 1, 2, 3
     ORDER BY 1, 3, 2
    ON CONFLICT (operator_id, day, brand_id) DO UPDATE
       SET earned_minor = known.earned_minor + excluded.earned_minor;
END $$;
