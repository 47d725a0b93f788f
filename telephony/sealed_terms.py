"""What a call plan carries for web alone: who calls whom and on which terms, so that a database which was restored to a time
before the call can bill it, once.

The adapter keeps the token in its journal and gives it back (`GET /journal`). It is made and read under AEIMS_DATA_KEYS (a key
of its own is derived from each): nobody else can read, make, or alter one. Phones are ids of rows; no number is in it.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from billing.issued import Issued, issued
from billing.models import Reservation
from core.encryption import InvalidToken, seal, unseal
from telephony.call_plan import MOST_SEALED
from telephony.models import Call

log = logging.getLogger(__name__)

PURPOSE = "call plan"
VERSION = 1


class Unreadable(Exception):
    """It is no token of ours, or under a key that is gone; the message says which."""


@dataclass(frozen=True, slots=True)
class SealedTerms:
    """A call as it was accepted."""

    call_id: str
    customer_phone_id: int | None
    idempotency_key: str | None
    adult_access_basis: str
    initiated_at: datetime
    terms: Issued


def sealed_terms(call: Call, kept: Sequence[Reservation] | None = None) -> str:
    """The token for this call, which has its authorization; empty where it would be too long for a plan: the call comes first.

    `kept`: the free seconds of the authorization (`billing.kept_seconds`), where they were just read.
    """
    data = {
        "v": VERSION,
        "call_id": call.call_id,
        "customer_phone_id": call.customer_phone_id,
        "idempotency_key": call.idempotency_key,
        "adult_access_basis": call.adult_access_basis,
        "initiated_at": call.initiated_at.timestamp(),
        "terms": issued(call.terms, kept).to_dict(),
    }
    token = seal(json.dumps(data, separators=(",", ":")), PURPOSE)
    if len(token) > MOST_SEALED:
        log.error("%s: its terms are too long for its plan: a restore could not bill it", call.call_id)
        return ""
    return token


def read_sealed_terms(token: str) -> SealedTerms:
    """What was sealed. Raises Unreadable."""
    try:
        data = json.loads(unseal(token, PURPOSE))
        return SealedTerms(
            call_id=data["call_id"],
            customer_phone_id=data["customer_phone_id"],
            idempotency_key=data["idempotency_key"],
            adult_access_basis=data["adult_access_basis"],
            initiated_at=datetime.fromtimestamp(data["initiated_at"], UTC),
            terms=Issued.from_dict(data["terms"]),
        )
    except InvalidToken:
        raise Unreadable("it was sealed under a key that is not in AEIMS_DATA_KEYS, or altered") from None
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"it is of another version: {type(error).__name__}") from None
