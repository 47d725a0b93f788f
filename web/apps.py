"""App: what the three sites share."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "web"

    def ready(self) -> None:
        """Registers the checks."""
        from web import checks  # noqa: F401
