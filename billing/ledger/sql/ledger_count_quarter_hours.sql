-- Adds new entries to the sums of their accounts' quarter hours (billing.ledger.roll_ups), in the transaction that posts them: on
-- wallets what sales moved, on payables everything that counts as earned. The quarter hour is that of the ledger's own time stamp.
-- Called at the end of ledger_post.
--
-- The arguments are the new entries, side by side. Their wallets and payables are locked by then, so no two postings wait for each
-- other's rows here. OFFSET 0 keeps each look-up one by primary key.
CREATE OR REPLACE FUNCTION ledger_count_quarter_hours(transactions bigint[], accounts bigint[], amounts bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_accountquarterhour AS known (account_id, begins_at, amount_minor)
    SELECT moved.account_id, date_bin('15 minutes', what.created_at, '1970-01-01 00:00+00'), sum(moved.amount)
      FROM unnest(transactions, accounts, amounts) AS moved(transaction_id, account_id, amount)
     CROSS JOIN LATERAL (
            SELECT a.kind FROM ledger_account a
             WHERE a.id = moved.account_id AND a.kind IN ('wallet', 'payable')
            OFFSET 0
           ) AS whose
     CROSS JOIN LATERAL (
            SELECT t.kind, t.created_at FROM ledger_transaction t WHERE t.id = moved.transaction_id
            OFFSET 0
           ) AS what
     WHERE CASE whose.kind
           WHEN 'wallet' THEN what.kind IN ('call', 'connect_fee', 'message', 'tip')
           ELSE what.kind NOT IN ('payout', 'opening', 'payout_back', 'payout_fee', 'withholding', 'write_off')
           END
     GROUP BY 1, 2
     ORDER BY 1, 2
    ON CONFLICT (account_id, begins_at) DO UPDATE
       SET amount_minor = known.amount_minor + excluded.amount_minor;
END $$;
