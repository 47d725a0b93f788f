-- Makes the sums of one account's quarter hours what its entries say, and returns how many rows were wrong: missing, different, or
-- too many. Called by billing.services.rebuild_roll_ups, and by the migration that counts what was posted before there were any.
--
-- Exact while the system runs: whoever posts to the account holds its row until the commit. So what is committed is counted here, and
-- what comes later is added by ledger_count_quarter_hours. Each statement sees what was committed when it began, so this is not for
-- a transaction that reads as of its start (repeatable read).
--
-- SECURITY DEFINER: the role that serves may only read the ledger, and what this writes follows from the ledger alone.
CREATE OR REPLACE FUNCTION ledger_recount_quarter_hours(account bigint)
RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    account_kind text;
    wrong bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'quarter hours are recounted in read committed transactions only';
    END IF;
    SELECT a.kind INTO account_kind FROM ledger_account a
     WHERE a.id = account AND a.kind IN ('wallet', 'payable')
       FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;

    WITH counted AS MATERIALIZED (
        SELECT date_bin('15 minutes', what.created_at, '1970-01-01 00:00+00') AS begins_at, sum(e.amount_minor) AS minor
          FROM ledger_entry e
         CROSS JOIN LATERAL (
                SELECT t.kind, t.created_at FROM ledger_transaction t WHERE t.id = e.transaction_id
                OFFSET 0
               ) AS what
         WHERE e.account_id = account
           AND CASE account_kind
               WHEN 'wallet' THEN what.kind IN ('call', 'connect_fee', 'message', 'tip')
               ELSE what.kind NOT IN ('payout', 'opening', 'payout_back', 'payout_fee', 'withholding', 'write_off')
               END
         GROUP BY 1
    ), deleted AS (
        DELETE FROM ledger_accountquarterhour q
         WHERE q.account_id = account AND NOT EXISTS (SELECT FROM counted c WHERE c.begins_at = q.begins_at)
        RETURNING q.begins_at
    ), written AS (
        INSERT INTO ledger_accountquarterhour AS known (account_id, begins_at, amount_minor)
        SELECT account, c.begins_at, c.minor FROM counted c
        ON CONFLICT (account_id, begins_at) DO UPDATE SET amount_minor = excluded.amount_minor
         WHERE known.amount_minor <> excluded.amount_minor
        RETURNING known.begins_at
    )
    SELECT (SELECT count(*) FROM deleted) + (SELECT count(*) FROM written) INTO wrong;
    RETURN wrong;
END $$;
