"""The books: double entry, append-only, guarded by the database. Knows nothing of calls or prices."""
