-- Holds more (or less) of a wallet's money in one guarded update, so that no more is held than is there; giving back always
-- passes. False: there is not enough, and nothing was changed. Called by billing.ledger.accounts.
CREATE OR REPLACE FUNCTION ledger_change_hold(wallet bigint, change bigint)
RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
BEGIN
    UPDATE ledger_account a SET held_minor = a.held_minor + change
     WHERE a.id = wallet AND a.kind = 'wallet' AND (change <= 0 OR a.balance_minor >= a.held_minor + change);
    RETURN FOUND;
END $$;
