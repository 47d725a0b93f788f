-- What a customer with this ZIP code ('': unknown) pays tax at on this brand on this day; NULL where nothing is taxed.
-- Called by billing.tax_terms, also within other queries, so that a quote or a budget needs no query of its own for it.
--
-- {"jurisdiction", "is_included", "voice_millionths", "text_millionths", "fee_millionths"}, and "tip_millionths" where tips are
-- taxed: processes of the release before take no other key.
CREATE OR REPLACE FUNCTION billing_tax_terms(zip text, brand bigint, day date)
RETURNS jsonb LANGUAGE sql
STABLE
AS $$
    SELECT jsonb_build_object(
               'jurisdiction', place.code,
               'is_included', place.is_included,
               'voice_millionths', r.voice_millionths,
               'text_millionths', r.text_millionths,
               'fee_millionths', r.fee_millionths
           ) || CASE
               WHEN r.tip_millionths > 0 THEN jsonb_build_object('tip_millionths', r.tip_millionths)
               ELSE '{}'
           END
      FROM (
        SELECT j.id, j.code, site.is_included
          FROM (
            SELECT coalesce(nullif(billing_tax_terms.zip, ''), max(b.home_zip)) AS zip,
                   coalesce(bool_or(b.is_included), false) AS is_included
              FROM billing_brandtax b
             WHERE b.brand_id = billing_tax_terms.brand
          ) AS site
          JOIN billing_taxzip z ON z.prefix = ANY (ARRAY[
                   left(site.zip, 1), left(site.zip, 2), left(site.zip, 3), left(site.zip, 4), left(site.zip, 5)
               ])
          JOIN billing_taxjurisdiction j ON j.id = z.jurisdiction_id
         ORDER BY length(z.prefix) DESC
         LIMIT 1
      ) AS place
      JOIN billing_taxrate r ON r.jurisdiction_id = place.id
     WHERE r.starts_on <= billing_tax_terms.day AND (r.ends_on IS NULL OR r.ends_on >= billing_tax_terms.day);
$$;
