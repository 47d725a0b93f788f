-- What a seal (billing.ledger.models.Seal) says of the transactions first_id to last_id: how many there are, and the SHA-256
-- of their digests in the order of their ids. A digest is the SHA-256 of a JSON array: every column of the transaction, then
-- its entries by id. Called by billing.services.seal_ledger and the audit.
--
-- Format 2. A text that digests otherwise gets another name, and Seal.format says which one a seal was made with.
CREATE OR REPLACE FUNCTION ledger_sealed_root_2(first_id bigint, last_id bigint)
RETURNS TABLE (transactions bigint, root bytea) LANGUAGE sql
AS $$
    SELECT count(*), sha256(coalesce(string_agg(sha256(convert_to(row_text, 'UTF8')), ''::bytea ORDER BY id), ''::bytea))
      FROM (
            SELECT t.id,
                   jsonb_build_array(
                       t.id, t.kind, t.idempotency_key, encode(t.fingerprint, 'hex'), t.customer_id, t.operator_id,
                       t.brand_id, t.reference, t.currency, t.amount_minor, t.operator_minor, t.platform_minor, t.seconds,
                       t.rate_minor, t.description, t.actor_id, t.reason, t.reverses_id,
                       (extract(epoch FROM t.created_at) * 1000000)::bigint,
                       (SELECT jsonb_agg(jsonb_build_array(e.id, e.account_id, e.amount_minor, e.promo_minor) ORDER BY e.id)
                          FROM ledger_entry e WHERE e.transaction_id = t.id)
                   )::text AS row_text
              FROM ledger_transaction t
             WHERE t.id BETWEEN first_id AND last_id
           ) AS sealed
$$;
