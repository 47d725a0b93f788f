-- Adds a seal (billing.ledger.models.Seal) to the chain. Called by billing.services.seal_ledger. Raises AE422 when it does not
-- follow the newest one (the trigger `follows`).
CREATE OR REPLACE FUNCTION ledger_add_seal(
    number bigint, format int, first_id bigint, last_id bigint, transactions bigint, root bytea, previous bytea, digest bytea
)
RETURNS void LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
BEGIN
    INSERT INTO ledger_seal (number, format, first_id, last_id, transactions, root, previous, digest)
    VALUES (number, format, first_id, last_id, transactions, root, previous, digest);
END $$;
