-- Ends a call in one turn: settles it, counts it, frees its operator, and writes the call and the event that reported its end. What
-- is written was decided before, by telephony.services.end_call, which calls this; the call's row is locked. Order of locks: those
-- of billing_end_authorization, the counters, the operator.
--
-- authorization_id to funds: the arguments of billing_end_authorization; all null where the authorization was over before. If the
--           grant has changed, nothing is done at all and is_done is false.
-- ended: columns of telephony_call after the end, with its id.
-- counted: {"customer", "operator", "brand", "day", "at", "seconds"}; null for a call that was never joined.
-- released: columns of operators_operator after the end, with its id and `version`, the xmin of the row that this was decided by.
--           If the row has changed since, or this is null, it is left alone and availability_rank is null: the caller frees the
--           operator under a lock.
-- reported: columns of telephony_callevent; null where no event reported the end.
CREATE OR REPLACE FUNCTION telephony_finish_call(
    authorization_id bigint, granted int, held bigint, used int[],
    new_state text, joined bigint, charged int, billable int, free_used int, talk bigint, fee bigint, operator bigint,
    platform bigint, promo bigint, parts jsonb, settled timestamptz,
    kinds text[], keys text[], fingerprints bytea[], customers bigint[], operators bigint[], brands bigint[], refs text[],
    currencies text[], amounts bigint[], operator_amounts bigint[], platform_amounts bigint[], seconds bigint[], rates bigint[],
    descriptions text[], actors bigint[], reasons text[], reversed bigint[],
    numbers int[], accounts bigint[], account_kinds text[], account_names text[], moved bigint[], funds text[],
    ended jsonb, counted jsonb, released jsonb, reported jsonb
)
RETURNS TABLE (is_done boolean, availability_rank smallint) LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
-- Everything here goes by key: planning anew costs half of the time, and a plan made while the tables were small would
-- read all of them when they are large.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    -- Rows made of the JSON by themselves: a statement that joins what it is made of takes longer to start than to run.
    call telephony_call;
    free operators_operator;
    event telephony_callevent;
    new_rank smallint;
BEGIN
    IF authorization_id IS NOT NULL AND NOT billing_end_authorization(
        authorization_id, granted, held, used, new_state, joined, charged, billable, free_used, talk, fee, operator,
        platform, promo, parts, settled, kinds, keys, fingerprints, customers, operators, brands, refs, currencies,
        amounts, operator_amounts, platform_amounts, seconds, rates, descriptions, actors, reasons, reversed, numbers,
        accounts, account_kinds, account_names, moved, funds
    ) THEN
        RETURN QUERY SELECT false, NULL::smallint;
        RETURN;
    END IF;

    IF counted IS NOT NULL THEN
        PERFORM operators_count_activity(
            (counted->>'customer')::bigint, (counted->>'operator')::bigint, (counted->>'brand')::bigint,
            (counted->>'day')::date, (counted->>'at')::timestamptz, 1, (counted->>'seconds')::int, 0, 0
        );
    END IF;

    call := jsonb_populate_record(NULL::telephony_call, ended);
    UPDATE telephony_call c
       SET idempotency_key = call.idempotency_key, status = call.status, end_reason = call.end_reason,
           ended_by = call.ended_by, sequence = call.sequence, node = call.node, joined_at = call.joined_at,
           left_at = call.left_at, ended_at = call.ended_at, heard_at = call.heard_at,
           known_joined_ms = call.known_joined_ms, joined_ms = call.joined_ms, charged_seconds = call.charged_seconds,
           needs_review = call.needs_review
     WHERE c.id = call.id;

    IF released IS NOT NULL THEN
        free := jsonb_populate_record(NULL::operators_operator, released);
        UPDATE operators_operator o
           SET in_call = free.in_call, missed_in_row = free.missed_in_row, wrap_up_until = free.wrap_up_until,
               online_until = free.online_until, presence = free.presence, presence_since = free.presence_since,
               away_reason = free.away_reason, offline_after_call = free.offline_after_call
         WHERE o.id = free.id AND o.xmin::text = released->>'version'
        RETURNING o.availability_rank INTO new_rank;
    END IF;

    IF reported IS NOT NULL THEN
        event := jsonb_populate_record(NULL::telephony_callevent, reported);
        INSERT INTO telephony_callevent (event_id, call_id, sequence, state, ts, metadata, session_id, answer)
        VALUES (
            event.event_id, event.call_id, event.sequence, event.state, event.ts, event.metadata, event.session_id, event.answer
        );
    END IF;
    RETURN QUERY SELECT true, new_rank;
END $$;
