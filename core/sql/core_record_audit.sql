-- Writes who did what to whom, and why, at the time that the database has. Called by core.audit: the role that serves may read
-- the record, and adds to it through this function alone.
CREATE OR REPLACE FUNCTION core_record_audit(actor bigint, action text, subject text, reason text, details jsonb)
RETURNS SETOF core_auditrecord LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    INSERT INTO core_auditrecord (actor_id, action, subject, reason, details)
    VALUES (core_record_audit.actor, core_record_audit.action, core_record_audit.subject, core_record_audit.reason,
            core_record_audit.details)
    RETURNING *;
END $$;
