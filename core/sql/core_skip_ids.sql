-- Leaves out the next ids of every table: after a restore, those that were given out since must not be given out again. Called by
-- backoffice.services.reconcile_after_restore. Returns how many sequences it moved; one that is half used up already stays.
CREATE OR REPLACE FUNCTION core_skip_ids(skipped int)
RETURNS int LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    numbering record;
    moved int := 0;
BEGIN
    IF skipped NOT BETWEEN 1 AND 100000000 THEN
        RAISE EXCEPTION 'between 1 and 100000000 ids' USING ERRCODE = '22023';
    END IF;
    FOR numbering IN
        SELECT format('%I.%I', schemaname, sequencename) AS name, coalesce(last_value, 0) AS last, max_value
          FROM pg_sequences WHERE schemaname = 'public'
    LOOP
        CONTINUE WHEN numbering.last + skipped > numbering.max_value / 2;
        PERFORM setval(numbering.name::regclass, numbering.last + skipped);
        moved := moved + 1;
    END LOOP;
    RETURN moved;
END $$;
