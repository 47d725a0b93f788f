-- Records what a customer agrees to, each once, at the time that the database has; what was agreed to before stays as it was.
-- Called by customers.services.agree: the role that serves may read consents, and adds to them through this function alone.
--
-- consents: a JSON array of {"customer", "kind", "version", "brand", "text", "address", "user_agent"}; ids, but for kind,
-- version, the network address (or null), and the browser.
CREATE OR REPLACE FUNCTION customers_record_consents(consents jsonb)
RETURNS void LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET pgtrigger.ignore = '{}'
AS $$
BEGIN
    INSERT INTO customers_consent (customer_id, kind, version, brand_id, text_id, address, user_agent)
    SELECT c.customer, c.kind, c.version, c.brand, c.text, c.address, c.user_agent
      FROM jsonb_to_recordset(consents)
           AS c(customer bigint, kind text, version text, brand bigint, text bigint, address inet, user_agent text)
    ON CONFLICT DO NOTHING;
END $$;
