"""Backups: of the database by pgBackRest, of the adapter's journal and Asterisk's record beside them; how old they are."""
