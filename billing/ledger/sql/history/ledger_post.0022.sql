-- Posts one or several transactions at once, all or none. Called by billing.ledger.posting and billing_settle.
--
-- batch: a JSON array of transactions, each with its entries:
--   {"key", "kind", "customer", "operator", "brand", "reference", "currency", "amount", "operator_amount",
--    "platform_amount", "seconds", "rate", "description", "actor", "reason", "reverses",
--    "entries": [{"account": id, "amount": signed, "funds": see below},
--                {"kind": platform kind, "name": "", "amount": signed}, ...]}
-- held_account, held_change: a change of one wallet's hold that belongs to the posting, made in the same UPDATE.
--
-- funds: which of a wallet's two kinds of money moves (billing.ledger.states.Funds). Left out: promotional money is spent first,
--   and what comes in was paid. "paid": paid money; where a chargeback leaves less than the promotional part, that shrinks.
--   "promo": promotional money; out, what is missing is paid money. "restore": of what was spent under this reference (without
--   one: by the transaction it reverses) paid money comes back first, so that what stays charged is what would have been
--   charged at once; out again, the kinds that the reversed transaction brought.
--
-- SECURITY DEFINER: the role that serves may read the ledger and writes to it through functions alone, and the guards of what
-- they write can't be switched off.
--
-- Errors: AE402 not enough money (detail: available and needed, in minor units); AE409 a key was used before for
-- something else; AE422 the entries don't balance. A repeat of the same batch changes nothing and returns the ids of the first time.
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
    asked int := jsonb_array_length(batch);
    ids bigint[];
    owners bigint[];  -- of the entries, side by side with accounts and amounts
    accounts bigint[];
    amounts bigint[];
    funds text[];
    numbers int[];  -- of each entry's transaction in the batch
    promo_parts bigint[];
    change record;
    available bigint;
    promo bigint;
BEGIN
    IF asked > 0 THEN
        WITH posted AS (
            INSERT INTO ledger_transaction (
                kind, idempotency_key, fingerprint, customer_id, operator_id, brand_id, reference, currency,
                amount_minor, operator_minor, platform_minor, seconds, rate_minor, description, actor_id, reason,
                reverses_id
            )
            SELECT b.body->>'kind', b.body->>'key', sha256(convert_to(b.body::text, 'UTF8')),
                   (b.body->>'customer')::bigint, (b.body->>'operator')::bigint, (b.body->>'brand')::bigint,
                   b.body->>'reference', b.body->>'currency', (b.body->>'amount')::bigint,
                   (b.body->>'operator_amount')::bigint, (b.body->>'platform_amount')::bigint,
                   (b.body->>'seconds')::bigint, (b.body->>'rate')::bigint, b.body->>'description',
                   (b.body->>'actor')::bigint, b.body->>'reason', (b.body->>'reverses')::bigint
              FROM jsonb_array_elements(batch) WITH ORDINALITY AS b(body, n)
             ORDER BY b.n
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING id
        )
        SELECT array_agg(id ORDER BY id) INTO ids FROM posted;

        IF coalesce(array_length(ids, 1), 0) < asked THEN
            SELECT array_agg(t.id ORDER BY b.n) INTO ids
              FROM jsonb_array_elements(batch) WITH ORDINALITY AS b(body, n)
              JOIN ledger_transaction t
                ON t.idempotency_key = b.body->>'key' AND t.fingerprint = sha256(convert_to(b.body::text, 'UTF8'))
               AND t.id <> ALL (coalesce(ids, '{}'));
            IF coalesce(array_length(ids, 1), 0) < asked OR held_account IS NOT NULL THEN
                RAISE EXCEPTION 'an idempotency key was used before for something else' USING ERRCODE = 'AE409';
            END IF;
            RETURN QUERY SELECT u.id, false FROM unnest(ids) AS u(id);
            RETURN;
        END IF;

        SELECT array_agg(ids[b.n] ORDER BY b.n, e.n), array_agg(b.n ORDER BY b.n, e.n),
               array_agg(
                   coalesce(
                       (e.body->>'account')::bigint,
                       ledger_platform_account(e.body->>'kind', e.body->>'name', b.body->>'currency')
                   ) ORDER BY b.n, e.n
               ),
               array_agg((e.body->>'amount')::bigint ORDER BY b.n, e.n), array_agg(e.body->>'funds' ORDER BY b.n, e.n)
          INTO owners, numbers, accounts, amounts, funds
          FROM jsonb_array_elements(batch) WITH ORDINALITY AS b(body, n),
               jsonb_array_elements(b.body->'entries') WITH ORDINALITY AS e(body, n);
        -- The trigger `has_entries` finds this at commit, where the caller's settings apply.
        IF asked > (SELECT count(DISTINCT number) FROM unnest(numbers) AS u(number)) THEN
            RAISE EXCEPTION 'a transaction has no entries' USING ERRCODE = 'AE422';
        END IF;
        promo_parts := array_fill(0::bigint, ARRAY[cardinality(amounts)]);
    END IF;

    -- Wallets before payables, each by id: the fixed order in which account rows are locked.
    FOR change IN
        SELECT a.id, a.kind, sum(c.posted)::bigint AS posted, sum(c.held)::bigint AS held
          FROM (
                SELECT u.account, u.amount AS posted, 0::bigint AS held FROM unnest(accounts, amounts) AS u(account, amount)
                UNION ALL
                SELECT held_account, 0, held_change WHERE held_account IS NOT NULL
               ) AS c
         -- OFFSET 0 keeps it a look-up by primary key: left to itself, the planner may walk over all accounts.
         CROSS JOIN LATERAL (SELECT id, kind FROM ledger_account WHERE id = c.account OFFSET 0) AS a
         WHERE a.kind IN ('wallet', 'payable')
         GROUP BY a.id, a.kind
         ORDER BY a.kind DESC, a.id
    LOOP
        promo := 0;
        IF change.kind = 'wallet' AND change.id = ANY (accounts) THEN
            promo_parts := ledger_promo_parts(batch, change.id, numbers, accounts, amounts, funds, promo_parts);
            SELECT sum(u.part) INTO promo
              FROM unnest(accounts, promo_parts) AS u(account, part) WHERE u.account = change.id;
        END IF;
        -- What frees at least as much as it takes always passes, so that an overdrawn wallet can still be settled;
        -- only a chargeback may go below zero, as far as the overdraft it was given (the CHECK stands behind).
        UPDATE ledger_account
           SET balance_minor = balance_minor + change.posted, held_minor = held_minor + change.held,
               promo_minor = promo_minor + promo
         WHERE id = change.id
           AND (change.kind = 'payable' OR change.posted >= change.held
                OR balance_minor - held_minor + change.posted - change.held
                   >= CASE WHEN batch @> '[{"kind": "chargeback"}]' THEN -overdraft_minor ELSE 0 END);
        IF NOT FOUND THEN
            SELECT balance_minor - held_minor INTO available FROM ledger_account WHERE id = change.id;
            RAISE EXCEPTION 'not enough money on account %', change.id
                USING ERRCODE = 'AE402', DETAIL = format('%s %s', available, change.held - change.posted);
        END IF;
    END LOOP;

    INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, promo_minor)
    SELECT u.owner, u.account, u.amount, u.part
      FROM unnest(owners, accounts, amounts, promo_parts) AS u(owner, account, amount, part);

    PERFORM ledger_roll_up(owners, accounts, amounts);  -- after the payables are locked: the same order everywhere
    PERFORM ledger_count_quarter_hours(owners, accounts, amounts);

    RETURN QUERY SELECT u.id, true FROM unnest(ids) AS u(id);
END $$;
