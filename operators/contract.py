"""The contract between us and an operator: which edition is in force, its text, and who signed it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from operators.models import ContractSignature, ContractText, Operator

# Raised when the meaning of the text changes; a test knows the text of each edition.
EDITION = "2026-12"


@dataclass(frozen=True, slots=True)
class Contract:
    """The edition in force. `text`: HTML, exactly as pages show it."""

    edition: str
    text: SafeString

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def current_contract() -> Contract:
    """What is to be signed now, with the share of new operators in it."""
    share_bps = Operator._meta.get_field("share_bps").get_default()
    text = render_to_string("operators/contract.html", {"share_percent": f"{share_bps / 100:g}"})
    return Contract(EDITION, text)


def has_signed(user_id: int) -> bool:
    """Whether this person signed the edition in force."""
    return ContractSignature.objects.filter(user=user_id, edition=EDITION).exists()


def sign_until(operator: Operator) -> datetime | None:
    """When an operator who didn't sign yet has to have; None while the edition was shown to nobody here.

    Counted from when it was first shown in this installation, or from when they came, if that is later.
    """
    shown = ContractText.objects.filter(edition=EDITION).order_by("first_shown_at").first()
    if shown is None:
        return None
    return max(shown.first_shown_at, operator.created_at) + timedelta(days=settings.CONTRACT_GRACE_DAYS)
