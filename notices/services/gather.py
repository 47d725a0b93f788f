"""Queue one notice for several things that happen at about the same time, instead of one for each."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from brands.models import Brand
from core.db import transactional
from customers.models import User
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.services.outbox import cleaned_texts
from notices.states import NoticeKind, NoticeState

_PARTS = "parts"  # in the payload: what the notice is about so far


@transactional
def gather(
    kind: NoticeKind, *, recipient: User, brand: Brand, parts: Sequence[str], wait: timedelta,
    texts: Callable[[Sequence[str]], dict[str, Any]],
) -> Notice:  # fmt: skip
    """Add `parts` to the notice of this kind that still waits for this person, or queue one that waits for `wait`.

    `texts` says what the template shows for all parts together. Two callers at once for one recipient must be kept
    apart by a lock of their own (for money: the wallet's), or each writes a notice.
    """
    waiting = Notice.objects.select_for_update().filter(
        kind=kind, recipient=recipient, brand=brand, state=NoticeState.QUEUED, payload__has_key=_PARTS
    )
    notice = waiting.order_by("id").last()
    if notice is None:
        return enqueue(kind, recipient=recipient, brand=brand, wait=wait, parts=parts, **texts(parts))
    together = [*notice.payload[_PARTS], *parts]
    notice.payload = cleaned_texts({**texts(together), _PARTS: together})
    notice.save(update_fields=["payload"])
    return notice
