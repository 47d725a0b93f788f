"""Tell a person something, in the caller's transaction. The one way in which the product sends mail.

The worker sends it right after the commit (`notices.services.send`); if the transaction rolls back, nothing is sent.
"""

from collections.abc import Sequence
from datetime import timedelta

from brands.models import Brand
from core import clock
from core.db import transactional
from customers.models import User
from notices.kinds import RULES
from notices.models import Notice
from notices.selectors import choices_of
from notices.services.digest import add_to_digest
from notices.services.outbox import write
from notices.services.page_notices import show_on_page
from notices.services.push import queue_pushes
from notices.states import Channel, NoticeKind, NoticeState, PreferenceGroup


@transactional
def enqueue(
    kind: NoticeKind, *, recipient: User | None = None, address: str = "", brand: Brand | None = None,
    key: str | None = None, wait: timedelta = timedelta(), **texts: str | Sequence[str],
) -> Notice:  # fmt: skip
    """Queue one notice to `recipient`, or to `address` where that is what counts (an address to be confirmed).

    It goes by the ways that the recipient chose for its kind. Without mail among them its row is written all the same, as
    `skipped`, so that its key counts.
    `brand`: whose name and look it has; none: the operators' portal. `key` names the event: a second notice with it is
    not written, and the first is returned. `wait`: it is sent after this, not at once. `texts`: what the template shows,
    as finished words (amounts and times formatted in the recipient's zone); they are erased once the notice was sent.
    """
    rules = RULES[kind]
    assert rules.is_for_owner or recipient is not None or address, "a notice goes to somebody"
    state, is_for_digest, choices = NoticeState.QUEUED, False, None
    if recipient is not None and rules.group not in (None, PreferenceGroup.RECEIPTS):
        choices = choices_of(recipient)
        is_for_digest = rules.can_wait and choices.settings.has_digest
        is_mailed = rules.is_mail_fixed or choices.is_on(rules.group, Channel.MAIL)
        state = NoticeState.QUEUED if is_mailed and not is_for_digest else NoticeState.SKIPPED
        is_for_digest = is_for_digest and is_mailed
    notice, is_new = write(
        kind, recipient=recipient, brand=brand, texts=texts, address=address, key=key, wait=wait, state=state
    )
    if is_new and is_for_digest:
        assert recipient is not None, "somebody chose the daily email"
        add_to_digest(notice, recipient, texts, at=clock.now())
    if is_new and recipient is not None and brand is not None and rules.words:
        show_on_page(notice, recipient, brand, texts)
    if is_new and recipient is not None and brand is not None and rules.lock_words:
        queue_pushes(notice, recipient, brand, texts, choices=choices or choices_of(recipient), wait=wait)
    return notice
