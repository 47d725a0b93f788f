"""Checks of card payments: the books hold of each what its row says, and what is on its way to cards is what was sent."""

from billing.auditing.findings import Check, by_query

# What the processor owes us for each payment, and what was credited for it.
_IN_THE_BOOKS = """
SELECT p.id,
       format('captured %%s, with the processor %%s', p.captured_minor,
              p.captured_minor - p.refunded_minor - p.charged_back_minor + p.won_back_minor),
       format('captured %%s, with the processor %%s', booked.captured, booked.receivable)
  FROM billing_payment p
  JOIN billing_merchantaccount m ON m.id = p.merchant_account_id
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.amount_minor) FILTER (WHERE t.kind = 'top_up' AND a.kind = 'wallet'), 0) AS captured,
           coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind = 'processor'), 0) AS receivable
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id
     WHERE t.reference = m.gateway || ':' || p.public_id
 ) AS booked
 WHERE (%(all)s OR p.changed_at >= %(since)s)
   AND (booked.captured, booked.receivable)
       <> (p.captured_minor, p.captured_minor - p.refunded_minor - p.charged_back_minor + p.won_back_minor)
"""

# Each top-up from a processor is that of a payment.
_OF_A_PAYMENT = """
SELECT t.id, 'a payment of customer ' || t.customer_id, t.reference
  FROM ledger_transaction t
 WHERE t.id >= %(first)s AND t.kind IN ('top_up', 'chargeback', 'pay_back')
   AND EXISTS (SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                WHERE e.transaction_id = t.id AND a.kind = 'processor')
   AND NOT EXISTS (SELECT FROM billing_payment p JOIN billing_merchantaccount m ON m.id = p.merchant_account_id
                    WHERE t.reference = m.gateway || ':' || p.public_id AND p.customer_id = t.customer_id)
"""

_IN_TRANSIT = """
SELECT a.id, coalesce(sent.minor, 0), booked.minor
  FROM ledger_account a
 CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount_minor), 0) AS minor FROM ledger_entry e WHERE e.account_id = a.id) AS booked
 CROSS JOIN LATERAL (
    SELECT sum(b.amount_minor) AS minor FROM billing_payback b JOIN billing_payment p ON p.id = b.payment_id
     WHERE b.state = 'in_transit' AND p.currency = a.currency
 ) AS sent
 WHERE a.kind = 'in_transit' AND coalesce(sent.minor, 0) <> booked.minor
"""

CHECKS: list[Check] = [
    by_query("payment_is_in_the_books", "billing.payment", _IN_THE_BOOKS),
    by_query("card_money_is_of_a_payment", "ledger.transaction", _OF_A_PAYMENT),
    by_query("in_transit_is_what_was_sent", "ledger.account", _IN_TRANSIT),
]
