-- Adds what these transactions moved on payables to the operators' days (operators.OperatorDay.earned_minor), in the
-- transaction that posts them. Called at the end of ledger_post, so that calls, texts, refunds and corrections are all
-- counted, and the day is that of the ledger's own time stamp, where the operator lives. A payout earns nothing.
-- A reversal that names no brand belongs to the brand of what it reverses.
CREATE OR REPLACE FUNCTION ledger_roll_up(ids bigint[])
RETURNS void LANGUAGE sql AS $$
    INSERT INTO operators_operatorday AS known
           (operator_id, brand_id, day, calls, seconds, chats, messages, earned_minor)
    SELECT a.operator_id, coalesce(t.brand_id, o.brand_id), (t.created_at AT TIME ZONE u.time_zone)::date,
           0, 0, 0, 0, sum(e.amount_minor)
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'payable'
      JOIN operators_operator p ON p.id = a.operator_id
      JOIN customers_user u ON u.id = p.user_id
      LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
     WHERE t.id = ANY (ids) AND t.kind <> 'payout'
     GROUP BY 1, 2, 3
     ORDER BY 1, 3, 2
    ON CONFLICT (operator_id, day, brand_id) DO UPDATE
       SET earned_minor = known.earned_minor + excluded.earned_minor
$$;
