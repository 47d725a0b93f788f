-- Records what somebody said about SMS to a number. Called by messaging.services.record_consent: the role that serves may read
-- consents, and adds to them through this function alone.
CREATE OR REPLACE FUNCTION messaging_record_consent(
    phone_number bigint, action text, source text, said text, our_number text, sid text, actor bigint, at timestamptz
)
RETURNS SETOF messaging_smsconsent LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    INSERT INTO messaging_smsconsent (phone_number_id, action, source, said, our_number, sid, actor_id, created_at)
    VALUES (messaging_record_consent.phone_number, messaging_record_consent.action, messaging_record_consent.source,
            messaging_record_consent.said, messaging_record_consent.our_number, messaging_record_consent.sid,
            messaging_record_consent.actor, messaging_record_consent.at)
    RETURNING *;
END $$;
