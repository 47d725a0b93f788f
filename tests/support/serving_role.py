"""In which role the tests' own connections work: the owner logs in, makes the database, and takes on the role that serves."""

from typing import Any

from django.db import connection

_OF_SERVING = ("server_side_binding", "prepare_threshold", "cursor_factory")
_kept: dict[str, Any] = {}  # the options that the owner's connection has not


def use_owner() -> None:
    """Until `use_serving_role`: every connection is the owner's."""
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    _kept.update({name: options[name] for name in _OF_SERVING if name in options})
    connection.settings_dict |= connection.settings_dict["ROLES"]["owner"]


def use_serving_role() -> None:
    """From now on every connection is one of the role that serves; `tests.support.database_owner` steps out of it."""
    use_owner()
    serving = connection.settings_dict["ROLES"]["serving"]["USER"]
    options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = options | _kept | {"assume_role": serving}
