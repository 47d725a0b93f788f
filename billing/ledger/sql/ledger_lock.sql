-- An account, locked until the end of the transaction; no row if there is none. Called by billing.ledger.accounts: locking a
-- row takes a right to change it, which the role that serves lacks.
CREATE OR REPLACE FUNCTION ledger_lock(account bigint)
RETURNS SETOF ledger_account LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
BEGIN
    RETURN QUERY SELECT * FROM ledger_account a WHERE a.id = account FOR UPDATE;
END $$;
