"""Mail the head of the ledger's seals to the owner: what has left in a mail cannot be rewritten with the books."""

from django.conf import settings

from billing.ledger.heads import newest_seal
from core.db import transactional
from notices.services.enqueue import enqueue
from notices.states import NoticeKind


@transactional
def mail_ledger_head() -> bool:
    """Queue the newest seal's digest to `OWNER_EMAIL`, each seal once; whether there was one to send."""
    seal = newest_seal()
    if seal is None or not settings.OWNER_EMAILS:
        return False
    enqueue(
        NoticeKind.LEDGER_HEAD,
        key=f"ledger_head:{seal.number}",
        number=str(seal.number),
        last=str(seal.last_id),
        digest=bytes(seal.digest).hex(),
        sealed_at=f"{seal.sealed_at:%Y-%m-%d %H:%M:%S} UTC",
    )
    return True
