-- The account of what is owed to an operator, opened if there is none; not locked. Called by billing.ledger.accounts.
CREATE OR REPLACE FUNCTION ledger_payable(operator bigint, wanted_currency text)
RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
DECLARE
    found_id bigint;
BEGIN
    SELECT a.id INTO found_id FROM ledger_account a
     WHERE a.kind = 'payable' AND a.operator_id = operator AND a.currency = wanted_currency;
    IF found_id IS NULL THEN
        INSERT INTO ledger_account (kind, name, operator_id, currency, balance_minor, held_minor, overdraft_minor)
        VALUES ('payable', '', operator, wanted_currency, 0, 0, 0)
        ON CONFLICT DO NOTHING;
        SELECT a.id INTO STRICT found_id FROM ledger_account a
         WHERE a.kind = 'payable' AND a.operator_id = operator AND a.currency = wanted_currency;
    END IF;
    RETURN found_id;
END $$;
