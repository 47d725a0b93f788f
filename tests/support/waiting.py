"""Who waits for a lock in the database of a test: others of the same server belong to other tests.

Not by pg_stat_activity, which shows the same throughout a transaction. Whoever waits for a row holds its table.
"""

WAITING = """
    SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT pid FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""
