"""Card processors, each behind the one interface of `base.py`. A new one is a package here, and no line of a list.

The name of the package is the processor's in merchant accounts, in the ledger, and in the address of its webhook;
`NameGateway` in its module `gateway` is the class.
"""

import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:  # a processor may be a Django app, which is imported before there are models
    from billing.gateways.base import Gateway

SANDBOX = "sandbox"

# Name → the class. Loaded when first used.
GATEWAYS = {
    module.name: f"{__name__}.{module.name}.gateway.{module.name.title().replace('_', '')}Gateway"
    for module in pkgutil.iter_modules(__path__)
    if module.ispkg and not (module.name == SANDBOX and settings.IS_PRODUCTION)
}


@cache
def gateway_named(name: str) -> "Gateway":
    """The processor of this name. Raises KeyError."""
    gateway: type[Gateway] = import_string(GATEWAYS[name])
    return gateway(name)
