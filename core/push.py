"""Messages to websocket groups, sent after commit. They say what changed, never carry private text.

A message is small (NOTIFY takes 8 kB): either a snapshot or an id to fetch. Losing one is harmless, for every
client fetches the state when it connects; so a broken channel layer is logged and breaks nothing else.
"""

import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from core.channel_layer import NotifyChannelLayer

log = logging.getLogger(__name__)


def after_commit(group: str, make_message: Callable[[], dict[str, Any]]) -> None:
    """When the current transaction has committed, send `make_message()` to `group`.

    The message is made after the commit, so that it shows what others can read. Its `type` names the
    consumer's method.
    """
    transaction.on_commit(lambda: _send(group, make_message))


def _send(group: str, make_message: Callable[[], dict[str, Any]]) -> None:
    try:
        layer, message = get_channel_layer(), make_message()
        if isinstance(layer, NotifyChannelLayer):
            layer.group_send_now(group, message)
        else:
            async_to_sync(layer.group_send)(group, message)
    except Exception:
        log.exception("push to %s failed", group.split(".")[0])
