"""App: what has no domain word."""

from django.apps import AppConfig

from core import kept_connections, literal_lookups, server_binding

literal_lookups.register()  # before any app's models, some of which make queries when they are loaded
server_binding.register()  # before Django copies psycopg's adapters
kept_connections.register()


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The API document's extensions and the checks of SQL functions and of the role that serves."""
        from core import database_roles, openapi, sql_functions  # noqa: F401
