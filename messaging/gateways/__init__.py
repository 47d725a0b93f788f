"""Providers of SMS, each behind the one interface of `base.py`. A new provider is a module or package here, and no line of a list.

The name of the module is the provider's in SMS_GATEWAY and in the addresses of the webhooks; `NameGateway` in it is the class.
A provider reads its own settings from the environment, as it declares them; their names begin with its own.
"""

import pkgutil
from functools import cache

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from core.environment import Environment
from messaging.gateways.base import Gateway

_NO_PROVIDERS = {"base"}

# Name → the class. Loaded when first used, as webhooks use services.
GATEWAYS = {
    module.name: f"{__name__}.{module.name}.{module.name.title().replace('_', '')}Gateway"
    for module in pkgutil.iter_modules(__path__)
    if module.name not in _NO_PROVIDERS
}

_env = Environment()


def sending_gateway_name() -> str:
    """The name of the provider that our SMS go out by."""
    return str(_env("SMS_GATEWAY", default="twilio"))


def sending_gateway() -> Gateway:
    """The provider that our SMS go out by. Raises ImproperlyConfigured."""
    name = sending_gateway_name()
    if name not in GATEWAYS:
        raise ImproperlyConfigured(f"SMS_GATEWAY is {name!r}: {', '.join(GATEWAYS)}.")
    return gateway_named(name)


@cache
def gateway_named(name: str) -> Gateway:
    """The provider of this name. Raises KeyError."""
    gateway = import_string(GATEWAYS[name])
    assert issubclass(gateway, Gateway)
    return gateway(name)
