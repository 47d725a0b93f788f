"""News from operators. Listener: notices write to the operator."""

from core.domain_events import AtomicEvent

# operator; decision: an ApprovalStatus; reason: what staff wrote, for the operator.
operator_reviewed = AtomicEvent("operator_reviewed")
# operator; decision: "approved", "refused", "removed" by staff; reason; photo: its digest
photo_decided = AtomicEvent("photo_decided")
