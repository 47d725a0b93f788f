-- How far below zero a wallet may be because card payments were charged back; 0: not at all, and the wallet is no longer frozen.
-- False: the wallet is further below than that, and nothing was changed. Called by billing.ledger.accounts.
CREATE OR REPLACE FUNCTION ledger_allow_overdraft(wallet bigint, minor bigint)
RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
BEGIN
    UPDATE ledger_account a SET overdraft_minor = minor
     WHERE a.id = wallet AND a.kind = 'wallet' AND a.balance_minor - a.held_minor >= -minor;
    RETURN FOUND;
END $$;
