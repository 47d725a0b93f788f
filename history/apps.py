"""App: what was changed on people, brands, rules, rights, and prices, from what to what."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "history"
    default_auto_field = "django.db.models.BigAutoField"
