"""Moving in from the system before: its people, what it owes them, their passwords and free minutes (docs/moving-in.md)."""
