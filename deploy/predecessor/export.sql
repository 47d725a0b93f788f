-- Writes the four files that `manage.py import_predecessor` reads, from the tables of the system before (PostgreSQL).
--
--   mkdir moving && cd moving && psql "$PREDECESSOR_URL" -v ON_ERROR_STOP=1 -f ../deploy/predecessor/export.sql
--
-- It changes nothing (its views are temporary), and all four files are of one moment. Tables and columns are those of the predecessor's plan; where an
-- installation names one differently, change it here. docs/moving-in.md says what each column of the files means.
BEGIN ISOLATION LEVEL REPEATABLE READ;

CREATE TEMPORARY VIEW exported_customers AS
SELECT id, email, password_hash, balance, phone, date_of_birth AS born_on, site, email_verified AS email_confirmed,
       status = 'active' AS active, created_at::timestamptz AS created_at
  FROM customers;

-- What an operator has of all completed sales, less what was paid.
CREATE TEMPORARY VIEW exported_operators AS
SELECT o.id, o.email, o.password_hash, o.name, o.phone,
       coalesce(o.metadata->>'rate_per_minute', '3.99') AS rate_per_minute,
       coalesce(o.metadata->>'connect_fee', '0.99') AS connect_fee,
       coalesce(o.metadata->>'rate_per_message', '0.50') AS rate_per_message,
       coalesce((SELECT sum(CASE WHEN t.transaction_type = 'payout' THEN -t.amount ELSE t.operator_amount END)
                   FROM transactions t WHERE t.operator_id = o.id AND t.status = 'completed'), 0) AS owed,
       coalesce(o.metadata->>'sites', '') AS sites, o.email_verified AS email_confirmed, o.status = 'active' AS active
  FROM operators o;

CREATE TEMPORARY VIEW exported_free_minutes AS
SELECT id, customer_id, operator_id, minutes_granted - minutes_used AS minutes, expires_at::timestamptz AS expires_at
  FROM customer_free_minutes;

CREATE TEMPORARY VIEW exported_totals AS
SELECT 'customers' AS "table", (SELECT count(*) FROM customers) AS rows, (SELECT coalesce(sum(balance), 0) FROM customers) AS total
UNION ALL
SELECT 'operators', (SELECT count(*) FROM operators),
       (SELECT coalesce(sum(CASE WHEN t.transaction_type = 'payout' THEN -t.amount ELSE t.operator_amount END), 0)
          FROM transactions t WHERE t.operator_id IS NOT NULL AND t.status = 'completed')
UNION ALL
SELECT 'free_minutes', count(*), coalesce(sum(minutes_granted - minutes_used), 0) FROM customer_free_minutes;

\copy (SELECT * FROM exported_customers ORDER BY id) TO 'customers.csv' CSV HEADER
\copy (SELECT * FROM exported_operators ORDER BY id) TO 'operators.csv' CSV HEADER
\copy (SELECT * FROM exported_free_minutes ORDER BY id) TO 'free_minutes.csv' CSV HEADER
\copy (SELECT * FROM exported_totals) TO 'totals.csv' CSV HEADER

ROLLBACK;
