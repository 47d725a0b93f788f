-- Posts one or several transactions at once, all or none: the one place that writes them. Called by billing.ledger.posting,
-- billing_end_authorization, and ledger_post.
--
-- kinds to reversed: the columns of the transactions side by side, in the order in which they are posted. fingerprints tell a repeat
--   from a key that is used for something else; billing.ledger.rows says of what they are made. refs are references, reversed the
--   ids of transactions that are reversed.
-- numbers to funds: the entries side by side, those of the first transaction first: to which transaction each belongs (1, 2, ...),
--   its account, or else the kind and the name of an account of the platform, the signed amount, and which money moves (below).
-- held_account, held_change: a change of one wallet's hold that belongs to the posting, made in the same UPDATE.
--
-- funds: which of a wallet's two kinds of money moves (billing.ledger.states.Funds). NULL: promotional money is spent first,
--   and what comes in was paid. "paid": paid money; where a chargeback leaves less than the promotional part, that shrinks.
--   "promo": promotional money; out, what is missing is paid money. "restore": of what was spent under this reference (without
--   one: by the transaction it reverses) paid money comes back first, so that what stays charged is what would have been
--   charged at once; out again, the kinds that the reversed transaction brought.
--
-- What it moves on payables is added to the operators' days (operators.OperatorDay.earned_minor) and to the sums of the accounts'
-- quarter hours (billing.ledger.quarter_hours), so that calls, texts, refunds, and corrections are all counted: on the day of the
-- ledger's own time stamp where the operator lives, and in its quarter hour. Neither payouts, what is withheld of them, nor a
-- balance brought over or written off earns anything. A reversal that names no brand belongs to the brand of what it reverses.
-- Of wallets the quarter hours have what sales moved.
--
-- SECURITY DEFINER: the role that serves may read the ledger and writes to it through functions alone, and the guards of what
-- they write can't be switched off.
--
-- Answers the ids, and whether they are new: a repeat of the same transactions changes nothing and has the ids of the first time.
-- Errors: AE402 not enough money (detail: available and needed, in minor units); AE409 a key was used before for
-- something else; AE422 the entries don't balance, or don't belong to the transactions.
CREATE OR REPLACE FUNCTION ledger_post_rows(
    kinds text[], keys text[], fingerprints bytea[], customers bigint[], operators bigint[], brands bigint[], refs text[],
    currencies text[], amounts bigint[], operator_amounts bigint[], platform_amounts bigint[], seconds bigint[], rates bigint[],
    descriptions text[], actors bigint[], reasons text[], reversed bigint[],
    numbers int[], accounts bigint[], account_kinds text[], account_names text[], moved bigint[], funds text[],
    held_account bigint, held_change bigint,
    OUT ids bigint[], OUT is_new boolean
)
RETURNS record LANGUAGE plpgsql
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
    asked int := cardinality(keys);
    times timestamptz[];
    new_id bigint;
    new_time timestamptz;
    owners bigint[];  -- of the entries: the id of the transaction of each
    parts bigint[];  -- of the entries: how much is promotional money
    owned record;
    posted bigint;  -- on this account
    held bigint;
    promo bigint;
    has_entries boolean;
    has_funds boolean;
    available bigint;
    earners bigint[] := '{}';  -- what is to be added to which days, side by side
    days date[];
    earned_on bigint[];
    earned bigint[];
    summed bigint[] := '{}';  -- likewise to which quarter hours
    begins timestamptz[];
    sums bigint[];
    moment timestamptz;
    day date;
    brand bigint;
    last int;
BEGIN
    is_new := true;
    -- One by one: short statements of values cost less than one that has to take the arrays apart.
    FOR i IN 1 .. asked LOOP
        INSERT INTO ledger_transaction (
            kind, idempotency_key, fingerprint, customer_id, operator_id, brand_id, reference, currency, amount_minor,
            operator_minor, platform_minor, seconds, rate_minor, description, actor_id, reason, reverses_id
        )
        VALUES (
            kinds[i], keys[i], fingerprints[i], customers[i], operators[i], brands[i], refs[i], currencies[i], amounts[i],
            operator_amounts[i], platform_amounts[i], seconds[i], rates[i], descriptions[i], actors[i], reasons[i], reversed[i]
        )
        ON CONFLICT (idempotency_key) DO NOTHING
        RETURNING id, created_at INTO new_id, new_time;
        IF NOT FOUND THEN
            is_new := false;
            EXIT;
        END IF;
        ids[i] := new_id;
        times[i] := new_time;
    END LOOP;
    IF NOT is_new THEN
        SELECT array_agg(t.id ORDER BY b.n) INTO ids
          FROM unnest(keys, fingerprints) WITH ORDINALITY AS b(key, fingerprint, n)
          JOIN ledger_transaction t
            ON t.idempotency_key = b.key AND t.fingerprint = b.fingerprint AND t.id <> ALL (coalesce(ids, '{}'));
        IF coalesce(cardinality(ids), 0) < asked OR held_account IS NOT NULL THEN
            RAISE EXCEPTION 'an idempotency key was used before for something else' USING ERRCODE = 'AE409';
        END IF;
        RETURN;
    END IF;

    last := 0;
    FOR i IN 1 .. cardinality(moved) LOOP
        -- The trigger `has_entries` finds it at commit, where the caller's settings apply.
        IF numbers[i] <> last THEN
            last := last + 1;
            IF numbers[i] <> last THEN
                RAISE EXCEPTION 'a transaction has no entries' USING ERRCODE = 'AE422';
            END IF;
        END IF;
        owners[i] := ids[last];
        parts[i] := 0;
        IF accounts[i] IS NULL THEN
            accounts[i] := ledger_platform_account(account_kinds[i], account_names[i], currencies[last]);
        END IF;
    END LOOP;
    IF last <> asked THEN
        RAISE EXCEPTION 'a transaction has no entries' USING ERRCODE = 'AE422';
    END IF;

    -- Wallets before payables, each by id: the fixed order in which account rows are locked.
    FOR owned IN
        SELECT a.id, a.kind, a.operator_id,
               (SELECT (SELECT u.time_zone FROM customers_user u WHERE u.id = p.user_id)
                  FROM operators_operator p WHERE p.id = a.operator_id) AS time_zone
          FROM ledger_account a
         WHERE a.id = ANY (accounts || held_account) AND a.kind IN ('wallet', 'payable')
         ORDER BY a.kind DESC, a.id
    LOOP
        posted := 0;
        has_entries := false;
        has_funds := false;
        FOR i IN 1 .. cardinality(accounts) LOOP
            CONTINUE WHEN accounts[i] <> owned.id;
            has_entries := true;
            has_funds := has_funds OR funds[i] IS NOT NULL;
            posted := posted + moved[i];
            last := numbers[i];
            CONTINUE WHEN CASE owned.kind
                WHEN 'wallet' THEN kinds[last] NOT IN ('call', 'connect_fee', 'message', 'tip')
                ELSE kinds[last] IN ('payout', 'opening', 'payout_back', 'payout_fee', 'withholding', 'write_off')
                END;
            moment := date_bin('15 minutes', times[last], '1970-01-01 00:00+00');
            day := (times[last] AT TIME ZONE owned.time_zone)::date;
            brand := brands[last];
            IF brand IS NULL AND owned.kind = 'payable' THEN
                SELECT o.brand_id INTO brand FROM ledger_transaction o WHERE o.id = reversed[last];
            END IF;
            last := cardinality(summed);
            IF last > 0 AND summed[last] = owned.id AND begins[last] = moment THEN
                sums[last] := sums[last] + moved[i];
            ELSE
                summed[last + 1] := owned.id;
                begins[last + 1] := moment;
                sums[last + 1] := moved[i];
            END IF;
            CONTINUE WHEN owned.kind = 'wallet';
            last := cardinality(earners);
            IF last > 0 AND earners[last] = owned.operator_id AND days[last] = day
                AND earned_on[last] IS NOT DISTINCT FROM brand
            THEN
                earned[last] := earned[last] + moved[i];
            ELSE
                earners[last + 1] := owned.operator_id;
                days[last + 1] := day;
                earned_on[last + 1] := brand;
                earned[last + 1] := moved[i];
            END IF;
        END LOOP;
        held := CASE WHEN owned.id = held_account THEN held_change ELSE 0 END;
        CONTINUE WHEN held = 0 AND NOT has_entries;

        -- What frees at least as much as it takes always passes, so that an overdrawn wallet can still be settled;
        -- only a chargeback may go below zero, as far as the overdraft it was given (the CHECK stands behind).
        -- Of a wallet without promotional money none moves unless the entries say so.
        UPDATE ledger_account
           SET balance_minor = balance_minor + posted, held_minor = held_minor + held
         WHERE id = owned.id
           AND (owned.kind = 'payable'
                OR promo_minor = 0 AND NOT has_funds
                AND (posted >= held
                     OR balance_minor - held_minor + posted - held
                        >= CASE WHEN 'chargeback' = ANY (kinds) THEN -overdraft_minor ELSE 0 END));
        CONTINUE WHEN FOUND;

        promo := 0;
        IF has_entries THEN
            parts := ledger_promo_parts(
                (SELECT jsonb_agg(jsonb_build_object('kind', b.kind, 'reference', b.ref, 'reverses', b.reverses) ORDER BY b.n)
                   FROM unnest(kinds, refs, reversed) WITH ORDINALITY AS b(kind, ref, reverses, n)),
                owned.id, numbers, accounts, moved, funds, parts
            );
            SELECT sum(u.part) INTO promo FROM unnest(accounts, parts) AS u(account, part) WHERE u.account = owned.id;
        END IF;
        UPDATE ledger_account
           SET balance_minor = balance_minor + posted, held_minor = held_minor + held, promo_minor = promo_minor + promo
         WHERE id = owned.id
           AND (posted >= held
                OR balance_minor - held_minor + posted - held
                   >= CASE WHEN 'chargeback' = ANY (kinds) THEN -overdraft_minor ELSE 0 END);
        IF NOT FOUND THEN
            SELECT balance_minor - held_minor INTO available FROM ledger_account WHERE id = owned.id;
            RAISE EXCEPTION 'not enough money on account %', owned.id
                USING ERRCODE = 'AE402', DETAIL = format('%s %s', available, held - posted);
        END IF;
    END LOOP;
    IF asked = 0 THEN
        RETURN;
    END IF;

    INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, promo_minor)
    SELECT u.owner, u.account, u.amount, u.part FROM unnest(owners, accounts, moved, parts) AS u(owner, account, amount, part);

    -- After the payables are locked: the same order everywhere.
    FOR i IN 1 .. cardinality(earners) LOOP
        INSERT INTO operators_operatorday AS known
               (operator_id, brand_id, day, calls, seconds, chats, messages, earned_minor)
        VALUES (earners[i], earned_on[i], days[i], 0, 0, 0, 0, earned[i])
        ON CONFLICT (operator_id, day, brand_id) DO UPDATE
           SET earned_minor = known.earned_minor + excluded.earned_minor;
    END LOOP;
    FOR i IN 1 .. cardinality(summed) LOOP
        INSERT INTO ledger_accountquarterhour AS known (account_id, begins_at, amount_minor)
        VALUES (summed[i], begins[i], sums[i])
        ON CONFLICT (account_id, begins_at) DO UPDATE
           SET amount_minor = known.amount_minor + excluded.amount_minor;
    END LOOP;
END $$;
