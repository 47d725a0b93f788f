"""Sessions in the database, encrypted: while somebody sets up a second factor, their session holds its seed."""

from typing import Any

from django.contrib.sessions.backends import db

from core import encryption


class SessionStore(db.SessionStore):
    """Django's, with its text as a token. Sessions from before there was encryption are read, and encrypted when they change."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return encryption.encrypt(super().encode(session_dict))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """What the session holds; nothing, as for an altered one, if its key is gone: then its owner logs in anew."""
        if isinstance(session_data, str) and encryption.is_encrypted(session_data):
            try:
                session_data = encryption.decrypt(session_data)
            except encryption.InvalidToken:
                return {}
        return super().decode(session_data)
