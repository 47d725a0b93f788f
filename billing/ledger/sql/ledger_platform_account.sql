-- The platform's account of a kind, opened by the first posting to it. Called by ledger_post.
CREATE OR REPLACE FUNCTION ledger_platform_account(wanted_kind text, wanted_name text, wanted_currency text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    SELECT id INTO found FROM ledger_account
     WHERE kind = wanted_kind AND name = wanted_name AND currency = wanted_currency
       AND customer_id IS NULL AND operator_id IS NULL;
    IF found IS NULL THEN  -- the first posting ever to this account opens it
        INSERT INTO ledger_account (kind, name, currency, balance_minor, held_minor, overdraft_minor)
        VALUES (wanted_kind, wanted_name, wanted_currency, 0, 0, 0)
        ON CONFLICT DO NOTHING;
        SELECT id INTO STRICT found FROM ledger_account
         WHERE kind = wanted_kind AND name = wanted_name AND currency = wanted_currency
           AND customer_id IS NULL AND operator_id IS NULL;
    END IF;
    RETURN found;
END $$;
