"""Checks of free minutes: every second is in one place, and that place agrees with the calls that have it."""

from billing.auditing.findings import Check, by_query

_RECENT = """(
    %(all)s OR p.granted_at >= %(since)s OR p.id IN (
        SELECT r.package_id FROM billing_reservation r JOIN billing_authorization a ON a.id = r.authorization_id
         WHERE a.state = 'open' OR a.settled_at >= %(since)s
    )
)"""

_PLACES = f"""
SELECT p.id, p.seconds_granted,
       p.seconds_remaining + p.seconds_reserved + p.seconds_used + p.seconds_expired
  FROM billing_freeminutespackage p
 WHERE {_RECENT}
   AND (p.seconds_granted <> p.seconds_remaining + p.seconds_reserved + p.seconds_used + p.seconds_expired
        OR least(p.seconds_remaining, p.seconds_reserved, p.seconds_used, p.seconds_expired) < 0)
"""  # noqa: S608 (a constant of ours)

_KEPT = f"""
SELECT p.id, format('%%s reserved, %%s used', coalesce(kept.reserved, 0), coalesce(kept.used, 0)),
       format('%%s reserved, %%s used', p.seconds_reserved, p.seconds_used)
  FROM billing_freeminutespackage p
 CROSS JOIN LATERAL (
    SELECT sum(r.seconds) FILTER (WHERE a.state = 'open') AS reserved,
           sum(r.used_seconds) FILTER (WHERE a.state <> 'open') AS used
      FROM billing_reservation r JOIN billing_authorization a ON a.id = r.authorization_id
     WHERE r.package_id = p.id
 ) AS kept
 WHERE {_RECENT}
   AND (p.seconds_reserved <> coalesce(kept.reserved, 0) OR p.seconds_used <> coalesce(kept.used, 0))
"""  # noqa: S608 (a constant of ours)

# A correction may have taken the first reservation away; the terms stay as they were frozen.
_COVERS = f"""
SELECT a.id, CASE WHEN p.covers_fee THEN r.funded_by ELSE '' END, a.fee_covered_by
  FROM billing_freeminutespackage p
  JOIN billing_reservation r ON r.package_id = p.id AND r."order" = 1
  JOIN billing_authorization a ON a.id = r.authorization_id
 WHERE {_RECENT}
   AND a.fee_covered_by <> CASE WHEN p.covers_fee THEN r.funded_by ELSE '' END
"""  # noqa: S608 (a constant of ours)

_COVERED = """
SELECT a.id, 'free minutes that cover the fee', 'none'
  FROM billing_authorization a
 WHERE (%(all)s OR a.state = 'open' OR a.settled_at >= %(since)s)
   AND a.fee_covered_by <> ''
   AND a.free_reserved_seconds > 0
   AND NOT EXISTS (SELECT FROM billing_reservation r WHERE r.authorization_id = a.id)
"""

CHECKS: list[Check] = [
    by_query("package_adds_up", "billing.freeminutespackage", _PLACES),
    by_query("package_agrees_with_its_calls", "billing.freeminutespackage", _KEPT),
    by_query("fee_is_covered_by_its_first_package", "billing.authorization", _COVERS),
    by_query("covered_fee_has_free_minutes", "billing.authorization", _COVERED),
]
