"""The first design's settlement: a new connection for each event, statement by statement."""

import psycopg

from tools.bench.load import Work

TALKED_SECONDS = 323
TABLES = """
CREATE SCHEMA first_design;
CREATE TABLE first_design.calls (id bigserial PRIMARY KEY, call_id text UNIQUE, customer_id bigint, operator_id bigint, status text,
    duration_seconds float, free_minutes_used int, ended_at timestamptz);
CREATE TABLE first_design.transactions (id bigserial PRIMARY KEY, call_id bigint, customer_id bigint, operator_id bigint,
    transaction_type text, amount numeric(10,2), operator_amount numeric(10,2), platform_amount numeric(10,2),
    minutes int, rate_per_minute numeric(10,2), description text, status text);
"""


def make_tables(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)


def calls(url: str, prefix: str, count: int) -> list[str]:
    """Calls that are about to end."""
    ids = [f"{prefix}{n}" for n in range(count)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO first_design.calls (call_id, customer_id, operator_id, status)"
            " VALUES (%s, %s, %s, 'answered')",
            [(call_id, n, n) for n, call_id in enumerate(ids)],
        )
    return ids


def settle(url: str) -> Work:
    def work(call_id: str) -> None:
        connection = psycopg.connect(url)
        cursor = connection.cursor()
        cursor.execute(
            "SELECT id, operator_id, customer_id FROM first_design.calls WHERE call_id = %s", [call_id]
        )
        row = cursor.fetchone()
        assert row
        cursor.execute(
            "UPDATE first_design.calls SET status = 'ended', duration_seconds = %s, free_minutes_used = 0,"
            " ended_at = CURRENT_TIMESTAMP WHERE id = %s",
            [TALKED_SECONDS, row[0]],
        )
        cursor.execute(
            "INSERT INTO first_design.transactions (call_id, customer_id, operator_id, transaction_type, amount,"
            " operator_amount, platform_amount, minutes, rate_per_minute, description, status)"
            " VALUES (%s, %s, %s, 'call', 23.94, 19.15, 4.79, 6, 3.99, 'Call charges', 'completed')",
            [row[0], row[2], row[1]],
        )
        connection.commit()
        connection.close()

    return work
