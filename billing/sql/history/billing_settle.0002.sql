-- Ends an authorization, charged or not, in one call. Called by billing.services.settle, which has locked the row and
-- computed the bill. Order of locks: authorization, wallet, packages, payable.
--
-- outcome: {"state", "joined_ms", "charged_seconds", "billable_seconds", "free_used_seconds", "talk", "fee",
--           "operator", "platform", "promo", "settled_at"}
-- used: seconds used of each reservation, in their order. Unused ones go back to their packages, which may have
--       expired meanwhile: the next expiry run writes those off.
-- batch: the transactions for ledger_post. AE409: the authorization is no longer open.
CREATE FUNCTION billing_settle(authorization_id bigint, outcome jsonb, used int[], batch jsonb)
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    open_one record;
BEGIN
    SELECT a.wallet_id, a.held_minor INTO open_one FROM billing_authorization a
     WHERE a.id = billing_settle.authorization_id AND a.state = 'open'
       FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'authorization % is not open', billing_settle.authorization_id USING ERRCODE = 'AE409';
    END IF;

    IF cardinality(used) > 0 THEN
        PERFORM 1 FROM ledger_account WHERE id = open_one.wallet_id FOR UPDATE;
        WITH spent AS (
            UPDATE billing_reservation r
               SET used_seconds = billing_settle.used[r."order"]
             WHERE r.authorization_id = billing_settle.authorization_id
            RETURNING r.package_id, r.seconds, r.used_seconds
        )
        UPDATE billing_freeminutespackage p
           SET seconds_reserved = p.seconds_reserved - spent.seconds,
               seconds_used = p.seconds_used + spent.used_seconds,
               seconds_remaining = p.seconds_remaining + spent.seconds - spent.used_seconds
          FROM spent
         WHERE p.id = spent.package_id;
    END IF;

    PERFORM ledger_post(batch, open_one.wallet_id, -open_one.held_minor);

    UPDATE billing_authorization a
       SET state = outcome->>'state',
           held_minor = 0,
           is_final = true,
           joined_ms = (outcome->>'joined_ms')::bigint,
           charged_seconds = (outcome->>'charged_seconds')::int,
           billable_seconds = (outcome->>'billable_seconds')::int,
           free_used_seconds = (outcome->>'free_used_seconds')::int,
           talk_minor = (outcome->>'talk')::bigint,
           fee_minor = (outcome->>'fee')::bigint,
           operator_minor = (outcome->>'operator')::bigint,
           platform_minor = (outcome->>'platform')::bigint,
           promo_minor = (outcome->>'promo')::bigint,
           settled_at = (outcome->>'settled_at')::timestamptz
     WHERE a.id = billing_settle.authorization_id;
END $$;
