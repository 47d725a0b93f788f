"""Sessions in the database, encrypted: while somebody sets up a second factor, their session holds its seed.

A session with `IDLE_KEY` ends so many seconds after it was last written; the cookie lasts until its last end.
"""

from typing import Any

from django.contrib.sessions.backends import db

from core import encryption

IDLE_KEY = "_idle_seconds"
ENDS_KEY = "_ends_at"  # seconds since 1970: its last end (`aeims.session_lifetimes`)


class SessionStore(db.SessionStore):
    """Django's, with its text as a token. Sessions from before there was encryption are read, and encrypted when they change."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return encryption.encrypt(super().encode(session_dict))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Django's row, which expires when nothing happens."""
        row = super().create_model_instance(data)
        if idle_seconds := data.get(IDLE_KEY):
            row.expire_date = min(row.expire_date, self.get_expiry_date(expiry=idle_seconds))
        return row

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """What the session holds; nothing, as for an altered one, if its key is gone: then its owner logs in anew."""
        if isinstance(session_data, str) and encryption.is_encrypted(session_data):
            try:
                session_data = encryption.decrypt(session_data)
            except encryption.InvalidToken:
                return {}
        return super().decode(session_data)
