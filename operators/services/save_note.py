"""An operator keeps a private note about a customer."""

from core import clock, push
from core.contact_masking import mask
from core.db import transactional
from core.errors import Invalid
from operators.models import Note
from operators.services.presence import operator_group

MAX_LENGTH = 2000


@transactional
def save_note(*, operator_id: int, customer_id: int, text: str) -> Note | None:
    """Keep `text`, without contacts, as the one note of this operator about this customer; empty: keep none. Raises Invalid.

    After commit all open pages of the operator that show the note are told.
    """
    # What it ends with stays: pages save while one writes, who may be about to continue on a new line.
    text = mask(text.replace("\x00", "").lstrip())
    if len(text) > MAX_LENGTH:
        raise Invalid(f"A note can have at most {MAX_LENGTH} characters.")
    push.hint_after_commit([operator_group(operator_id)], f"note.{customer_id}")
    if not text.strip():
        Note.objects.filter(operator_id=operator_id, customer_id=customer_id).delete()
        return None
    note, _ = Note.objects.update_or_create(
        operator_id=operator_id,
        customer_id=customer_id,
        defaults={"text": text, "updated_at": clock.now()},
    )
    return note
