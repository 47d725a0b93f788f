"""App: conversations."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to billing: pages show what was given back, whoever did it."""
        from messaging import push  # noqa: F401
