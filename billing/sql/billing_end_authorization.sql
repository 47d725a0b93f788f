-- Ends an authorization, charged or not, in one call. Called by billing.services.settle, which has read the row and
-- computed the bill. Order of locks: authorization, wallet, packages, payable.
--
-- granted, held: the granted seconds the bill was computed for, and what was held for them. If the authorization is no longer open
--          or either has changed, nothing is done and the answer is false.
-- used: seconds used of each reservation, in their order. Unused ones go back to their packages, which may have
--       expired meanwhile: the next expiry run writes those off.
-- new_state to settled: what the authorization came to (billing.outcome), totals in minor units, `parts` the list of
--       billing.outcome.Component as it is kept; a new kind of component changes nothing here.
-- The others are the transactions and entries of ledger_post_rows.
CREATE OR REPLACE FUNCTION billing_end_authorization(
    authorization_id bigint, granted int, held bigint, used int[],
    new_state text, joined bigint, charged int, billable int, free_used int, talk bigint, fee bigint, operator bigint,
    platform bigint, promo bigint, parts jsonb, settled timestamptz,
    kinds text[], keys text[], fingerprints bytea[], customers bigint[], operators bigint[], brands bigint[], refs text[],
    currencies text[], amounts bigint[], operator_amounts bigint[], platform_amounts bigint[], seconds bigint[], rates bigint[],
    descriptions text[], actors bigint[], reasons text[], reversed bigint[],
    numbers int[], accounts bigint[], account_kinds text[], account_names text[], moved bigint[], funds text[]
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
    wallet bigint;
BEGIN
    UPDATE billing_authorization a
       SET state = new_state, held_minor = 0, is_final = true, joined_ms = joined, charged_seconds = charged,
           billable_seconds = billable, free_used_seconds = free_used, talk_minor = talk, fee_minor = fee,
           operator_minor = operator, platform_minor = platform, promo_minor = promo, components = parts,
           settled_at = settled
     WHERE a.id = billing_end_authorization.authorization_id AND a.state = 'open' AND a.granted_seconds = granted
       AND a.held_minor = held
    RETURNING a.wallet_id INTO wallet;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    IF cardinality(used) > 0 THEN
        PERFORM 1 FROM ledger_account WHERE id = wallet FOR UPDATE;
        WITH spent AS (
            UPDATE billing_reservation r
               SET used_seconds = billing_end_authorization.used[r."order"]
             WHERE r.authorization_id = billing_end_authorization.authorization_id
            RETURNING r.package_id, r.seconds, r.used_seconds
        )
        UPDATE billing_freeminutespackage p
           SET seconds_reserved = p.seconds_reserved - spent.seconds,
               seconds_used = p.seconds_used + spent.used_seconds,
               seconds_remaining = p.seconds_remaining + spent.seconds - spent.used_seconds
          FROM spent
         WHERE p.id = spent.package_id;
    END IF;

    PERFORM ledger_post_rows(
        kinds, keys, fingerprints, customers, operators, brands, refs, currencies, amounts, operator_amounts, platform_amounts,
        seconds, rates, descriptions, actors, reasons, reversed, numbers, accounts, account_kinds, account_names, moved, funds,
        wallet, -held
    );
    RETURN true;
END $$;
