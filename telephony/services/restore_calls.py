"""After the database was restored: every call that the adapter's journal knows and the books don't, by time, each once.

A call that the books know as running is ended by the adapter's record, with what it was granted meanwhile. One that they
have never seen is rebuilt from the terms that its plan carried. Both are billed where every call is (`end_call`). What a wallet
can't pay, the platform bears. Running it again changes nothing: a call that is over in the books is left alone.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from billing.models import Authorization
from billing.services.restore_authorization import bear_shortfall, raise_grant, restore_authorization
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import DomainError, Unavailable
from customers.models import Customer, CustomerPhone
from operators.models import Operator
from telephony import adapter_client, wire
from telephony.events import Ended
from telephony.models import Call
from telephony.sealed_terms import SealedTerms, Unreadable, read_sealed_terms
from telephony.services.handle_event import handle_event, joined_ms_of
from telephony.services.initiate import DIAL_WITHIN

log = logging.getLogger(__name__)


class Restored(StrEnum):
    """What became of a call of the journal."""

    KNOWN = "known"  # the books had its end already
    RUNNING = "running"  # it goes on
    ENDED = "ended"  # it ran by the books; now it has ended
    REBUILT = "rebuilt"  # the books had never seen it
    LEFT = "left"  # nothing could be done; `why` says why


@dataclass(frozen=True, slots=True)
class RestoredCall:
    """One call. Amounts in minor units: what was charged for it now, and what of that the platform bears."""

    call_id: str
    what: Restored
    why: str = ""
    charged_minor: int = 0
    uncollected_minor: int = 0


def restore_calls(*, since: datetime) -> Iterator[RestoredCall]:
    """Bring the books up to the adapter's journal, for calls that ran at `since` or later. Raises Unavailable."""
    seconds = max(1, int((clock.now() - since).total_seconds()) + 1)
    for row, node in _journal(seconds):
        call_id = str(row.get("call_id"))
        try:
            yield _restore(call_id, row, node)
        except (DomainError, Unreadable, wire.WireError) as error:
            yield RestoredCall(call_id, Restored.LEFT, str(error))
        except Exception as error:
            log.exception("%s could not be restored", call_id)
            yield RestoredCall(call_id, Restored.LEFT, type(error).__name__)


def _journal(seconds: int) -> Iterator[tuple[dict[str, Any], str]]:
    """The rows of the adapter's journal in the order of time, and whose it is."""
    after = ""
    while True:
        try:
            answer = adapter_client.journal(seconds, after=after)
        except (adapter_client.Refused, adapter_client.Unknown):
            raise Unavailable("The adapter does not answer.", code="phone_system_unavailable") from None
        if not answer.is_ok:
            why = "is of a version without this" if answer.status == 404 else answer.error
            raise Unavailable(f"The adapter does not tell its journal: it {why}.", code="no_journal")
        rows = answer.body.get("calls") or []
        yield from ((row, str(answer.body.get("node", ""))[:60]) for row in rows)
        if not rows or not answer.body.get("more"):
            return
        after = str(rows[-1]["call_id"])


def _restore(call_id: str, row: dict[str, Any], node: str) -> RestoredCall:
    known = Call.objects.filter(call_id=call_id).first()
    if known is not None and not known.is_live:
        return RestoredCall(call_id, Restored.KNOWN)
    if not row.get("is_over") or row.get("ending") is None:
        return RestoredCall(call_id, Restored.RUNNING)
    event = wire.parse_event(json.dumps(row["ending"]).encode())
    if event.call_id != call_id:
        raise Unreadable("its end is that of another call")
    if known is not None:
        return _end(known, int(row["granted_seconds"]), event)
    if not row.get("sealed"):
        raise Unreadable("its plan carried no terms: it was made by an older version")
    sealed = read_sealed_terms(str(row["sealed"]))
    if sealed.call_id != call_id or sealed.terms.reference != call_id:
        raise Unreadable("its terms are those of another call")
    return _rebuild(sealed, node, int(row["granted_seconds"]), event)


@transactional
def _end(known: Call, granted_seconds: int, event: wire.CallEvent) -> RestoredCall:
    call = Call.objects.locked().get(pk=known.pk)
    if not call.is_live:
        return RestoredCall(call.call_id, Restored.KNOWN)
    return _billed(call, Restored.ENDED, granted_seconds, event)


@transactional
def _rebuild(sealed: SealedTerms, node: str, granted_seconds: int, event: wire.CallEvent) -> RestoredCall:
    terms = sealed.terms
    _require_people(sealed)
    phones, calls = CustomerPhone.objects, Call.objects.filter(customer=terms.customer_id)
    is_key_used = calls.filter(idempotency_key=sealed.idempotency_key or "").exists()
    call = Call.objects.create(
        call_id=sealed.call_id,
        customer_id=terms.customer_id,
        operator_id=terms.operator_id,
        brand_id=terms.brand_id,
        customer_phone=phones.filter(pk=sealed.customer_phone_id or 0, customer=terms.customer_id).first(),
        authorization=restore_authorization(terms, issued_at=sealed.initiated_at),
        idempotency_key=None if is_key_used else sealed.idempotency_key,
        adult_access_basis=sealed.adult_access_basis,
        node=node,
        initiated_at=sealed.initiated_at,
        not_after=sealed.initiated_at + DIAL_WITHIN,
        heard_at=clock.now(),
    )
    return _billed(call, Restored.REBUILT, granted_seconds, event)


def _require_people(sealed: SealedTerms) -> None:
    """Whoever opened an account after the restored moment is gone, and their number may be somebody else's by now."""
    terms, at = sealed.terms, sealed.initiated_at
    if not Customer.objects.filter(pk=terms.customer_id, user__date_joined__lte=at).exists():
        raise Unreadable(f"customer {terms.customer_id} is not in the restored database")
    if not Operator.objects.filter(pk=terms.operator_id, user__date_joined__lte=at).exists():
        raise Unreadable(f"operator {terms.operator_id} is not in the restored database")
    if not Brand.objects.filter(pk=terms.brand_id).exists():
        raise Unreadable(f"brand {terms.brand_id} is not in the restored database")


def _billed(call: Call, what: Restored, granted_seconds: int, event: wire.CallEvent) -> RestoredCall:
    """End it as the adapter reported, on what it was granted; in one transaction with what made it."""
    authorization = raise_grant(authorization_id=call.terms.pk, granted_seconds=granted_seconds)
    fact = event.fact
    assert isinstance(fact, Ended), "it is the end of a call"
    uncollected_minor = bear_shortfall(authorization, joined_ms_of(call, fact, event.ts))
    handle_event(event)
    charged_minor = Authorization.objects.get(pk=authorization.pk).charged_minor
    return RestoredCall(call.call_id, what, "", charged_minor, uncollected_minor)
