-- A customer's wallet, locked until the end of the transaction; opened if there is none. Called by billing.ledger.accounts.
CREATE OR REPLACE FUNCTION ledger_wallet(customer bigint, wanted_currency text)
RETURNS SETOF ledger_account LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
BEGIN
    RETURN QUERY SELECT * FROM ledger_account a
     WHERE a.kind = 'wallet' AND a.customer_id = customer AND a.currency = wanted_currency FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO ledger_account (kind, name, customer_id, currency, balance_minor, held_minor, overdraft_minor)
        VALUES ('wallet', '', customer, wanted_currency, 0, 0, 0)
        ON CONFLICT DO NOTHING;
        RETURN QUERY SELECT * FROM ledger_account a
         WHERE a.kind = 'wallet' AND a.customer_id = customer AND a.currency = wanted_currency FOR UPDATE;
    END IF;
END $$;
