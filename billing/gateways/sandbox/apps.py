"""The sandbox processor: an app of its own, as its records are not ours."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "billing.gateways.sandbox"
    label = "sandbox"
    verbose_name = "Sandbox processor"
