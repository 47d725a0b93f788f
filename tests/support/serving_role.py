"""In which role the tests' own connections work: the owner logs in, makes the database, and takes on the role that serves."""

from django.db import connection


def use_owner() -> None:
    """Until `use_serving_role`: every connection is the owner's."""
    connection.close()
    connection.settings_dict |= connection.settings_dict["ROLES"]["owner"]


def use_serving_role() -> None:
    """From now on every connection is one of the role that serves; `tests.support.database_owner` steps out of it."""
    use_owner()
    serving = connection.settings_dict["ROLES"]["serving"]["USER"]
    connection.settings_dict["OPTIONS"] = connection.settings_dict["OPTIONS"] | {"assume_role": serving}
