"""Django app of what the three sites share."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, tell sockets of rights that end, and say where every site serves the pictures and greetings of operators."""
        from operators import pages
        from web import checks, socket_access  # noqa: F401

        socket_access.connect_signals()
        pages.PHOTO.register("photo")
        pages.GREETING.register("greeting")
