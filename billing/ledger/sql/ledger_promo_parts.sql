-- How much of each entry on one wallet is promotional money: `parts` with that filled in. Locks the wallet. Called by ledger_post,
-- which says what `batch` and `funds` are; `numbers`, `accounts`, `amounts`, `funds` and `parts` are its entries side by side,
-- and `numbers` says which transaction of the batch each belongs to. Entries follow each other in their order.
--
-- Errors: AE402 there is less paid money than is to be taken (detail: available and needed, in minor units).
CREATE OR REPLACE FUNCTION ledger_promo_parts(
    batch jsonb, wallet bigint, numbers int[], accounts bigint[], amounts bigint[], funds text[], parts bigint[]
)
RETURNS bigint[] LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    balance bigint;
    promo bigint;
    promo_after bigint;
    body jsonb;
    charged bigint;  -- so far, under the reference
    charged_promo bigint;
BEGIN
    SELECT balance_minor, promo_minor INTO balance, promo FROM ledger_account WHERE id = wallet FOR UPDATE;
    FOR i IN 1 .. cardinality(accounts) LOOP
        CONTINUE WHEN accounts[i] <> wallet;
        balance := balance + amounts[i];
        CASE coalesce(funds[i], CASE WHEN amounts[i] < 0 THEN 'promo' ELSE 'paid' END)
        WHEN 'promo' THEN
            promo_after := greatest(promo + amounts[i], 0);
        WHEN 'paid' THEN
            promo_after := promo;
            IF amounts[i] < 0 AND balance < promo AND NOT batch @> '[{"kind": "chargeback"}]' THEN
                RAISE EXCEPTION 'not enough paid money on account %', wallet
                    USING ERRCODE = 'AE402', DETAIL = format('%s %s', balance - amounts[i] - promo, -amounts[i]);
            END IF;
        WHEN 'restore' THEN
            body := batch->(numbers[i] - 1);
            IF amounts[i] > 0 AND body->>'reference' <> '' THEN
                SELECT -coalesce(sum(e.amount_minor), 0), -coalesce(sum(e.promo_minor), 0) INTO charged, charged_promo
                  FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
                 WHERE t.reference = body->>'reference' AND t.reference <> '' AND e.account_id = wallet;
                SELECT charged - coalesce(sum(u.amount), 0), charged_promo - coalesce(sum(u.part), 0)
                  INTO charged, charged_promo
                  FROM unnest(numbers[:i - 1], accounts[:i - 1], amounts[:i - 1], parts[:i - 1])
                       AS u(number, account, amount, part)
                 WHERE u.account = wallet AND batch->(u.number - 1)->>'reference' = body->>'reference';
                promo_after := promo
                    + least(greatest(charged_promo - greatest(charged - amounts[i], 0), 0), amounts[i]);
            ELSE
                SELECT promo - coalesce(sum(e.promo_minor), 0) INTO promo_after
                  FROM ledger_entry e
                 WHERE e.transaction_id = (body->>'reverses')::bigint AND e.account_id = wallet;
                promo_after := greatest(promo_after, 0);
            END IF;
        END CASE;
        promo_after := least(promo_after, greatest(balance, 0));
        parts[i] := promo_after - promo;
        promo := promo_after;
    END LOOP;
    RETURN parts;
END $$;
