-- Ends an authorization, charged or not, in one call. Called by billing.services.settle, which has read the row and
-- computed the bill. Order of locks: authorization, wallet, packages, payable.
--
-- granted: the granted seconds the bill was computed for. If the authorization is no longer open or the grant has
--          changed, nothing is done and the answer is false.
-- outcome: {"state", "joined_ms", "charged_seconds", "billable_seconds", "free_used_seconds", "talk", "fee",
--           "operator", "platform", "promo", "components", "settled_at"}: totals in minor units, and the list of
--           billing.outcome.Component as it is kept; a new kind of component changes nothing here
-- used: seconds used of each reservation, in their order. Unused ones go back to their packages, which may have
--       expired meanwhile: the next expiry run writes those off.
-- batch: the transactions for ledger_post.
CREATE OR REPLACE FUNCTION billing_settle(
    authorization_id bigint, granted int, outcome jsonb, used int[], batch jsonb
)
RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
-- Everything here goes by key: planning anew costs half of the time, and a plan made while the books were small would
-- read all of them when they are large.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    open_one record;
BEGIN
    SELECT a.wallet_id, a.held_minor INTO open_one FROM billing_authorization a
     WHERE a.id = billing_settle.authorization_id AND a.state = 'open' AND a.granted_seconds = granted
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
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
           components = coalesce(outcome->'components', '[]'),
           settled_at = (outcome->>'settled_at')::timestamptz
     WHERE a.id = billing_settle.authorization_id;
    RETURN true;
END $$;
