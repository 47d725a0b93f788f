-- Adds what happened to the counters of both parties: their interaction, the brand's contacts, and the operator's day, which is
-- that of the operator's calendar. Called by operators.services.count_activity and telephony_end_call. What was earned is added
-- to the same day by ledger_roll_up.
CREATE OR REPLACE FUNCTION operators_count_activity(
    customer bigint, operator bigint, brand bigint, on_day date, happened_at timestamptz,
    new_calls int, new_seconds int, new_chats int, new_messages int
)
RETURNS void LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
-- Everything here goes by key: planning anew would cost half of the time.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    INSERT INTO operators_interaction AS known
           (customer_id, operator_id, calls, chats, messages, seconds, last_at)
    VALUES (customer, operator, new_calls, new_chats, new_messages, new_seconds, happened_at)
    ON CONFLICT (customer_id, operator_id) DO UPDATE
       SET calls = known.calls + excluded.calls,
           chats = known.chats + excluded.chats,
           messages = known.messages + excluded.messages,
           seconds = known.seconds + excluded.seconds,
           last_at = greatest(known.last_at, excluded.last_at);

    INSERT INTO operators_brandcontact AS known (operator_id, brand_id, customer_id, contacts)
    VALUES (operator, brand, customer, new_calls + new_chats)
    ON CONFLICT (operator_id, brand_id, customer_id) DO UPDATE
       SET contacts = known.contacts + excluded.contacts;

    INSERT INTO operators_operatorday AS known
           (operator_id, brand_id, day, calls, seconds, chats, messages, earned_minor)
    VALUES (operator, brand, on_day, new_calls, new_seconds, new_chats, new_messages, 0)
    ON CONFLICT (operator_id, day, brand_id) DO UPDATE
       SET calls = known.calls + excluded.calls,
           seconds = known.seconds + excluded.seconds,
           chats = known.chats + excluded.chats,
           messages = known.messages + excluded.messages;
END $$;
