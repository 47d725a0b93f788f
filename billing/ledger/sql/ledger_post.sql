-- Takes transactions as JSON and posts them by ledger_post_rows, which says what is done with them. Called by billing_settle, and by
-- processes of the release before this one while web is being updated.
--
-- batch: a JSON array of transactions, each with its entries:
--   {"key", "kind", "customer", "operator", "brand", "reference", "currency", "amount", "operator_amount",
--    "platform_amount", "seconds", "rate", "description", "actor", "reason", "reverses",
--    "entries": [{"account": id, "amount": signed, "funds": NULL or one of billing.ledger.states.Funds},
--                {"kind": platform kind, "name": "", "amount": signed}, ...]}
-- held_account, held_change: a change of one wallet's hold that belongs to the posting.
CREATE OR REPLACE FUNCTION ledger_post(batch jsonb, held_account bigint DEFAULT NULL, held_change bigint DEFAULT 0)
RETURNS TABLE (transaction_id bigint, is_new boolean) LANGUAGE plpgsql
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
    bodies record;
    entries record;
    posted record;
BEGIN
    SELECT coalesce(array_agg(b.body->>'kind' ORDER BY b.n), '{}') AS kinds,
           coalesce(array_agg(b.body->>'key' ORDER BY b.n), '{}') AS keys,
           array_agg(sha256(convert_to(b.body::text, 'UTF8')) ORDER BY b.n) AS fingerprints,
           array_agg((b.body->>'customer')::bigint ORDER BY b.n) AS customers,
           array_agg((b.body->>'operator')::bigint ORDER BY b.n) AS operators,
           array_agg((b.body->>'brand')::bigint ORDER BY b.n) AS brands,
           array_agg(b.body->>'reference' ORDER BY b.n) AS refs,
           array_agg(b.body->>'currency' ORDER BY b.n) AS currencies,
           array_agg((b.body->>'amount')::bigint ORDER BY b.n) AS amounts,
           array_agg((b.body->>'operator_amount')::bigint ORDER BY b.n) AS operator_amounts,
           array_agg((b.body->>'platform_amount')::bigint ORDER BY b.n) AS platform_amounts,
           array_agg((b.body->>'seconds')::bigint ORDER BY b.n) AS seconds,
           array_agg((b.body->>'rate')::bigint ORDER BY b.n) AS rates,
           array_agg(b.body->>'description' ORDER BY b.n) AS descriptions,
           array_agg((b.body->>'actor')::bigint ORDER BY b.n) AS actors,
           array_agg(b.body->>'reason' ORDER BY b.n) AS reasons,
           array_agg((b.body->>'reverses')::bigint ORDER BY b.n) AS reversed
      INTO bodies
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS b(body, n);
    SELECT coalesce(array_agg(b.n::int ORDER BY b.n, e.n), '{}') AS numbers,
           coalesce(array_agg((e.body->>'account')::bigint ORDER BY b.n, e.n), '{}') AS accounts,
           array_agg(e.body->>'kind' ORDER BY b.n, e.n) AS kinds,
           array_agg(e.body->>'name' ORDER BY b.n, e.n) AS names,
           coalesce(array_agg((e.body->>'amount')::bigint ORDER BY b.n, e.n), '{}') AS moved,
           array_agg(e.body->>'funds' ORDER BY b.n, e.n) AS funds
      INTO entries
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS b(body, n),
           jsonb_array_elements(b.body->'entries') WITH ORDINALITY AS e(body, n);
    SELECT * INTO posted FROM ledger_post_rows(
        bodies.kinds, bodies.keys, bodies.fingerprints, bodies.customers, bodies.operators, bodies.brands, bodies.refs,
        bodies.currencies, bodies.amounts, bodies.operator_amounts, bodies.platform_amounts, bodies.seconds, bodies.rates,
        bodies.descriptions, bodies.actors, bodies.reasons, bodies.reversed,
        entries.numbers, entries.accounts, entries.kinds, entries.names, entries.moved, entries.funds,
        held_account, held_change
    );
    RETURN QUERY SELECT u.id, posted.is_new FROM unnest(posted.ids) AS u(id);
END $$;
