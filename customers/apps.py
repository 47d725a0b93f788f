"""App: who is this, and may they spend."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A new factor or password ends API tokens."""
        from customers import api_tokens  # noqa: F401
